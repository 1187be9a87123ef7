"""The canonical request and the string to sign, against vectors and by properties."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pay_conformance.signing import canonical_request, string_to_sign
from pay_conformance.signing.canonical import canonical_headers, canonical_path, canonical_query
from tests.signing.requests import load

DATA = load("canonical.yaml")
VECTORS = {vector["name"]: vector for vector in DATA["vectors"]}
HEADERS = {vector["name"]: vector for vector in load("headers.yaml")}
EMPTY = hashlib.sha256(b"").hexdigest()
names = st.sampled_from(["x-a", "x-b", "accept", "x-amz-pay-host"])
texts = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)


def common(vector):
    return {
        "Accept": "application/json",
        "content-type": "application/json",
        **DATA["common"],
        "x-amz-pay-region": vector.get("region", DATA["common"]["x-amz-pay-region"]),
    }


@pytest.mark.parametrize("name", VECTORS)
def test_canonical_request_has_the_hash_of_its_vector(name):
    vector = VECTORS[name]
    body = vector.get("body", "").encode()

    canonical = canonical_request(
        vector["method"], vector["path"], vector.get("query", ""), common(vector), body
    )

    assert canonical.split("\n")[:3] == [
        vector["method"],
        vector["canonical-path"],
        vector["canonical-query"],
    ]
    assert string_to_sign("AMZN-PAY-RSASSA-PSS", canonical) == (
        f"AMZN-PAY-RSASSA-PSS\n{vector['hash']}"
    )


def test_canonical_request_has_every_byte_where_it_belongs():
    canonical = canonical_request(
        "GET", "/v2/charges/S01", "", {"x-amz-pay-date": "20180524T223710Z", "Accept": "a"}, b""
    )

    assert canonical == (
        "GET\n/v2/charges/S01\n\naccept:a\nx-amz-pay-date:20180524T223710Z\n\n"
        f"accept;x-amz-pay-date\n{EMPTY}"
    )


@pytest.mark.parametrize("name", HEADERS)
def test_headers_stand_as_their_vector_says(name):
    vector = HEADERS[name]

    lines = [f"{key}:{value}" for key, value in canonical_headers(vector["given"])]

    assert lines == vector["lines"]


def test_string_to_sign_names_the_algorithm_and_differs_in_nothing_else():
    first = string_to_sign("AMZN-PAY-RSASSA-PSS", "x")
    second = string_to_sign("AMZN-PAY-RSASSA-PSS-V2", "x")

    assert first.split("\n")[1] == second.split("\n")[1] == hashlib.sha256(b"x").hexdigest()
    assert (first.split("\n")[0], second.split("\n")[0]) == (
        "AMZN-PAY-RSASSA-PSS",
        "AMZN-PAY-RSASSA-PSS-V2",
    )


def test_string_to_sign_refuses_an_algorithm_that_is_not_one_of_the_two():
    with pytest.raises(ValueError, match="AMZN-PAY-RSASSA-PSS-V3"):
        string_to_sign("AMZN-PAY-RSASSA-PSS-V3", "x")


@given(st.lists(st.tuples(names, texts), max_size=6), st.randoms(use_true_random=False))
def test_headers_of_different_names_may_come_in_any_order(pairs, random):
    once = list({name: (name, value) for name, value in pairs}.values())
    shuffled = random.sample(once, len(once))

    assert canonical_headers(shuffled) == canonical_headers(once)


@given(st.lists(st.tuples(names, texts), max_size=6))
def test_headers_that_are_canonical_stay_as_they_are(pairs):
    once = canonical_headers(pairs)

    assert canonical_headers(once) == once


@given(st.text(max_size=30))
def test_path_that_is_canonical_stays_as_it_is(path):
    once = canonical_path(path)

    assert canonical_path(once) == once
    assert once.startswith("/")
    assert "//" not in once


@given(st.lists(st.tuples(texts, texts), max_size=5), st.randoms(use_true_random=False))
def test_parameters_may_come_in_any_order(pairs, random):
    parts = [f"{name}={value}".replace("&", "") for name, value in pairs]
    shuffled = random.sample(parts, len(parts))

    assert canonical_query("&".join(shuffled)) == canonical_query("&".join(parts))


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_bodies_that_differ_have_canonical_requests_that_differ(one, other):
    same = canonical_request("POST", "/", "", {}, one) == canonical_request(
        "POST", "/", "", {}, other
    )

    assert same == (one == other)
