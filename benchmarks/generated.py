"""Generated cases a second, in process on one core: ours, checked, and schemathesis bare.

Both send generated requests of the same operation to the same mock in the same run, in turns. Ours
are signed over their bytes, held against the schema and judged by every check; the bare ones are
what ``case.call()`` sends over ASGI, unsigned and unjudged.

Run it with ``python -m benchmarks.generated``.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable

import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis.database import InMemoryExampleDatabase

from pay_conformance.contract import Contract
from pay_conformance.contract.openapi import bundle
from pay_conformance.generate.examples import Examples
from pay_conformance.generate.varying import refuse_at_random
from pay_conformance.mock import Mock
from pay_conformance.mock.asgi import App
from pay_conformance.scenario import Story
from pay_conformance.scenario.story import Setting
from pay_conformance.targets import EmbeddedMock

OPERATIONS = {
    "cancelCharge": ("/charges/{chargeId}/cancel", "DELETE"),
    "createCharge": ("/charges", "POST"),
    "createCheckoutSession": ("/checkoutSessions", "POST"),
}


def bare(operation: str, count: int) -> float:
    """Return how many cases a second ``case.call()`` sends over ASGI."""
    path, method = OPERATIONS[operation]
    schema = schemathesis.openapi.from_dict(bundle("v2"))
    schema.app = App(Mock(Contract.load()))
    strategy = schema[path][method].as_strategy()
    sent = 0

    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=tuple(HealthCheck),
    )
    @hypothesis.given(case=strategy)
    def send(case: schemathesis.Case) -> None:  # type: ignore[type-arg]
        nonlocal sent
        case.call(base_url="http://testserver/sandbox/v2")
        sent += 1

    return _rate(send, lambda: sent)


def ours(operation: str, count: int) -> float:
    """Return how many varied cases a second are signed, sent and judged."""
    contract = Contract.load()
    setting = Setting(
        target=EmbeddedMock(contract), contract=contract, api="v2", name=operation, seed=1,
        reproduce="", marked=frozenset(),
    )  # fmt: skip
    examples = Examples(Story(setting), database=InMemoryExampleDatabase())
    return _rate(lambda: refuse_at_random(examples, operation, count), lambda: examples.cases)


def _rate(run: Callable[[], object], count: Callable[[], int]) -> float:
    before, began = count(), time.process_time()
    run()
    return (count() - before) / (time.process_time() - began)


def main() -> None:
    """Measure in turns, and print the median of the rounds as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    for operation in OPERATIONS:  # what is loaded once is loaded before
        bare(operation, 5)
        ours(operation, 5)
    print("| operation | bare case.call() | ours | times |\n|---|---:|---:|---:|")
    for operation in OPERATIONS:
        pairs = [(bare(operation, asked.count), ours(operation, asked.count))
                 for _ in range(asked.rounds)]  # fmt: skip
        theirs = statistics.median(pair[0] for pair in pairs)
        own = statistics.median(pair[1] for pair in pairs)
        print(f"| {operation} | {theirs:.0f}/s | {own:.0f}/s | {own / theirs:.1f} |", flush=True)


if __name__ == "__main__":
    main()
