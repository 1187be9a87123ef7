"""What breaks an exchange is one small change, said in words."""

from __future__ import annotations

import json

from pay_conformance.commands.example_changes import changed_answers, changed_requests, changes
from pay_conformance.exchange import Exchange, Request, Response

BODY = {"a": {"b": "1.00"}, "c": [True, None]}
ANSWER = Response(200, (("date", "x"),), json.dumps(BODY).encode())


def test_each_change_is_in_one_place() -> None:
    told = {change.what for change in changes(ANSWER)}
    assert 'with /a/b as "91.00"' in told
    assert "without /a/b" in told
    assert "with /c/0 as false" in told
    assert "without the header date" in told
    assert "with the status 404 instead of 200" in told
    assert len(told) == len(list(changes(ANSWER)))


def test_change_leaves_the_original_as_it_is() -> None:
    kept = ANSWER.body
    bodies = {change.body for change in changes(ANSWER)}
    assert ANSWER.body == kept
    assert len(bodies) > 5


def test_refusal_is_changed_into_another_one() -> None:
    refusal = Response(400, (), json.dumps({"reasonCode": "A", "message": "m"}).encode())
    first = next(changes(refusal))
    assert first.what == "refused with InvalidParameterValue"
    assert json.loads(first.body) == {"reasonCode": "InvalidParameterValue", "message": "m"}


def test_body_that_is_no_json_is_left_alone() -> None:
    assert {change.body for change in changes(Response(200, (), b"<html>"))} == {b"<html>"}


def test_requests_and_answers_are_changed_apart() -> None:
    exchange = Exchange(Request("POST", "/v2/charges", (), b'{"x": 1}'), ANSWER)
    assert all(one.response is ANSWER for _, one in changed_requests(exchange))
    assert all(one.request is exchange.request for _, one in changed_answers(exchange))
