"""What was opened is noted at once, and the note outlives the process that opened it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from pay_conformance.exchange import Request, Response
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.targets.leftovers import Leftovers, Opened, closed_by, opened_by

HOST = "https://pay-api.amazon.com"
CHARGE = Opened("charges", "S01-1-1-C1", "/v2")
PERMISSION = Opened("chargePermissions", "S01-1-1", "/v2")
COMPLETED = {"chargeId": "S01-1-1-C1", "chargePermissionId": "S01-1-1"}
DIES = """
import os, sys
from pathlib import Path
from tests.sandbox.test_leftovers import CREATED, Leftovers
Leftovers(Path(sys.argv[1])).note(*CREATED)
os._exit(9)
"""


def exchange(method, path, status=200, **body):
    return Request(method, HOST + path), Response(status, (), json.dumps(body).encode())


CREATED = exchange("POST", "/v2/charges", 201, **COMPLETED)
CANCELED = exchange("DELETE", "/v2/charges/S01-1-1-C1/cancel", **COMPLETED)


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (CREATED, [CHARGE]),
        (exchange("POST", "/v2/checkoutSessions/1/complete", **COMPLETED), [CHARGE, PERMISSION]),
        (
            exchange("POST", "/v2/checkoutSessions/1/complete", 202, **COMPLETED),
            [CHARGE, PERMISSION],
        ),
        (exchange("GET", "/v2/checkoutSessions/1", **COMPLETED), [CHARGE, PERMISSION]),
        (exchange("POST", "/v2/checkoutSessions", 201, chargeId=None), []),
        (exchange("POST", "/v2/charges", 422, **COMPLETED), []),
        (exchange("GET", "/v2/charges/S01-1-1-C1", **COMPLETED), []),
        (exchange("POST", "/v2/charges/S01-1-1-C1/capture", **COMPLETED), []),
        (exchange("GET", "/v2/chargePermissions/S01-1-1", **COMPLETED), []),
        (exchange("POST", "/v2/refunds", 201, **COMPLETED), []),
        (exchange("GET", "/", **COMPLETED), []),
    ],
)
def test_exchange_shows_what_it_opened(seen, found):
    assert opened_by(*seen) == found


def test_exchange_shows_the_path_by_which_it_can_be_closed():
    [thing] = opened_by(*exchange("POST", "/sandbox/v1/charges/", 201, chargeId="C"))

    assert thing.prefix == "/sandbox/v1"


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (CANCELED, CHARGE),
        (exchange("DELETE", "/v2/chargePermissions/S01-1-1/close"), PERMISSION),
        (exchange("DELETE", "/v2/charges/S01-1-1-C1/cancel", 422), None),
        (exchange("GET", "/v2/charges/S01-1-1-C1"), None),
    ],
)
def test_exchange_shows_what_it_closed(seen, found):
    assert closed_by(*seen) == found


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000])
def test_exchange_with_a_body_that_is_none_opens_nothing(body):
    assert opened_by(Request("POST", HOST + "/v2/charges"), Response(201, (), body)) == []


def test_notes_name_charges_before_permissions(tmp_path):
    notes = Leftovers(tmp_path)
    notes.note(*exchange("GET", "/v2/checkoutSessions/1", chargePermissionId="S01-1-1"))
    notes.note(*CREATED)

    assert list(notes) == [CHARGE, PERMISSION]


def test_notes_that_are_all_closed_leave_no_file(tmp_path):
    notes = Leftovers(tmp_path)
    notes.note(*CREATED)
    notes.note(*CANCELED)
    notes.close()

    assert list(tmp_path.iterdir()) == []


def test_notes_of_a_killed_process_are_taken_over(tmp_path):
    done = subprocess.run([sys.executable, "-c", DIES, str(tmp_path)], timeout=60, check=False)

    notes = Leftovers(tmp_path)

    assert done.returncode == 9
    assert list(notes) == [CHARGE]
    assert len(list(tmp_path.iterdir())) == 1


def test_notes_of_a_living_process_are_left_alone(tmp_path):
    living = Leftovers(tmp_path)
    living.note(*CREATED)

    assert list(Leftovers(tmp_path)) == []
    assert list(living) == [CHARGE]


def test_notes_that_were_not_closed_go_on_to_the_next(tmp_path):
    first = Leftovers(tmp_path)
    first.note(*CREATED)
    first.close()

    assert list(Leftovers(tmp_path)) == [CHARGE]


def test_note_that_was_cut_off_spoils_no_other(tmp_path):
    first = Leftovers(tmp_path)
    first.note(*CREATED)
    first.close()
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes() + b'{"opened": {"kind": "cha')

    assert list(Leftovers(tmp_path)) == [CHARGE]


def test_folder_that_can_not_be_written_to_is_one_message(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigurationProblem, match="PAY_CONFORMANCE_STATE"):
        Leftovers(tmp_path / "file" / "state")
