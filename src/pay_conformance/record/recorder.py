"""A target that keeps what is said to another one, story by story."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from pay_conformance import __version__
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api
from pay_conformance.exchange import Exchange, Request, Response
from pay_conformance.record import cassette
from pay_conformance.record.recording import CONTROL, Index, cassette_path, read_index, write_index
from pay_conformance.targets import ControlClient, Merchant, NoAnswer, Target

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class Recorder:
    """Records every story that is told to ``target`` into ``folder``."""

    target: Target
    folder: Path
    origin: cassette.Origin
    seed: int
    apis: tuple[Api, ...]

    def begin(self) -> None:
        """Write the index of a recording that is not whole yet.

        Raises:
            ConfigurationProblem: if the folder can't be written.
        """
        write_index(
            self.folder,
            Index(
                origin=self.origin,
                target=self.target.name,
                base_url=self.target.base_url,
                seed=self.seed,
                api=self.apis,
                capabilities=tuple(sorted(self.target.capabilities)),
                at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
                tool=__version__,
                contract=Contract.load().digest,
                whole=False,
            ),
        )

    def finish(
        self, expression: str = "", verdicts: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        """Say in the index that the recording came to its end, of which scenarios, and with what.

        ``verdicts`` are the ids of requirements by ``passed`` and ``failed``.

        Raises:
            ConfigurationProblem: if the folder can't be written.
        """
        index = read_index(self.folder)
        write_index(
            self.folder,
            replace(index, whole=True, expression=expression, verdicts=verdicts or {}),
        )

    def story(self, scenario: str) -> Take:
        """Return the target to which one story is told."""
        return Take(self.target)

    def end(self, scenario: str, api: Api, take: Take) -> None:
        """Write the cassette of a story.

        Raises:
            SecretLeft: if something secret or personal would be left in it.
            ConfigurationProblem: if it can't be written.
        """
        if not take.exchanges:
            return
        recorded = cassette.Recorded(
            origin=self.origin,
            scenario=scenario,
            api=api,
            seed=self.seed,
            at=f"{take.moment or datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            tool=__version__,
            contract=Contract.load().digest,
        )
        path = cassette_path(self.folder, scenario)
        cassette.write(
            path, take.exchanges, recorded, sorted(take.secrets), said_by(take.exchanges)
        )


class Take:
    """The recorded target, as one story sees it."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._lock = Lock()
        self.exchanges: list[Exchange] = []
        self.secrets: set[str] = set()
        self.moment: datetime | None = None
        """The time that every request of the story is signed with."""
        self.name = target.name
        self.base_url = target.base_url
        self.capabilities = target.capabilities
        self.options = target.options
        known = target.control
        self.control = known and ControlClient(self._control)

    def merchant(self, region: str | None = None) -> Merchant:
        """Return a merchant of the target, its making recorded where it was made for us."""
        if self.control is not None and "merchants" in self.capabilities:
            made = self.control.new_merchant(region or "na")
        else:
            made = self._target.merchant(region)
        self.secrets.add(made.private_key)
        self.moment = self.moment or made.now().replace(microsecond=0)
        return replace(made, standing=self.moment)

    def send(self, request: Request) -> Response:
        """Send a request to the target and keep both."""
        started = datetime.now(UTC)
        try:
            response = self._target.send(request)
        except NoAnswer as error:
            self._keep(Exchange(request, None, started, datetime.now(UTC), failure=str(error)))
            raise
        self._keep(Exchange(request, response, started, datetime.now(UTC)))
        return response

    def transport(self) -> httpx.BaseTransport:
        """Return the target's own transport; what goes over it is not recorded."""
        return self._target.transport()

    def close(self) -> None:
        """Leave the target open: it serves other stories."""

    def _control(self, request: Request) -> Response:
        control = self._target.control
        assert control is not None
        started = datetime.now(UTC)
        response = control.send(request)
        named = Request(request.method, CONTROL + request.url, request.headers, request.body)
        self._keep(Exchange(named, response, started, datetime.now(UTC)))
        return response

    def _keep(self, exchange: Exchange) -> None:
        with self._lock:
            self.exchanges.append(exchange)


def said_by(exchanges: list[Exchange]) -> frozenset[str]:
    """Return every text in the bodies that we sent: it is ours, and no buyer's."""
    return frozenset(
        text
        for exchange in exchanges
        if exchange.request is not None and exchange.request.body
        for text in _texts(_parsed(exchange.request.body))
    )


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
