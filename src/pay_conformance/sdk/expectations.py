"""Judges what one case showed: an outcome for each requirement that the case proves."""

from __future__ import annotations

from pay_conformance.findings import Finding, Held, Outcome, Skipped
from pay_conformance.sdk import on_the_wire, to_the_caller
from pay_conformance.sdk.cases import Expectation
from pay_conformance.sdk.matching import NotThere, in_words
from pay_conformance.sdk.shown import NotShown, Shown

_KINDS = {**on_the_wire.KINDS, **to_the_caller.KINDS}


def judge(shown: Shown) -> list[Outcome]:
    """Return the outcomes of a case: held, not tested or a finding for each requirement.

    Nothing holds in a case in which the adapter broke down, and something is found in it.
    """
    outcomes: list[Outcome] = []
    for requirement in shown.case.requirements:
        mine = [e for e in shown.case.expectations if e.requirement == requirement]
        outcomes.extend(_judge_one(shown, requirement, mine))
    return _broken_off(shown, outcomes) if shown.broke else outcomes


def _broken_off(shown: Shown, outcomes: list[Outcome]) -> list[Outcome]:
    why = f"({shown.fault})"
    left: list[Outcome] = [
        Skipped(each.requirement, why) if isinstance(each, Held) else each for each in outcomes
    ]
    if not any(isinstance(each, Finding) for each in left):
        message, name = f"the call did not come back: {shown.fault}", shown.case.name
        left[0] = Finding(
            shown.case.requirements[0],
            f"{message} ({shown.case.says})",
            expected="an answer",
            actual=shown.fault,
            part="response",
            exchange=shown.exchanges[-1].id if shown.exchanges else "",
            source=name,
            reproduce=f"-k {name}",
        )
    return left


def _judge_one(shown: Shown, requirement: str, mine: list[Expectation]) -> list[Outcome]:
    name = shown.case.name
    last = shown.exchanges[-1].id if shown.exchanges else ""
    if shown.unsupported and not any(e.kind == "offers" for e in mine):
        return [Skipped(requirement, f"({shown.unsupported})")]
    found: list[Outcome] = []
    for expectation in mine:
        try:
            found.extend(
                Finding(
                    requirement,
                    f"{message} ({shown.case.says})",
                    expected=in_words(expected),
                    actual=actual,
                    part="request" if expectation.kind in on_the_wire.KINDS else "response",
                    exchange=last,
                    source=name,
                    reproduce=f"-k {name}",
                )
                for message, expected, actual in _KINDS[expectation.kind](shown, expectation.value)
            )
        except NotShown as reason:
            found.append(Skipped(requirement, f"({reason})"))
        except NotThere:
            found.append(Skipped(requirement, "(what is to be judged is not there)"))
    if not found:
        return [Held(requirement, last)]
    findings = [outcome for outcome in found if isinstance(outcome, Finding)]
    return list(findings[:1]) or found[:1]
