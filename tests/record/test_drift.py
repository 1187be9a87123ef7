"""Each kind of change between two recordings gets its class."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.record.cassette import Cassette
from pay_conformance.record.drift import Class, compare
from pay_conformance.resources import data_path

SESSION: dict[str, Any] = {
    "checkoutSessionId": "6f916c70-c611-4adb-af5c-8204e68cd8e0",
    "buyer": {"name": "Sample Buyer 1"},
    "constraints": [
        {"constraintId": "ChargeAmountNotSet", "description": "chargeAmount is not set."}
    ],
    "statusDetails": {"state": "Open", "reasonCode": None},
    "creationTimestamp": "20200222T041614Z",
    "expirationTimestamp": "20200223T041614Z",
}
ENUMERATED = frozenset({"state", "reasonCode", "constraintId"})


def recording(
    body: Any, status: int = 200, header: str = "x-amz-pay-request-id"
) -> dict[str, Cassette]:
    path = f"/v2/checkoutSessions/{SESSION['checkoutSessionId']}"
    exchange = Exchange(
        Request("GET", path), Response(status, ((header, "1"),), json.dumps(body).encode())
    )
    return {"story.yaml": Cassette((exchange,))}


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Cassette]:
    body = copy.deepcopy(SESSION)
    change(body)
    return recording(body)


def seen(
    new: dict[str, Cassette], old: dict[str, Cassette] | None = None
) -> list[tuple[str, str, str]]:
    differences = compare(old or recording(SESSION), new, ENUMERATED)
    return [(d.class_.value, d.what, d.pointer) for d in differences]


def test_equal_recordings_do_not_differ() -> None:
    assert seen(recording(SESSION)) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda b: b.update(tokens=None), ("additive", "field is new", "/tokens")),
        (lambda b: b.pop("buyer"), ("breaking", "field is gone", "/buyer")),
        (lambda b: b.update(buyer=None), ("breaking", "type changed", "/buyer")),
        (
            lambda b: b["statusDetails"].update(state="Completed"),
            ("breaking", "state changed", "/statusDetails/state"),
        ),
        (
            lambda b: b["constraints"][0].update(constraintId="AmountNotSet"),
            ("breaking", "value changed", "/constraints/*/constraintId"),
        ),
        (
            lambda b: b.update(creationTimestamp="2020-02-22T04:16:14Z"),
            ("breaking", "timestamp format changed", "/creationTimestamp"),
        ),
        (
            lambda b: b.update(expirationTimestamp="20200223T031614Z"),
            ("breaking", "timing changed", "expirationTimestamp - creationTimestamp"),
        ),
        (lambda b: b.update(buyer=b.pop("buyer")), ("cosmetic", "order of keys changed", "")),
    ],
)
def test_change_in_a_body_has_its_class(
    change: Callable[[dict[str, Any]], object], expected: tuple[str, str, str]
) -> None:
    assert seen(changed(change)) == [expected]


def test_particulars_of_another_run_are_no_difference() -> None:
    other = copy.deepcopy(SESSION)
    other.update(
        checkoutSessionId="7520057e-875d-4c99-81be-8fea08f5e503",
        creationTimestamp="20260101T000000Z",
        expirationTimestamp="20260102T000000Z",
    )
    assert seen(recording(other)) == []


def test_changed_status_is_breaking() -> None:
    assert seen(recording(SESSION, 201)) == [("breaking", "status changed", "")]


def test_lost_request_id_header_is_breaking() -> None:
    assert seen(recording(SESSION, header="date")) == [
        ("breaking", "header is gone", "x-amz-pay-request-id"),
        ("cosmetic", "header is new", "date"),
    ]


def test_changed_message_of_an_error_is_cosmetic() -> None:
    old = recording({"reasonCode": "ResourceNotFound", "message": "not there"}, 404)
    new = recording({"reasonCode": "ResourceNotFound", "message": "not here"}, 404)
    assert seen(new, old) == [("cosmetic", "message changed", "/message")]


def test_changed_reason_code_is_breaking() -> None:
    old = recording({"reasonCode": "ResourceNotFound", "message": "no"}, 404)
    new = recording({"reasonCode": "NotFound", "message": "no"}, 404)
    assert seen(new, old) == [("breaking", "reason code changed", "/reasonCode")]


def test_story_that_is_gone_is_breaking() -> None:
    assert seen({}) == [("breaking", "story is gone from the recording", "")]


def test_same_change_in_two_stories_is_one_difference() -> None:
    old, new = recording(SESSION), changed(lambda b: b.update(tokens=None))
    (difference,) = compare(
        {"a": old["story.yaml"], "b": old["story.yaml"]},
        {"a": new["story.yaml"], "b": new["story.yaml"]},
        ENUMERATED,
    )
    assert (difference.class_, difference.stories) == (Class.ADDITIVE, ("a", "b"))


def test_drift_is_a_table_with_an_exit_code(tmp_path: Path) -> None:
    changed_codes = tmp_path / "new"
    shutil.copytree(data_path("cassettes", "mock"), changed_codes)
    story = changed_codes / "test_capture_of_more_than_authorized_is_refused-v2.yaml"
    story.write_text(story.read_text().replace("TransactionAmountExceeded", "TooMuch"))
    command = [sys.executable, "-m", "pay_conformance", "drift"]
    command += [str(data_path("cassettes", "mock")), str(changed_codes)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    heading, row, summary = done.stdout.splitlines()
    assert done.returncode == 1
    assert heading.split() == ["class", "what", "at", "old", "new", "call", "in"]
    assert row.startswith("breaking  reason code changed  /reasonCode")
    assert "TransactionAmountExceeded  TooMuch" in row
    assert summary == "1 breaking, 0 additive, 0 cosmetic"
