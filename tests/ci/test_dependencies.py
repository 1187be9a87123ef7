"""What the project depends on is what docs/security.md says, used, and locked with hashes."""

from __future__ import annotations

import configparser
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DOCUMENT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
MODULES = {
    "jsonschema-rs": "jsonschema_rs",
    "pytest-xdist": "xdist",
    "pyyaml": "yaml",
    "psycopg[binary]": "psycopg",
}
"""Distributions whose module has another name."""
NOT_IMPORTED = {"xdist"}
"""A plugin, which pytest loads by its name."""


def names(requirements: list[str]) -> list[str]:
    return [re.split(r"[<>=;\s]", text, maxsplit=1)[0] for text in requirements]


def rows(first: str) -> list[list[str]]:
    """Return the rows of the table of the document whose first heading is this one."""
    _, _, rest = DOCUMENT.partition(f"| {first} |")
    lines = rest.split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_table_has_each_dependency_and_no_other() -> None:
    assert [row[0].strip("`") for row in rows("at run time")] == names(PROJECT["dependencies"])
    assert all(row[1] for row in rows("at run time"))


def test_table_has_each_extra_and_what_it_brings() -> None:
    extras = PROJECT["optional-dependencies"]
    said = {
        row[0].strip("`"): sorted(part.strip("` ") for part in row[1].split(","))
        for row in rows("extra")
    }
    brought = {
        name: sorted(each.partition("[")[0] for each in names(given))
        for name, given in extras.items()
    }
    assert said == brought


@pytest.mark.parametrize(
    "name",
    [
        *names(PROJECT["dependencies"]),
        *(each for given in PROJECT["optional-dependencies"].values() for each in names(given)),
    ],
)
def test_dependency_is_used(name: str) -> None:
    module = MODULES.get(name, name)
    used = re.compile(rf"^\s*(?:import|from) {module}\b", re.MULTILINE)
    sources = [*(ROOT / "src").rglob("*.py"), *(ROOT / "suites").rglob("*.py")]

    assert module in NOT_IMPORTED or any(
        used.search(path.read_text(encoding="utf-8")) for path in sources
    )


@pytest.mark.parametrize("file", ["tests", "lint", "docs", "build", "tox"])
def test_everything_that_ci_installs_has_a_version_and_hashes(file: str) -> None:
    text = (ROOT / "requirements" / f"{file}.txt").read_text(encoding="utf-8")
    entries = [part for part in re.split(r"\n(?=\S)", text) if part and not part.startswith("#")]

    assert entries
    assert all(re.match(r"[A-Za-z0-9._\[\]-]+==\S+", entry) for entry in entries)
    assert all("--hash=sha256:" in entry for entry in entries)


def test_audit_asks_about_every_lock_strictly_and_is_no_part_of_what_tox_runs() -> None:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    commands = tox["testenv:audit"]["commands"].strip().splitlines()

    locks = sorted(path.name for path in (ROOT / "requirements").glob("*.txt"))
    assert sorted(line.rpartition("/")[2] for line in commands) == locks
    assert all("--strict" in line and "--require-hashes" in line for line in commands)
    assert "audit" not in tox["tox"]["env_list"]
