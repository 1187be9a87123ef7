"""Loads the cases of the client suite: what a server answers, and what must be seen."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pay_conformance.contract.shape import check_shape
from pay_conformance.contract.source import Place, Source, files, read
from pay_conformance.resources import data_path
from pay_conformance.sdk.answers import Step, read_step
from pay_conformance.sdk.server import Certificate, Fault

_ALONE = frozenset({"certificate", "down", "surroundings"})
"""What a case can only have in a process of its own."""
_UNFIT = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Setup:
    """How the client of a case is configured. ``key_id`` has the case's tag in place of ``{tag}``.

    ``key_form`` is ``working`` for whichever form of key the SDK was seen to accept.
    """

    key_id: str = "SANDBOX-KEY{tag}"
    environment: str = "sandbox"
    region: str = "na"
    algorithm: str | None = None
    key: str = "pkcs8"
    key_form: str = "working"
    own_endpoint: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What is called, and how often: ``times`` one after another, ``abreast`` side by side."""

    operation: str
    arguments: Mapping[str, Any]
    headers: Mapping[str, str] | None
    times: int
    abreast: int
    method: str
    path: str
    """As it goes over the wire after ``/v2/``; ``{id}`` filled in."""
    pause: float = 0.0
    """Seconds between one call and the next."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that must be seen, and the requirement that it proves."""

    requirement: str
    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Case:
    """One case. Exactly one of ``plan`` and ``payload`` (a button payload to sign) is set."""

    name: str
    says: str
    where: str
    tag: str
    setup: Setup
    plan: Plan | None
    payload: Any
    server: tuple[Step, ...]
    expectations: tuple[Expectation, ...]
    certificate: Certificate
    down: bool
    alone: bool
    limit: float
    assumes: str
    surroundings: str = ""
    """What the process finds around it: ``netrc``, ``proxy``, ``thai``, ``turkish`` or nothing."""

    @property
    def key_id(self) -> str:
        """The public key id of this case's client."""
        return self.setup.key_id.replace("{tag}", self.tag)

    @property
    def is_left_waiting(self) -> bool:
        """Whether the server never ends one of its answers."""
        return any(step.fault in (Fault.HANG, Fault.STALL) for step in self.server)

    @property
    def requirements(self) -> tuple[str, ...]:
        """The ids that the case proves, in its order."""
        return tuple(dict.fromkeys(each.requirement for each in self.expectations))


def suite_folder() -> Path:
    """Return the folder of the client suite."""
    return data_path("suites", "client")


@cache
def load_cases(root: Path | None = None) -> tuple[Case, ...]:
    """Return all cases of ``cases/*.yaml``, ``each`` spelt out, in the order of the files.

    Raises:
        ConfigurationProblem: naming file and line, for a key that does not exist, a body or an
            operation that is not there, or a name used twice.
    """
    root = root or suite_folder()
    calls = read(root / "calls.yaml", root)
    found: dict[str, Case] = {}
    for path in files(root / "cases"):
        source = _spelt_out(read(path, root))
        check_shape(source, "client-case")
        for name, data in source.data.items():
            if name in found:
                raise source.problem(
                    (name,), f"the case {name} is there already", "give it another name"
                )
            tag = f"{len(found) + 1:07d}"
            found[name] = _Reader(source, name, calls, root).case(name, data, tag)
    return tuple(found.values())


def select(cases: Iterable[Case], expression: str) -> tuple[Case, ...]:
    """Return the cases whose name, or a requirement that they prove, contains ``expression``."""
    wanted = expression.lower()
    return tuple(
        case
        for case in cases
        if wanted in case.name.lower() or any(wanted in id_.lower() for id_ in case.requirements)
    )


def _spelt_out(source: Source) -> Source:
    """Return the file with each template in place of which its cases stand, lines kept."""
    if not isinstance(source.data, dict):
        raise source.problem((), "a file of cases is a mapping", "write name: {says, …}")
    data: dict[str, Any] = {}
    lines: dict[Place, int] = {}
    for name, template in source.data.items():
        if not isinstance(template, dict):
            raise source.problem((name,), "a case is a mapping", "write {says, call, proves}")
        mine = [place for place in source.lines if place[:1] == (name,)]
        body = {key: value for key, value in template.items() if key != "each"}
        for chosen in _choices(template.get("each", {}), source, name):
            variables = {f"<{variable}>": value for variable, value in chosen.items()}
            spelt = _UNFIT.sub("-", _filled(name, variables)).strip("-")
            if spelt in data:
                raise source.problem((name,), f"two cases are called {spelt}", "rename one")
            data[spelt] = _filled(body, variables)
            lines.update({(spelt, *place[1:]): source.lines[place] for place in mine})
    return Source(source.name, data, lines)


