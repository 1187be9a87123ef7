"""Programs with real SDKs, which name no host, walk a whole checkout through the gateway."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.gateway.command import Called, gateway

from pay_conformance.sdk.packages import install, missing_toolchain

PROGRAMS = Path(__file__).parent / "programs"


def _walk(sdk: str, via: str, folder: Path) -> Called:
    missing = missing_toolchain(sdk)
    if missing:
        pytest.skip(missing)
    installed = install(sdk)
    home = Path(installed.environment.get("ADAPTER_PACKAGES", folder))
    program = {
        "node": lambda: ["node", str(PROGRAMS / "sdk_checkout.js")],
        "python": lambda: [sys.executable, str(PROGRAMS / "sdk_checkout.py")],
        "java": lambda: [*_class_path(installed.command), str(PROGRAMS / "SdkCheckout.java")],
    }[sdk]()
    environment = {**installed.environment, "NODE_PATH": str(home / "node_modules")}
    return gateway(folder, ["--via", via], program, environment)


def _class_path(command: tuple[str, ...]) -> list[str]:
    return ["java", "-cp", command[command.index("-cp") + 1]]


# The official Java SDK's HTTP client ignores the proxy settings of the virtual machine.
@pytest.mark.parametrize(
    ("sdk", "via"),
    [
        ("node", "namespace"),
        ("node", "environment"),
        ("python", "namespace"),
        ("python", "environment"),
        ("java", "namespace"),
    ],
)
def test_program_with_a_real_sdk_pays_through_the_gateway(
    sdk: str, via: str, tmp_path: Path
) -> None:
    called = _walk(sdk, via, tmp_path)
    assert (called.code, "paid with S01-" in called.out) == (0, True), called.err
    assert called.findings == set()
    assert called.report["subject"]["via"] == via
    proved = ["INT-AMT-001", "INT-AMT-002", "INT-AMT-003", "INT-ENV-001", "INT-RET-001"]
    assert [called.verdict(name)[0] for name in proved] == ["passed"] * 5
    assert called.verdict("SIG-SEND-004")[0] == "passed"
