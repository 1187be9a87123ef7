"""Files of JSON lines: each form of a line, and the same findings however they are split."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks.traffic import lines

from pay_conformance.checks import Judge
from pay_conformance.contract.model import Party
from pay_conformance.findings import Finding, Held
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.stream import is_stream, judge
from pay_conformance.stream.lines import Reader
from pay_conformance.stream.split import Links, shared_out, tokens
from tests.checks.exchanges import CHARGE, PERMISSION, SESSION, captured, charge, contract, session
from tests.contract.bodies import bodies, corruptions

FOLDER = Path(__file__).parents[1]
ROWS = [*corruptions(), *corruptions(FOLDER / "checks" / "corruptions.yaml")]
HEADERS = {"content-type": "application/json", "x-amz-pay-request-id": "1"}


def exchange(path: str, answer: Any, method: str = "GET", **more: Any) -> dict[str, Any]:
    request = {"method": method, "url": f"https://pay-api.amazon.com{path}", "headers": []}
    request |= more.pop("request", {})
    return {
        "request": request,
        "response": {"status": 200, "headers": HEADERS, "body": json.dumps(answer)},
        **more,
    }


def stored(folder: Path, *values: Any) -> Path:
    file = folder / "traffic.jsonl"
    text = (value if isinstance(value, str) else json.dumps(value) for value in values)
    file.write_text("".join(f"{line}\n" for line in text), encoding="utf-8")
    return file


def told(found: list[tuple[int, Finding]]) -> list[tuple[int, str, str]]:
    return [(number, each.requirement, each.pointer) for number, each in found]


PATHS = {
    "checkout-session": "/checkoutSessions/any",
    "charge-permission": "/chargePermissions/any",
    "charge": "/charges/any",
    "refund": "/refunds/any",
}


def test_every_corruption_gives_the_same_findings_on_two_processes(tmp_path: Path) -> None:
    answers = [row for row in ROWS if row.body.schema in PATHS]
    calls = [exchange(f"/{row.body.api}{PATHS[row.body.schema]}", row.content) for row in answers]
    file = stored(tmp_path, *calls)
    one, two = judge(file, contract(), workers=1), judge(file, contract(), workers=2)
    assert one.findings == two.findings
    assert (one.held, one.drift, one.exchanges) == (two.held, two.drift, two.exchanges)
    assert len(one.findings) > 100


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.label)
def test_corruption_on_a_line_gives_its_findings(tmp_path: Path, row: Any) -> None:
    file = stored(tmp_path, row.content)
    outcome = judge(file, contract(), name=row.body.schema, api=row.body.api)
    assert {(found.requirement, found.pointer) for _, found in outcome.findings} == row.expected


@pytest.mark.parametrize("workers", [1, 2])
def test_lines_are_judged_as_one_judge_judges_them_in_order(tmp_path: Path, workers: int) -> None:
    broken = [
        line.replace('\\"state\\":\\"Captured\\"', '\\"state\\":\\"Authorized\\"')
        if number % 7 == 0
        else line.replace('"status":200', '"status":503', number % 11 == 0)
        for number, line in enumerate(lines(600))
    ]
    file = stored(tmp_path, *broken)
    court, reader = Judge(contract(), frozenset(Party)), Reader(str(file), contract())
    plain: list[tuple[int, Finding]] = []
    held: set[str] = set()
    for number, line in enumerate(broken):
        seen = reader.exchange(line.encode(), number + 1)
        assert seen is not None
        outcomes = court.judge(seen)
        plain += [(number, each) for each in outcomes if isinstance(each, Finding)]
        held |= {each.requirement for each in outcomes if isinstance(each, Held)}
    outcome = judge(file, contract(), workers=workers)
    assert outcome.findings == plain
    assert outcome.held == held
    assert len(plain) > 20


def test_history_reaches_from_one_end_of_a_file_to_the_other(tmp_path: Path) -> None:
    others = [json.loads(line) for line in lines(200)]
    back = charge(statusDetails__state="Authorized")
    file = stored(tmp_path, exchange(CHARGE, captured()), *others, exchange(CHARGE, back))
    assert (201, "CH-LIFE-003", "/statusDetails/state") in told(
        judge(file, contract(), workers=2).findings
    )


def test_retry_with_another_key_is_found_though_no_object_links_the_two(tmp_path: Path) -> None:
    sent = {"body": '{"storeId": "x"}'}

    def attempt(key: str, status: int) -> dict[str, Any]:
        given = {**sent, "headers": {"x-amz-pay-idempotency-key": key}}
        made = exchange("/v2/checkoutSessions", {}, "POST", request=given)
        made["response"]["status"] = status
        return made

    others = [json.loads(line) for line in lines(100)]
    file = stored(tmp_path, attempt("A1", 503), *others, attempt("B2", 201))
    assert (101, "IDEM-SEND-005", "") in told(judge(file, contract(), workers=2).findings)


def test_good_bodies_on_lines_have_no_findings(tmp_path: Path) -> None:
    good = [each.content for each in bodies("observed") if each.api == "v2"]
    outcome = judge(stored(tmp_path, *good), contract())
    assert (outcome.findings, outcome.exchanges) == ([], len(good))


def test_new_member_is_told_once_with_its_first_place(tmp_path: Path) -> None:
    new = [session(novelty=number) for number in range(5)]
    outcome = judge(stored(tmp_path, *new), contract())
    assert [found.exchange for _, found in outcome.drift.values()] == ["line 1"]


def test_findings_alike_are_counted_when_they_are_many(tmp_path: Path) -> None:
    wrong = [charge(chargeAmount=None)] * 250
    outcome = judge(stored(tmp_path, *wrong), contract(), workers=2)
    assert (len(outcome.findings), outcome.more) == (100, 150)


def test_calls_of_others_are_left_aside(tmp_path: Path) -> None:
    other = {"request": {"method": "GET", "url": "https://example.com/"}, "response": None}
    outcome = judge(stored(tmp_path, other, exchange(CHARGE, charge())), contract())
    assert (outcome.exchanges, outcome.ignored) == (1, 1)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{", "line 2: it is not JSON"),
        ('{"hello": "world"}', "line 2: the object is not recognised"),
        ("7", "line 2: the object is not recognised"),
        ('{"request": {}, "response": null}', "line 2: the exchange is not whole"),
        (
            '{"request": {"method": "GET", "url": "/v2/x"}, "response": {"status": "ok"}}',
            "line 2: the exchange is not whole",
        ),
        (
            '{"request": {"method": "GET", "url": "/v2/x"}, "response": null, "started": "now"}',
            "line 2: the exchange is not whole",
        ),
        (
            (
                '{"request": {"method": "GET", "url": "https://[v2/x", "headers": '
                '{"x-amz-pay-idempotency-key": "k"}}, "response": null}'
            ),
            "line 2: the exchange is not whole",
        ),
    ],
)
@pytest.mark.parametrize("workers", [1, 2])
def test_line_that_cannot_be_read_is_named(
    tmp_path: Path, line: str, expected: str, workers: int
) -> None:
    file = stored(tmp_path, exchange(CHARGE, charge()), line, "{")
    with pytest.raises(ConfigurationProblem, match=expected):
        judge(file, contract(), workers=workers)


@pytest.mark.parametrize(
    ("text", "expected"),
    [('{"a": 1}\n{"b": 2}\n', True), ('{"a": 1}\n', False), ('{"a":\n1}\n', False), ("", False)],
)
def test_lines_are_told_from_one_body(tmp_path: Path, text: str, *, expected: bool) -> None:
    file = tmp_path / "some"
    file.write_text(text)
    assert is_stream(file) is expected


@pytest.mark.parametrize(
    "line",
    [
        rb'{"chargeId": "S01-1"}',
        rb'{"response":{"body":"{\"chargeId\":\"S01-1\"}"}}',
        rb'{"request":{"url":"https:\/\/h\/v2\/charges\/S01-1\/capture"}}',
        rb'{"request":{"url":"https://h/v2/charges/S01%2D1?x"}}',
        rb'{"request":null,"response":{"body":"{\"ch\\u0061rgeId\":\"S01-1\"}"}}',
        rb'{"ch\u0061rgeId":"S01\u002d1"}',
    ],
)
def test_ids_are_found_however_they_are_written(line: bytes) -> None:
    assert set(tokens(line)) == {b"S01-1"}


def test_lines_that_are_linked_through_others_have_one_owner() -> None:
    first, second = Links(), Links()
    first.add(json.dumps(exchange(SESSION, {"chargeId": "a"})).encode())
    first.add(json.dumps(exchange(CHARGE, {"chargeId": "c"})).encode())
    second.add(json.dumps(exchange(PERMISSION, {"chargeId": "a", "refundId": "c"})).encode())
    assert len(set(shared_out([first, second], 2).owners)) == 1


def test_plan_says_which_line_is_the_last_of_its_group() -> None:
    found = Links()
    for name in ("a", "b", "", "a", "b", "b"):
        found.add(json.dumps({"chargeId": name}).encode())
    (groups,) = shared_out([found], 1).groups
    assert [(group >> 1, group & 1) for group in groups] == [
        (0, 0), (1, 0), (2, 1), (0, 1), (1, 0), (1, 1),
    ]  # fmt: skip


def test_dispute_links_its_lines() -> None:
    found = Links()
    found.add(json.dumps(exchange("/v2/disputes/S1", {"disputeId": "S1"})).encode())
    found.add(json.dumps(exchange("/v2/disputes/S2", {"disputeId": "S2"})).encode())
    found.add(json.dumps(exchange("/v2/disputes/S1", {})).encode())
    (groups,) = shared_out([found], 1).groups
    assert [group >> 1 for group in groups] == [0, 1, 0]


def test_lines_that_have_nothing_to_do_with_each_other_are_shared_out() -> None:
    found = Links()
    for number in range(10):
        found.add(json.dumps({"chargeId": f"S{number}"}).encode())
    assert sorted(shared_out([found], 2).owners) == [0] * 5 + [1] * 5


def test_file_that_is_not_there_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationProblem, match="can't be read: No such file"):
        judge(tmp_path / "traffic.jsonl", contract())