def _choices(each: Any, source: Source, name: str) -> list[Mapping[str, Any]]:
    if isinstance(each, list) and each and all(isinstance(one, dict) for one in each):
        return each
    if isinstance(each, dict) and all(isinstance(values, list) for values in each.values()):
        products = itertools.product(*each.values())
        return [dict(zip(each, values, strict=True)) for values in products]
    raise source.problem(
        (name, "each"), "each is neither lists of values nor a list", "write variable: [value, …]"
    )


def _filled(value: Any, variables: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {_filled(k, variables): _filled(inner, variables) for k, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, variables) for inner in value]
    if not isinstance(value, str):
        return value
    if value in variables:
        return variables[value]
    for variable, choice in variables.items():
        value = value.replace(variable, str(choice))
    return value


class _Reader:
    """Turns the plain data of one case into a :class:`Case`."""

    def __init__(self, source: Source, key: str, calls: Source, root: Path) -> None:
        self._source = source
        self._key = key
        self._calls = calls
        self._bodies = root / "bodies"

    def case(self, name: str, data: dict[str, Any], tag: str) -> Case:
        plan = self._plan(data, tag) if "call" in data else None
        if (plan is None) == ("sign" not in data):
            raise self._source.problem(
                (self._key,), "a case has either call or sign", "write one of the two"
            )
        return Case(
            name=name,
            says=data["says"],
            where=self._source.where((self._key,)),
            tag=tag,
            setup=_setup(data.get("client", {})),
            plan=plan,
            payload=data.get("sign"),
            server=self._steps(data, tag),
            expectations=tuple(
                Expectation(requirement, kind, value)
                for requirement, wanted in data["proves"].items()
                for kind, value in _filled(wanted, {"{tag}": tag}).items()
            ),
            certificate=Certificate(data.get("certificate", "good")),
            down=data.get("down", False),
            alone=data.get("alone", False) or not _ALONE.isdisjoint(data),
            limit=float(data.get("limit", 25)),
            assumes=data.get("assumes", ""),
            surroundings=data.get("surroundings", ""),
        )

    def _plan(self, data: dict[str, Any], tag: str) -> Plan:
        operation = data["call"]
        known = self._calls.data.get(operation, {})
        if not known and operation != "request":
            raise self._source.problem(
                (self._key, "call"),
                f"no operation {operation}",
                f"use request, or one of {', '.join(self._calls.data)}",
            )
        arguments: dict[str, Any] = {}
        for part in ("id", "payload", "method", "path", "query"):
            value = data.get(part, known.get(part) if part in ("id", "payload", "query") else None)
            if value is not None or (part == "payload" and part in data):
                arguments[part] = _filled(value, {"{tag}": tag})
        method = known.get("method") or arguments.get("method", "")
        path = known.get("path") or arguments.get("path", "")
        return Plan(
            operation=operation,
            arguments=arguments,
            headers=_filled(data.get("headers"), {"{tag}": tag}),
            times=data.get("times", 1),
            abreast=data.get("side-by-side", 1),
            method=method,
            path=path.replace("{id}", arguments.get("id", "")),
            pause=float(data.get("pause", 0)),
        )

    def _steps(self, data: dict[str, Any], tag: str) -> tuple[Step, ...]:
        written = _filled(data.get("server"), {"{tag}": tag})
        if written is None:
            known = self._calls.data.get(data.get("call", ""), {})
            written = [known.get("answer", "200 charge-authorized")]
        try:
            return tuple(read_step(step, self._bodies) for step in written)
        except ValueError as error:
            place = (self._key, "server") if "server" in data else (self._key,)
            raise self._source.problem(
                place, str(error), "write a status and a body of suites/client/bodies, or a fault"
            ) from error


def _setup(data: Mapping[str, Any]) -> Setup:
    plain = Setup()
    return Setup(
        key_id=data.get("key-id", plain.key_id),
        environment=data.get("environment", plain.environment),
        region=data.get("region", plain.region),
        algorithm=data.get("algorithm", plain.algorithm),
        key=data.get("key", plain.key),
        key_form=data.get("key-form", plain.key_form),
        own_endpoint="endpoint" in data,
    )
