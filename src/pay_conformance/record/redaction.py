"""Takes secrets and buyers out of exchanges before anything is written, and refuses what is left.

Two steps that know nothing of each other: :func:`redact` replaces what is known to be personal or
secret, consistently within a story, by samples that keep the contract's formats; :func:`leaks`
searches the finished text for what must not be in it. A writer calls both, and writes nothing when
the second one finds anything.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlencode, urlsplit, urlunsplit

from pay_conformance.exchange import Exchange, Headers, Request, Response

SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"}
)
REDACTED = "[redacted]"

_PERSON = frozenset({"buyer"})
_ADDRESS = frozenset({"shippingAddress", "billingAddress", "addressDetails"})
_TOKENS = frozenset(
    {
        "buyerToken",
        "amazonPayToken",
        "accessToken",
        "token",
        "privateKey",
        "publicKey",
        "signature",
        "buyerId",
    }
)
_KEPT_IN_ADDRESS = frozenset({"countryCode", "stateOrRegion", "addressId"})
_KEPT_OF_A_PERSON = frozenset({"countryCode", "primeMembershipTypes"})
_SAMPLES: Mapping[str, str] = {
    "name": "Sample Buyer {n}",
    "email": "buyer{n}@example.com",
    "phoneNumber": "800-000-{n:04}",
    "addressLine1": "{n} Example Street",
    "city": "Exampleton",
    "postalCode": "00000",
    "buyerId": "amzn1.account.AEXAMPLE{n:04}",
}
# What is in the form of a sample is one already, so that redacting twice changes nothing.
_SAMPLE_FORMS: Mapping[str, re.Pattern[str]] = {
    "name": re.compile(r"Sample Buyer(?: \d+)?"),
    "email": re.compile(r"[a-z0-9.]+@example\.(?:com|org|net)"),
    "phoneNumber": re.compile(r"800-000-\d{4}"),
    "addressLine1": re.compile(r"\d+ Example Street"),
    "city": re.compile(r"Exampleton"),
    "postalCode": re.compile(r"0+"),
    "buyerId": re.compile(r"amzn1\.account\.A?(?:EXAMPLE)+\d*"),
}
# RFC 2606 reserves these domains: no person can be reached there.
_SAMPLE_EMAIL = re.compile(r"(?:@|%40)example\.(?:com|org|net)$")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}(?:@|%40)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
# A key in a text: in lines, on one line, with its line breaks escaped, or cut short.
_PEM_TEXT = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[A-Za-z0-9+/=\s]|\\+[nr])*"
    r"(?:-----END [A-Z ]*PRIVATE KEY-----)?"
)
_IN_A_KEY = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
_STRETCH = 16
"""Characters of a line of a key by which the line is known, wherever it is cut."""
_SIGNED = re.compile(r"AMZN-PAY-RSASSA-PSS(?:-V2)? PublicKeyId=")
# A server may repeat the header in what it says of it.
_SIGNATURE = re.compile(
    r"(?:AMZN-PAY-RSASSA-PSS(?:-V2)?\s+)?PublicKeyId=[^\"]*?Signature=[^\s\"\\]*"
)
_SIGNER = re.compile(r"PublicKeyId=([^,\s]+)")
_BUYER_TOKEN = re.compile(r"\bAtz[ar](?:\||%7C)[A-Za-z0-9%_=+/.-]*", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_SHORTEST = 3
"""Characters. Shorter texts name nobody, and stand in every sentence."""
_TELLING = 6
"""Characters. A text of a buyer that is so long is looked for everywhere else in the story."""


@dataclass(slots=True)
class _Forms:
    """What was taken out, in each form in which it may stand in other texts."""

    _size: int = 0
    _places: dict[str, str] = field(default_factory=dict)
    _pattern: re.Pattern[str] | None = None

    def know(self, taken: Mapping[str, str], texts: Iterable[str] | None = None) -> None:
        """Take in what was taken out, of which nothing is ever forgotten; or ``texts`` of it."""
        if len(taken) == self._size:
            return
        self._size = len(taken)
        for text in taken if texts is None else texts:
            for form in _in_all_forms(text):
                self._places.setdefault(form, taken[text])
        longest = sorted(self._places, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest))) if longest else None

    def replaced(self, text: str) -> str:
        """Return a text with nothing of it, in any form."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: self._places[found.group()], text)


