from __future__ import annotations

import sys
import textwrap
import threading
from pathlib import Path

import pytest

from pay_conformance.sdk.process import Adapter, AdapterFault, FaultKind, clean_environment


@pytest.fixture
def adapter(tmp_path):
    """Starts an adapter from its source; each is ended after the test."""
    running = []

    def start(source: str) -> Adapter:
        program = tmp_path / f"adapter{len(running)}.py"
        program.write_text("import json, os, sys, time\n" + textwrap.dedent(source))
        running.append(Adapter([sys.executable, str(program)], environment={"GIVEN": "yes"}))
        return running[-1]

    yield start
    for each in running:
        each.end()


ECHO = """
for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps({"id": asked["id"], "did": "stop"}), flush=True)
"""
BACKWARDS = """
asked = [json.loads(sys.stdin.readline()) for _ in range(3)]
for each in reversed(asked):
    print(json.dumps({"id": each["id"], "did": "configure"}), flush=True)
time.sleep(60)
"""


def fault_of(adapter: Adapter, seconds: float = 5) -> AdapterFault:
    with pytest.raises(AdapterFault) as raised:
        adapter.ask({"do": "stop"}, seconds)
    return raised.value


def test_adapter_answers_what_it_is_asked(adapter):
    assert adapter(ECHO).ask({"do": "stop"}, 10)["did"] == "stop"


def test_adapter_may_answer_out_of_order(adapter):
    running = adapter(BACKWARDS)
    message = {
        "do": "configure", "client": "a", "publicKeyId": "K", "privateKey": "", "keyForm": "text",
        "region": "na", "environment": "sandbox", "algorithm": None, "endpoint": None,
    }  # fmt: skip
    ids = []
    threads = [
        threading.Thread(target=lambda: ids.append(running.ask(message, 10)["id"]))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ids) == [1, 2, 3]


def test_adapter_that_hangs_is_told_of_as_a_hang(adapter):
    assert fault_of(adapter("time.sleep(60)"), 0.5).kind is FaultKind.HANG


def test_adapter_that_dies_is_told_of_with_its_status_and_last_words(adapter):
    fault = fault_of(adapter("sys.stdin.readline(); sys.exit('out of cheese')"))
    assert fault.kind is FaultKind.CRASH
    assert "status 1: out of cheese" in fault.detail


def test_adapter_that_prints_is_told_of_as_noise(adapter):
    fault = fault_of(adapter("print('debug', flush=True); time.sleep(60)"))
    assert fault.kind is FaultKind.NOISE
    assert "debug" in fault.detail


def test_adapter_whose_last_line_is_cut_is_told_of_as_noise(adapter):
    fault = fault_of(adapter("sys.stdin.readline(); sys.stdout.write('{\"id\": 1')"))
    assert fault.kind is FaultKind.NOISE


def test_adapter_with_a_huge_line_is_told_of_and_not_read_to_its_end(adapter):
    running = adapter("sys.stdin.readline()\nwhile True: sys.stdout.write('x' * 1_000_000)")
    assert fault_of(running, 30).kind is FaultKind.HUGE


def test_adapter_that_answers_what_nobody_asked_is_told_of(adapter):
    running = adapter("print(json.dumps({'id': 77, 'did': 'stop'}), flush=True); time.sleep(60)")
    assert fault_of(running).kind is FaultKind.WRONG


def test_adapter_that_answers_another_question_is_told_of(adapter):
    running = adapter(
        "sys.stdin.readline()\n"
        "print(json.dumps({'id': 1, 'did': 'configure'}), flush=True)\ntime.sleep(60)"
    )
    assert fault_of(running).kind is FaultKind.WRONG


def test_adapter_that_died_fails_every_later_question_at_once(adapter):
    running = adapter("sys.exit(3)")
    fault_of(running)
    assert fault_of(running, 0.1).kind is FaultKind.CRASH


def test_adapter_keeps_stderr_as_evidence(adapter):
    running = adapter("print('something odd', file=sys.stderr, flush=True)\n" + ECHO)
    running.ask({"do": "stop"}, 10)
    assert "something odd" in running.stderr


def test_adapter_has_a_clean_environment(monkeypatch):
    monkeypatch.setenv("AMAZON_PAY_PRIVATE_KEY", "secret")
    environment = clean_environment({"GIVEN": "yes"})
    assert "AMAZON_PAY_PRIVATE_KEY" not in environment
    assert environment["GIVEN"] == "yes"
    assert environment["TZ"] == "Asia/Kolkata"


def test_adapter_may_use_only_so_much(adapter, tmp_path):
    told = tmp_path / "limits"
    running = adapter(
        "import resource\n"
        f"with open({str(told)!r}, 'w') as file:\n"
        "    for name in ('RLIMIT_CORE', 'RLIMIT_FSIZE', 'RLIMIT_DATA'):\n"
        "        file.write(f'{resource.getrlimit(getattr(resource, name))[1]} ')\n" + ECHO
    )
    running.ask({"do": "stop"}, 10)
    assert told.read_text().split() == ["0", str(2**30), str(6 * 2**30)]


def test_adapter_takes_its_children_with_it(adapter):
    running = adapter(
        "child = os.fork()\nif child == 0: time.sleep(300)\n"
        "print(child, file=sys.stderr, flush=True)\n" + ECHO
    )
    running.ask({"do": "stop"}, 10)
    running.end()
    child = int(running.stderr)
    assert not Path(f"/proc/{child}/fd/0").exists()
