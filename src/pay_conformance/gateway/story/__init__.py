"""What only a story shows: rules over everything that an application did, from first to last."""

from __future__ import annotations

from pay_conformance.findings import Held, Outcome, Skipped
from pay_conformance.gateway.story.conduct import CONDUCT
from pay_conformance.gateway.story.money import MONEY
from pay_conformance.gateway.story.notifications import NOTIFICATIONS
from pay_conformance.gateway.story.rule import Rule
from pay_conformance.gateway.story.sessions import SESSIONS
from pay_conformance.gateway.timeline import Timeline

RULES: dict[str, Rule] = {**MONEY, **SESSIONS, **NOTIFICATIONS, **CONDUCT}
"""Requirement to the rule that proves or disproves it."""


def judge_story(timeline: Timeline) -> list[Outcome]:
    """Return what the whole story says about the requirements of an integration."""
    moments = list(timeline.moments)
    outcomes = [outcome for rule in RULES.values() for outcome in rule(moments)]
    if not timeline.full:
        return outcomes
    why = f"the run went past {timeline.most} calls, and what came after was not followed"
    found = [outcome for outcome in outcomes if not isinstance(outcome, Held)]
    return [*found, *(Skipped(requirement, why) for requirement in RULES)]
