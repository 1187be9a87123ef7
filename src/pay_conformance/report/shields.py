"""The JSON that a shields.io endpoint badge reads."""

from __future__ import annotations

import json

from pay_conformance.report.badge import LABEL, status
from pay_conformance.report.baseline import Excused


def render(outcome: Excused) -> str:
    """Return the endpoint's JSON object."""
    words, colour = status(outcome)
    badge = {"schemaVersion": 1, "label": LABEL, "message": words, "color": colour}
    return json.dumps(badge) + "\n"
