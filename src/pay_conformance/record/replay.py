"""A target that answers from a recording, with no network, and says what was not recorded."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.record import cassette
from pay_conformance.record.recorder import said_by
from pay_conformance.record.recording import CONTROL, Index, cassette_path
from pay_conformance.record.redaction import Redactor
from pay_conformance.targets import ControlClient, Merchant, NoAnswer
from pay_conformance.targets.merchant import process_key

if TYPE_CHECKING:
    import httpx

Key = tuple[str, str, str]

_OF_MERCHANT = re.compile(re.escape(CONTROL) + r"/merchants/([^/]+)/")
_STORE = re.compile(rb'"storeId": ?"(amzn1\.application-oa2-client\.[0-9A-Za-z]+)"')


class NotRecorded(ConfigurationProblem):
    """A story asked what was not asked when it was recorded."""


@dataclass(frozen=True, slots=True)
class Replay:
    """The recording in a folder."""

    folder: Path
    index: Index

    def story(self, scenario: str) -> Playback:
        """Return the target to which one story is told again.

        Raises:
            NotRecorded: if the recording lacks the story.
        """
        path = cassette_path(self.folder, scenario)
        if not path.is_file():
            raise NotRecorded(
                f"{scenario} was not recorded in {self.folder}", "record again, or leave it out"
            )
        return Playback(self, scenario, cassette.read(path))


class Playback:
    """A recorded story as a target. An exchange is given out once."""

    def __init__(self, replay: Replay, scenario: str, tape: cassette.Cassette) -> None:
        self._scenario = scenario
        self._lock = Lock()
        self._left = list(tape.exchanges)
        self._moment = datetime.fromisoformat(tape.recorded.at) if tape.recorded else None
        self._redactor = Redactor(ours=said_by(self._left))
        self._own = _merchant_of(self._left)
        self.name = "replay"
        self.base_url = replay.index.base_url
        self.capabilities = frozenset(replay.index.capabilities)
        self.options = ("--target", "replay", "--from", str(replay.folder))
        offered = self.capabilities & {"clock", "buyer", "merchants"}
        self.control = ControlClient(self._answer_control) if offered else None

    def merchant(self, region: str | None = None) -> Merchant:
        """Return the merchant that was made at this point of the story."""
        if self.control is not None and "merchants" in self.capabilities:
            return replace(self.control.new_merchant(region or "na"), standing=self._moment)
        return replace(self._own, standing=self._moment)

    def send(self, request: Request) -> Response:
        """Return the recorded answer to a request.

        Raises:
            NotRecorded: if no such request is left in the story.
            NoAnswer: if it got no answer then.
        """
        return self._answer(request)

    def transport(self) -> httpx.BaseTransport:
        """Refuse: what went over a transport of its own was not recorded."""
        raise NotRecorded(f"{self._scenario} needs a connection of its own", "run it live")

    def close(self) -> None:
        """Do nothing: there is nothing open."""

    def _answer_control(self, request: Request) -> Response:
        return self._answer(
            Request(request.method, CONTROL + request.url, request.headers, request.body)
        )

    def _answer(self, request: Request) -> Response:
        with self._lock:
            seen = self._redactor.redact(Exchange(request, None)).request
            assert seen is not None
            wanted = _key(seen)
            for place, exchange in enumerate(self._left):
                if exchange.request is not None and _key(exchange.request) == wanted:
                    del self._left[place]
                    # Redacting the answer too keeps the numbers of samples in step.
                    self._redactor.redact(Exchange(None, exchange.response))
                    if exchange.response is None:
                        raise NoAnswer(exchange.failure)
                    return _unredacted(exchange.response, request, seen)
        raise NotRecorded(
            f"{self._scenario}: {request.method} {urlsplit(request.url).path} with this body was "
            "not recorded, or not so often",
            "record again: the scenario or the seed has changed since",
        )


def _merchant_of(exchanges: list[Exchange]) -> Merchant:
    """Return the one merchant of a story in which none was made, as far as the story tells."""
    asked = [one.request for one in exchanges if one.request is not None]
    private, _ = process_key()
    bare = not any(urlsplit(request.url).path.startswith("/sandbox/") for request in asked)
    key_id = "SANDBOX-REPLAY" if bare else "REPLAY"
    store = "amzn1.application-oa2-client." + "0" * 32
    region = "na"
    for request in reversed(asked):
        named = _OF_MERCHANT.match(request.url)
        key_id = unquote(named[1]) if named else key_id
        found = _STORE.search(request.body)
        store = found[1].decode() if found else store
        region = request.header("x-amz-pay-region") or region
    return Merchant(key_id, private, store, region)


def _unredacted(response: Response, asked: Request, seen: Request) -> Response:
    """Return an answer in which the path that was asked for reads as it was asked for now."""
    if asked.path == seen.path:
        return response
    return replace(response, body=response.body.replace(seen.path.encode(), asked.path.encode()))


def _key(request: Request) -> Key:
    """Return what identifies a request: dates, signatures and keys of a run are left out."""
    parts = urlsplit(request.url)
    place = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError):
        return request.method, place, request.body.decode("utf-8", errors="replace")
    if isinstance(data, dict) and place.endswith("/merchants"):
        # The key of the process that recorded is not ours.
        data.pop("publicKey", None)
    return request.method, place, json.dumps(data, sort_keys=True, ensure_ascii=False)
