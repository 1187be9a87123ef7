"""Servers that let one kind of wrong signature pass, or refuse one kind of right one."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from pay_conformance.exchange import Request, Response
from pay_conformance.mock import Mock
from pay_conformance.signing import Refusal, parse_authorization, parse_pay_date, verify
from tests.mutants.model import mutant

_KEY = "x-amz-pay-idempotency-key"
_DATE = "x-amz-pay-date"


def _date_of(request: Request) -> datetime | None:
    return parse_pay_date(request.header(_DATE) or "")


def _signed(request: Request) -> tuple[str, ...]:
    found = parse_authorization(request.header("authorization") or "")
    return tuple(found.signed_headers) if found else ()


def _hearing(server: Mock, change: Callable[[Request], Request]) -> None:
    """Let a server see another request than the one that came."""
    right = server.handle

    def handle(request: Request) -> Response:
        return right(change(request))

    server.handle = handle  # type: ignore[method-assign]


def _trusting(server: Mock, when: Callable[[Request], bool]) -> None:
    """Let a server answer a refused request like one that is signed right, in some cases."""
    right = server.handle

    def handle(request: Request) -> Response:
        response = right(request)
        named = parse_authorization(request.header("authorization") or "")
        match = server.contract.match(request.method, request.path)
        if response.status not in (400, 403) or named is None or match is None:
            return response
        merchant = server.keeper.find(named.public_key_id)
        if merchant is None or not when(request):
            return response
        with server.keeper.turn(merchant):
            return server._admitted(
                request, merchant, match, "00000000-0000-4000-a000-000000000000"
            )

    server.handle = handle  # type: ignore[method-assign]


@mutant(breaks="SIG-REF-001")
def space_after_the_body_is_cut_off(server: Mock) -> None:
    """What is signed is compared with the body without the spaces around it."""
    _hearing(server, lambda request: replace(request, body=request.body.strip()))


@mutant(breaks="SIG-REF-003")
def accept_is_taken_for_granted(server: Mock) -> None:
    """What is signed is compared with the accept header that every SDK sends."""

    def usual(request: Request) -> Request:
        pairs = tuple(
            (name, "application/json" if name.lower() == "accept" else value)
            for name, value in request.headers
        )
        return replace(request, headers=pairs)

    _hearing(server, usual)


@mutant(breaks="SIG-REF-005")
def salt_has_any_length(server: Mock) -> None:
    """A signature may have a salt of any length."""
    salt = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)

    def fits(request: Request) -> bool:
        named = parse_authorization(request.header("authorization") or "")
        merchant = server.keeper.find(named.public_key_id) if named else None
        if named is None or merchant is None:
            return False
        seen = verify(request, lambda _: merchant.key, datetime.now(UTC))
        if not isinstance(seen, Refusal) or not seen.string_to_sign:
            return False
        try:
            raw = base64.b64decode(named.signature)
            merchant.key.verify(raw, seen.string_to_sign.encode(), salt, hashes.SHA256())
        except InvalidSignature:
            return False
        return True

    _trusting(server, fits)


@mutant(breaks="SIG-REF-007")
def date_may_be_in_the_future(server: Mock) -> None:
    """x-amz-pay-date is never too late."""

    def coming(request: Request) -> bool:
        date = _date_of(request)
        return date is not None and date > datetime.now(UTC)

    _trusting(server, coming)


@mutant(breaks="SIG-REF-009")
def date_may_be_any_text(server: Mock) -> None:
    """An x-amz-pay-date that can't be read is left out of account."""
    _trusting(server, lambda request: bool(request.header(_DATE)) and _date_of(request) is None)


@mutant(breaks="SIG-REF-010")
def date_never_grows_old(server: Mock) -> None:
    """A request may have been signed at any time in the past."""

    def past(request: Request) -> bool:
        date = _date_of(request)
        return date is not None and date < datetime.now(UTC) - timedelta(minutes=15)

    _trusting(server, past)


