"""The trend as one page that needs nothing else: a row of marks for all that is not steady."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pay_conformance.contract import Contract
from pay_conformance.findings import State
from pay_conformance.report.trend import Series

_LOOKS = {
    State.PASSED: "passed",
    State.FAILED: "failed",
    State.NOT_TESTED: "untested",
    None: "none",
}


def render(series: Sequence[Series]) -> str:
    """Return the page. All that reports say is escaped; there is no script on it."""
    environment = Environment(
        loader=PackageLoader("pay_conformance.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = "".join(
        files("pay_conformance.report").joinpath("page", name).read_text(encoding="utf-8")
        for name in ("report.css", "trend.css")
    )
    requirements = Contract.load().requirements
    return environment.get_template("trend.html.j2").render(
        series=series,
        says={name: entry.says for name, entry in requirements.items()},
        looks=_LOOKS,
        State=State,
        style=Markup(style),  # noqa: S704 - our own file
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )
