"""A status badge as SVG."""

from __future__ import annotations

from html import escape

from pay_conformance.findings import State
from pay_conformance.report.baseline import Excused
from pay_conformance.report.exits import exit_code

LABEL = "Amazon Pay conformance"
COLOURS = {"brightgreen": "#2e7d32", "red": "#b3191f", "lightgrey": "#6e7781"}


def status(outcome: Excused) -> tuple[str, str]:
    """Return the words of the badge and the name of its colour."""
    result = outcome.result
    code = exit_code(outcome)
    tested = result.count(State.PASSED) + result.count(State.FAILED)
    if code in (2, 3):
        return "could not run", "lightgrey"
    if result.cut_short:
        return "cut short", "lightgrey"
    if code == 4:
        return "nothing tested", "lightgrey"
    return f"{result.count(State.PASSED)} of {tested}", "brightgreen" if code == 0 else "red"


def render(outcome: Excused) -> str:
    """Return the badge as an SVG document of its own."""
    words, colour = status(outcome)
    left, right = 7 * len(LABEL) + 10, 7 * len(words) + 14
    text = escape(f"{LABEL}: {words}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="{text}"><title>{text}</title>'
        f'<rect width="{left}" height="20" fill="#444"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{COLOURS[colour]}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" '
        'text-anchor="middle">'
        f'<text x="{left / 2}" y="14">{escape(LABEL)}</text>'
        f'<text x="{left + right / 2}" y="14">{escape(words)}</text></g></svg>\n'
    )
