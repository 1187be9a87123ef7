from __future__ import annotations

import os
from dataclasses import dataclass

import pytest

from pay_conformance.checks import Judge
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Party
from pay_conformance.findings import Finding, Held
from pay_conformance.mock import Mock
from pay_conformance.problems import SubjectProblem
from pay_conformance.sdk.bench import Bench
from pay_conformance.sdk.cases import Case, load_cases
from pay_conformance.sdk.checkout import Walk, walk_checkout
from pay_conformance.sdk.interception import namespaces_available
from pay_conformance.sdk.packages import Installed, install, missing_toolchain
from pay_conformance.sdk.runner import smoke
from pay_conformance.signing import load_private_key, new_private_pem, public_pem


@pytest.fixture(scope="session")
def cases() -> dict[str, Case]:
    return {case.name: case for case in load_cases()}


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract.load()


def installed_sdk(name: str) -> Installed:
    """The bundled adapter with its SDK; skipped where this machine can't have it."""
    if not namespaces_available():
        pytest.skip("needs a mount namespace of its own")
    missing = missing_toolchain(name)
    if missing:
        pytest.skip(missing)
    try:
        return install(name, os.environ.get(f"PAY_CONFORMANCE_{name.upper()}_PACKAGE"))
    except SubjectProblem as problem:
        if name == "go":  # its registry does not serve it everywhere
            pytest.skip(f"NOT RUN: the Go SDK was not tested on this machine: {problem}")
        raise


@dataclass(frozen=True)
class Judged:
    """A checkout that an SDK walked, and what the checks say of each request."""

    walk: Walk
    findings: tuple[Finding, ...]
    held: frozenset[str]


@pytest.fixture(scope="session", params=["node", "python", "java", "go"])
def checkout(request, cases, contract) -> Judged:
    private = new_private_pem()
    mock = Mock(contract)
    with Bench(installed_sdk(request.param)) as bench:
        found = smoke(bench, cases)
        public = public_pem(load_private_key(private))
        walk = walk_checkout(bench, found, mock.handle, mock.control, (private, public))
    judge = Judge(contract, frozenset({Party.CLIENT}), keys=walk.public_keys)
    outcomes = [outcome for exchange in walk.exchanges for outcome in judge.judge(exchange)]
    return Judged(
        walk,
        tuple(outcome for outcome in outcomes if isinstance(outcome, Finding)),
        frozenset(outcome.requirement for outcome in outcomes if isinstance(outcome, Held)),
    )
