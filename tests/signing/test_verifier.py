"""What verifies, what is refused, and at which stage."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pay_conformance.exchange import Request
from pay_conformance.signing import (
    Refusal,
    Signer,
    Verified,
    load_private_key,
    new_private_pem,
    sign_button,
    verify,
    verify_button,
)
from pay_conformance.signing.authorization import parse_authorization
from pay_conformance.signing.signature import fits
from tests.signing.requests import (
    BODY,
    KEY_ID,
    NOW,
    Story,
    changed,
    known,
    load,
    private_pem,
    public_key,
    story,
)

TOLERATED = {vector["name"]: vector for vector in load("tolerated.yaml")}
REFUSED = {vector["name"]: vector for vector in load("refused.yaml")}
ALGORITHMS = ["AMZN-PAY-RSASSA-PSS", "AMZN-PAY-RSASSA-PSS-V2"]
PAYLOAD = '{"storeId":"amzn1.application-oa2-client.example","note":"größe"}'


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("name", TOLERATED)
def test_request_as_a_real_sdk_sends_it_verifies(name, algorithm):
    vector = TOLERATED[name]
    signed = story(vector, algorithm=algorithm, path=vector.get("path", "/v2/charges"))

    outcome = verify(changed(signed.request(), vector), known, NOW)

    assert isinstance(outcome, Verified), outcome
    assert (outcome.public_key_id, outcome.algorithm) == (KEY_ID, algorithm)


@pytest.mark.parametrize("name", REFUSED)
def test_one_change_is_refused_at_its_stage(name):
    vector = REFUSED[name]
    assert isinstance(verify(Story({}).request(), known, NOW), Verified)

    outcome = verify(changed(story(vector).request(), vector), known, NOW)

    assert isinstance(outcome, Refusal), outcome
    assert (outcome.stage, outcome.reason_code) == (vector["stage"], vector["reason"])
    assert vector["says"] in outcome.detail


def test_refusal_of_a_future_date_reads_as_amazon_writes_it():
    outcome = verify(Story({"x-amz-pay-date": "20260131T101736Z"}).request(), known, NOW)

    assert outcome.message == (
        "The value 20260131T101736Z provided for x-amz-pay-date should not be in future"
    )


def test_refusal_of_a_signature_gives_the_servers_own_string_to_sign():
    outcome = verify(replace(Story({}).request(), body=b"{}"), known, NOW)

    assert outcome.message == (
        f"Unable to verify signature, signing String [{outcome.string_to_sign}]"
    )
    assert outcome.string_to_sign.startswith("AMZN-PAY-RSASSA-PSS-V2\n")
    assert outcome.canonical.endswith(
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_salt_of_the_other_algorithm_is_refused(algorithm):
    request = Story({}, algorithm=algorithm).request()
    outcome = verify(request, known, NOW)
    [other] = set(ALGORITHMS) - {algorithm}

    forged = Signer(KEY_ID, private_pem(), other).signature(outcome.string_to_sign)
    names = parse_authorization(request.header("authorization")).signed_headers
    value = f"{algorithm} PublicKeyId={KEY_ID}, SignedHeaders={';'.join(names)}, Signature={forged}"
    refused = verify(changed(request, {"set": {"authorization": value}}), known, NOW)

    assert isinstance(outcome, Verified)
    assert refused.stage == "signature"


def test_signature_fits_one_key_and_one_text():
    signer = Signer(KEY_ID, private_pem())
    other_key = load_private_key(new_private_pem()).public_key()
    signature = signer.signature("text")

    assert fits(public_key(), signature, "text", signer.algorithm)
    assert not fits(public_key(), signature, "texts", signer.algorithm)
    assert not fits(other_key, signature, "text", signer.algorithm)


@pytest.mark.parametrize("signature", ["", "AAAA", "not base64!", "A", "é", "A" * 9000])
def test_signature_that_is_none_does_not_fit(signature):
    outcome = verify_button(PAYLOAD, signature, public_key(), ALGORITHMS[0])

    assert outcome.stage == "signature"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_button_verifies_with_its_algorithm_and_no_other(algorithm):
    [other] = set(ALGORITHMS) - {algorithm}

    signature = sign_button(PAYLOAD, Signer(KEY_ID, private_pem(), algorithm))

    assert isinstance(verify_button(PAYLOAD, signature, public_key(), algorithm), Verified)
    assert isinstance(verify_button(PAYLOAD, signature, public_key(), other), Refusal)
    assert isinstance(verify_button(PAYLOAD + " ", signature, public_key(), algorithm), Refusal)


def test_two_signatures_of_the_same_request_differ():
    assert Story({}).request().header("authorization") != Story({}).request().header(
        "authorization"
    )


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["GET", "POST", "PATCH", "DELETE"]),
    st.text(st.sampled_from("abcS01-/|.%7"), max_size=20),
    st.text(st.sampled_from("ab=&%2C+"), max_size=20),
    st.binary(max_size=50),
)
def test_what_is_signed_verifies(method, path, query, body):
    url = f"https://pay-api.amazon.com/v2/{path}?{query}"
    headers = Signer(KEY_ID, private_pem()).sign(method, url, body, now=NOW)

    outcome = verify(Request(method, url, tuple(headers), body), known, NOW)

    assert isinstance(outcome, Verified)


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=0, max_value=len(BODY) * 8 - 1))
def test_no_bit_of_the_body_may_change(bit):
    request = Story({}).request()
    body = bytearray(BODY)
    body[bit // 8] ^= 1 << bit % 8

    outcome = verify(replace(request, body=bytes(body)), known, NOW)

    assert outcome.stage == "signature"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["authorization", "x-amz-pay-date", "accept"]))
def test_any_value_of_a_header_gets_an_answer(value, name):
    outcome = verify(changed(Story({}).request(), {"set": {name: value}}), known, NOW)

    assert isinstance(outcome, Refusal | Verified)
