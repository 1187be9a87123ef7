"""The checklist as one page that needs nothing else, to attach to a certification request."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pay_conformance.report.baseline import Excused
from pay_conformance.report.checklist import checklist


def render(outcome: Excused) -> str:
    """Return the page. All that a subject sent is escaped; there is no script on it."""
    environment = Environment(
        loader=PackageLoader("pay_conformance.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    path = files("pay_conformance.report").joinpath("page", "checklist.css")
    style = path.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    sections = checklist(outcome)
    return environment.get_template("checklist.html.j2").render(
        result=outcome.result,
        start=outcome.result.started,
        sections=sections,
        counts={
            answer: sum(section.count(answer) for section in sections)
            for answer in ("yes", "no", "not seen")
        },
        style=Markup(style),  # noqa: S704 - our own file
        style_hash=digest,
    )
