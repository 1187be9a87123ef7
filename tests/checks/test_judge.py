"""The Judge: whose behaviour counts, in which version, and what it makes of any input."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import chain, compress
from typing import Any

import pytest

from pay_conformance.checks import Judge, proved_by, view
from pay_conformance.checks.body import parse, parse_strictly
from pay_conformance.checks.history import History
from pay_conformance.checks.learning import learn
from pay_conformance.checks.registry import CHECKS, Check, Fact, facts_of
from pay_conformance.contract.model import Party
from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.findings import Finding, Held
from tests.checks.exchanges import (
    CHARGE,
    START,
    bare,
    call,
    charge,
    contract,
    findings,
    get,
    good,
    session,
    yen,
)
from tests.contract.bodies import Corruption, bodies, corruptions

ASKED = {"chargePermissionId": "C03-1442027-5744374", "chargeAmount": yen("500")}


def outcomes(party: Party, exchange: Exchange) -> list[Any]:
    return Judge(contract(), frozenset({party})).judge(exchange)


def test_faults_of_the_client_do_not_count_against_the_server() -> None:
    wrong = call("POST", "/v2/charges", charge(), status=201, sent={**ASKED, "x": 1}, key="k-1")
    found = outcomes(Party.SERVER, wrong)
    assert not [each for each in found if isinstance(each, Finding)]


def test_faults_of_the_server_do_not_count_against_the_client() -> None:
    wrong = get(CHARGE, charge(chargeAmount=None))
    found = outcomes(Party.CLIENT, wrong)
    assert not [each for each in found if isinstance(each, Finding)]


def test_many_exchanges_are_judged_as_each_of_them_would_be() -> None:
    moves = ["Open", "Completed", "Open", "Canceled"]
    kept = [
        replace(get(CHARGE, charge(chargeAmount=amount)), id=str(number))
        for number, amount in enumerate([yen("500"), None, yen("5.5"), "500", yen("501")] * 10)
    ]
    kept += [
        get(
            f"/v2/checkoutSessions/{session()['checkoutSessionId']}",
            session(statusDetails__state=state),
        )
        for state in moves
    ]
    kept.insert(40, replace(kept[3], response=Response(200, (), b"{")))
    one_by_one, in_a_row = (Judge(contract(), frozenset(Party)) for _ in range(2))
    expected = [one_by_one.judge(exchange) for exchange in kept]
    assert list(in_a_row.judge_each(iter(kept))) == expected
    assert {each.requirement for each in chain(*expected) if isinstance(each, Finding)}


def test_finding_says_where_it_comes_from() -> None:
    exchange = replace(get(CHARGE, charge(chargeAmount=None)), id="7", source="story.har")
    (found,) = [each for each in outcomes(Party.SERVER, exchange) if isinstance(each, Finding)]
    assert (found.exchange, found.source, found.part) == ("7", "story.har", "response")


def test_requirement_that_failed_in_an_exchange_did_not_hold_in_it() -> None:
    found = outcomes(Party.SERVER, bare(session(creationTimestamp="now")))
    held = {each.requirement for each in found if isinstance(each, Held)}
    assert "FMT-TIME-001" not in held


def test_evidence_that_another_judge_has_is_not_sought_again_and_faults_are_found() -> None:
    right = get(CHARGE, charge())
    wrong = get(CHARGE, {**charge(), "creationTimestamp": "yesterday"})
    first = Judge(contract(), frozenset({Party.SERVER}))
    alone = first.judge(right)
    second = Judge(contract(), frozenset({Party.SERVER}))
    second.seek_less(first)
    again = second.judge(right)
    assert "FMT-TIME-001" in {each.requirement for each in alone if isinstance(each, Held)}
    assert "FMT-TIME-001" not in {each.requirement for each in again if isinstance(each, Held)}
    found = [each for each in second.judge(wrong) if isinstance(each, Finding)]
    assert "FMT-TIME-001" in {each.requirement for each in found}


def test_every_requirement_that_a_check_proves_is_in_the_contract() -> None:
    assert set(proved_by(contract())) - set(contract().requirements) == set()


def test_no_check_proves_what_the_catalogue_calls_untestable() -> None:
    untestable = {name for name, entry in contract().requirements.items() if entry.untestable}
    assert untestable & set(proved_by(contract())) == set()


@pytest.mark.parametrize("name", ["observed", "reconstructed"])
def test_good_bodies_have_no_findings(name: str) -> None:
    found = {
        each.name: findings(replace(bare(each.content), object=each.schema, api=each.api))
        for each in bodies(name)
    }
    assert {key: value for key, value in found.items() if value} == {}


@pytest.mark.parametrize("row", corruptions(), ids=lambda row: row.label)
def test_corrupted_body_gives_its_finding_and_no_other(row: Corruption) -> None:
    exchange = replace(bare(row.content), object=row.body.schema, api=row.body.api)
    if row.body.schema.endswith("-request"):
        assert exchange.response is not None
        request = Request("", "", (), exchange.response.body)
        exchange = replace(exchange, request=request, response=None)
    assert findings(exchange) == row.expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("observed/v1-checkout-session-open-new", ("v1", "checkout-session")),
        ("observed/v2-checkout-session-open-ready", ("v2", "checkout-session")),
        ("observed/v1-charge-permission-chargeable", ("v1", "charge-permission")),
        ("observed/v2-charge-authorized", ("v2", "charge")),
        ("observed/v1-refund-initiated", ("v1", "refund")),
        ("reconstructed/v2-buyer-id-only", ("v2", "buyer")),
        ("observed/error-400-unrecognized-field", ("v2", "error")),
        ("observed/v2-notification-charge", ("v2", "notification")),
    ],
)
def test_bare_body_is_recognised_by_its_members(name: str, expected: tuple[str, str]) -> None:
    seen = view(bare(good(name)), contract())
    assert (seen.api, seen.object) == expected


@pytest.mark.parametrize("body", [{}, {"hello": "world"}, [], "text", 5, None, yen("1")])
def test_body_of_nothing_known_is_not_recognised(body: Any) -> None:
    assert view(bare(body), contract()).object == ""


@pytest.mark.parametrize("status", [200, 201, 204, 302, 400, 404, 429, 500, 599])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"0",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b"[" * 10_000,
        b'{"chargeId": ["S"], "statusDetails": 7, "chargeAmount": {"amount": {}}}',
        b'{"statusDetails": {"state": {}}, "chargeId": {}, "chargePermissionId": []}',
        b'{"constraints": {"a": 1}, "checkoutSessionId": null, "limits": "none"}',
        b'{"reasonCode": {}, "message": []}',
    ],
)
@pytest.mark.parametrize("path", [CHARGE, "/v2/chargePermissions/x/close", "/v2/nothing", "*"])
def test_no_body_and_no_status_brings_the_judge_down(status: int, body: bytes, path: str) -> None:
    judge = Judge(contract(), frozenset(Party))
    headers = (("x-amz-pay-idempotency-key", "k"), ("authorization", "x" * 50))
    for method in ("GET", "POST", "DELETE", "PATCH"):
        request = Request(method, path, headers, body)
        judge.judge(Exchange(request, Response(status, headers, body)))
        judge.judge(Exchange(request, None, failure="reset"))
    judge.judge(Exchange(None, Response(status, (), body), object="charge"))


@pytest.mark.parametrize(
    "entry",
    [each for each in CHECKS if each.of or each.calls or each.when],
    ids=lambda each: each.name,
)
def test_check_has_nothing_to_say_where_it_is_left_out(entry: Check) -> None:
    """The Judge runs a check only on what it concerns; elsewhere it would be silent anyway."""
    history, said, left_out = History(), [], 0
    for exchange in everything():
        seen = view(exchange, contract())
        history.consider(seen)
        operation = seen.operation.id if seen.operation else ""
        facts = set(compress(Fact, facts_of(seen, history)))
        if not entry.concerns(seen.object, operation, facts, contract()):
            left_out += 1
            said += entry.run(seen, history)
        learn(seen, history)
    assert said == []
    assert left_out


@cache
def everything() -> list[Exchange]:
    """Return every body of the tests, and every corruption of one, bare and as an answer.

    One comes after the other, so that objects and keys of later ones were seen before.
    """
    rows = [*bodies("observed"), *bodies("reconstructed"), *corruptions()]
    calls = [
        call("POST", "/v2/charges", status=201, sent=ASKED, key="k-1"),
        call("POST", "/v2/refunds", status=201, sent={"chargeId": "S01-1"}, key="k-1"),
        call("POST", "/v2/refunds", status=201, sent={"chargeId": "S01-1"}),
        call("POST", f"{CHARGE}/capture", sent={"captureAmount": yen("500")}, key="k-1"),
        call("PATCH", "/v1/checkoutSessions/x", sent={}),
        call("POST", "/v2/checkoutSessions", status=201, sent={}, key="k-1"),
        call("GET", "/v2/chargePermissions/x"),
        bare(None),
    ]
    told = [
        replace(asked, response=replace(asked.response, body=json.dumps(row.content).encode()))
        for asked in calls
        for row in rows
        if asked.response is not None
    ]
    moments = [START + timedelta(seconds=number) for number in range(len(told) + 1)]
    return [
        replace(each, started=started, ended=ended)
        for each, started, ended in zip(told, moments, moments[1:], strict=False)
    ]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a": 1, "a": 2}',
        b'{"a":{"b":1,"b":1}}',
        b'{"a":12345678901234567890123}',
        b'{"a":1.10}',
        b'{"a":1e2,"b":-0,"c":-0.0}',
        b'{"a":1E999}',
        b'{"a":NaN}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\ud83d\\ude00 \\u00e9 \\/"}',
        b'\xef\xbb\xbf{"a":1}',
        b'\xff{"a":1}',
        b' { "a" : [ 1 , 2 ] } ',
        b'{"a":"x y  z","b":" "}',
        b"[" * 65 + b"]" * 65,
        b'{"a":1}x',
        b'"\x7f"',
        '{"\u00e9": "\u00e9"}'.encode(),
        b"\x0b\x0c",
        b"",
    ],
)
def test_fast_reading_of_a_body_gives_what_strict_reading_gives(raw: bytes) -> None:
    assert repr(parse(raw)) == repr(parse_strictly(raw))
