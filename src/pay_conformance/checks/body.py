"""Reads the JSON of a message once, strictly, and says in words why a body can't be read."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import orjson

from pay_conformance.contract.model import Json

DEEPEST: Final = 64
"""Levels of nesting that are read; the deepest documented body has seven."""

LONGEST: Final = 1024 * 1024
"""Bytes of a body that are read; the largest recorded one has three thousand."""

# A string that never ends is taken to the end of the text, so that the search stays linear.
_BRACKET = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]|[\]}]', re.DOTALL)
_WHITE: Final = b" \n\r\t"
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class _Unreadable(ValueError):
    """The text is not JSON for a reason that the parser alone would let pass."""


@dataclass(slots=True)
class Body:
    """A message's body as JSON. Nobody changes it; a frozen one would take longer to make.

    ``problem`` is a short sentence where it can't be read as JSON, and ``value`` is then ``None``.
    ``repeated`` is a key that one object has twice, or ``""``. ``empty`` says that there were no
    bytes at all.
    """

    value: Json = None
    problem: str = ""
    repeated: str = ""
    empty: bool = False

    @property
    def object(self) -> dict[str, Any] | None:
        """The value if it is a JSON object, else ``None``."""
        return self.value if isinstance(self.value, dict) else None


EMPTY = Body(empty=True)


def parse(raw: bytes, longest: int = LONGEST) -> Body:
    """Return the body as JSON: UTF-8, finite numbers, no lone surrogates, at most 64 levels."""
    if not raw or raw.isspace():
        return EMPTY
    return _plainly(raw, longest) or parse_strictly(raw, longest)


def _plainly(raw: bytes, longest: int) -> Body | None:
    """Return a body about which there is nothing to say; ``None`` where a closer look is needed.

    What the fast parser reads is what is there if writing it gives the same text again, but for
    white space: no member was there twice, no number was rounded, no escape was understood wrong.
    """
    if len(raw) > longest or raw.count(b"{") + raw.count(b"[") > DEEPEST:
        return None
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    written = orjson.dumps(value)
    if written != raw and written.translate(None, _WHITE) != raw.translate(None, _WHITE):
        return None
    return Body(value)


def parse_strictly(raw: bytes, longest: int = LONGEST) -> Body:
    """Return the same as :func:`parse`, with the reason where a body can't be read."""
    if not raw.strip():
        return EMPTY
    repeated: list[str] = []
    try:
        value = _decoded(raw, longest, repeated)
    except json.JSONDecodeError as error:
        return Body(
            problem=f"it is not JSON: {error.msg}, line {error.lineno} column {error.colno}"
        )
    except UnicodeDecodeError as error:
        return Body(problem=f"it is not UTF-8: byte {error.start} does not belong there")
    except UnicodeEncodeError:
        return Body(problem="it is not JSON: half of a surrogate pair is no character")
    except ValueError as error:
        return Body(problem=str(error))
    return Body(value, repeated=repeated[0] if repeated else "")


def _decoded(raw: bytes, longest: int, repeated: list[str]) -> Any:
    if len(raw) > longest:
        raise _Unreadable(f"it has {len(raw):,} bytes, and more than {longest:,} are not read")
    text = raw.decode("utf-8-sig")
    if _too_deep(raw):
        raise _Unreadable(f"it is nested deeper than {DEEPEST} levels")

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            counted = Counter(name for name, _ in pairs)
            repeated.extend(name for name, times in counted.items() if times > 1)
        return members

    decoder = json.JSONDecoder(
        object_pairs_hook=collect, parse_constant=_refuse, parse_float=_finite
    )
    value = decoder.decode(text)
    if _SURROGATE.search(raw):
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def _refuse(word: str) -> None:
    raise _Unreadable(f"it is not JSON: {word} is no number of JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _Unreadable(f"it is not JSON: the number {digits[:20]} is too large")
    return number


def _too_deep(raw: bytes) -> bool:
    if raw.count(b"{") + raw.count(b"[") <= DEEPEST:
        return False
    depth = 0
    for token in _BRACKET.finditer(raw):
        mark = token.group()
        if mark in (b"{", b"["):
            depth += 1
            if depth > DEEPEST:
                return True
        elif mark in (b"}", b"]"):
            depth -= 1
    return False
