"""Fits a valid body that knows nothing of the server's objects to those that are there.

A random generator can't know which charge exists, in what currency, and what was used already.
All else of its body stays as it is.
"""

from __future__ import annotations

from typing import Any

from pay_conformance.generate.bodies import Body
from pay_conformance.generate.stage import Stage

_OF_THE_STAGE = frozenset(
    {
        "storeId", "chargePermissionId", "chargeId", "chargeAmount", "captureAmount",
        "refundAmount", "disputeAmount",
    }
)  # fmt: skip
"""Members that have to name what is there, or agree with it; the stage's own body has them."""

_NOT_OURS = frozenset(
    {
        "amazonOrderReferenceId", "totalOrderAmount", "merchantResponseDeadline",
        "closureTimestamp", "fileId",
    }
)  # fmt: skip
"""Members that name what is not there, or would let a dispute be over before it begins."""


def fitted(stage: Stage, body: Body) -> Body:
    """Return a body that its schema allows as one that has to succeed on a stage."""
    whole: Body = _fitted(stage, body)
    own = {name: value for name, value in stage.body.items() if name in _OF_THE_STAGE}
    return {**whole, **own}


def _fitted(stage: Stage, value: Any) -> Any:
    shop = stage.scene.shop
    if isinstance(value, list):
        return [_fitted(stage, item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"amount", "currencyCode"}:
        return shop.price("4000" if shop.currency == "JPY" else "40.00")
    kept = {name: _fitted(stage, member) for name, member in value.items() if name not in _NOT_OURS}
    if "trackingNumber" in kept:
        kept["trackingNumber"] = shop.story.fresh_word(12)  # each may be used once
    if kept.get("reasonCode") == "MerchantResponseDeadlineExpired":
        kept["reasonCode"] = "InvestigatorResolved"
    return kept
