"""A change to the contract that is not finished is told by file and line, with what it lacks."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from pay_conformance.contract import Contract
from tests.contract.copies import Copy, copied
from tests.mutants.derived import derived_mutants
from tests.mutants.finished import Known, known_of, needless, unfinished

REFUND = "shared/lifecycles/refund.yaml"
ERRORS = "shared/errors.yaml"
LIMITS = "shared/limits.yaml"


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return copied(tmp_path)


@cache
def known() -> Known:
    return known_of(derived_mutants(Contract.load()))


def lacks(copy: Copy) -> list[str]:
    """Return what a copy of the contract lacks, with the mutants that it would have."""
    contract = copy.contract
    return [str(message) for message in unfinished(contract, known_of(derived_mutants(contract)))]


def test_contract_is_finished() -> None:
    assert [str(message) for message in unfinished(Contract.load(), known())] == []


def test_excuses_are_all_needed() -> None:
    assert needless(Contract.load(), known()) == []


def add_field(copy: Copy, schema: str) -> int:
    file = "v2/schemas/refund.schema.json"
    copy.change(file, '"refundId": {', f'"refundNote": {schema},\n    "refundId": {{')
    return copy.line_of(file, "refundNote")


def test_field_without_anything_lacks_all_three(copy: Copy) -> None:
    line = add_field(copy, "{}")
    where = f"contracts/v2/schemas/refund.schema.json:{line}"
    what = "the field /refundNote of refund is not finished"
    told = lacks(copy)
    assert [line.partition("; ")[0] for line in told] == [
        f"{where}: {what}: it has no requirement: name one",
        f"{where}: {what}: no test sees it: no body of tests/contract has it",
        f"{where}: {what}: no mutant gets it wrong: nothing is said of its type",
    ]


def test_field_with_a_requirement_still_lacks_a_body(copy: Copy) -> None:
    line = add_field(copy, '{"type": "string", "x-requirement": "RF-FIELD-001"}')
    (told,) = lacks(copy)
    assert told.startswith(f"contracts/v2/schemas/refund.schema.json:{line}: ")
    assert "no test sees it" in told


def test_field_of_a_request_that_names_no_requirement_lacks_one(copy: Copy) -> None:
    file = "v2/schemas/cancel-charge-request.schema.json"
    copy.change(
        file, '"cancellationReason": {', '"note": {"type": "string"},\n "cancellationReason": {'
    )
    where = f"contracts/{file}:{copy.line_of(file, 'note')}"
    assert any(told.startswith(f"{where}: ") and "no requirement" in told for told in lacks(copy))


def test_state_without_a_move_lacks_all_three(copy: Copy) -> None:
    copy.change(REFUND, "  Refunded:\n", "  Lost:\n    final: true\n  Refunded:\n")
    where = f"contracts/{REFUND}:{copy.line_of(REFUND, 'Lost:')}: the state Lost of refund"
    told = lacks(copy)
    assert [line.partition(" is not finished: ")[0] for line in told] == [where] * 3
    assert ["no requirement" in told[0], "no test" in told[1], "no mutant" in told[2]] == [True] * 3


def test_state_with_a_move_still_lacks_a_scenario(copy: Copy) -> None:
    copy.change(REFUND, "  Refunded:\n", "  Lost:\n    final: true\n  Refunded:\n")
    move = "{from: RefundInitiated, to: Lost, on: refund is declined, requirement: RF-LIFE-004}"
    copy.change(REFUND, "moves:\n", f"moves:\n  - {move}\n")
    (told,) = lacks(copy)
    assert "no test sees it: name Lost in a scenario that is marked with RF-LIFE-004" in told


def test_reason_of_a_state_that_no_move_gives_lacks_all_three(copy: Copy) -> None:
    copy.change(REFUND, "reasons: [AmazonRejected,", "reasons: [BankRejected, AmazonRejected,")
    copy.change(
        REFUND, "reasons:\n  AmazonRejected", "reasons:\n  BankRejected: No.\n  AmazonRejected"
    )
    line = copy.line_of(REFUND, "BankRejected")
    told = lacks(copy)
    where = f"contracts/{REFUND}:{line}: the reason BankRejected of refund is not finished"
    assert [line.startswith(where) for line in told] == [True] * 3


def test_reason_code_that_nothing_says_lacks_a_requirement_and_a_test(copy: Copy) -> None:
    entry = (
        "BankClosed:\n  status: 422\n  retryable: false\n  message: The bank is closed.\n"
        "  evidence: documented\n  sources: [somewhere]\n"
    )
    copy.write(ERRORS, (copy.root / ERRORS).read_text(encoding="utf-8") + entry)
    where = f"contracts/{ERRORS}:{copy.line_of(ERRORS, 'BankClosed')}"
    told = lacks(copy)
    assert [line.partition(": it has")[0].partition(": no test")[0] for line in told] == [
        f"{where}: the reason code BankClosed is not finished"
    ] * 2


def test_limit_that_no_scenario_tries_lacks_a_test(copy: Copy) -> None:
    entry = (
        "refunds-per-day:\n  unit: count\n  value: 3\n  evidence: documented\n"
        "  sources: [somewhere]\n  requirement: CS-FIELD-001\n"
    )
    copy.write(LIMITS, (copy.root / LIMITS).read_text(encoding="utf-8") + entry)
    (told,) = lacks(copy)
    where = f"contracts/{LIMITS}:{copy.line_of(LIMITS, 'refunds-per-day')}"
    assert told.startswith(f"{where}: the limit refunds-per-day is not finished: no test sees it")


def test_limit_without_a_mutant_lacks_one() -> None:
    had = known()
    none = Known(had.words, had.marked, {})
    told = [str(message) for message in unfinished(Contract.load(), none)]
    assert any("the limit charge-amount is not finished: no mutant" in line for line in told)
