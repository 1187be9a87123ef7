"""Gateways that answer everything with one small body, and the requests that they saw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pay_conformance.exchange import Request, Response
from pay_conformance.gateway import Fault, Interception, intercept
from pay_conformance.gateway.interception import Via
from pay_conformance.gateway.wire import Limits

PROGRAMS = Path(__file__).parent / "programs"
ANSWER = Response(200, (("Content-Type", "application/json"),), b'{"served": "by the gateway"}')


@pytest.fixture
def seen() -> list[Request]:
    """The requests that arrived."""
    return []


@pytest.fixture
def gateway(seen: list[Request]) -> Iterator[Callable[..., Interception]]:
    """Return a function that starts a gateway; each ends with the test."""
    with ExitStack() as stack:

        def start(
            via: Via = "environment",
            answer: Response | Fault = ANSWER,
            *,
            strict: bool = False,
            limits: Limits | None = None,
        ) -> Interception:
            def handle(request: Request) -> Response | Fault:
                seen.append(request)
                return answer

            return stack.enter_context(intercept(handle, via, strict=strict, limits=limits))

        yield start
