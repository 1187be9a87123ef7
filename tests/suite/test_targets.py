"""Targets: what is chosen, with which credentials, and what is said when it can't be."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pay_conformance.exchange import Request
from pay_conformance.problems import ConfigurationProblem, SubjectProblem
from pay_conformance.targets import EmbeddedMock, open_target
from pay_conformance.targets.merchant import process_key
from pay_conformance.targets.url import credentials

KEY = "AMAZON_PAY_PRIVATE_KEY"


def environment(**changes: str) -> dict[str, str]:
    whole = {
        "AMAZON_PAY_PUBLIC_KEY_ID": "SANDBOX-1",
        KEY: process_key()[0],
        "AMAZON_PAY_STORE_ID": "amzn1.application-oa2-client.1",
    }
    return {**whole, **changes}


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_credentials_are_read_from_pem_or_path(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text(process_key()[0])
    by_path = credentials(environment(**{KEY: str(path)}))
    by_text = credentials(environment(**{KEY: process_key()[0].replace("\n", "\\n")}))
    assert by_path is not None
    assert by_text is not None
    assert by_path.private_key.strip() == by_text.private_key.strip()
    assert (by_path.public_key_id, by_path.region) == ("SANDBOX-1", "na")


def test_credentials_in_an_empty_environment_are_none() -> None:
    assert credentials({}) is None


@pytest.mark.parametrize("missing", list(environment()))
def test_credentials_that_are_not_whole_are_refused_by_name(missing: str) -> None:
    with pytest.raises(ConfigurationProblem, match=f"{missing} not set"):
        credentials(environment(**{missing: ""}))


def test_credentials_with_a_bad_key_say_where_it_was_given(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("not a key")
    with pytest.raises(ConfigurationProblem, match=f"{KEY} .*key.pem"):
        credentials(environment(**{KEY: str(path)}))
    with pytest.raises(ConfigurationProblem, match=f"{KEY}.*not.*there|{KEY}.*can't be read"):
        credentials(environment(**{KEY: str(tmp_path / "nothing.pem")}))


@pytest.mark.parametrize(("given", "region"), [("US", "na"), ("eu", "eu"), ("JP", "jp")])
def test_credentials_take_the_region_in_any_case(given: str, region: str) -> None:
    merchant = credentials(environment(AMAZON_PAY_REGION=given))
    assert merchant is not None
    assert merchant.region == region


def test_credentials_with_an_unknown_region_are_refused() -> None:
    with pytest.raises(ConfigurationProblem, match="AMAZON_PAY_REGION"):
        credentials(environment(AMAZON_PAY_REGION="mars"))


def test_merchant_does_not_show_its_key() -> None:
    assert "PRIVATE KEY" not in repr(credentials(environment()))


@pytest.mark.parametrize(
    ("chosen", "control"),
    [
        ("amazon", ""),
        ("mock", "http://127.0.0.1:1/_control"),
        ("http://", ""),
        ("ftp://127.0.0.1", ""),
        ("http://127.0.0.1:99999", ""),
    ],
)
def test_target_that_does_not_exist_is_a_wrong_call(chosen: str, control: str) -> None:
    with pytest.raises(ConfigurationProblem):
        open_target(chosen, control=control, environment=environment())


def test_target_without_any_credentials_is_a_wrong_call(closed_port: int) -> None:
    with pytest.raises(ConfigurationProblem, match="no credentials"):
        open_target(f"http://127.0.0.1:{closed_port}", environment={})


def test_target_where_nothing_listens_is_a_subject_that_died(closed_port: int) -> None:
    with pytest.raises(SubjectProblem, match="nothing answers"):
        open_target(f"http://127.0.0.1:{closed_port}", environment=environment())


def test_target_with_a_ca_file_that_is_none_is_a_wrong_call(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    url = "https://127.0.0.1:1"
    with pytest.raises(ConfigurationProblem, match="is not there"):
        open_target(url, ca_file=str(path), environment=environment())
    path.write_text("nothing")
    with pytest.raises(ConfigurationProblem, match="no certificate"):
        open_target(url, ca_file=str(path), environment=environment())


def test_mock_makes_a_merchant_for_each_who_asks() -> None:
    mock = EmbeddedMock()
    one, other = mock.merchant(), mock.merchant("jp")
    assert one.public_key_id != other.public_key_id
    assert one.private_key == other.private_key
    assert other.region == "jp"


def test_mock_that_is_altered_says_what_the_alteration_says() -> None:
    right = EmbeddedMock()
    wrong = EmbeddedMock(alter=lambda _, response: right.send(Request("GET", "/nothing")))
    assert wrong.send(Request("GET", "/v2/charges/1")).status == 404
