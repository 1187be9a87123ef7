"""Signatures of requests: each step of verification decides one requirement."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pay_conformance.checks import Judge
from pay_conformance.contract.model import Party
from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.findings import Finding, Held
from pay_conformance.signing import Signer, load_private_key, new_private_pem, public_pem
from tests.checks.exchanges import START, contract

PRIVATE = new_private_pem()
PUBLIC = public_pem(load_private_key(PRIVATE))
URL = "https://pay-api.amazon.com/v2/charges/S03-5890444-1926095-C064126"
ALL = {"SIG-SEND-001", "SIG-SEND-002", "SIG-SEND-003", "SIG-SEND-004"}


def signed() -> Request:
    headers = Signer("SANDBOX-A", PRIVATE).sign("GET", URL, b"", now=START)
    return Request("GET", URL, tuple(headers))


def changed(header: str, value: str) -> Request:
    request = signed()
    kept = tuple(pair for pair in request.headers if pair[0].lower() != header)
    return replace(request, headers=(*kept, (header, value)))


def without(header: str) -> Request:
    request = signed()
    return replace(
        request, headers=tuple(pair for pair in request.headers if pair[0].lower() != header)
    )


def outcomes(request: Request, keys: dict[str, str] | None = None) -> tuple[set[str], set[str]]:
    """Return which of the rules on signatures held, and which did not."""
    judge = Judge(contract(), frozenset({Party.CLIENT}), keys=keys)
    started = START + timedelta(seconds=1)
    found = judge.judge(Exchange(request, Response(404), started=started, ended=started))
    return (
        {each.requirement for each in found if isinstance(each, Held)} & ALL,
        {each.requirement for each in found if isinstance(each, Finding)} & ALL,
    )


def test_signed_request_is_evidence_for_each_step() -> None:
    assert outcomes(signed(), {"SANDBOX-A": PUBLIC}) == (ALL, set())


def test_signature_by_an_unknown_key_is_judged_as_far_as_can_be() -> None:
    assert outcomes(signed()) == (ALL - {"SIG-SEND-004"}, set())


@pytest.mark.parametrize(
    ("request_", "requirement"),
    [
        (without("authorization"), "SIG-SEND-001"),
        (without("x-amz-pay-region"), "SIG-SEND-001"),
        (changed("authorization", "Bearer 1"), "SIG-SEND-001"),
        (changed("x-amz-pay-date", "yesterday"), "SIG-SEND-002"),
        (changed("x-amz-pay-date", "20990101T000000Z"), "SIG-SEND-002"),
        (changed("x-amz-pay-idempotency-key", "k1"), "SIG-SEND-003"),
        (replace(signed(), body=b"{}"), "SIG-SEND-004"),
        (changed("accept", "text/html"), "SIG-SEND-004"),
    ],
)
def test_request_that_is_not_signed_as_it_should_is_found(
    request_: Request, requirement: str
) -> None:
    assert outcomes(request_, {"SANDBOX-A": PUBLIC})[1] == {requirement}


def test_usual_mistake_is_named_in_the_finding() -> None:
    request = replace(signed(), url=URL.replace("/v2/", "/sandbox/v2/"))
    judge = Judge(contract(), frozenset({Party.CLIENT}), keys={"SANDBOX-A": PUBLIC})
    found = judge.judge(Exchange(request, Response(404), started=START, ended=START))
    [message] = [
        each.message
        for each in found
        if isinstance(each, Finding) and each.requirement == "SIG-SEND-004"
    ]
    assert message == (
        "the signature does not fit the string to sign: the path was signed without /sandbox"
    )


def test_signature_that_a_recorder_took_out_is_not_judged() -> None:
    assert outcomes(changed("authorization", "[redacted]")) == (set(), set())
