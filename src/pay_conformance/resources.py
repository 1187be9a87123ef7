"""Finds the data that ships with the package, and the place for what can be made again."""

from __future__ import annotations

import os
from pathlib import Path

from pay_conformance.problems import ConfigurationProblem

_PACKAGE = Path(__file__).resolve().parent


def data_path(*parts: str) -> Path:
    """Return the path of a data folder or file, e.g. ``data_path("contracts", "v2")``.

    An installed wheel carries the data inside the package; a source tree has it at its top level.

    Raises:
        ConfigurationProblem: if neither place holds it, i.e. the installation is incomplete.

    """
    for root in (_PACKAGE / "_data", _PACKAGE.parents[1]):
        candidate = root.joinpath(*parts)
        if candidate.exists():
            return candidate
    raise ConfigurationProblem(
        f"the package data {'/'.join(parts)} is missing",
        "reinstall amazon-pay-conformance; the installation is incomplete",
    )


def cache_folder() -> Path:
    """Return the folder of what is made or installed once; ``PAY_CONFORMANCE_CACHE`` names another.

    Raises:
        RuntimeError: if none is named, and this user has no home.
    """
    given = os.environ.get("PAY_CONFORMANCE_CACHE")
    if given:
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "pay-conformance"
