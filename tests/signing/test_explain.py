"""A refused signature is explained: the line that differs, and the mistake that makes it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pay_conformance.exchange import Request
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.signing import Signer, verify
from pay_conformance.signing.canonical import string_to_sign
from pay_conformance.signing.explain import (
    Difference,
    first_difference,
    likely_mistakes,
    mistakes,
    side_by_side,
)
from pay_conformance.signing.raw_request import parse_raw_request
from tests.signing.requests import BODY, HOST, KEY_ID, NOW, Story, known, private_pem, public_key

OURS = "GET\n/v2/charges/S01\na=1\naccept:a\nx-amz-pay-region:na\n\naccept;x-amz-pay-region\n00"


@pytest.mark.parametrize(
    ("theirs", "line", "part"),
    [
        (OURS.replace("GET", "get"), 1, "method"),
        (OURS.replace("/S01", "/S01/"), 2, "path"),
        (OURS.replace("a=1", ""), 3, "query"),
        (OURS.replace("region:na", "region:NA"), 5, "header x-amz-pay-region"),
        (OURS.replace("\n\n", "\n"), 6, "empty line after the headers"),
        (OURS.replace("accept;x", "x"), 7, "signed headers"),
        (OURS.replace("\n00", "\n01"), 8, "hash of the body"),
        (OURS.replace("\n00", ""), 8, "hash of the body"),
        (OURS + "\nmore", 9, "end"),
    ],
)
def test_first_difference_names_line_and_part(theirs, line, part):
    difference = first_difference(theirs, OURS)

    assert (difference.line, difference.part) == (line, part)


def test_first_difference_shows_both_lines():
    assert first_difference(OURS.replace("a=1", "a=2"), OURS) == Difference(
        3, "query", "a=2", "a=1"
    )


@pytest.mark.parametrize("theirs", [OURS, OURS + "\n", OURS.replace("\n", "\r\n")])
def test_line_ends_of_an_editor_are_no_difference(theirs):
    assert first_difference(theirs, OURS) is None


@pytest.mark.parametrize(
    ("signed", "arrived", "mistake"),
    [
        ({}, {"body": b'{"amount":"1.00"}\n'}, "without the white space at its end"),
        ({"body": b""}, {}, "the body was not signed"),
        ({"body": b"null"}, {}, "the word null"),
        ({"path": "/v2/charges/"}, {}, "with a trailing slash that was not sent"),
        ({}, {"path": "/v2/charges/"}, "without its trailing slash"),
        ({"path": "/sandbox/v2/charges"}, {}, "with /sandbox, which was not sent"),
        ({}, {"path": "/live/v2/charges"}, "without /live"),
        ({}, {"path": "/v2/charges?a=1"}, "the query was not signed"),
        ({"method": "post"}, {}, "in lower case"),
        ({}, {"body": b'{"amount": "1.00"}'}, "without spaces between its members"),
        ({}, {"x-amz-pay-date": "20260131T094402Z"}, "signed as 20260131T094401Z"),
        ({}, {"x-amz-pay-region": "NA"}, "signed as na, but sent as NA"),
    ],
)
def test_mistake_of_a_client_is_found(signed, arrived, mistake):
    made = Request("POST", HOST + "/v2/charges", (), BODY)
    signer = Signer(KEY_ID, private_pem())
    path = signed.get("path", "/v2/charges")
    headers = signer.sign(
        signed.get("method", "POST"), HOST + path, signed.get("body", BODY), now=NOW
    )
    request = replace(
        made,
        url=HOST + arrived.get("path", "/v2/charges"),
        headers=tuple((name, arrived.get(name, value)) for name, value in headers),
        body=arrived.get("body", BODY),
    )

    outcome = verify(request, known, NOW)

    assert outcome.stage == "signature"
    [found] = likely_mistakes(request, outcome.canonical, public_key())
    assert mistake in found


@pytest.mark.parametrize(
    ("spoilt", "mistake"),
    [
        (lambda text: text.replace("\n", "\r\n"), "joined by CR LF"),
        (lambda text: f"{text}\n", "a line feed was added"),
        (lambda text: "\n".join(text.rsplit("\n\n", 1)), "the empty line after the headers"),
    ],
)
def test_canonical_request_put_together_wrongly_is_found(spoilt, mistake):
    request = Story({}).request()
    canonical = verify(request, known, NOW).canonical
    theirs = spoilt(canonical)
    signer = Signer(KEY_ID, private_pem())
    head = request.header("authorization").split("Signature=")[0]
    value = f"{head}Signature={signer.signature(string_to_sign(signer.algorithm, theirs))}"
    changed = replace(request, headers=(("authorization", value),))

    [found] = mistakes(changed, canonical, public_key())

    assert mistake in found.says
    assert found.theirs == theirs


def test_two_canonical_requests_stand_side_by_side_and_the_difference_is_marked():
    shown = side_by_side("GET\n/a\n", "GET\n/bc\n\nx").split("\n")

    assert shown == [
        "  what the client signed | what the server signed",
        "  GET                    | GET",
        "> /a                     | /bc",
        "                         |",
        "                         | x",
    ]


def test_salt_of_the_other_algorithm_is_found():
    request = Story({}).request()
    text = verify(request, known, NOW).string_to_sign
    canonical = verify(request, known, NOW).canonical
    forged = Signer(KEY_ID, private_pem(), "AMZN-PAY-RSASSA-PSS").signature(text)
    head = request.header("authorization").split("Signature=")[0]
    changed = replace(request, headers=(("authorization", f"{head}Signature={forged}"),))

    assert likely_mistakes(changed, canonical, public_key()) == [
        "the salt is 20 bytes long; AMZN-PAY-RSASSA-PSS-V2 needs 32"
    ]


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_raw_request_is_read_byte_for_byte(end):
    data = end.join([b"POST /v2/charges?a=1 HTTP/1.1", b"Accept:  a b", b"", b'{"a":1}\n'])

    assert parse_raw_request(data) == Request(
        "POST", "/v2/charges?a=1", (("Accept", "a b"),), b'{"a":1}\n'
    )


def test_raw_request_ends_where_its_length_says():
    assert parse_raw_request(b"POST / HTTP/1.1\nContent-Length: 2\n\n{}\n").body == b"{}"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"hello",
        b"GET / SPDY",
        b"GET / HTTP/1.1\nno header\n\n",
        b"\xff\xfe\x00",
        b"POST / HTTP/1.1\ncontent-length: 9\n\n{}",
        b"POST / HTTP/1.1\ncontent-length: x\n\n{}",
    ],
)
def test_what_is_no_raw_request_is_refused(data):
    with pytest.raises(ConfigurationProblem):
        parse_raw_request(data)
