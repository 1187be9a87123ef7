"""Judges the body of a request by the contract's schemas, and words the refusal as Amazon does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Operation
from pay_conformance.mock.json_body import Unreadable, read
from pay_conformance.mock.refusals import Refused

_TO_V2 = {"webCheckoutDetail": "webCheckoutDetails", "paymentDetail": "paymentDetails"}

_LARGEST = Decimal(10) ** 15
"""No amount reaches this, whatever its limit; the response schema has as many digits."""

_PAID = frozenset({"chargeAmount", "captureAmount", "refundAmount"})
"""Amounts that can't be zero."""

_UNKNOWN = frozenset({"additionalProperties", "unevaluatedProperties"})
_ABSENT = frozenset({"required", "dependentRequired"})


def body_of(contract: Contract, operation: Operation, raw: bytes) -> Mapping[str, Any]:
    """Return the body of a request, with the names of v2.

    A body of no bytes is taken as an empty object; operations without a body get one too.

    Raises:
        Refused: with the reason code of what is wrong with the body.
    """
    if not operation.request:
        return {}
    try:
        value: Any = read(raw)
    except Unreadable:
        raise Refused("InvalidRequestFormat") from None
    if not isinstance(value, dict):
        raise Refused("InvalidRequestFormat")
    body: dict[str, Any] = value
    if not contract.is_valid(operation.api, operation.request, body):
        _refuse(contract, operation, body)
    if b"amount" in raw or b"\\u" in raw:
        for parameter, price in _prices(body):
            _check_amount(contract, parameter, price)
    return {_TO_V2.get(name, name): member for name, member in body.items()}


def _refuse(contract: Contract, operation: Operation, body: dict[str, Any]) -> None:
    """Refuse with the first error: what is not known, then what is missing, then what is wrong."""
    errors = contract.validate(operation.api, operation.request, body)
    for error in errors:
        if error.keyword in _UNKNOWN:
            raise Refused("UnrecognizedField", field=_last(error.pointer))
    for error in errors:
        # Where null is refused, the value can't be left out either.
        null = error.actual is None and error.keyword in ("type", "enum", "if", "$ref")
        if error.keyword in _ABSENT or (null and not _is_item(error.pointer)):
            raise Refused("MissingParameterValue", parameter=_leaf(error.pointer))
    for error in errors:
        raise Refused(
            "InvalidParameterValue",
            parameter=_leaf(error.pointer),
            value=_short(error.actual),
        )
    raise Refused("InvalidRequest")


def _prices(value: Any, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every price of a body, with the name of the member that it is."""
    if isinstance(value, dict):
        if "amount" in value and "currencyCode" in value:
            yield name, value
        else:
            for key, member in value.items():
                yield from _prices(member, key)
    elif isinstance(value, list):
        for member in value:
            yield from _prices(member, name)


def _check_amount(contract: Contract, parameter: str, price: Mapping[str, Any]) -> None:
    sent = price["amount"]
    wrong = Refused("InvalidParameterValue", parameter=parameter, value=_short(sent))
    try:
        amount = Decimal(str(sent))
    except InvalidOperation:
        raise wrong from None
    if amount >= _LARGEST or (amount == 0 and parameter in _PAID):
        raise wrong
    limit = contract.limits.get("currency-digits")
    digits = limit.of(str(price["currencyCode"])) if limit else None
    if digits is not None and amount % (Decimal(1) / 10 ** int(digits)) != 0:
        raise wrong


def _leaf(pointer: str) -> str:
    """Return the name of the member that a pointer leads to; of an item, that of its list."""
    if _is_item(pointer):
        return _leaf(pointer.rpartition("/")[0])
    return _last(pointer)


def _last(pointer: str) -> str:
    return pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")


def _is_item(pointer: str) -> bool:
    return pointer.rpartition("/")[2].isdecimal()


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 64 else f"{text[:61]}..."
