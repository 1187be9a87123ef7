"""Results of runs, small enough to read, for the tests of reports."""

from __future__ import annotations

from pay_conformance.contract.model import Evidence, Level, Party, Requirement
from pay_conformance.findings import Drift, Finding, Held, Outcome, Skipped
from pay_conformance.report import (
    Event,
    ExchangeSeen,
    OutcomeSeen,
    RunEnded,
    RunResult,
    RunStarted,
    ScenarioEnded,
)


def requirement(identifier: str, level: Level = Level.MUST, *, untestable: str = "") -> Requirement:
    return Requirement(
        id=identifier,
        level=level,
        says=f"{identifier} is kept.",
        binds=frozenset({Party.SERVER}),
        api=frozenset({"v2"}),
        evidence=Evidence.OBSERVED,
        sources=("observed/v2-charge-authorized.json",),
        untestable=untestable,
    )


REQUIREMENTS = {
    entry.id: entry
    for entry in (
        requirement("CS-TIME-001"),
        requirement("CS-TIME-002"),
        requirement("CH-LIFE-001", Level.SHOULD),
        requirement("RF-LIFE-001", untestable="Amazon decides it alone"),
    )
}

STARTED = RunStarted(
    subject={"kind": "server", "name": "a server"},
    api=("v2",),
    seed=7,
    started="2026-01-02T03:04:05Z",
    command="pay-conformance run --seed 7",
    tool={"name": "amazon-pay-conformance", "version": "0", "suite": "s", "contract": "c"},
)

LATE = Finding(
    requirement="CS-TIME-002",
    message="the session expires 23 hours after it was created",
    pointer="/expirationTimestamp",
    expected="20260103T030405Z",
    actual="20260103T020405Z",
    exchange="one#1",
    source="test_one[v2]",
    reproduce="pay-conformance run -k test_one --seed 7",
)

EXCHANGE = ExchangeSeen(
    id="one#1",
    source="test_one[v2]",
    request={"method": "GET", "url": "/v2/checkoutSessions/1", "headers": [], "body": ""},
    response={"status": 200, "headers": [["date", "x"]], "body": '{"a": "<script>"}'},
)


def events(*outcomes: Outcome) -> list[Event]:
    return [
        STARTED,
        EXCHANGE,
        *(OutcomeSeen(outcome) for outcome in outcomes),
        ScenarioEnded("test_one[v2]", "passed", 0.1),
        RunEnded("2026-01-02T03:04:06Z", 1.0),
    ]


def result(*outcomes: Outcome) -> RunResult:
    return RunResult.of(events(*outcomes), REQUIREMENTS)


GOOD = result(Held("CS-TIME-001"), Held("CS-TIME-002"), Skipped("CH-LIFE-001", "no clock"))
BAD = result(Held("CS-TIME-001"), LATE, LATE, Drift("/new", "a field that the contract lacks"))
EMPTY = result()
