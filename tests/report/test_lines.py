"""A finding in a file has the line on which its place stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from pay_conformance.report.lines import line_of

BODY = """{
  "chargeId": "C1",
  "chargeAmount": {
    "amount": "1",
    "a/b": 2
  },
  "list": [
    1,
    {"x": 2}
  ]
}
"""


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("", 1),
        ("/chargeId", 2),
        ("/chargeAmount/amount", 4),
        ("/chargeAmount/a~1b", 5),
        ("/chargeAmount/absent", 3),
        ("/list/1/x", 9),
        ("/list/7", 7),
        ("/absent", 1),
    ],
)
def test_line_is_that_of_the_value_or_of_what_it_should_be_in(
    tmp_path: Path, pointer: str, line: int
) -> None:
    path = tmp_path / "body.json"
    path.write_text(BODY)
    assert line_of(path, pointer) == line


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"\t{]"])
def test_line_of_what_cannot_be_parsed_is_the_first(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "body.json"
    path.write_bytes(content)
    assert line_of(path, "/a") == 1
