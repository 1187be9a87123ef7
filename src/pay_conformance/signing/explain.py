"""Explains why a signature does not hold: the first line that differs, and likely mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from pay_conformance.exchange import Request
from pay_conformance.signing.authorization import parse_authorization
from pay_conformance.signing.canonical import Algorithm, string_to_sign
from pay_conformance.signing.keys import PublicKey
from pay_conformance.signing.signature import fits

_FIXED = ("method", "path", "query")


@dataclass(frozen=True, slots=True)
class Difference:
    """The first line in which two canonical requests differ.

    ``line`` counts from 1; ``part`` says what stands there in ours. ``theirs`` and ``ours`` are
    ``None`` where one of them has ended.
    """

    line: int
    part: str
    theirs: str | None
    ours: str | None


def first_difference(theirs: str, ours: str) -> Difference | None:
    """Return the first line in which their canonical request differs from ours, or ``None``.

    Line ends of Windows and one line feed at the end, which an editor adds, don't count.
    """
    their_lines = theirs.replace("\r\n", "\n").removesuffix("\n").split("\n")
    our_lines = ours.split("\n")
    for index in range(max(len(their_lines), len(our_lines))):
        their = their_lines[index] if index < len(their_lines) else None
        our = our_lines[index] if index < len(our_lines) else None
        if their != our:
            return Difference(index + 1, _part(index, our_lines), their, our)
    return None


def likely_mistakes(request: Request, canonical: str, key: PublicKey) -> list[str]:
    """Return sentences for the mistakes that would explain the signature of a refused request.

    Each candidate is tried: a sentence is returned only if the signature fits the string to sign
    that a client with that mistake makes. ``canonical`` is the server's own.
    """
    found = parse_authorization(request.header("authorization") or "")
    if found is None:
        return []
    text = string_to_sign(found.algorithm, canonical)
    [other] = set(Algorithm) - {found.algorithm}
    mistakes = []
    if fits(key, found.signature, text, other):
        mistakes.append(
            f"the salt is {other.salt_length} bytes long; {found.algorithm} needs "
            f"{found.algorithm.salt_length}"
        )
    if fits(key, found.signature, string_to_sign(other, canonical), other):
        mistakes.append(f"the string to sign was made for {other}, not {found.algorithm}")
    for sentence, variant in _variants(request, canonical):
        if variant != canonical and fits(
            key, found.signature, string_to_sign(found.algorithm, variant), found.algorithm
        ):
            mistakes.append(sentence)
    return mistakes


def _part(index: int, lines: list[str]) -> str:
    if index < len(_FIXED):
        return _FIXED[index]
    if index == len(lines) - 1:
        return "hash of the body"
    if index == len(lines) - 2:
        return "signed headers"
    if index == len(lines) - 3:
        return "empty line after the headers"
    if index < len(lines):
        return f"header {lines[index].partition(':')[0]}"
    return "end"


def _variants(request: Request, canonical: str) -> Iterator[tuple[str, str]]:
    lines = canonical.split("\n")

    def at(index: int, line: str) -> str:
        changed = list(lines)
        changed[index] = line
        return "\n".join(changed)

    path = lines[1]
    yield "the path was signed as it is written, without one slash for several", at(1, request.path)
    yield "the path was signed before it was percent-encoded", at(1, unquote(path))
    yield "the path was signed without its trailing slash", at(1, path.rstrip("/") or "/")
    yield "the path was signed with a trailing slash that was not sent", at(1, f"{path}/")
    for prefix in ("/sandbox", "/live"):
        yield f"the path was signed with {prefix}, which was not sent", at(1, prefix + path)
        if path.startswith(f"{prefix}/"):
            yield f"the path was signed without {prefix}", at(1, path.removeprefix(prefix))
    yield "the query was not signed", at(2, "")
    yield "the query was signed as it is written, not in order", at(2, request.query)
    yield "the method was signed in lower case", at(0, lines[0].lower())
    for sentence, body in _bodies(request.body):
        yield sentence, at(len(lines) - 1, string_to_sign(Algorithm.PSS, body).split("\n")[1])


def _bodies(body: bytes) -> Iterator[tuple[str, bytes]]:
    yield "the body was not signed", b""
    yield "the body was signed without the white space at its end", body.rstrip()
    yield "the body was signed with a line feed at its end", body + b"\n"
    yield "an empty object was signed as the body", b"{}"
    yield "the word null was signed as the body", b"null"
    yield "slashes were escaped in what was signed", body.replace(b"/", b"\\/")
    yield "slashes are escaped in the body, but not in what was signed", body.replace(b"\\/", b"/")
