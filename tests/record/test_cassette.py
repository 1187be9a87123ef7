"""Cassettes are written redacted, whole or not at all, and read from anywhere."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from vcr.serialize import deserialize
from vcr.serializers import yamlserializer

from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.record import cassette

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
RECORDED = cassette.Recorded(
    origin="mock",
    scenario="test_session_starts_open",
    api="v2",
    seed=7,
    at="2026-01-02T03:04:05Z",
    tool="0",
    contract="c",
)
STORY = (
    Exchange(
        Request(
            "POST",
            "https://pay-api.amazon.com/v2/charges",
            (("x-amz-pay-date", "20260102T030405Z"), ("accept", "a"), ("accept", "b")),
            b'{"chargeAmount": {"amount": "1.40", "currencyCode": "USD"}}',
        ),
        Response(201, (("x-amz-pay-request-id", "r-1"),), '{"noteToBuyer": "Grüße, 円"}'.encode()),
        AT,
        AT,
    ),
    Exchange(
        Request("GET", "https://pay-api.amazon.com/v2/charges/1"), None, AT, AT, failure="reset"
    ),
)


def test_cassette_gives_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "story.yaml"
    cassette.write(path, STORY, RECORDED)
    read = cassette.read(path)
    assert read.recorded == RECORDED
    assert [(e.request and e.request.headers, e.failure, e.started) for e in read.exchanges] == [
        (STORY[0].request and STORY[0].request.headers, "", AT),
        ((), "reset", AT),
    ]
    first = read.exchanges[0].response
    assert first is not None
    assert json.loads(first.body) == {"noteToBuyer": "Grüße, 円"}


def test_cassette_is_one_that_vcrpy_reads(tmp_path: Path) -> None:
    path = tmp_path / "story.yaml"
    cassette.write(path, STORY[:1], RECORDED)
    requests, responses = deserialize(path.read_text(), yamlserializer)
    assert requests[0].uri == "https://pay-api.amazon.com/v2/charges"
    assert responses[0]["status"]["code"] == 201


def test_cassette_with_a_secret_left_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "story.yaml"
    shy = replace(
        STORY[0], response=Response(200, (), b'{"amb29": "YW1iZXIud29vZEBtYWlsLXByb3ZpZGVyLmlv"}')
    )
    with pytest.raises(cassette.SecretLeft, match="an e-mail address in interaction 1"):
        cassette.write(path, [shy], RECORDED)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not YAML"),
        ("[]", "is no cassette"),
        ("interactions: [{}]", "interaction 1 is not whole"),
        ("interactions: []\nrecorded: {origin: mock}", "'recorded' is not whole"),
        ("interactions: [!!python/object/apply:os.system [id]]", "is not YAML"),
    ],
)
def test_what_is_no_cassette_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "story.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationProblem, match=message):
        cassette.read(path)


def test_missing_cassette_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationProblem, match="can't be read: FileNotFoundError"):
        cassette.read(tmp_path / "none.yaml")


def test_unknown_origin_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "story.yaml"
    cassette.write(path, STORY, RECORDED)
    path.write_text(path.read_text().replace("origin: mock", "origin: amazon"))
    with pytest.raises(ConfigurationProblem, match="unknown origin 'amazon'"):
        cassette.read(path)


def test_cassette_of_aliases_upon_aliases_is_refused_at_once(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)]
    for place in ("uri: *a59", "uri: /, body: *a59", "uri: /, headers: {x: *a59}"):
        interaction = f"interactions: [{{request: {{method: GET, {place}}}, response: null}}]"
        path = tmp_path / "laughs.yaml"
        path.write_text("\n".join([*lines, interaction]))
        with pytest.raises(ConfigurationProblem, match="is not whole"):
            cassette.read(path)
