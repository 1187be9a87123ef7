"""What scenarios are written with: a shop, a buyer, a clock, and assertions that make evidence."""

from __future__ import annotations

from pay_conformance.scenario.amazon import Buyer, Clock, Network, session_named_by
from pay_conformance.scenario.answer import Answer
from pay_conformance.scenario.calls import Call
from pay_conformance.scenario.checkout import Checkout
from pay_conformance.scenario.expect import Expect, Expectation
from pay_conformance.scenario.inbox import Endpoint, Inbox, Letter
from pay_conformance.scenario.marks import api, long, needs, requirement
from pay_conformance.scenario.negative import Negative
from pay_conformance.scenario.shop import RESULT_URL, REVIEW_URL, Shop
from pay_conformance.scenario.states import States
from pay_conformance.scenario.story import Story

__all__ = [
    "RESULT_URL",
    "REVIEW_URL",
    "Answer",
    "Buyer",
    "Call",
    "Checkout",
    "Clock",
    "Endpoint",
    "Expect",
    "Expectation",
    "Inbox",
    "Letter",
    "Negative",
    "Network",
    "Shop",
    "States",
    "Story",
    "api",
    "long",
    "needs",
    "requirement",
    "session_named_by",
]