@mutant(breaks="SIG-REF-015")
def key_need_not_be_signed(server: Mock) -> None:
    """An idempotency key may be added to a request that was signed without one."""

    def added(request: Request) -> bool:
        return bool(request.header(_KEY)) and _KEY not in _signed(request)

    _trusting(server, added)


@mutant(breaks="SIG-REF-013")
def unknown_key_id_is_unauthorized(server: Mock) -> None:
    """A public key id that nobody has is refused with 401."""
    right = server.handle

    def handle(request: Request) -> Response:
        response = right(request)
        named = parse_authorization(request.header("authorization") or "")
        if named is None or server.keeper.find(named.public_key_id) is not None:
            return response
        body = b'{"reasonCode": "UnauthorizedAccess", "message": "The key is not known."}'
        return replace(response, status=401, body=body)

    server.handle = handle  # type: ignore[method-assign]


@mutant(breaks="SIG-REF-014")
def refused_signature_uses_up_the_key(server: Mock) -> None:
    """An idempotency key is saved before the signature is looked at."""
    right = server.handle
    used: set[str] = set()

    def handle(request: Request) -> Response:
        response = right(request)
        key = request.header(_KEY) or ""
        if response.status == 403 and key:
            used.add(key)
        if response.status >= 400 or key not in used:
            return response
        body = f'{{"reasonCode": "DuplicateIdempotencyKey", "message": "{key} was used."}}'
        return replace(response, status=400, body=body.encode())

    server.handle = handle  # type: ignore[method-assign]


@mutant(breaks="SIG-REF-006")
def refusal_does_not_say_what_was_signed(error: dict[str, str]) -> None:
    """InvalidRequestSignature says nothing of the string to sign."""
    if error["reasonCode"] == "InvalidRequestSignature":
        error["message"] = "The signature of the request is not valid."


@mutant(breaks="SIG-REF-008")
def refusal_does_not_say_which_date(error: dict[str, str]) -> None:
    """The refusal of a date does not repeat it."""
    if _DATE in error["message"]:
        error["message"] = "A header of the request has a value that is not valid."


def _refused(request: Request, response: Response, *, wrong: bool) -> Response:
    """Return the refusal of a read, where it is taken for wrong."""
    if request.method != "GET" or response.status >= 400 or not wrong:
        return response
    body = b'{"reasonCode": "InvalidHeaderValue", "message": "A header is not accepted."}'
    return replace(response, status=400, body=body)


@mutant(breaks="SIG-ACC-002")
def reads_know_the_first_algorithm(request: Request, response: Response) -> Response:
    """A read that is signed with AMZN-PAY-RSASSA-PSS-V2 is refused."""
    second = (request.header("authorization") or "").startswith("AMZN-PAY-RSASSA-PSS-V2 ")
    return _refused(request, response, wrong=second)


@mutant(breaks="SIG-ACC-003")
def reads_know_dates_with_dashes(request: Request, response: Response) -> Response:
    """A read with an x-amz-pay-date in the short form is refused."""
    return _refused(request, response, wrong="-" not in (request.header(_DATE) or "-"))


@mutant(breaks="SIG-ACC-007")
def only_known_headers_are_signed(request: Request, response: Response) -> Response:
    """A read that signs a header of the caller's own is refused."""
    return _refused(request, response, wrong="x-shop-order" in _signed(request))


@mutant(breaks="SIG-ACC-008")
def headers_of_the_api_are_all_signed(request: Request, response: Response) -> Response:
    """A read with an x-amz-pay header that is not signed is refused."""
    sent = {name.lower() for name, _ in request.headers if name.lower().startswith("x-amz-pay-")}
    return _refused(request, response, wrong=bool(sent - set(_signed(request))))


@mutant(breaks="HDR-REQ-002")
def read_has_no_content_type(request: Request, response: Response) -> Response:
    """A GET with a content-type is refused."""
    return _refused(request, response, wrong=request.header("content-type") is not None)
