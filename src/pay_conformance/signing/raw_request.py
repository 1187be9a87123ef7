"""Reads a raw HTTP/1.1 request out of a file, byte for byte as far as a signature is concerned."""

from __future__ import annotations

from pay_conformance.exchange import Request
from pay_conformance.problems import ConfigurationProblem

_MEND = "give METHOD TARGET HTTP/1.1, the headers, an empty line and the body, as on the wire"


def parse_raw_request(data: bytes) -> Request:
    """Return the request in ``data``. Lines end in CR LF or LF; the body is all that follows.

    With ``content-length`` the body is that many bytes, so that a line feed that an editor put
    after it does not count.

    Raises:
        ConfigurationProblem: if it is not a request, or its body is cut.

    """
    head, separator, body = _split(data)
    lines = head.decode("latin-1").replace("\r\n", "\n").split("\n")
    words = lines[0].split()
    if len(words) not in {2, 3} or (len(words) == 3 and not words[2].startswith("HTTP/")):
        raise ConfigurationProblem(f"this is not an HTTP request: {lines[0][:80]!r}", _MEND)
    headers = tuple(_header(line) for line in lines[1:] if line)
    request = Request(words[0], words[1], headers, body if separator else b"")
    length = request.header("content-length")
    if length is None:
        return request
    if not length.strip().isdecimal() or int(length) > len(body):
        raise ConfigurationProblem(
            f"the body has {len(body)} bytes, content-length says {length.strip()[:20]}", _MEND
        )
    return Request(request.method, request.url, headers, body[: int(length)])


def _split(data: bytes) -> tuple[bytes, bytes, bytes]:
    ends = [(data.find(mark), mark) for mark in (b"\r\n\r\n", b"\n\n")]
    found = min((end for end in ends if end[0] >= 0), default=(len(data), b""))
    return data[: found[0]].rstrip(b"\r\n"), found[1], data[found[0] + len(found[1]) :]


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise ConfigurationProblem(f"this is not a header: {line[:80]!r}", _MEND)
    try:
        # Headers are bytes; where they are UTF-8, the client signed them as such.
        text = value.strip().encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        text = value.strip()
    return name.strip(), text
