"""Real programs that name no other host than Amazon's arrive, unchanged, in both ways."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pay_conformance.exchange import Request
from pay_conformance.gateway import Interception

PROGRAMS = Path(__file__).parent / "programs"
CHARGE = "/sandbox/v2/charges/1"

EVERYWHERE = {
    "curl": ["curl", "-sS", f"https://pay-api.amazon.eu{CHARGE}"],
    "python requests": [sys.executable, "requests_get.py"],
    "python urllib": [sys.executable, "urllib_get.py"],
    "python httpx": [sys.executable, "httpx_get.py"],
    "node https": ["node", "https_get.cjs"],
    "node fetch": ["node", "fetch_get.cjs"],
    "php curl": ["php", "curl_extension.php"],
    "ruby net/http": ["ruby", "net_http.rb"],
    "java HttpClient": ["java", "Get.java"],
    "go net/http": ["go", "run", "."],
}


def _run(gateway: Interception, command: list[str]) -> subprocess.CompletedProcess[str]:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    return gateway.run(
        command,
        cwd=PROGRAMS / "go_get" if command[0] == "go" else PROGRAMS,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("via", ["namespace", "environment"])
@pytest.mark.parametrize("program", EVERYWHERE)
def test_program_arrives_unchanged(
    gateway: Callable[..., Interception], seen: list[Request], program: str, via: str
) -> None:
    done = _run(gateway(via), EVERYWHERE[program])
    assert (done.returncode, "by the gateway" in done.stdout) == (0, True), done.stderr
    assert [(request.method, request.path) for request in seen] == [("GET", CHARGE)]
    assert seen[0].url.startswith("https://pay-api.amazon.")


def test_php_streams_arrive_through_a_namespace(
    gateway: Callable[..., Interception], seen: list[Request]
) -> None:
    done = _run(gateway("namespace"), ["php", "streams.php"])
    assert (done.returncode, "by the gateway" in done.stdout) == (0, True), done.stderr
    assert [request.path for request in seen] == [CHARGE]


def test_auto_takes_the_namespace_where_there_is_one(
    gateway: Callable[..., Interception],
) -> None:
    assert gateway("auto").via == "namespace"


def test_two_gateways_run_side_by_side(
    gateway: Callable[..., Interception], seen: list[Request]
) -> None:
    one, other = gateway("namespace"), gateway("namespace")
    assert one.listener.address != other.listener.address
    _run(one, EVERYWHERE["curl"])
    _run(other, EVERYWHERE["curl"])
    assert len(seen) == 2


def test_machine_outside_the_namespace_is_untouched(gateway: Callable[..., Interception]) -> None:
    before = (
        Path("/etc/hosts").read_text(),
        len(Path("/etc/ssl/certs/ca-certificates.crt").read_bytes()),
    )
    _run(gateway("namespace"), EVERYWHERE["curl"])
    after = (
        Path("/etc/hosts").read_text(),
        len(Path("/etc/ssl/certs/ca-certificates.crt").read_bytes()),
    )
    assert before == after


def test_no_private_key_of_the_authority_is_written(gateway: Callable[..., Interception]) -> None:
    folder = gateway("environment").folder
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"PRIVATE KEY" in path.read_bytes()]
