"""Writes the catalogue of requirements as a Markdown page, ``docs/requirements.md``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from pay_conformance.catalogue import Entry

TITLES = {
    "BU": "Buyer",
    "CH": "Charge",
    "CP": "Charge Permission",
    "CS": "Checkout Session",
    "ERR": "Errors",
    "FMT": "Formats",
    "HDR": "Headers",
    "IDEM": "Idempotency",
    "INT": "Integration",
    "LIM": "Limits",
    "NT": "Notifications",
    "OP": "Operations",
    "RF": "Refund",
    "SDK": "SDK",
    "SIG": "Signing",
    "SIM": "Sandbox simulation",
}
_HEAD = """\
# Requirements

Generated from `contracts/requirements/` by `pay-conformance requirements --markdown`; don't edit.

A requirement is one sentence that can be violated. MUST, SHOULD and MAY are those of RFC 2119; a
violated SHOULD is a warning. The evidence says how the rule is known: *documented* by Amazon,
*observed* in real traffic, seen in an official *sdk*, or *inferred*, which is never a MUST. An id
is never renumbered and never used again.
"""


def page(entries: Sequence[Entry], retired: Mapping[str, str]) -> str:
    """Return the whole page for entries in the order of their ids.

    ``retired`` maps each id that is not used any more to the reason.
    """
    groups = [(prefix, list(group)) for prefix, group in groupby(entries, _prefix)]
    lines = [_HEAD, "| theme | requirements |", "|---|---|"]
    lines += [
        f"| [{_title(prefix)}](#{_anchor(prefix)}) | {len(group)} |" for prefix, group in groups
    ]
    lines += [f"| all | {len(entries)} |", ""]
    for prefix, group in groups:
        lines += [f"## {_title(prefix)}", ""]
        for entry in group:
            lines += [*_entry(entry), ""]
    if retired:
        lines += ["## Retired", "", "These ids are never used again.", ""]
        lines += [f"- {name}: {_escaped(reason)}" for name, reason in sorted(retired.items())]
        lines.append("")
    return "\n".join(lines)


def _entry(entry: Entry) -> Iterator[str]:
    it = entry.requirement
    yield f"### {it.id}"
    yield ""
    yield f"**{it.level}** {_escaped(it.says)}"
    if it.why:
        yield _escaped(it.why)
    yield ""
    yield f"- Binds: {', '.join(sorted(it.binds))}; {', '.join(sorted(it.api))}"
    yield f"- Evidence: {it.evidence} ({'; '.join(_escaped(source) for source in it.sources)})"
    if it.untestable:
        yield f"- Not tested: {_escaped(it.untestable)}"
    if entry.history:
        yield f"- History: {'; '.join(entry.history)}"
    names = dict.fromkeys(f"{binding.kind} `{binding.name}`" for binding in entry.bindings)
    if names:
        yield f"- Bound to it: {', '.join(names)}"
    if entry.killed:
        some = "; ".join(_escaped(mutant) for mutant in entry.mutants[:2])
        yield f"- Mutants that it kills: {entry.killed}, such as {some}"


def _prefix(entry: Entry) -> str:
    return entry.requirement.id.partition("-")[0]


def _title(prefix: str) -> str:
    return TITLES.get(prefix, prefix)


def _anchor(prefix: str) -> str:
    return _title(prefix).lower().replace(" ", "-")


def _escaped(text: str) -> str:
    return text.replace("*", "\\*").replace("<", "&lt;").replace("_", "\\_")
