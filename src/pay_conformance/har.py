"""Reads HAR recordings (HTTP Archive 1.2), as browsers and proxies write them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pay_conformance.exchange import (
    Exchange,
    Headers,
    Request,
    Response,
    as_headers,
    readable,
    to_look_at,
)
from pay_conformance.problems import ConfigurationProblem

STRIPPED: Final = ("authorization", "stripped by the recorder")
"""Note on the exchanges of a recording in which no request has an Authorization header."""


def is_har(document: Mapping[str, Any]) -> bool:
    """Say whether a JSON document is a HAR recording."""
    log = document.get("log")
    return isinstance(log, dict) and isinstance(log.get("entries"), list)


def exchanges(document: Mapping[str, Any], file: str) -> tuple[Exchange, ...]:
    """Return the exchanges of a HAR recording in its order.

    An entry whose response was not saved, or never came, has no response.

    Raises:
        ConfigurationProblem: if an entry lacks what makes it an exchange, naming the entry.
    """
    return tuple(
        _exchange(entry, file, number) for number, entry in enumerate(document["log"]["entries"], 1)
    )


def _exchange(entry: Any, file: str, number: int) -> Exchange:
    try:
        request, response = entry["request"], entry["response"]
        started = _time(entry.get("startedDateTime"))
        seconds = float(entry.get("time") or 0) / 1000
        posted = request.get("postData") or {}
        answer = _answer(response)
        return Exchange(
            request=readable(
                Request(
                    str(request["method"]).upper(),
                    str(request["url"]),
                    _headers(request),
                    str(posted.get("text") or "").encode(),
                )
            ),
            response=answer,
            started=started,
            ended=started + timedelta(seconds=max(0.0, seconds)) if started else None,
            id=f"#{number}",
            source=file,
            failure="" if answer else "the recording holds no response",
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ConfigurationProblem(
            f"{file}: entry {number} is no whole HAR entry", to_look_at(error)
        ) from error


def _answer(response: Mapping[str, Any]) -> Response | None:
    status = int(response["status"])
    content = response.get("content") or {}
    text = content.get("text")
    if status == 0 or (text is None and int(content.get("size") or 0) > 0):
        return None
    raw = str(text or "").encode("utf-8", errors="surrogatepass")
    if content.get("encoding") == "base64":
        try:
            raw = base64.b64decode(raw, validate=False)
        except binascii.Error as error:
            raise ValueError("content.text, which is not base64") from error
    return Response(status, _headers(response), raw)


def _headers(message: Mapping[str, Any]) -> Headers:
    return as_headers((entry["name"], entry["value"]) for entry in message.get("headers") or ())


def _time(value: Any) -> datetime | None:
    if not value:
        return None
    moment = datetime.fromisoformat(str(value))
    return moment if moment.tzinfo is not None else moment.astimezone()
