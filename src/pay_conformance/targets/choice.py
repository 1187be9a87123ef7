"""Turns ``--target`` and its fellow options into a target."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from pay_conformance.contract import Contract
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.signing import HOSTS
from pay_conformance.targets.embedded import EmbeddedMock
from pay_conformance.targets.target import Target

CHOICES = "mock, sandbox, replay, or the URL of a server"


def open_target(
    chosen: str,
    *,
    control: str = "",
    ca_file: str = "",
    seed: int = 0,
    buyer: str = "",
    contract: Contract | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Target:
    """Return the target that the options name, after finding out that it is there.

    ``buyer`` is ``playwright`` where a browser plays the buyer, else empty.

    Raises:
        ConfigurationProblem: if there is no such target, or an option or credential is wrong.
        SubjectProblem: if nothing answers there.

    """
    if chosen == "sandbox" or _is_amazons(chosen):
        sandbox = _sandbox(chosen, control, ca_file, environment)
        return _with_buyer(sandbox, environment) if buyer else sandbox
    if buyer:
        raise ConfigurationProblem(
            "--buyer goes with --target sandbox", "elsewhere the control API plays the buyer"
        )
    if "://" in chosen:
        from pay_conformance.targets.url import Address, UrlTarget

        return UrlTarget(Address(chosen, control, ca_file), environment)
    if chosen == "mock":
        if control:
            raise ConfigurationProblem(
                "--control goes with a URL as --target", "leave it out: the mock has its own"
            )
        return EmbeddedMock(contract, seed=seed)
    raise ConfigurationProblem(f"there is no target {chosen!r}", f"choose {CHOICES}")


def _sandbox(chosen: str, control: str, ca_file: str, environment: Mapping[str, str]) -> Target:
    if chosen != "sandbox":
        raise ConfigurationProblem(
            f"{chosen} is Amazon's own, and only its sandbox is called", "use --target sandbox"
        )
    if control:
        raise ConfigurationProblem("--control goes with a URL as --target", "leave it out")
    from pay_conformance.targets.sandbox import Sandbox

    return Sandbox(environment, ca_file=ca_file)


def _with_buyer(target: Target, environment: Mapping[str, str]) -> Target:
    from pay_conformance.targets.browser_buyer import WithBrowser

    try:
        return WithBrowser(target, environment)
    except BaseException:
        target.close()
        raise


def _is_amazons(url: str) -> bool:
    try:
        return urlsplit(url).hostname in HOSTS.values()
    except ValueError:
        return False
