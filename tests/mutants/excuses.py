"""Reads ``unfinished.yaml``: the data of the contract that lack something, and why they may."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).parent / "unfinished.yaml"


@cache
def excuses() -> dict[str, str]:
    """Return the names of the data, in which ``*`` is any text, to the reason."""
    rows: dict[str, str] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return rows
