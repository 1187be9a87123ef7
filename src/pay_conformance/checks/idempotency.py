"""Holds idempotency keys against their promise: one key, one request, one effect, one answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pay_conformance.checks.history import History, identity, retry_of
from pay_conformance.checks.names import ID_OF
from pay_conformance.checks.registry import Fact, check, held
from pay_conformance.checks.view import View
from pay_conformance.findings import Finding, Outcome

SAVED_ANSWER: Final = "IDEM-SAME-001"
ONE_OBJECT: Final = "IDEM-SAME-003"
OTHER_BODY: Final = "IDEM-DIFF-001"
OTHER_PLACE: Final = "IDEM-DIFF-002"
MISSING: Final = "IDEM-MISS-001"
GIVEN: Final = "IDEM-SEND-001"
LENGTH: Final = "IDEM-SEND-002"
CHARACTERS: Final = "IDEM-SEND-003"
FRESH: Final = "IDEM-SEND-004"
KEPT: Final = "IDEM-SEND-005"

_HEADER: Final = "x-amz-pay-idempotency-key"
_ALLOWED = re.compile(r"[A-Za-z0-9]+")
_DUPLICATE: Final = "DuplicateIdempotencyKey"
_MISSING_CODES: Final = ("MissingHeader", "MissingHeaderValue")


@check(SAVED_ANSWER, when=[Fact.KEY_USED])
def a_repeated_request_gets_the_saved_answer(view: View, history: History) -> Iterator[Outcome]:
    """The same key on the same request gives the answer of the first one again."""
    used = history.used(view)
    if used is None or view.status is None or not used.attempt.is_same(view):
        return
    if (view.status, view.response.value) == (used.status, used.answer):
        yield held(SAVED_ANSWER)
        return
    if view.status != used.status:
        expected, actual = f"status {used.status}", f"status {view.status}"
    else:
        expected, actual = "the body of the first answer", "another body"
    yield Finding(
        SAVED_ANSWER,
        f"the request repeats {used.exchange or 'an earlier one'} with its key, "
        "and was answered otherwise",
        "",
        expected,
        actual,
    )


@check(ONE_OBJECT, when=[Fact.POSTS_KEY, Fact.SUCCEEDED])
def equal_requests_at_once_make_one_object(view: View, history: History) -> Iterator[Outcome]:
    """Equal requests with one key that overlap in time give the same object, if they succeed."""
    first = history.keys.get((view.merchant, view.key))
    if first is None or not view.succeeded or history.used(view) is not None:
        return
    saved = first.answer if isinstance(first.answer, dict) else {}
    name = ID_OF.get(view.object, "")
    if not first.attempt.is_same(view) or name not in saved:
        return
    if saved[name] == identity(view):
        yield held(ONE_OBJECT)
    else:
        yield Finding(
            ONE_OBJECT,
            f"the request was sent at the same time as {first.exchange or 'another'} with one key, "
            "and made another object",
            f"/{name}",
            saved[name],
            identity(view),
        )


@check(OTHER_BODY, OTHER_PLACE, when=[Fact.KEY_USED])
def a_key_serves_one_request_only(view: View, history: History) -> Iterator[Outcome]:
    """The same key on another request is refused as DuplicateIdempotencyKey."""
    used = history.used(view)
    if used is None or view.status is None or not used.attempt.differs(view):
        return
    rule = OTHER_BODY if used.attempt.is_at(view) else OTHER_PLACE
    code = view.error.get("reasonCode") if view.error is not None else None
    if code == _DUPLICATE:
        yield held(rule)
    elif view.succeeded:
        yield Finding(
            rule,
            f"the key had served another request ({used.attempt.operation}), and this succeeded",
            "",
            f"status 400, {_DUPLICATE}",
            f"status {view.status}",
        )


@check(MISSING, when=[Fact.LACKS_KEY])
def a_missing_key_is_refused(view: View, _history: History) -> Iterator[Outcome]:
    """Where a key is required, a request without one is refused as MissingHeader(Value)."""
    request = view.exchange.request
    if request is None or view.operation is None or not request.headers:
        return
    if view.operation.idempotency_key != "required" or view.asked.get(_HEADER):
        return
    code = view.error.get("reasonCode") if view.error is not None else None
    if code in _MISSING_CODES:
        yield held(MISSING)
    elif view.succeeded:
        yield Finding(
            MISSING,
            f"{view.operation.id} came without {_HEADER}, and succeeded",
            "",
            f"status 400, {' or '.join(_MISSING_CODES)}",
            f"status {view.status}",
        )


@check(GIVEN, side="request", when=[Fact.NEEDS_KEY])
def writing_posts_carry_a_key(view: View, _history: History) -> Iterator[Outcome]:
    """A POST that creates or captures carries an idempotency key."""
    request = view.exchange.request
    if request is None or view.operation is None or not request.headers:
        return
    if view.operation.idempotency_key != "required":
        return
    if view.asked.get(_HEADER):
        yield held(GIVEN)
    else:
        yield Finding(
            GIVEN,
            f"{view.operation.id} was sent without {_HEADER}",
            "",
            f"{_HEADER}: a key of its own",
            view.asked.get(_HEADER),
            part="request headers",
        )


@check(LENGTH, CHARACTERS, side="request", when=[Fact.HAS_KEY])
def keys_are_short_and_plain(view: View, _history: History) -> Iterator[Outcome]:
    """A key has at most 32 characters, letters and digits."""
    key = view.asked.get(_HEADER)
    if not key:
        return
    most = view.contract.limits["idempotency-key-length"].value or 32
    if len(key) <= most:
        yield held(LENGTH)
    else:
        yield Finding(
            LENGTH,
            f"the idempotency key has {len(key)} characters",
            "",
            f"at most {most} characters",
            key,
            part="request headers",
        )
    if _ALLOWED.fullmatch(key):
        yield held(CHARACTERS)
    else:
        yield Finding(
            CHARACTERS,
            "the idempotency key has characters that are not letters or digits",
            "",
            "letters and digits",
            key,
            part="request headers",
        )


@check(FRESH, side="request", when=[Fact.POSTS_KEY])
def a_new_request_has_a_new_key(view: View, history: History) -> Iterator[Outcome]:
    """A key that was used for one request is not used for another."""
    if not view.key:
        return
    first = history.attempts.get((view.merchant, view.key))
    if first is None or not first.differs(view):
        yield held(FRESH)
    else:
        yield Finding(
            FRESH,
            f"the idempotency key was used for {first.operation} before, with another request",
            "",
            "a new key",
            view.key,
            part="request headers",
        )


@check(KEPT, side="request", when=[Fact.POSTS_KEY])
def a_retry_keeps_its_key(view: View, history: History) -> Iterator[Outcome]:
    """A request that failed for a while is sent again with the key it had."""
    key = view.key
    place = retry_of(view)
    if not key or place is None or place not in history.failed:
        return
    first, exchange = history.failed[place]
    if key == first:
        yield held(KEPT)
    else:
        yield Finding(
            KEPT,
            f"the retry of {exchange or 'a request'} that failed came with another key",
            "",
            first,
            key,
            part="request headers",
        )
