"""A tally is bounded, and loses no verdict."""

from __future__ import annotations

from pay_conformance.findings import Drift, Finding, Held, Skipped
from pay_conformance.gateway.tally import MOST, Tally


def test_tally_counts_evidence_up_to_its_bound() -> None:
    tally = Tally()
    tally.add([Held("A"), Held("A"), Held("B")])
    tally.add(Held("C") for _ in range(MOST + 5))
    kept = [outcome.requirement for outcome in tally if isinstance(outcome, Held)]
    assert [kept.count(name) for name in "ABC"] == [2, 1, MOST]


def test_tally_keeps_every_different_defect() -> None:
    tally = Tally()
    tally.add(Finding("A", "first", pointer=f"/{number % 2}") for number in range(3 * MOST))
    pointers = [outcome.pointer for outcome in tally if isinstance(outcome, Finding)]
    assert [pointers.count(name) for name in ("/0", "/1")] == [MOST, MOST]


def test_tally_keeps_drift_and_what_was_skipped_once() -> None:
    tally = Tally()
    drift, skipped = Drift("/tokens", "new"), Skipped("A", "no clock")
    tally.add([drift, skipped, drift, skipped])
    assert list(tally) == [drift, skipped]
