"""The Exchange: one HTTP request and its response, the only form in which traffic enters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from pay_conformance.contract.model import Api

Headers = tuple[tuple[str, str], ...]

_PLAIN: Final = re.compile(r"(?:https?://[A-Za-z0-9.:-]+)?(/(?!/)[^?#\s]*)(?:\?([^#\s]*))?")
"""Most URLs: those about which a parser of all URLs has nothing to add."""


def find_header(headers: Headers, name: str) -> str | None:
    """Return the first value of a header, whatever the case of its name, or ``None``."""
    wanted, size = name.lower(), len(name)
    for key, value in headers:
        if len(key) == size and key.lower() == wanted:
            return value
    return None


@lru_cache(maxsize=1024)
def lower_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of headers in lower case; none if one is there twice."""
    lower = tuple(name.lower() for name in names)
    return lower if len(set(lower)) == len(lower) else ()


def by_lower_name(headers: Headers) -> Mapping[str, str]:
    """Return the first value of each header by its name in lower case."""
    first = dict(headers)
    names = tuple(first)
    lower = lower_names(names)
    if len(first) == len(headers) and lower:
        return first if lower == names else dict(zip(lower, first.values(), strict=True))
    found: dict[str, str] = {}
    for name, value in headers:
        found.setdefault(name.lower(), value)
    return found


def as_headers(pairs: Iterable[tuple[str, str]]) -> Headers:
    """Return headers in the form an Exchange holds them: order and repetition kept."""
    return tuple(
        [
            (name, value) if type(name) is type(value) is str else (str(name), str(value))
            for name, value in pairs
        ]
    )


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it goes over the wire. ``url`` is absolute, or a path where no host is known."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Return the first value of a header, or ``None``."""
        return find_header(self.headers, name)

    @property
    def path(self) -> str:
        """The path as sent, still percent-encoded."""
        return _path_and_query(self.url)[0]

    @property
    def query(self) -> str:
        """The query string as sent, without the question mark."""
        return _path_and_query(self.url)[1]


@lru_cache(maxsize=256)
def _path_and_query(url: str) -> tuple[str, str]:
    plain = _PLAIN.fullmatch(url)
    if plain is not None:
        return plain[1], plain[2] or ""
    parts = urlsplit(url)
    return parts.path, parts.query


def readable(request: Request) -> Request:
    """Return a request of somebody else's, of which every part can be read.

    Raises:
        ValueError: if its URL is none, as with ``https://[``.
    """
    _path_and_query(request.url)
    return request


def to_look_at(error: Exception) -> str:
    """Return what to look at in a file that holds no exchange: where, not what stands there.

    What stands there may be anybody's.
    """
    if isinstance(error, KeyError):
        return f"look for {error}"
    return "look at its method, URL, times, status, headers and bodies"


@dataclass(frozen=True, slots=True)
class Response:
    """A response as it came over the wire, its body after content decoding."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Return the first value of a header, or ``None``."""
        return find_header(self.headers, name)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response, with their times.

    ``request`` is ``None`` for a body that came without one; ``response`` is ``None`` when no
    answer arrived, and ``failure`` then says what happened instead. ``source`` names where it
    comes from (a test, a cassette, a file). ``object`` and ``api`` are set by a caller who knows
    what a bare body is; otherwise they follow from the request.
    """

    request: Request | None
    response: Response | None
    started: datetime | None = None
    ended: datetime | None = None
    id: str = ""
    source: str = ""
    failure: str = ""
    object: str = ""
    api: Api | None = None
    notes: tuple[tuple[str, str], ...] = field(default=())

    @property
    def subject_time(self) -> datetime | None:
        """The server's own time, from its ``Date`` header: virtual where its clock was moved."""
        stamp = self.response.header("date") if self.response else None
        return http_date(stamp) if stamp is not None else None


@lru_cache(maxsize=4096)
def http_date(stamp: str) -> datetime | None:
    """Return the moment that a ``Date`` header names, aware, or ``None`` if it names none."""
    # A server reads no dates of this form, and starts faster without what does.
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(stamp)
    except (ValueError, OverflowError):  # the latter for a year that no integer of C holds
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
