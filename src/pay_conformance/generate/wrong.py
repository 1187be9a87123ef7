"""Walks the constraints of a request schema: each case breaks exactly one of them.

The walk is the same every time. What it yields is wrong by the schema itself, so that a case
can't be wrong by mistake; each says which refusal the catalogue of requirements asks for.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pay_conformance.generate.bodies import Body, Ground
from pay_conformance.generate.fields import Field, request_fields

_BY_TYPE: dict[str, Any] = {
    "string": "text",
    "number": 7,
    "boolean": True,
    "array": [],
    "object": {},
}
_UNREADABLE = {
    "cut short": b'{"chargeAmount": {"amount": "1',
    "not JSON": b"amount=1&currencyCode=USD",
    "two values": b"{}{}",
    "not UTF-8": b'{"noteToBuyer": "\xff\xfe"}',
    "a bare word": b"{amount: 1}",
}
_NO_OBJECT = {"a list": b"[]", "a string": b'"x"', "a number": b"1", "null": b"null"}
_BAD_AMOUNTS = (
    "-1", "", "1,00", "1.", ".5", "1e2", "0x10", "٣", "１５", "15.00 ", "15.001", "NaN",
    "1000000000000000", -1, True,
)  # fmt: skip
_BAD_URLS = ("shop.example/review", "ftp://shop.example", "https://", "javascript:alert(1)")

BY_KEYWORD = {
    "additionalProperties": "ERR-IN-001",
    "unevaluatedProperties": "ERR-IN-001",
    "type": "ERR-IN-003",
    "enum": "ERR-IN-004",
    "maxLength": "ERR-IN-005",
}
"""Which requirement refuses a value that breaks a keyword; ERR-IN-012 does for all others."""

Codes = tuple[str, ...]
_INVALID: Codes = ("InvalidParameterValue",)
_WRONG_TYPE: Codes = ("InvalidParameterValue", "InvalidRequestFormat")
_MISSING: Codes = ("MissingParameterValue",)


@dataclass(frozen=True, slots=True)
class Wrong:
    """One wrong request. ``body`` is a JSON value, or the bytes themselves.

    ``requirement`` says that it is refused; ``codes`` are the reason codes with which, all of them
    under status 400; empty means any.
    """

    what: str
    body: Any
    requirement: str
    codes: Codes


def wrong_bodies(operation: str, ground: Ground, valid: Body) -> Iterator[Wrong]:
    """Yield a case for each way to break each constraint, made from a valid body."""
    schema = ground.contract.operations(ground.api)[operation].request
    root = request_fields(ground.contract, ground.api, operation)
    for field in root.walk():
        for case in _cases(field, operation, _Walk(ground, root, valid)):
            if not ground.contract.is_valid(ground.api, schema, case.body):
                yield case
    for what, raw in _UNREADABLE.items():
        codes = ("InvalidRequestFormat", "InvalidRequest")
        yield Wrong(f"the body is {what}", raw, "ERR-IN-006", codes)
    for what, raw in _NO_OBJECT.items():
        yield Wrong(f"the body is {what}", raw, "ERR-IN-007", ())


@dataclass(frozen=True, slots=True)
class _Walk:
    ground: Ground
    root: Field
    valid: Body

    def with_(self, pointer: str, value: Any) -> Body:
        return _put(self.ground, self.root, self.valid, pointer, value)


def _cases(field: Field, operation: str, walk: _Walk) -> Iterator[Wrong]:
    def put(value: Any, what: str, requirement: str, codes: Codes) -> Wrong:
        where = field.pointer[1:]
        return Wrong(f"{where} {what}", walk.with_(field.pointer, value), requirement, codes)

    if field.is_object and not field.open:
        rule = "ERR-IN-002" if field.pointer else "ERR-IN-001"
        body = walk.with_(f"{field.pointer}/orderColour", "red")
        where = field.pointer[1:] or "the body"
        yield Wrong(f"{where} has an unknown member", body, rule, ("UnrecognizedField",))
    if not field.pointer:
        return
    if field.required:
        sampled = walk.with_(field.pointer, sample(field, walk.ground))
        lacking = _without(sampled, field)
        if lacking is not None:
            rule = _missing_rule(operation, field)
            codes = (*_MISSING, *_nested(field))
            yield Wrong(f"{field.pointer[1:]} is missing", lacking, rule, codes)
    if field.required and "null" not in field.types:
        yield put(None, "is null", "ERR-IN-010", (*_MISSING, *_nested(field)))
    yield from (put(value, _is(value), *_judged(field, value)) for value in _wrong_values(field))
    if field.longest is not None:
        text = "a" * (field.longest + 1)
        if "://" in field.pattern:
            text = f"https://shop.example/{text}"[: field.longest + 1]
        yield put(text, f"is {len(text)} characters long", "ERR-IN-005", _INVALID)
    if field.shortest:
        yield put("", "is empty", "ERR-IN-012", (*_INVALID, *_MISSING))


def _wrong_values(field: Field) -> Iterator[Any]:
    if field.types:
        yield from (value for kind, value in _BY_TYPE.items() if kind not in _allowed(field))
    if field.enum:
        yield from ("Nonsense", str(field.enum[0]).swapcase(), f"{field.enum[0]} ", 7, [])
    if field.name == "amount" and not field.is_object:
        yield from _BAD_AMOUNTS
    elif "://" in field.pattern:
        yield from _BAD_URLS
    elif field.pattern:
        yield from ("S01-1-1", "١٢٣", "a b")


def _judged(field: Field, value: Any) -> tuple[str, Codes]:
    """Return which requirement refuses a wrong value of a field, and how."""
    if isinstance(value, str) and field.name == "currencyCode":
        return "ERR-IN-009", (*_INVALID, "CurrencyMismatch")
    if field.enum and isinstance(value, str):
        return "ERR-IN-004", _INVALID
    if field.enum or _type_of(value) not in _allowed(field):
        return "ERR-IN-003", _WRONG_TYPE
    if field.name == "amount":
        return "ERR-IN-008", _INVALID
    return "ERR-IN-012", (*_INVALID, *_MISSING)


def _allowed(field: Field) -> frozenset[str]:
    return field.types | {"number"} if "integer" in field.types else field.types


def _type_of(value: Any) -> str:
    for kind, form in (("boolean", bool), ("number", int | float), ("string", str)):
        if isinstance(value, form):
            return kind
    return "array" if isinstance(value, list) else "object"


def _missing_rule(operation: str, field: Field) -> str:
    if field.pointer.count("/") > 1 and field.name != "checkoutReviewReturnUrl":
        return "ERR-IN-011"
    return {
        "createCheckoutSession": "CS-NEW-003" if field.name == "storeId" else "CS-NEW-002",
        "closeChargePermission": "CP-CLOSE-005",
        "createCharge": "CH-NEW-005",
        "captureCharge": "CH-CAP-015",
        "cancelCharge": "CH-LIFE-015",
        "createRefund": "RF-NEW-003",
    }.get(operation, "ERR-IN-011")


def _nested(field: Field) -> Codes:
    return _INVALID if field.pointer.count("/") > 1 else ()


def _is(value: Any) -> str:
    return f"is {value!r}"


def _put(ground: Ground, root: Field, body: Body, pointer: str, value: Any) -> Body:
    """Return a copy of a body with a value at a pointer.

    What is missing on the way is made, with all that it requires, so that one thing alone is wrong.
    """
    changed = deepcopy(body)
    *way, last = pointer[1:].split("/")
    place, field = changed, root
    for step in way:
        field = field.children[step]
        place = _entered(place, step, field, ground)
    if isinstance(place, list):
        place[:] = [value]
    else:
        place[last] = value
    return changed


def _entered(place: Any, step: str, field: Field, ground: Ground) -> Any:
    if isinstance(place, list):
        place[:] = place[:1] or [sample(field, ground)]
        return place[0]
    if not isinstance(place.get(step), dict | list):
        place[step] = sample(field, ground)
    return place[step]


def sample(field: Field, ground: Ground) -> Any:
    """Return a small value that a field allows, with only what it requires."""
    if "0" in field.children:
        return []
    if field.is_object:
        return {
            name: sample(child, ground) for name, child in field.children.items() if child.required
        }
    known: dict[str, Any] = {
        "amount": "15" if ground.currency == "JPY" else "15.00",
        "currencyCode": ground.currency,
        "checkoutReviewReturnUrl": "https://shop.example/review",
        "value": "1",
        "unit": "Month",
        "restrictions": {},
    }
    if field.name in known:
        return known[field.name]
    return field.enum[0] if field.enum else "text"


def _without(body: Body, field: Field) -> Body | None:
    """Return a copy of a body that lacks a member, or ``None`` if the body had no such object."""
    changed = deepcopy(body)
    *way, last = field.pointer[1:].split("/")
    place: Any = changed
    for step in way:
        if isinstance(place, list):
            place = place[0] if place else None
        else:
            place = place.get(step) if isinstance(place, dict) else None
    if not isinstance(place, dict) or last not in place:
        return None
    del place[last]
    return changed
