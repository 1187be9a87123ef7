"""A mutant: a deliberately wrong server, one fault said in one line.

What a mutant's function takes says what it changes:

- ``session``, ``permission``, ``charge``, ``refund``, ``buyer``: the body of each success that
  holds one; the function changes it in place. ``operation``, if taken, is the operationId.
- ``error``: the body of each refusal; what the function returns, if anything, is the new status.
- ``request, response``: any answer; it returns another response.
- ``contract``: what the server is built from; it returns another contract.
- ``server``: the mock itself, before its first request; the function replaces a part of it.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api
from pay_conformance.exchange import Request, Response
from pay_conformance.targets import EmbeddedMock

OBJECTS = {
    "session": "checkout-session",
    "permission": "charge-permission",
    "charge": "charge",
    "refund": "refund",
    "buyer": "buyer",
}
"""A parameter's name, to the object whose answers the mutant changes."""


@dataclass(frozen=True)
class Mutant:
    """A wrong server, and the requirements that it violates: those and no others."""

    name: str
    says: str
    breaks: frozenset[str]
    api: Api
    change: Callable[..., Any]
    perhaps: frozenset[str] = frozenset()
    """What it may violate too: what follows from its fault, or comes of requests sent at once."""
    either: frozenset[str] = frozenset()
    """Of these it violates at least one: which one, depends on where the fault is met."""
    kind: str = "by hand"
    """What it was made from: ``by hand``, or a kind of datum of the contract, such as ``move``."""
    because: str = ""
    """Why it violates several requirements, or another one than its datum names."""
    family: str = "server"
    word: str = ""
    """A reason code: it meets the scenarios that name it, and violates what they are about."""

    def target(self, contract: Contract) -> EmbeddedMock:
        """Return the wrong server."""
        takes = list(inspect.signature(self.change).parameters)
        match takes:
            case ["contract"]:
                return EmbeddedMock(self.change(contract))
            case ["server"]:
                made = EmbeddedMock(contract)
                self.change(made.mock)
                return made
            case ["request", "response"]:
                return EmbeddedMock(contract, alter=self.change)
            case ["error"]:
                return EmbeddedMock(contract, alter=self._alter_error)
            case [name, *rest] if name in OBJECTS and rest in ([], ["operation"]):
                return EmbeddedMock(contract, alter=self._altering(contract, OBJECTS[name], rest))
        raise TypeError(f"{self.name} takes {takes}, which is no kind of mutant")

    def _alter_error(self, request: Request, response: Response) -> Response:
        if response.status < 400:
            return response
        body = json.loads(response.body)
        status = self.change(body)
        return replace(response, status=status or response.status, body=_dump(body))

    def _altering(
        self, contract: Contract, wanted: str, rest: list[str]
    ) -> Callable[[Request, Response], Response]:
        def alter(request: Request, response: Response) -> Response:
            match = contract.match(request.method, request.path)
            if match is None or response.status >= 400:
                return response
            if match.operation.responds[response.status] != wanted:
                return response
            body = json.loads(response.body)
            self.change(body, *([match.operation.id] if rest else []))
            return replace(response, body=_dump(body))

        return alter


MUTANTS: list[Mutant] = []


def mutant(
    *, breaks: str | tuple[str, ...], api: Api = "v2", perhaps: tuple[str, ...] = ()
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as a mutant; its docstring says the fault in one sentence."""

    def register(change: Callable[..., Any]) -> Callable[..., Any]:
        MUTANTS.append(
            Mutant(
                name=change.__name__,
                says=(change.__doc__ or "").strip(),
                breaks=frozenset({breaks} if isinstance(breaks, str) else breaks),
                api=api,
                change=change,
                perhaps=frozenset(perhaps),
            )
        )
        return change

    return register


def _dump(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()
