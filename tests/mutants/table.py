"""Tells what became of the mutants: for a terminal, as Markdown, as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Party
from tests.mutants.alone import excuse, unproved
from tests.mutants.killing import Killing

_INTRODUCTION = """\
A mutant is a subject that is wrong on purpose. Most are derived from the contract, datum by datum;
the others are written by hand. A mutant is killed when the tests that could kill it find violated
what it violates, **and nothing else**."""
_ALONE = """\
A requirement is proved when some mutant violates it and nothing else. These are not, and this is
why."""
COLUMNS = ("killed", "survived", "wrong reason", "error")


def by_requirement(killings: Sequence[Killing]) -> dict[str, Counter[str]]:
    """Return for each requirement how many of the mutants that violate it came to which end.

    A mutant that violates several requirements counts under each.
    """
    found: dict[str, Counter[str]] = {}
    for killing in killings:
        for requirement in killing.own or ("",):
            found.setdefault(requirement, Counter())[killing.verdict] += 1
    return dict(sorted(found.items()))


def text(killings: Sequence[Killing]) -> str:
    """Return the table by requirement, what was not killed, and the sum, for a terminal."""
    rows = by_requirement(killings)
    width = max((len(name) for name in rows), default=0)
    head = f"{'':{width}}  {'killed':>6}  {'survived':>8}  {'wrong reason':>12}"
    lines = [head] + [
        f"{name:{width}}  {row['killed']:>6}  {row['survived'] or '':>8}  "
        f"{row['wrong reason'] + row['error'] or '':>12}"
        for name, row in rows.items()
    ]
    for killing in killings:
        if killing.verdict != "killed":
            lines += ["", f"{killing.verdict}: {killing.mutant}", *_told(killing)]
    return "\n".join([*lines, "", summary(killings), ""])


def _told(killing: Killing) -> list[str]:
    lines = [
        f"  {killing.says}",
        f"  violates  {', '.join(killing.own) or 'nothing that is known'}",
        f"  found     {', '.join(killing.failed) or 'nothing'} (in {killing.tests} tests)",
    ]
    return lines + ([f"  error     {killing.error}"] if killing.error else [])


def summary(killings: Sequence[Killing]) -> str:
    """Return the sum in one line."""
    count = Counter(killing.verdict for killing in killings)
    unsound = f", {count['error']} that an error of ours hides" if count["error"] else ""
    return (
        f"{len(killings)} mutants: {count['killed']} killed, {count['survived']} survived, "
        f"{count['wrong reason']} killed for the wrong reason{unsound}"
    )


def as_json(killings: Sequence[Killing], seconds: float, cut_short: str = "") -> str:
    """Return all that is known of each mutant, as JSON.

    ``cut_short`` says why not all of them were hunted; empty if they were.
    """
    contract = Contract.load()
    count = Counter(killing.verdict for killing in killings)
    report = {
        "contract": contract.digest,
        "cutShort": cut_short,
        "seconds": round(seconds, 1),
        "summary": {"mutants": len(killings)} | {word: count[word] for word in COLUMNS},
        "requirements": [
            {"id": name} | {word: row[word] for word in COLUMNS}
            for name, row in by_requirement(killings).items()
        ],
        "mutants": [killing.as_json() for killing in killings],
    }
    return json.dumps(report, ensure_ascii=False, indent=1) + "\n"


def markdown(
    killings: Sequence[Killing], seconds: float, processor: float, command: str, cut_short: str = ""
) -> str:
    """Return the page ``docs/mutants.md``; ``processor`` are the seconds of processor time.

    ``cut_short`` says why not all of them were hunted; empty if they were.
    """
    contract = Contract.load()
    families = Counter(killing.family for killing in killings)
    kinds = Counter((killing.family, killing.kind, killing.verdict) for killing in killings)
    lines = [
        "# What the suite catches",
        "",
        _INTRODUCTION,
        "",
        *([f"**Cut short: {cut_short}.** Not all mutants were hunted.", ""] if cut_short else []),
        f"**{summary(killings)}.**",
        "",
        "Written by:",
        "",
        "```console",
        command,
        "```",
        "",
        f"Contract {contract.digest}.",
        f"{round(seconds)} seconds, with {round(processor)} seconds of processor time.",
        "",
        "## By what they are mutants of",
        "",
        "| of | made from | mutants | killed | survived | wrong reason |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for family, kind in sorted({(k.family, k.kind) for k in killings}):
        got = {word: kinds[family, kind, word] for word in COLUMNS}
        lines.append(
            f"| {family} | {kind} | {sum(got.values())} | {got['killed']} | {got['survived']} "
            f"| {got['wrong reason'] + got['error']} |"
        )
    lines += [
        "",
        f"{', '.join(f'{count} {family}' for family, count in sorted(families.items()))}.",
        "",
        "## By requirement",
        "",
        "A mutant that violates several requirements counts under each.",
        "",
        "| requirement | killed | survived | wrong reason |",
        "|---|---:|---:|---:|",
    ]
    lines += [
        f"| [{name}](requirements.md) | {row['killed']} | {row['survived']} "
        f"| {row['wrong reason'] + row['error']} |"
        for name, row in by_requirement(killings).items()
    ]
    return "\n".join([*lines, *_alone(contract, killings), *_several(killings), ""])


def _alone(contract: Contract, killings: Sequence[Killing]) -> list[str]:
    lines = ["", "## What no mutant shows alone", "", _ALONE]
    for party in Party:
        known = [e for e in contract.requirements.values() if party in e.binds and not e.untestable]
        missing = unproved(contract, party, killings)
        told: dict[str, list[str]] = {}
        for name in missing:
            told.setdefault(excuse(party, name) or "Nothing is said.", []).append(name)
        proved = len(known) - len(missing)
        lines += ["", f"**{party}**: {proved} of {len(known)} are proved alone.", ""]
        lines += [f"- {why} {', '.join(names)}" for why, names in sorted(told.items())]
    return lines


def _several(killings: Sequence[Killing]) -> list[str]:
    told: dict[str, list[Any]] = {}
    for killing in killings:
        if killing.because:
            told.setdefault(killing.because, []).append(killing.mutant)
    if not told:
        return []
    lines = ["", "## Those that violate more than one thing, and why", ""]
    return lines + [
        f"- {because}: {', '.join(f'*{name}*' for name in names)}"
        for because, names in sorted(told.items())
    ]
