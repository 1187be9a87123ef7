"""Loads the flat tables of the contract: errors, limits, simulations, test cards, constraints."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pay_conformance.contract.model import (
    ConstraintRule,
    ErrorCode,
    Evidence,
    Limit,
    Simulation,
    TestCard,
)
from pay_conformance.contract.shape import check_shape
from pay_conformance.contract.source import Place, Source, read
from pay_conformance.contract.values import apis, duration, number, several


def load_errors(root: Path) -> Mapping[str, ErrorCode]:
    """Return the error catalogue of ``shared/errors.yaml`` by reason code."""
    source = _table(root, "errors")
    return MappingProxyType(
        {
            code: ErrorCode(
                code=code,
                statuses=(entry["status"],)
                if isinstance(entry["status"], int)
                else tuple(entry["status"]),
                operations=frozenset(entry.get("operations", ())),
                retryable=entry["retryable"],
                message=entry["message"],
                evidence=Evidence(entry["evidence"]),
                sources=tuple(entry["sources"]),
                requirement=entry.get("requirement", ""),
            )
            for code, entry in source.data.items()
        }
    )


def load_limits(root: Path) -> Mapping[str, Limit]:
    """Return the limits of ``shared/limits.yaml`` by name."""
    source = _table(root, "limits")
    return MappingProxyType(
        {
            name: Limit(
                name=name,
                value=number(entry["value"]) if "value" in entry else None,
                by_currency=MappingProxyType(
                    {code: number(value) for code, value in entry.get("by-currency", {}).items()}
                ),
                unit=entry["unit"],
                evidence=Evidence(entry["evidence"]),
                sources=tuple(entry["sources"]),
                requirement=entry.get("requirement", ""),
            )
            for name, entry in source.data.items()
        }
    )


def load_simulations(root: Path) -> tuple[Simulation, ...]:
    """Return the simulation codes of ``shared/simulations.yaml``.

    Raises:
        ConfigurationProblem: if one operation has the same code twice, or an outcome lacks what it
            needs.
    """
    source = _table(root, "simulations")
    seen: dict[tuple[str, str], int] = {}
    for index, entry in enumerate(source.data["simulations"]):
        key = (entry["operation"], entry["code"])
        if key in seen:
            raise source.problem(
                ("simulations", index),
                f"{key[0]} has the simulation {key[1]} already, "
                f"at {source.where(('simulations', seen[key]))}",
                "keep one of the two",
            )
        seen[key] = index
    return tuple(
        _simulation(entry, ("simulations", index), source)
        for index, entry in enumerate(source.data["simulations"])
    )


def load_cards(root: Path) -> tuple[TestCard, ...]:
    """Return the test cards of ``shared/simulations.yaml``."""
    source = _table(root, "simulations")
    return tuple(
        TestCard(
            ending=entry["ending"],
            descriptor=entry["descriptor"],
            outcome=entry["does"],
            simulation=entry.get("simulation", ""),
            evidence=Evidence(entry["evidence"]),
            sources=tuple(entry["sources"]),
            effect=_effect(entry, ("cards", index), source) if "effect" in entry else None,
            requirement=entry.get("requirement", ""),
        )
        for index, entry in enumerate(source.data["cards"])
    )


def load_constraints(root: Path) -> tuple[ConstraintRule, ...]:
    """Return the constraints of ``shared/constraints.yaml``, in the order of an answer."""
    source = _table(root, "constraints")
    return tuple(
        ConstraintRule(
            id=entry["id"],
            description=entry["description"],
            unless_set=entry["unless-set"],
            when=entry.get("when", ""),
            api=apis(entry),
            requirement=entry.get("requirement", ""),
        )
        for entry in source.data
    )


def _table(root: Path, name: str) -> Source:
    source = read(root / "shared" / f"{name}.yaml", root)
    check_shape(source, name)
    return source


_NEEDED = {
    "error": {"reason"},
    "state": {"object", "state"},
    "later": {"object", "state", "then", "after"},
}


def _simulation(entry: dict[str, Any], place: Place, source: Source) -> Simulation:
    missing = _NEEDED[entry["outcome"]] - entry.keys()
    if missing:
        raise source.problem(
            place, f"the outcome {entry['outcome']!r} lacks {min(missing)!r}", "add it"
        )
    months, after = duration(entry["after"]) if "after" in entry else (0, timedelta(0))
    if months:
        raise source.problem((*place, "after"), "a simulation can't last months", "write days")
    return Simulation(
        operation=entry["operation"],
        code=entry["code"],
        outcome=entry["outcome"],
        evidence=Evidence(entry["evidence"]),
        sources=tuple(entry["sources"]),
        state=entry.get("state", ""),
        reason=entry.get("reason"),
        then=entry.get("then", ""),
        then_reason=entry.get("then-reason"),
        after=after,
        api=apis(entry),
        object=entry.get("object", ""),
        answers=entry.get("answers", ""),
        needs=several(entry.get("needs")),
        requirement=entry.get("requirement", ""),
    )


def _effect(card: dict[str, Any], place: Place, source: Source) -> Simulation:
    common = {key: card[key] for key in ("evidence", "sources")}
    code = card.get("simulation", "")
    entry = {**common, "operation": "", "code": code, **card["effect"]}
    return _simulation(entry, (*place, "effect"), source)
