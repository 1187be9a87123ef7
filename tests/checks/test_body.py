"""Bodies are read strictly, once, and never at the cost of the process."""

from __future__ import annotations

import pytest

from pay_conformance.checks.body import LONGEST, parse


def test_body_of_plain_json_is_its_value() -> None:
    assert parse(b'{"amount": "1.40", "n": [1, 2.5, null]}').value == {
        "amount": "1.40",
        "n": [1, 2.5, None],
    }


@pytest.mark.parametrize("raw", [b"", b"  \r\n\t"])
def test_body_without_content_is_empty(raw: bytes) -> None:
    assert parse(raw).empty


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"{", "it is not JSON: Expecting property name"),
        (b"{'a': 1}", "it is not JSON"),
        (b"<html></html>", "it is not JSON: Expecting value, line 1 column 1"),
        (b'{"a": NaN}', "NaN is no number of JSON"),
        (b'{"a": -Infinity}', "-Infinity is no number of JSON"),
        (b'{"a": 1e999}', "the number 1e999 is too large"),
        (b'{"a": 1} {"b": 2}', "it is not JSON: Extra data"),
        (b'{"a": "\xff"}', "it is not UTF-8: byte 7 does not belong there"),
        (b'{"a": "\\ud800"}', "half of a surrogate pair"),
        ('{"a": 1}'.encode("utf-16"), "it is not UTF-8"),
        (b"[" * 100_000, "nested deeper than 64 levels"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "nested deeper than 64 levels"),
        (b"9" * 5000, "Exceeds the limit"),
        (b'"' + b"x" * LONGEST + b'"', "more than 1,048,576 are not read"),
    ],
)
def test_body_that_is_no_json_says_why(raw: bytes, problem: str) -> None:
    found = parse(raw)
    assert problem in found.problem
    assert found.value is None


def test_body_may_have_brackets_in_its_texts() -> None:
    assert parse(b'{"a": "' + b"[" * 100 + b'\\"{"}').problem == ""


def test_body_of_64_levels_is_read() -> None:
    assert parse(b"[" * 64 + b"]" * 64).problem == ""


def test_body_may_begin_with_a_byte_order_mark() -> None:
    assert parse(b"\xef\xbb\xbf{}").value == {}


def test_member_that_is_there_twice_is_named() -> None:
    assert parse(b'[{"amount": "1", "amount": "9"}]').repeated == "amount"