def _in_all_forms(text: str) -> Iterator[str]:
    yield text
    with contextlib.suppress(UnicodeEncodeError):  # half a character has no percent-encoding
        yield from (quote(text), quote(text, safe=""), quote_plus(text))
    yield json.dumps(text)[1:-1]


@dataclass(slots=True)
class Redactor:
    """Redacts the exchanges of one story, so that one person stays one person throughout it."""

    secrets: frozenset[str] = frozenset()
    """Texts that are secret whatever their form, e.g. the private key that a run signs with."""
    ours: frozenset[str] = frozenset()
    """Texts that we made up ourselves, so that no person is behind them: they may stay."""
    _numbers: dict[str, int] = field(default_factory=dict)
    _taken: dict[str, str] = field(default_factory=dict)
    """What was taken out of exchanges so far, and what stands in its place."""
    _known: re.Pattern[str] | None = None
    _all: _Forms = field(default_factory=_Forms)
    _telling: _Forms = field(default_factory=_Forms)

    def __post_init__(self) -> None:
        stretches = {part for secret in self.secrets for part in _stretches(secret)}
        if stretches:
            longest = sorted(stretches, key=len, reverse=True)
            self._known = re.compile("|".join(map(re.escape, longest)))

    def redact(self, exchange: Exchange) -> Exchange:
        """Return the exchange with nothing personal or secret that is known to be so."""
        return replace(
            exchange,
            request=self._request(exchange.request) if exchange.request else None,
            response=self._response(exchange.response) if exchange.response else None,
        )

    def told(self, value: Any) -> Any:
        """Return what is told of the exchanges that were redacted, with the same taken out of it.

        ``value`` is a text or a JSON value: the message of a finding, or what was seen.
        """
        self._all.know(self._taken)
        return self._told(value)

    def _told(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self._told(key): self._told(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._told(item) for item in value]
        if isinstance(value, int | float) and str(value) in self._taken:
            return REDACTED
        if not isinstance(value, str):
            return value
        return self._all.replaced(self._text(value))

    def _take(self, original: Any, replacement: str) -> str:
        """Note what is taken out, so that it is taken out of what is told, too."""
        for text in _texts(original):
            if len(text) >= _SHORTEST and text != replacement:
                self._taken[text] = replacement
        return replacement

    @property
    def personal(self) -> frozenset[str]:
        """The texts of buyers that were taken out so far and are long enough to be told apart."""
        return frozenset(
            text for text in self._taken if len(text) >= _TELLING and text not in self.ours
        )

    def redact_all(self, exchanges: Iterable[Exchange]) -> list[Exchange]:
        """Return exchanges redacted, so that what is personal in one is in none of them."""
        clean = [self.redact(exchange) for exchange in exchanges]
        return [self.redact_again(exchange) for exchange in clean]

    def redact_again(self, exchange: Exchange) -> Exchange:
        """Return a redacted exchange without what other exchanges showed to be a buyer's.

        A name that one answer has as the buyer's may stand in a note of another one.
        """
        self._telling.know(self._taken, self.personal)
        clean = self._telling.replaced
        request, response = exchange.request, exchange.response
        if request is not None:
            headers = tuple((name, clean(value)) for name, value in request.headers)
            url, body = _clean_url(request.url, clean), _clean_body(request.body, clean)
            request = replace(request, url=url, headers=headers, body=body)
        if response is not None:
            headers = tuple((name, clean(value)) for name, value in response.headers)
            response = replace(response, headers=headers, body=_clean_body(response.body, clean))
        return replace(exchange, request=request, response=response)

    def _request(self, request: Request) -> Request:
        return replace(
            request,
            url=self._url(request.url),
            headers=self._headers(request.headers),
            body=self._body(request.body),
        )

    def _response(self, response: Response) -> Response:
        return replace(
            response,
            headers=self._headers(response.headers),
            body=self._body(response.body),
        )

    def _headers(self, headers: Headers) -> Headers:
        return tuple((name, self._header(name.lower(), value)) for name, value in headers)

    def _header(self, name: str, value: str) -> str:
        if name not in SECRET_HEADERS:
            return self._text(value)
        signer = _SIGNER.search(value)
        if signer is None:
            return REDACTED
        # Which merchant signed has to stay visible, or two merchants' keys look like one's.
        number = self._numbers.setdefault(f"signer\0{signer[1]}", len(self._numbers) + 1)
        return f"{REDACTED} PublicKeyId={number}"

    def _url(self, url: str) -> str:
        parts = urlsplit(url)
        query = [
            (name, REDACTED if name in _TOKENS else self._text(value))
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
        ]
        path = re.sub(r"(/buyers/)[^/]+", rf"\1{REDACTED}", parts.path)
        changed = urlencode(query) if query else parts.query
        return urlunsplit(parts._replace(path=path, query=changed))

    def _body(self, body: bytes) -> bytes:
        if not body:
            return body
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            return self._text(body.decode("utf-8", errors="replace")).encode()
        # The answer of Get Buyer is a buyer itself, and not in a member of that name.
        is_buyer = isinstance(data, dict) and "buyerId" in data
        plain = self._value(data, "buyer" if is_buyer else "")
        try:
            return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
        except UnicodeEncodeError:
            # Half a surrogate pair can be written in JSON, but not in UTF-8.
            return json.dumps(plain, separators=(",", ":")).encode()

    def _value(self, value: Any, inside: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self._member(key, item, inside) for key, item in value.items()}
        if isinstance(value, list):
            return [self._value(item, inside) for item in value]
        return self._scalar(value, inside)

    def _member(self, key: str, value: Any, inside: str) -> Any:
        if key == "shippingAddressList" and isinstance(value, list):
            return [self._packed(item) for item in value]
        if key in _PERSON or key in _ADDRESS:
            return self._value(value, key)
        return self._plain_member(key, value, inside)

    def _plain_member(self, key: str, value: Any, inside: str) -> Any:
        if isinstance(value, str) and value in self.ours and key not in _TOKENS:
            return value
        if key in _TOKENS or (inside and key in _SAMPLES):
            return self._sample(key, value)
        if inside in _PERSON and key in _KEPT_OF_A_PERSON:
            return value
        if inside in _ADDRESS and key not in _KEPT_IN_ADDRESS and isinstance(value, str):
            return self._take(value, REDACTED)
        if key in {"email", "phoneNumber"}:
            return self._sample(key, value)
        return self._value(value, inside)

    def _packed(self, item: Any) -> Any:
        """Redact an address that travels as a JSON text inside the JSON."""
        if not isinstance(item, str):
            return self._value(item, "shippingAddress")
        try:
            address = json.loads(item)
        except (ValueError, RecursionError):
            return self._take(item, REDACTED)
        return json.dumps(self._value(address, "shippingAddress"), ensure_ascii=False)

    def _scalar(self, value: Any, inside: str) -> Any:
        if not isinstance(value, str):
            return value
        return self._take(value, REDACTED) if inside in _PERSON else self._text(value)

    def _sample(self, key: str, value: Any) -> Any:
        if not isinstance(value, str):
            return value if value is None else self._take(value, REDACTED)
        pattern = _SAMPLE_FORMS.get(key)
        if pattern is not None and pattern.fullmatch(value):
            return value
        number = self._numbers.setdefault(f"{key}\0{value}", len(self._numbers) + 1)
        return self._take(value, _SAMPLES.get(key, REDACTED).format(n=number))

    def _email(self, text: str) -> str:
        """Return what stands for an address, percent-encoded if it was."""
        if "@" in text:
            return str(self._sample("email", text))
        return quote(self._sample("email", unquote(text)), safe="")

    def _text(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, REDACTED)
        text = _PEM_TEXT.sub(REDACTED, text)
        if self._known is not None:
            text = _without(self._known, text)
        text = _SIGNATURE.sub(REDACTED, text)
        text = _EMAIL.sub(lambda found: self._email(found.group()), text)
        return _BUYER_TOKEN.sub(REDACTED, text)


def _stretches(secret: str) -> Iterator[str]:
    """Yield parts by which a secret is known though it is cut or wrapped: those of long lines."""
    for line in map(str.strip, secret.replace("\\n", "\n").splitlines()):
        if len(line) >= 2 * _STRETCH and _IN_A_KEY.issuperset(line):
            for start in range(0, len(line) - _STRETCH + 1, _STRETCH):
                yield line[start : start + _STRETCH]


def _without(known: re.Pattern[str], text: str) -> str:
    """Return a text without the words of a key in which one of its parts was found."""
    kept, end = [], 0
    while (found := known.search(text, end)) is not None:
        first, last = found.span()
        while first > end and text[first - 1] in _IN_A_KEY:
            first -= 1
        while last < len(text) and text[last] in _IN_A_KEY:
            last += 1
        kept += [text[end:first], REDACTED]
        end = last
    return "".join([*kept, text[end:]])


def _clean_url(url: str, clean: Callable[[str], str]) -> str:
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    cleaned = [(name, clean(value)) for name, value in query]
    path = unquote(parts.path)
    return urlunsplit(
        parts._replace(
            path=parts.path if clean(path) == path else quote(clean(path)),
            query=parts.query if cleaned == query else urlencode(cleaned),
        )
    )


def _clean_body(body: bytes, clean: Callable[[str], str]) -> bytes:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        text = body.decode("utf-8", errors="replace")
        return body if clean(text) == text else clean(text).encode()
    cleaned = _clean_value(data, clean)
    if cleaned == data:
        return body
    return json.dumps(cleaned, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", errors="replace"
    )


def _clean_value(value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {name: _clean_value(item, clean) for name, item in value.items()}
    if isinstance(value, list):
        return [_clean_value(item, clean) for item in value]
    return clean(value) if isinstance(value, str) else value


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts and numbers in a JSON value, as texts."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)


def leaks(
    text: str, secrets: Iterable[str] = (), personal: frozenset[str] = frozenset()
) -> list[str]:
    """Return what must not be in a finished text, in words; empty means that it may be written.

    Looks through percent-encoding and base64 as well. ``secrets`` are matched as they are, with
    their line breaks removed, and line by line where they have several; ``personal`` as they are.
    """
    needles = frozenset(_needles(secrets))
    return sorted({what for layer in _layers(text) for what in _found(layer, needles, personal)})


def _found(text: str, needles: frozenset[str], personal: frozenset[str]) -> Iterator[str]:
    if _PEM.search(text):
        yield "a private key"
    if _SIGNED.search(text):
        yield "an Authorization header"
    if _BUYER_TOKEN.search(text):
        yield "a buyer token"
    for address in _EMAIL.findall(text):
        if not _SAMPLE_EMAIL.search(address):
            yield "an e-mail address"
    if any(needle in text for needle in needles):
        yield "a secret of this run"
    if any(mine in text for mine in personal):
        yield "what a buyer is known by"


def _needles(secrets: Iterable[str]) -> Iterator[str]:
    for secret in secrets:
        lines = [line.strip() for line in secret.strip().splitlines()]
        yield from (line for line in lines if len(line) >= 8 and not line.startswith("-----"))
        if len("".join(lines)) >= 8:
            yield "".join(lines)


def _layers(text: str, depth: int = 2) -> Iterator[str]:
    yield text
    if depth == 0:
        return
    plain = unquote(text)
    if plain != text:
        yield from _layers(plain, depth - 1)
    for packed in _BASE64.findall(text):
        decoded = _decoded(packed)
        if decoded is not None:
            yield from _layers(decoded, depth - 1)


def _decoded(packed: str) -> str | None:
    standard = packed.translate(str.maketrans("-_", "+/"))
    try:
        raw = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
        return raw.decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
