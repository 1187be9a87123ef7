from __future__ import annotations

import json

import pytest

from pay_conformance.sdk.protocol import (
    Called,
    Given,
    ProtocolError,
    Unsupported,
    called,
    decode,
    encode,
    hello,
)

START = {
    "id": 1, "did": "start", "protocol": 1, "language": "go", "runtime": "go1.26", "sdk": "x",
    "version": "1", "offers": ["getCharge"], "settings": {"TZ": "UTC"},
}  # fmt: skip
AFTER = {"arguments": {}, "headers": None, "configuration": "same", "settings": {}}
RETURNED = {"status": 200, "body": {}, "text": None, "requestId": "r-1", "unreadable": None}


def line(message: object) -> bytes:
    return json.dumps(message).encode() + b"\n"


def test_request_is_one_line_of_json():
    assert encode({"id": 1, "do": "stop"}) == b'{"id": 1, "do": "stop"}\n'


@pytest.mark.parametrize(
    "message",
    [
        {"do": "stop"},
        {"id": 1, "do": "dance"},
        {"id": 1, "do": "stop", "now": True},
        {"id": 1, "do": "call", "client": "a"},
    ],
    ids=["no id", "unknown", "unknown key", "incomplete"],
)
def test_request_that_breaks_the_protocol_is_refused_before_it_is_sent(message):
    with pytest.raises(ProtocolError, match="not a request"):
        encode(message)


def test_answer_to_start_says_who_is_there():
    assert hello(decode(line(START))).offers == frozenset({"getCharge"})


@pytest.mark.parametrize(
    "answer",
    [
        b"debug: hello\n",
        b"[1, 2]\n",
        b"[" * 5000 + b"\n",
        line({**START, "language": ""}),
        line({**START, "version": 2}),
        line({"id": 3, "did": "call", "outcomes": [], "after": AFTER}),
        line({"id": 3, "did": "call", "outcomes": [{"returned": {}}], "after": AFTER}),
        line({"id": 3, "did": "stop", "bye": True}),
    ],
    ids=[
        "text", "list", "nesting", "empty name", "number", "no outcome", "no status", "unknown key",
    ],
)  # fmt: skip
def test_answer_that_breaks_the_protocol_is_refused(answer):
    with pytest.raises(ProtocolError):
        decode(answer)


def test_answer_to_call_gives_what_the_sdk_returned():
    answer = {"id": 2, "did": "call", "outcomes": [{"returned": RETURNED}], "after": AFTER}
    result = called(decode(line(answer)))
    assert isinstance(result, Called)
    assert result.given == (Given(status=200, body={}, request_id="r-1"),)


def test_answer_to_call_gives_what_the_sdk_raised():
    outcome = {"raised": {"type": "PayError", "message": "no", "status": 404}}
    answer = {"id": 2, "did": "call", "outcomes": [outcome], "after": AFTER}
    result = called(decode(line(answer)))
    assert isinstance(result, Called)
    assert result.given[0].what == "PayError: no"


def test_answer_to_call_may_say_that_the_sdk_has_no_way():
    answer = decode(line({"id": 2, "did": "call", "unsupported": "the SDK takes no headers"}))
    assert called(answer) == Unsupported("the SDK takes no headers")
