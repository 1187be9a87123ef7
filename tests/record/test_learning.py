"""What a recording shows is proposed as a patch that applies, and then the contract knows it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pay_conformance.cli import group
from pay_conformance.contract import Contract
from pay_conformance.record import cassette
from pay_conformance.record.cassette import Cassette
from pay_conformance.record.contract_drift import compare_with_contract
from pay_conformance.record.drift import Class
from pay_conformance.record.json_places import added_item, added_member
from pay_conformance.record.learning import lessons, propose
from pay_conformance.resources import data_path

SHIPPED = data_path("cassettes", "mock")
CONTRACT = Contract.load()


def told(name: str, change: Callable[[dict[str, Any], int], object]) -> dict[str, Cassette]:
    """Return a shipped story whose answers a function changed in place."""
    story = cassette.read(SHIPPED / f"{name}.yaml")
    exchanges = []
    for exchange in story.exchanges:
        changed = exchange
        if exchange.request and exchange.response and "control:" not in exchange.request.url:
            body = json.loads(exchange.response.body)
            change(body, exchange.response.status)
            answer = replace(exchange.response, body=json.dumps(body).encode())
            changed = replace(exchange, response=answer)
        exchanges.append(changed)
    return {f"{name}.yaml": replace(story, exchanges=tuple(exchanges))}


def new_field(body: dict[str, Any], _status: int) -> None:
    if "chargeAmount" in body:
        body["settlement"] = {"batch": 7}


def new_inner_field(body: dict[str, Any], _status: int) -> None:
    if "limits" in body:
        body["limits"]["amountPending"] = None


def new_reason(body: dict[str, Any], _status: int) -> None:
    if body.get("statusDetails", {}).get("reasonCode") == "MerchantCanceled":
        body["statusDetails"]["reasonCode"] = "ShopCanceled"


def new_error(body: dict[str, Any], _status: int) -> None:
    if body.get("reasonCode") == "TransactionAmountExceeded":
        body["reasonCode"] = "CaptureTooLarge"


LESSONS = {
    "a field": ("test_capture_takes_the_money-v2", new_field, "v2/schemas/charge.schema.json"),
    "a field inside a field": (
        "test_capture_takes_the_money-v2", new_inner_field,
        "v2/schemas/charge-permission.schema.json",
    ),
    "a reason code of an error": (
        "test_capture_of_more_than_authorized_is_refused-v2", new_error, "shared/errors.yaml",
    ),
}  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(CONTRACT.root, tmp_path / "contracts")
    return tmp_path


def applied(patch: str, folder: Path) -> Contract:
    done = subprocess.run(
        ["patch", "-p1"], cwd=folder, input=patch, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr + patch
    return Contract.load(folder / "contracts")


@pytest.mark.parametrize("what", LESSONS)
def test_proposed_patch_applies_and_teaches_the_contract(what: str, copy: Path) -> None:
    name, change, file = LESSONS[what]
    recording = told(name, change)
    before = {(one.what, one.pointer) for one in compare_with_contract(recording, CONTRACT)}
    patch = propose(lessons(recording, CONTRACT), CONTRACT)
    assert f"+++ b/contracts/{file}" in patch
    assert f"{name}.yaml #" in patch.splitlines()[0]
    taught = applied(patch, copy)
    after = {(one.what, one.pointer) for one in compare_with_contract(recording, taught)}
    assert before
    assert after < before


def test_what_is_taught_wholly_is_no_drift_any_more(copy: Path) -> None:
    recording = told("test_capture_takes_the_money-v2", new_field)
    taught = applied(propose(lessons(recording, CONTRACT), CONTRACT), copy)
    assert compare_with_contract(recording, taught) == []


def test_reason_of_a_state_is_taught_to_the_schema_and_left_to_a_person_in_the_lifecycle(
    copy: Path,
) -> None:
    recording = told("test_merchant_cancels_a_charge_and_says_why-v2", new_reason)
    patch = propose(lessons(recording, CONTRACT), CONTRACT)
    assert '+              "BuyerCanceled",' in patch or '+              "ShopCanceled"' in patch
    assert "# the lifecycle of charge has to know ShopCanceled, too; add it by hand" in patch
    name = "shared.charge-status"
    assert "ShopCanceled" in json.dumps(applied(patch, copy).schema("v2", "charge")["$defs"][name])


def test_same_field_in_many_answers_is_one_lesson() -> None:
    recording = told("test_capture_takes_the_money-v2", new_field)
    found = lessons(recording, CONTRACT)
    assert [(one.object, one.pointer) for one in found] == [("charge", "/settlement")]
    assert len(found[0].exchanges) > 1


def test_what_both_versions_show_is_taught_to_a_shared_file_once(copy: Path) -> None:
    name = "test_capture_of_more_than_authorized_is_refused"
    recording = told(f"{name}-v1", new_error) | told(f"{name}-v2", new_error)
    patch = propose(lessons(recording, CONTRACT), CONTRACT)
    assert patch.count("+CaptureTooLarge:") == 1
    assert patch.count("# new reason code") == 2
    assert "CaptureTooLarge" in applied(patch, copy).errors


def test_nothing_new_proposes_nothing() -> None:
    recording = told("test_capture_takes_the_money-v2", lambda *_: None)
    assert propose(lessons(recording, CONTRACT), CONTRACT) == ""


def test_value_that_breaks_a_form_is_no_news() -> None:
    def nameless(body: dict[str, Any], _status: int) -> None:
        if "chargeAmount" in body:
            body["chargeId"] = "a charge"

    found = lessons(told("test_capture_takes_the_money-v2", nameless), CONTRACT)
    assert "a charge" not in propose(found, CONTRACT)


def test_drift_writes_the_proposal_and_changes_nothing(tmp_path: Path) -> None:
    recording = told("test_capture_takes_the_money-v2", new_field)
    ((name, story),) = recording.items()
    assert story.recorded is not None
    folder = tmp_path / "recording"
    cassette.write(folder / name, story.exchanges, story.recorded)
    digest = CONTRACT.digest
    call = ["drift", "contract", str(folder), "--propose", str(tmp_path / "learned.diff")]
    done = CliRunner().invoke(group, [*call, "--json"])
    assert done.exit_code == 0, done.output
    classes = {one["class"] for one in json.loads(done.output)["differences"]}
    assert classes == {Class.ADDITIVE.value}
    assert '+    "settlement"' in (tmp_path / "learned.diff").read_text()
    assert Contract.load().digest == digest


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": {}}', '{"a": {"x": 1}}'),
        ('{"a": {"b": 2}}', '{"a": {"x": 1, "b": 2}}'),
        ('{"a": {\n  "b": [1, {"a": 3}]\n}}', '{"a": {\n  "x": 1,\n  "b": [1, {"a": 3}]\n}}'),
    ],
)
def test_member_is_added_where_it_belongs_and_all_else_stays(text: str, expected: str) -> None:
    assert added_member(text, ["a"], "x", 1) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": []}', '{"a": ["x"]}'),
        ('{"b": [1], "a": ["b"]}', '{"b": [1], "a": ["b", "x"]}'),
        ('{"a": [\n  "b",\n  "c"\n]}', '{"a": [\n  "b",\n  "c",\n  "x"\n]}'),
    ],
)
def test_item_is_added_at_the_end_and_all_else_stays(text: str, expected: str) -> None:
    assert added_item(text, ["a"], "x") == expected


def test_place_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        added_item('{"a": []}', ["b"], "x")
