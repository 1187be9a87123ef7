"""Builds exchanges for the tests of the checks, and judges them as one history."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from pay_conformance.checks import Judge
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Party
from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.findings import Drift, Finding, Held, Outcome
from tests.contract.bodies import body

START = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
ANSWER_HEADERS = (
    ("content-type", "application/json;charset=UTF-8"),
    ("x-amz-pay-request-id", "b1f9a9d3"),
)
SESSION = "/v2/checkoutSessions/7efe55c3-38c7-4a1b-944d-aded27032b9a"
CHARGE = "/v2/charges/S03-5890444-1926095-C064126"
PERMISSION = "/v2/chargePermissions/S00-0000000-0000000"

Json = dict[str, Any]


def good(name: str, **changes: Any) -> Json:
    """Return a good body; each change is a path joined by two underscores, and its new value."""
    content = copy.deepcopy(body(name).content)
    for path, value in changes.items():
        *around, last = path.split("__")
        place = content
        for step in around:
            place = place[int(step)] if step.isdigit() else place[step]
        place[last] = value
    return content


def session(**changes: Any) -> Json:
    return good("observed/v2-checkout-session-open-ready", **changes)


def charge(**changes: Any) -> Json:
    return good("observed/v2-charge-authorized", **changes)


def captured(**changes: Any) -> Json:
    """The same charge, of 500 yen, captured."""
    done = {
        "statusDetails__state": "Captured",
        "captureAmount": yen("500"),
        "refundedAmount": yen("0"),
        "softDescriptor": "AMZ*MyStore",
    }
    return charge(**{**done, **changes})


def permission(**changes: Any) -> Json:
    return good("observed/v2-charge-permission-chargeable", **changes)


def refund(amount: str = "100", number: str = "R000001", **changes: Any) -> Json:
    """A refund of the charge of :func:`captured`."""
    return good(
        "reconstructed/v2-refund-documented-refunded",
        **{
            "refundId": f"S03-5890444-1926095-{number}",
            "chargeId": "S03-5890444-1926095-C064126",
            "refundAmount": yen(amount),
            "softDescriptor": "AMZ*MyStore",
            **changes,
        },
    )


def yen(amount: Any) -> Json:
    return {"amount": amount, "currencyCode": "JPY"}


def call(
    method: str,
    path: str,
    answer: Any = None,
    *,
    status: int = 200,
    sent: Any = None,
    key: str | None = None,
    at: int = 0,
    lasts: int = 1,
    merchant: str = "",
    **headers: str,
) -> Exchange:
    """Return an exchange that begins ``at`` seconds after the start and ``lasts`` so many."""
    given = [("x-amz-pay-idempotency-key", key)] if key is not None else []
    given += [("content-type", "application/json")]
    if merchant:
        given += [("authorization", f"AMZN-PAY-RSASSA-PSS PublicKeyId={merchant}, …")]
    extra = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    started = START + timedelta(seconds=at)
    return Exchange(
        Request(method, f"https://pay-api.amazon.com{path}", tuple(given), _bytes(sent)),
        Response(status, (*ANSWER_HEADERS, *extra), _bytes(answer)),
        started=started,
        ended=started + timedelta(seconds=lasts),
        id=f"at {at} s",
        notes=(("authorization", "left out in this test"),),
    )


def get(path: str, answer: Any, *, at: int = 0, status: int = 200, **headers: str) -> Exchange:
    return call("GET", path, answer, at=at, status=status, **headers)


def bare(answer: Any, name: str = "") -> Exchange:
    return Exchange(None, Response(0, (), _bytes(answer)), object=name)


def judged(*exchanges: Exchange) -> list[Outcome]:
    """Judge exchanges as one history, and return the outcomes of the last one."""
    judge = Judge(contract(), frozenset(Party))
    return [judge.judge(exchange) for exchange in exchanges][-1]


def findings(*exchanges: Exchange) -> set[tuple[str, str]]:
    """Return requirement and pointer of what is wrong with the last exchange."""
    return {
        (found.requirement, found.pointer)
        for found in judged(*exchanges)
        if isinstance(found, Finding)
    }


def finding(*exchanges: Exchange) -> Finding:
    """Return the only finding about the last exchange."""
    (found,) = [found for found in judged(*exchanges) if isinstance(found, Finding)]
    return found


def held(*exchanges: Exchange) -> set[str]:
    """Return the requirements that the last exchange is evidence for."""
    return {found.requirement for found in judged(*exchanges) if isinstance(found, Held)}


def drift(*exchanges: Exchange) -> set[str]:
    return {found.pointer for found in judged(*exchanges) if isinstance(found, Drift)}


@cache
def contract() -> Contract:
    return Contract.load()


def _bytes(value: Any) -> bytes:
    if value is None:
        return b""
    return value if isinstance(value, bytes) else json.dumps(value).encode()
