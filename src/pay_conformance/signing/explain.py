"""Explains why a signature does not hold: the first line that differs, and likely mistakes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice, zip_longest
from urllib.parse import unquote

from pay_conformance.exchange import Request
from pay_conformance.signing.authorization import parse_authorization
from pay_conformance.signing.canonical import Algorithm, string_to_sign
from pay_conformance.signing.dates import parse_pay_date
from pay_conformance.signing.keys import PublicKey
from pay_conformance.signing.signature import fits
from pay_conformance.signing.signer import HOSTS, pay_date

_DRIFT = (-2, -1, 1, 2)
"""Seconds from the date that was sent to the one that was signed, if a client takes it twice."""

_WIDEST = 160
"""Characters of a column: longer lines stand out of it."""

_MOST_LINES = 200
"""Lines that are shown side by side; a request with so many headers is none that a client sends."""

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


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake that explains a signature: a sentence, and the canonical request that it makes."""

    says: str
    theirs: str


def likely_mistakes(request: Request, canonical: str, key: PublicKey) -> list[str]:
    """Return sentences for the mistakes that would explain the signature of a refused request."""
    return [mistake.says for mistake in mistakes(request, canonical, key)]


def mistakes(request: Request, canonical: str, key: PublicKey) -> list[Mistake]:
    """Return the mistakes that would explain the signature of a refused request.

    Each candidate is tried: a mistake is returned only if the signature fits the string to sign
    that a client with that mistake makes. What the client signed is therefore known for sure.
    ``canonical`` is the server's own.
    """
    found = parse_authorization(request.header("authorization") or "")
    if found is None:
        return []
    text = string_to_sign(found.algorithm, canonical)
    [other] = set(Algorithm) - {found.algorithm}
    made = []
    if fits(key, found.signature, text, other):
        made.append(
            f"the salt is {other.salt_length} bytes long; {found.algorithm} needs "
            f"{found.algorithm.salt_length}"
        )
    if fits(key, found.signature, string_to_sign(other, canonical), other):
        made.append(f"the string to sign was made for {other}, not {found.algorithm}")
    explained = [Mistake(sentence, canonical) for sentence in made]
    tried = {canonical}  # several mistakes can make one text: the first is named
    for sentence, variant in _variants(request, canonical):
        if variant in tried:
            continue
        tried.add(variant)
        text = string_to_sign(found.algorithm, variant)
        if fits(key, found.signature, text, found.algorithm):
            explained.append(Mistake(sentence, variant))
    return explained


def side_by_side(theirs: str, ours: str) -> str:
    """Return two canonical requests in two columns; the first line that differs is marked.

    It is a few times as long as they are, whatever they are: long lines are not lined up, and of
    very many the first are shown.
    """
    difference = first_difference(theirs, ours)
    left, right = theirs.replace("\r\n", "\n").split("\n"), ours.split("\n")
    longest = max(len(line) for line in (*left, "what the client signed"))
    width = min(longest, _WIDEST)
    rows = [f"  {'what the client signed':{width}} | what the server signed"]
    pairs = islice(zip_longest(left, right, fillvalue=""), _MOST_LINES)
    for number, (their, our) in enumerate(pairs, 1):
        mark = ">" if difference is not None and number == difference.line else " "
        rows.append(f"{mark} {their:{width}} | {our}".rstrip())
    more = max(len(left), len(right)) - _MOST_LINES
    if more > 0:
        rows.append(f"  and {more} lines more")
    return "\n".join(rows)


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
    yield "the lines were joined by CR LF", "\r\n".join(lines)
    yield "a line feed was added to the canonical request", f"{canonical}\n"
    yield "the empty line after the headers was left out", "\n".join((*lines[:-3], *lines[-2:]))
    for sentence, name, value in _values(request):
        line = f"{name}:{value}"
        place = next((i for i, known in enumerate(lines) if known.startswith(f"{name}:")), None)
        if place is not None:
            yield sentence, at(place, line)
    for sentence, body in _bodies(request.body):
        yield sentence, at(len(lines) - 1, string_to_sign(Algorithm.PSS, body).split("\n")[1])


def _values(request: Request) -> Iterator[tuple[str, str, str]]:
    """Yield other values of signed headers: a sentence, the header's name, and the value."""
    date = "x-amz-pay-date"
    sent = parse_pay_date((request.header(date) or "").strip())
    if sent is not None:
        for seconds in _DRIFT:
            moment = sent + timedelta(seconds=seconds)
            for value in (pay_date(moment), moment.strftime("%Y-%m-%dT%H:%M:%SZ")):
                yield f"{date} was signed as {value}, another time than was sent", date, value
    for name in ("x-amz-pay-host", "x-amz-pay-region"):
        value = (request.header(name) or "").strip()
        for other in (
            (*HOSTS.values(),) if name.endswith("host") else (value.lower(), value.upper())
        ):
            yield f"{name} was signed as {other}, but sent as {value}", name, other
    for name in ("accept", "content-type"):
        other = "application/json"
        yield f"{name} was signed as {other}, but another was sent", name, other


def _bodies(body: bytes) -> Iterator[tuple[str, bytes]]:
    yield "the body was not signed", b""
    yield "the body was signed without the white space at its end", body.rstrip()
    yield "the body was signed with a line feed at its end", body + b"\n"
    yield "an empty object was signed as the body", b"{}"
    yield "the word null was signed as the body", b"null"
    yield "slashes were escaped in what was signed", body.replace(b"/", b"\\/")
    yield "slashes are escaped in the body, but not in what was signed", body.replace(b"\\/", b"/")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return
    for tight in (False, True):
        for escaped in (False, True):
            # What HTTP libraries do that are given an object, although its text was signed.
            text = json.dumps(value, separators=(",", ":") if tight else None, ensure_ascii=escaped)
            spaces = "without" if tight else "with"
            letters = "escaped" if escaped else "as they are"
            sentence = (
                f"the body was signed {spaces} spaces between its members, letters beyond ASCII "
                f"{letters}; what was sent was written anew"
            )
            yield sentence, text.encode(errors="surrogatepass")
