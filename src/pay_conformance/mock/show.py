"""Shows a record in the version of the API that a request named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pay_conformance.contract.model import Api
from pay_conformance.mock import render_v1, render_v2
from pay_conformance.mock.calls import Call, World
from pay_conformance.mock.records import Record
from pay_conformance.mock.rendering import Sight
from pay_conformance.mock.store import Merchant

Renderer = Callable[[Any, Merchant, Sight], dict[str, Any]]

_RENDERERS: dict[tuple[str, Api], Renderer] = {
    ("checkout-session", "v1"): render_v1.session,
    ("checkout-session", "v2"): render_v2.session,
    ("charge-permission", "v1"): render_v1.permission,
    ("charge-permission", "v2"): render_v2.permission,
    ("charge", "v1"): render_v1.charge,
    ("charge", "v2"): render_v2.charge,
    ("refund", "v1"): render_v1.refund,
    ("refund", "v2"): render_v2.refund,
    ("dispute", "v2"): render_v2.dispute,
}


def show(call: Call, record: Record) -> dict[str, Any]:
    """Return the body that answers a call with a record."""
    return shown(call.world, call.merchant, record, call.operation.api)


def shown(world: World, merchant: Merchant, record: Record, api: Api) -> dict[str, Any]:
    """Return a record as a version of the API shows it."""
    return _RENDERERS[record.object, api](record, merchant, world.sight)
