"""Reads ``buyer_pages.yaml``: what the browser that plays the buyer looks for, and does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal
from urllib.parse import urlsplit

import yaml

Aim = Literal["choose", "change", "approve", "cancel", "decline"]
"""What the buyer is about to do."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is done on a page where one of ``sees`` is visible. Selectors are CSS.

    ``fills`` has the selector of the field for ``email`` and ``password``; ``picks`` are those of a
    card; the first of ``presses`` that is there is pressed. A step that ``stops`` ends the attempt
    for that reason; ``refused`` says that it was because of the credentials.
    """

    name: str
    aims: frozenset[str]
    sees: tuple[str, ...]
    fills: Mapping[str, str] = field(default_factory=dict)
    picks: tuple[str, ...] = ()
    presses: tuple[str, ...] = ()
    stops: str = ""
    refused: bool = False


@dataclass(frozen=True, slots=True)
class BuyerPages:
    """Amazon's hosts, the script of each region, how long to wait (seconds), and the steps."""

    hosts: tuple[str, ...]
    scripts: Mapping[str, str]
    patience: float
    steps: tuple[Step, ...]

    @classmethod
    @cache
    def load(cls) -> BuyerPages:
        """Return what the file says."""
        text = files("pay_conformance.targets").joinpath("buyer_pages.yaml").read_text("utf-8")
        data = yaml.safe_load(text)
        steps = [
            Step(
                name=entry["name"],
                aims=frozenset(entry["for"]),
                sees=tuple(entry["sees"]),
                fills=entry.get("fills", {}),
                picks=tuple(entry.get("picks", ())),
                presses=tuple(entry.get("presses", ())),
                stops=entry.get("stops", ""),
                refused=entry.get("refused", False),
            )
            for entry in data["steps"]
        ]
        hosts = tuple(data["hosts"])
        return cls(hosts, data["scripts"], float(data["patience"]), tuple(steps))

    def is_amazons(self, url: str) -> bool:
        """Say whether a URL is one of Amazon's, over TLS."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        name = parts.hostname or ""
        known = any(name == host or name.endswith(f".{host}") for host in self.hosts)
        return parts.scheme == "https" and known

    def towards(self, aim: Aim) -> tuple[Step, ...]:
        """Return the steps that may be taken towards an aim, in the order in which they count."""
        return tuple(step for step in self.steps if aim in step.aims)
