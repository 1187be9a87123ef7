"""Idempotency as a property of every operation that takes a key, whatever happens to the key."""

from __future__ import annotations

import random

import pytest
from hypothesis import strategies as st

from pay_conformance.generate.examples import Examples, Scene
from pay_conformance.generate.idempotency import KEYED, TURNS, crowd, first_use
from pay_conformance.scenario import api, needs, requirement

PROMISES = requirement("IDEM-SAME-001", "IDEM-SAME-002")


def _turn(examples: Examples, operation: str, count: int = 8) -> None:
    for turn in TURNS.values():
        _play(examples, operation, turn, max(1, count // len(TURNS)))


def _play(examples: Examples, operation: str, turn: object, count: int) -> None:
    assert callable(turn)

    @examples.each(count, number=st.integers(0, 999))
    def keeps_its_promise(scene: Scene, number: int) -> None:
        turn(first_use(operation, scene), random.Random(number))


ALL = requirement(
    "IDEM-SAME-001", "IDEM-SAME-002", "IDEM-SAME-004", "IDEM-DIFF-001", "IDEM-DIFF-002",
    "IDEM-DIFF-003", "IDEM-ERR-001",
)  # fmt: skip


@ALL
def test_keys_of_create_checkout_session_keep_their_promise(examples: Examples) -> None:
    _turn(examples, "createCheckoutSession")


@ALL
@needs("buyer")
@api("v2")
def test_keys_of_complete_checkout_session_keep_their_promise(examples: Examples) -> None:
    _turn(examples, "completeCheckoutSession")


@ALL
@needs("buyer")
@api("v2")
def test_keys_of_finalize_checkout_session_keep_their_promise(examples: Examples) -> None:
    _turn(examples, "finalizeCheckoutSession")


@ALL
@needs("buyer")
def test_keys_of_create_charge_keep_their_promise(examples: Examples) -> None:
    _turn(examples, "createCharge")


@ALL
@needs("buyer")
def test_keys_of_capture_charge_keep_their_promise(examples: Examples) -> None:
    _turn(examples, "captureCharge")


@ALL
@needs("buyer")
def test_keys_of_create_refund_keep_their_promise(examples: Examples) -> None:
    _turn(examples, "createRefund")


@ALL
@needs("buyer")
@api("v2")
def test_keys_of_create_dispute_keep_their_promise(examples: Examples) -> None:
    _turn(examples, "createDispute")


@ALL
@needs("buyer")
@api("v2")
def test_keys_of_contest_dispute_keep_their_promise(examples: Examples) -> None:
    _turn(examples, "contestDispute")


@requirement("IDEM-SAME-001", "IDEM-SAME-004", "IDEM-DIFF-001", "IDEM-DIFF-002", "IDEM-DIFF-003")
@api("v2")
def test_keys_of_upload_file_keep_their_promise(examples: Examples) -> None:
    _turn(examples, "uploadFile")


@requirement("IDEM-SAME-003")
@needs("buyer")
@pytest.mark.parametrize("operation", KEYED)
def test_a_crowd_with_one_key_makes_one_object(examples: Examples, operation: str) -> None:
    if operation not in examples.story.setting.contract.operations(examples.story.api):
        pytest.skip("this version has no such operation")
    examples.concluded(lambda: examples.told(lambda scene: crowd(operation, scene)))
