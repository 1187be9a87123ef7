"""Turns what a page shows into a response: autoescaped templates, and headers that allow nothing.

There is no script in any page, so the content security policy allows none.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pay_conformance.exchange import Response
from pay_conformance.mock.pages.problems import Wrong

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = Path(__file__).resolve().parent
_POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HTML = (
    ("content-type", "text/html; charset=utf-8"),
    ("content-security-policy", _POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
)
_PLAIN = ("content-type", "text/plain; charset=utf-8")


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(name: str, *, status: int = 200, cookie: str = "", **values: Any) -> Response:
    """Return a page: ``name`` is that of a template without its ending."""
    text = _templates().get_template(f"{name}.html").render(**values)
    extra = (("set-cookie", cookie),) if cookie else ()
    return Response(status, (*_HTML, *extra), text.encode())


def problem(wrong: Wrong, *, session: str = "") -> Response:
    """Return the page that tells what is wrong, as Amazon does, and how to mend it."""
    return page("problem", status=wrong.status, wrong=wrong, session=session)


def on_to(url: str, *, cookie: str = "") -> Response:
    """Send the browser to another page of ours, after a form was sent."""
    extra = (("set-cookie", cookie),) if cookie else ()
    return Response(303, (("location", url), ("cache-control", "no-store"), *extra))


def back_to(url: str, shop: str) -> Response:
    """Send the browser back to the shop.

    A page that goes there by itself, not a redirect: the policy lets our forms lead nowhere else,
    and a browser holds each redirect that follows a form to that.
    """
    return page("returning", url=url, shop=shop)


def asset(name: str, kind: str) -> Response:
    """Return a file that is sent as it is: ``name`` is a file of this folder."""
    headers = (
        ("content-type", f"{kind}; charset=utf-8"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-cache"),
        ("cross-origin-resource-policy", "cross-origin"),
    )
    return Response(200, headers, (_FOLDER / name).read_bytes())


def nothing(*, status: int = 204, cookie: str = "") -> Response:
    """Return an empty answer."""
    extra = (("set-cookie", cookie),) if cookie else ()
    return Response(status, (_PLAIN, *extra))
