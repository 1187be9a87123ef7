"""The canonical request and the string to sign: the text that both sides have to agree on.

The layout is that of all official SDKs. Where they differ in details that no real call of the API
shows, the form here is the one that Amazon describes and that the most careful of them (Java and
.NET, whose tests carry vectors) produce:

===========================  ==================================================================
runs of slashes in a path    one slash (Java, .NET); Node, PHP, Ruby and Python leave them
percent-encoding             as it goes on the wire; .NET encodes a path twice, Java once more
query                        sorted by name, then value; every parameter written ``name=value``
white space in a header      trimmed, inner runs become one space (.NET, Go); Java replaces each
                             white space by a space, Ruby only trims, Node, PHP, Python do nothing
repeated header              values joined by a comma (Java, .NET, Go); the others can't repeat
===========================  ==================================================================
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache

_WHITE = re.compile(r"[ \t\r\n\f\v]+")
_SLASHES = re.compile(r"/{2,}")
_NEVER_ON_THE_WIRE = re.compile(r"[^\x21-\x7e]")
_NO_BODY = hashlib.sha256(b"").hexdigest()


class Algorithm(StrEnum):
    """The two signature algorithms. They differ in the length of the salt alone."""

    PSS = "AMZN-PAY-RSASSA-PSS"
    PSS_V2 = "AMZN-PAY-RSASSA-PSS-V2"

    @property
    def salt_length(self) -> int:
        """The salt in bytes. It is pinned: a signature with any other salt is not valid."""
        return 20 if self is Algorithm.PSS else 32


def canonical_request(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str] | Iterable[tuple[str, str]],
    body: bytes,
) -> str:
    """Return the canonical request: six parts, joined by line feeds, with none at the end.

    ``path`` and ``query`` are taken as they go on the wire (percent-encoded, no question mark).
    ``headers`` are exactly those that are signed, in any order and case. ``body`` is the bytes
    sent; an empty one is hashed like any other.

    Source: published SDKs and logs: signing
    """
    lines = canonical_headers(headers)
    names, values = tuple([name for name, _ in lines]), [value for _, value in lines]
    return canonical_text(method, path, query, names, values, body)


def canonical_text(
    method: str,
    path: str,
    query: str,
    names: tuple[str, ...],
    values: Sequence[str],
    body: bytes,
) -> str:
    """Return the canonical request of headers that are canonical and in order already."""
    named = _form(names) % tuple(values)
    digest = hashlib.sha256(body).hexdigest() if body else _NO_BODY
    return f"{method}\n{canonical_path(path)}\n{canonical_query(query)}\n{named}\n{digest}"


@lru_cache(maxsize=256)
def _form(names: tuple[str, ...]) -> str:
    """Return what canonical requests that sign the same headers have in common."""
    known = [name.replace("%", "%%") for name in names]
    return "".join([f"{name}:%s\n" for name in known]) + "\n" + ";".join(known)


def string_to_sign(algorithm: str, canonical: str | bytes) -> str:
    """Return the string to sign: the algorithm's name, a line feed, the hash in lower-case hex.

    ``canonical`` is a canonical request, or the payload of a button: both are signed alike.
    """
    data = canonical.encode() if isinstance(canonical, str) else canonical
    # To make a member of what is one already costs as much as the hash.
    known = algorithm if isinstance(algorithm, Algorithm) else Algorithm(algorithm)
    return "\n".join((known, hashlib.sha256(data).hexdigest()))


def canonical_path(path: str) -> str:
    """Return the path with one leading slash, no runs of slashes and no dot segments.

    A trailing slash stays: it is signed, since .NET appends one to every path. What is encoded
    stays as it is; what can't stand in a request line is encoded as UTF-8.
    """
    if (
        path.startswith("/")
        and path.isascii()
        and path.isprintable()
        and " " not in path
        and "//" not in path
        and "/." not in path
    ):
        return path
    segments: list[str] = []
    parts = _SLASHES.sub("/", path).strip().removeprefix("/").split("/")
    for part in parts:
        if part == "..":
            del segments[-1:]
        elif part != ".":
            segments.append(part)
    if parts[-1] in {".", ".."} and segments:
        segments.append("")
    return "/" + _encoded("/".join(segments))


def canonical_query(query: str) -> str:
    """Return the query with its parameters in order of name, then value; empty for none."""
    if not query:
        return ""
    pairs = sorted(
        (_encoded(name), _encoded(value))
        for name, _, value in (part.partition("=") for part in query.split("&") if part)
    )
    return "&".join(f"{name}={value}" for name, value in pairs)


def canonical_headers(
    headers: Mapping[str, str] | Iterable[tuple[str, str]],
) -> list[tuple[str, str]]:
    """Return the headers as they are signed: names in lower case and in order, values trimmed."""
    pairs: Iterable[tuple[str, str]]
    if isinstance(headers, list):  # the usual case; to ask what is a mapping costs more
        pairs = headers
    else:
        pairs = headers.items() if isinstance(headers, Mapping) else headers
    values: dict[str, str] = {}
    given = list(pairs)
    trimmed_values = canonical_values([value for _, value in given])
    for (name, _), trimmed in zip(given, trimmed_values, strict=True):
        known = name.strip().lower()
        values[known] = f"{values[known]},{trimmed}" if known in values else trimmed
    return sorted(values.items())


def canonical_values(values: Iterable[str]) -> list[str]:
    """Return values of headers as they are signed: trimmed, one space for each run of them."""
    trimmed = [value.strip() for value in values]
    # No value ends in a space any more, so that all of them can be looked at as one text.
    together = "".join(trimmed)
    if "  " in together or not together.isprintable():
        return [_WHITE.sub(" ", value) for value in trimmed]
    return trimmed


def _encoded(text: str) -> str:
    def escape(match: re.Match[str]) -> str:
        return "".join(f"%{byte:02X}" for byte in match.group().encode(errors="surrogateescape"))

    return _NEVER_ON_THE_WIRE.sub(escape, text)
