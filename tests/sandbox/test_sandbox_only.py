"""Nothing that might be for the live environment is sent, and an answer from there ends the run."""

from __future__ import annotations

import pytest

from pay_conformance.problems import ConfigurationProblem, SubjectProblem
from pay_conformance.targets.sandbox_only import (
    NotSent,
    refuse_live_answer,
    refuse_live_key,
    refuse_live_request,
)

API = "https://pay-api.amazon.com"
OURS = "AMZN-PAY-RSASSA-PSS PublicKeyId=SANDBOX-A, SignedHeaders=a, Signature=A"


@pytest.mark.parametrize("key_id", ["LIVE-A", "live-a", " LIVEA", "Live"])
def test_live_key_is_refused(key_id):
    with pytest.raises(ConfigurationProblem, match="live environment"):
        refuse_live_key(key_id, "AMAZON_PAY_PUBLIC_KEY_ID")


@pytest.mark.parametrize("key_id", ["SANDBOX-A", "AF5PB", "", "A-LIVE"])
def test_other_keys_are_let_through(key_id):
    refuse_live_key(key_id, "AMAZON_PAY_PUBLIC_KEY_ID")


@pytest.mark.parametrize(
    ("url", "authorization", "says"),
    [
        (f"{API}/live/v2/charges", OURS, "not a path of the sandbox"),
        (f"{API}/sandbox/../live/v2/charges", OURS, "not a path of the sandbox"),
        (f"{API}/sandbox/v2/../../live/v2/charges", OURS, "not a path of the sandbox"),
        (f"{API}/sandbox/v2/%2e%2e/%2E%2e/live/v2/charges", OURS, "not a path of the sandbox"),
        (f"{API}/sandbox/v2/%252e%252e/charges", OURS, "not a path of the sandbox"),
        (f"{API}//live/v2/charges", OURS, "not a path of the sandbox"),
        (f"{API}/Live/v2/charges", OURS, "not a path of the sandbox"),
        (f"{API}/", OURS, "not a path of the sandbox"),
        (f"{API}/v2/charges", OURS.replace("SANDBOX", "LIVE"), "signed with a key of the live"),
        (f"{API}/sandbox/v2/charges", OURS.replace("SANDBOX", "Live"), "signed with a key"),
        (f"{API}/v2/charges", OURS.replace("SANDBOX-A", "AF5PB"), "neither its path nor its key"),
        (f"{API}/v2/charges", "publickeyid=AF5PB", "neither its path nor its key"),
        ("http://pay-api.amazon.com/v2/charges", OURS, "not a host"),
        ("https://pay-api.amazon.com:8443/v2/charges", OURS, "not a host"),
        ("https://pay-api.amazon.com.example/v2/charges", OURS, "not a host"),
        ("https://u@pay-api.amazon.com/v2/charges", OURS, "not a host"),
        ("https://payments.amazon.com/v2/charges", OURS, "not a host"),
        ("/v2/charges", OURS, "not a host"),
    ],
)
def test_request_that_may_reach_live_is_not_sent(url, authorization, says):
    with pytest.raises(NotSent, match=says):
        refuse_live_request(url, authorization)


@pytest.mark.parametrize(
    ("path", "authorization"),
    [
        ("/v2/charges", OURS),
        ("/v1/checkoutSessions/1", OURS),
        ("/sandbox/v2/charges", OURS),
        ("/sandbox/v2/charges", OURS.replace("SANDBOX-A", "AF5PB")),
        ("/sandbox/v2/charges", ""),
        ("/v2/charges", "Bearer nothing"),
    ],
)
@pytest.mark.parametrize("region", ["com", "eu", "jp"])
def test_request_for_the_sandbox_is_sent(path, authorization, region):
    refuse_live_request(f"https://pay-api.amazon.{region}{path}", authorization)


@pytest.mark.parametrize(
    "body", [b'{"releaseEnvironment":"Live"}', b'{"releaseEnvironment":"LIVE"}']
)
def test_answer_from_live_ends_the_run(body):
    with pytest.raises(SubjectProblem, match="live environment"):
        refuse_live_answer(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"releaseEnvironment":"Sandbox"}',
        b'{"releaseEnvironment":null}',
        b"releaseEnvironment",
    ],
)
def test_other_answers_are_taken(body):
    refuse_live_answer(body)
