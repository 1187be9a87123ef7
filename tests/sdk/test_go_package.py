"""The Go adapter with an SDK from a folder: what a machine does that can't have the registry's."""

from __future__ import annotations

from pathlib import Path

import pytest

from pay_conformance.sdk.packages import install, missing_toolchain
from pay_conformance.sdk.process import Adapter
from pay_conformance.sdk.protocol import called, hello

STAND_IN = Path(__file__).parent / "go_stand_in"
CLIENT = {
    "client": "a", "publicKeyId": "SANDBOX-A", "privateKey": "", "keyForm": "text",
    "region": "na", "environment": "sandbox", "algorithm": None, "endpoint": None,
}  # fmt: skip

pytestmark = pytest.mark.skipif(missing_toolchain("go") is not None, reason="go is not installed")


@pytest.fixture(scope="module")
def adapter():
    installed = install("go", str(STAND_IN))
    with Adapter(installed.command, environment=installed.environment) as running:
        yield running


def test_folder_of_a_go_sdk_is_built_into_the_adapter(adapter):
    found = hello(adapter.start(20))
    assert (found.language, found.version) == ("go", "local (go_stand_in)")
    assert found.offers == {"getRefund", "request"}


def test_go_adapter_tells_what_the_sdk_gave_back(adapter):
    adapter.ask({"do": "configure", **CLIENT}, 20)
    call = {"do": "call", "client": "a", "headers": None, "times": 1}
    answer = adapter.ask({**call, "operation": "getRefund", "arguments": {"id": "S01"}}, 20)
    (given,) = called(answer).given
    assert (given.status, given.body, given.request_id) == (200, {"refundId": "S01"}, "request-1")


def test_go_adapter_tells_an_error_and_what_is_missing(adapter):
    failed = adapter.ask({"do": "configure", **CLIENT, "publicKeyId": ""}, 20)
    assert failed["raised"]["message"] == "there is no public key id"
    adapter.ask({"do": "configure", **CLIENT}, 20)
    call = {"do": "call", "client": "a", "headers": None, "times": 1}
    missing = adapter.ask({**call, "operation": "createCharge", "arguments": {}}, 20)
    assert missing["unsupported"] == "the SDK has no createCharge"
