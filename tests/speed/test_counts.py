"""What the engine does is counted: calls, signatures and modules, which no busy machine changes.

A limit is a tenth above what was counted when it was set. Who makes something dearer on purpose
raises its limit in the same change, and says why; the benchmarks tell what it costs in time.
"""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from cProfile import Profile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from benchmarks.traffic import lines

from pay_conformance.checks import Judge
from pay_conformance.contract import Contract
from pay_conformance.contract.model import Party
from pay_conformance.exchange import Exchange
from pay_conformance.generate.databases import open_database
from pay_conformance.generate.examples import Examples
from pay_conformance.generate.varying import refuse_at_random
from pay_conformance.scenario import Checkout, Shop, Story
from pay_conformance.scenario.amazon import Buyer
from pay_conformance.scenario.story import Setting
from pay_conformance.signing import signer
from pay_conformance.stream import judge
from pay_conformance.stream.lines import Reader
from pay_conformance.stream.split import Links
from pay_conformance.targets import EmbeddedMock

_TOLD = 400

CALLS_TO_JUDGE = 550
CALLS_TO_READ = 48
CALLS_TO_LINK = 41
CALLS_FOR_A_CASE = 4_700
BYTES_FOR_A_LINE = 40
CALLS_FOR_A_CALL = 1_010
MODULES_FOR_HELP = 190
LOADED_LATER = ("cryptography.x509", "httpx", "requests", "schemathesis")


@pytest.fixture(scope="module")
def traffic() -> list[bytes]:
    """Exchanges of lawful stories, a line each; the same ones each time."""
    return [line.encode() for line in lines(_TOLD)]


@pytest.fixture
def told() -> Story:
    """A story against the embedded mock."""
    contract = Contract.load()
    setting = Setting(
        target=EmbeddedMock(contract), contract=contract, api="v2", name="counted", seed=1,
        reproduce="", marked=frozenset(),
    )  # fmt: skip
    return Story(setting)


def calls(work: Callable[[], object]) -> int:
    profile = Profile()
    profile.runcall(work)
    return sum(entry.callcount for entry in profile.getstats())


def exchanges(traffic: list[bytes]) -> Iterator[Exchange]:
    reader = Reader("traffic", Contract.load())
    for number, line in enumerate(traffic):
        found = reader.exchange(line, number)
        assert found is not None
        yield found


def test_judging_an_exchange_takes_few_calls(traffic: list[bytes]) -> None:
    court, judged = Judge(Contract.load(), frozenset(Party)), list(exchanges(traffic))
    for exchange in judged:
        court.judge(exchange)  # what is worked out once is worked out before
    again = Judge(Contract.load(), frozenset(Party))
    assert calls(lambda: [again.judge(each) for each in judged]) / _TOLD < CALLS_TO_JUDGE


def test_reading_a_line_takes_few_calls(traffic: list[bytes]) -> None:
    assert calls(lambda: list(exchanges(traffic))) / _TOLD < CALLS_TO_READ


def test_finding_what_a_line_is_about_takes_few_calls(traffic: list[bytes]) -> None:
    found = Links()
    assert calls(lambda: [found.add(line) for line in traffic]) / _TOLD < CALLS_TO_LINK


def test_generated_case_takes_few_calls(told: Story) -> None:
    examples = Examples(told, database=open_database("none"))
    refuse_at_random(examples, "createCharge", 20)  # what is worked out once is worked out before
    before = examples.cases
    count = calls(lambda: refuse_at_random(examples, "createCharge", 60))
    assert count / (examples.cases - before) < CALLS_FOR_A_CASE


def test_memory_of_a_checked_file_hardly_grows_with_it(
    tmp_path: Path,
) -> None:
    sizes = []
    for count in (500, 1_000, 3_000):  # the first one warms up
        file = tmp_path / f"{count}.jsonl"
        file.write_text("\n".join(lines(count)))
        tracemalloc.start()
        judge(file, Contract.load(), workers=1)
        sizes.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (sizes[2] - sizes[1]) / 2_000 < BYTES_FOR_A_LINE


def test_request_that_is_sent_again_at_once_is_signed_once(
    told: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    sign = signer.make_signature

    def counted(key: object, text: str, algorithm: object) -> str:
        made.append(text)
        return sign(key, text, algorithm)  # type: ignore[arg-type]

    monkeypatch.setattr(signer, "make_signature", counted)
    control = told.setting.target.control
    assert control is not None
    merchant = replace(told.setting.target.merchant(), standing=datetime.now(UTC))
    shop = Shop(told, merchant)
    session = Checkout(shop, Buyer(control, shop.merchant)).ready()
    for _ in range(50):
        shop.get_checkout_session(session)
    assert len(made) == len(set(made))
    assert len(told.exchanges) - len(made) == 50


def test_call_of_a_scenario_takes_few_calls(told: Story) -> None:
    control = told.setting.target.control
    assert control is not None
    shop = Shop(told, told.setting.target.merchant())
    session = Checkout(shop, Buyer(control, shop.merchant)).ready()
    sessions = [shop.get_checkout_session(session).state]  # what is worked out once is so before
    count = calls(
        lambda: sessions.extend(shop.get_checkout_session(session).state for _ in range(50))
    )
    assert sessions == ["Open"] * 51
    assert count / 50 < CALLS_FOR_A_CALL


def test_run_starts_without_what_few_scenarios_need() -> None:
    words = ["pay-conformance", "run", "--seed", "1", "-k", "no_such_scenario"]
    said = f"import sys; from pay_conformance.cli import main; sys.argv = {words}"
    there = f"print(*sys.modules.keys() & {set(LOADED_LATER)}, file=sys.stderr)"
    told = f"{said}\ntry: main()\nexcept SystemExit as end: print(end.code)\n{there}"
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "4"  # all was read, and nothing was played
    assert done.stderr.splitlines()[-1] == ""


def test_help_loads_few_modules() -> None:
    said = "import sys; from pay_conformance.cli import main; sys.argv = ['pay-conformance', '-h']"
    told = f"{said}\ntry: main()\nexcept SystemExit: print(len(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(done.stderr) < MODULES_FOR_HELP
