"""The way in which a program is led to the gateway: chosen, refused, and with less privilege."""

from __future__ import annotations

import os
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pay_conformance.gateway import Interception, namespace
from pay_conformance.gateway.authority import Authority
from pay_conformance.problems import ConfigurationProblem


def _refuse() -> None:
    raise namespace.Unavailable("port 443 needs root here")


def test_auto_falls_back_to_the_environment_and_says_why(
    gateway: Callable[..., Interception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(namespace, "listening_socket", _refuse)
    running = gateway("auto")
    assert (running.via, running.why_not) == ("environment", "port 443 needs root here")


def test_namespace_that_was_asked_for_and_is_refused_is_a_problem(
    gateway: Callable[..., Interception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(namespace, "listening_socket", _refuse)
    with pytest.raises(ConfigurationProblem, match="use --via environment"):
        gateway("namespace")


def test_name_that_resolves_otherwise_makes_the_namespace_unavailable(
    gateway: Callable[..., Interception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(namespace, "_RESOLVE", "print('203.0.113.1')")
    running = gateway("auto")
    assert running.via == "environment"
    assert "resolves to 203.0.113.1 in spite of /etc/hosts" in running.why_not


def test_namespace_without_root_keeps_the_user(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("127.64.0.1 pay-api.amazon.com\n")
    rootless = namespace.Namespace(((hosts, Path("/etc/hosts")),), rootless=True)
    done = subprocess.run(
        rootless.wrap(["sh", "-c", "id -u; cat /etc/hosts"]),
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in done.stderr:
        pytest.skip(f"no user namespaces here: {done.stderr.strip()}")
    assert done.stdout == f"{os.getuid()}\n127.64.0.1 pay-api.amazon.com\n"


def test_what_the_user_trusts_already_is_trusted_on(tmp_path: Path) -> None:
    company = tmp_path / "company.pem"
    company.write_bytes(Authority().certificate)
    own = Authority()
    trust = own.write(tmp_path, {"NODE_EXTRA_CA_CERTS": str(company)})
    bundle = trust.bundle.read_bytes()
    assert company.read_bytes().strip() in bundle
    assert own.certificate.strip() in bundle


def test_certificates_are_made_once_for_each_host() -> None:
    authority = Authority()
    first = authority.context("pay-api.amazon.com")
    assert authority.context("pay-api.amazon.com") is first
    assert isinstance(first, ssl.SSLContext)
    assert authority.context("pay-api.amazon.eu") is not first


def test_lists_in_the_environment_are_kept(gateway: Callable[..., Interception]) -> None:
    inherited = {
        "JAVA_TOOL_OPTIONS": "-Xmx1g",
        "NODE_OPTIONS": "--no-warnings",
        "PHP_INI_SCAN_DIR": "/etc/php",
        "RUBYOPT": "-w",
        "UNTOUCHED": "yes",
    }
    variables = gateway("environment").environment(inherited)
    assert variables["JAVA_TOOL_OPTIONS"].startswith("-Xmx1g -Djavax")
    assert variables["NODE_OPTIONS"].startswith("--no-warnings --require")
    assert variables["PHP_INI_SCAN_DIR"].startswith("/etc/php:")
    assert variables["RUBYOPT"].startswith("-w -r")
    assert variables["UNTOUCHED"] == "yes"


def test_proxy_of_the_user_does_not_take_amazons_hosts_out_of_the_namespace(
    gateway: Callable[..., Interception],
) -> None:
    inherited = {"HTTPS_PROXY": "http://proxy.example:3128", "NO_PROXY": "localhost"}
    variables = gateway("namespace").environment(inherited)
    assert variables["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert variables["NO_PROXY"].split(",")[:2] == ["localhost", "pay-api.amazon.com"]
