"""Buyers: what a sign-in shared, for a day."""

from __future__ import annotations

from pay_conformance.mock import render_v2
from pay_conformance.mock.calls import Answer, Call
from pay_conformance.mock.refusals import Refused

TOKEN_LASTS = 24 * 60 * 60
"""Seconds that a buyer token opens the buyer's details (remark in an official SDK)."""


def read(call: Call) -> Answer:
    """Get Buyer. A token that is unknown or has expired is not found."""
    token = call.merchant.tokens.get(call.parameters["buyerToken"])
    if token is None or call.now >= token.created + TOKEN_LASTS:
        raise Refused("ResourceNotFound")
    return call.operation.success, render_v2.buyer(token)
