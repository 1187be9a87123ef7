"""Examples against a server that is wrong, or that can do less, without pytest in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis.database import ExampleDatabase, InMemoryExampleDatabase

from pay_conformance.contract import Contract
from pay_conformance.contract.model import Api
from pay_conformance.exchange import Request, Response
from pay_conformance.generate.examples import Examples
from pay_conformance.scenario import Story
from pay_conformance.scenario.story import Setting
from pay_conformance.targets import EmbeddedMock, Target
from tests.mutants.server import MUTANTS

CONTRACT = Contract.load()
AGAIN = "pay-conformance run --target mock --api v2 -k test_generated --seed 7"


class Limited(EmbeddedMock):
    """The right server, with less than it can do."""

    def __init__(self, *lacks: str) -> None:
        super().__init__(CONTRACT)
        self._capabilities -= frozenset(lacks)


class Picky(EmbeddedMock):
    """Refuses every order with a certain word, and keeps what it is sent."""

    word = "ご注文".encode()

    def __init__(self) -> None:
        super().__init__(CONTRACT)
        self.sent: list[Request] = []

    def send(self, request: Request) -> Response:
        self.sent.append(request)
        response = super().send(request)
        if self.word not in request.body:
            return response
        body = b'{"reasonCode": "InvalidParameterValue", "message": "Value is invalid."}'
        return replace(response, status=400, body=body)


def lenient(operation: str) -> EmbeddedMock:
    """Return a server that answers wrong bodies of an operation as the last right one."""
    last: list[Response] = []

    def alter(request: Request, response: Response) -> Response:
        match = CONTRACT.match(request.method, request.path)
        if match is None or match.operation.id != operation:
            return response
        if response.status < 300:
            last[:] = [response]
        wrong = response.status == 400
        return (last or [replace(response, status=200)])[0] if wrong else response

    return EmbeddedMock(CONTRACT, alter=alter)


def mutant(name: str) -> EmbeddedMock:
    """Return the wrong server of that name."""
    return next(one for one in MUTANTS if one.name == name).target(CONTRACT)


def examples_of(
    target: Target | None = None,
    *,
    api: Api = "v2",
    seed: int = 7,
    database: ExampleDatabase | None = None,
    shrink: bool = True,
    print_: Callable[[str], None] = lambda _: None,
) -> Examples:
    """Return examples of a generated test against a server, the right one by default."""
    setting = Setting(
        target=target or EmbeddedMock(CONTRACT), contract=CONTRACT, api=api,
        name=f"test_generated[{api}]", seed=seed, reproduce=AGAIN, marked=frozenset(),
    )  # fmt: skip
    kept = InMemoryExampleDatabase() if database is None else database
    return Examples(Story(setting), database=kept, shrink=shrink, print_=print_)
