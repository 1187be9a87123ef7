"""Full disks, signals, odd places and odd settings: one message, and no half of a file."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from benchmarks.kills.serving import Shop

from pay_conformance.contract import Contract
from pay_conformance.mock import Mock
from pay_conformance.record import cassette
from pay_conformance.record.recording import INDEX, read_index
from pay_conformance.sdk.interception import namespaces_available
from tests.mock.shop import embedded

ROOT = Path(__file__).parents[2]
TOOL = (sys.executable, "-m", "pay_conformance")
FEW = ("--api", "v2", "--seed", "1", "-k", "checkout_session_new")
RUN = ("run", *FEW)


def call(*arguments: str, blocks: int = 0, **options: Any) -> subprocess.CompletedProcess[str]:
    """Call a command, which may write so many blocks of 512 bytes into a file, if any number."""
    limit = f"ulimit -f {blocks}; " if blocks else ""
    return subprocess.run(
        ["/bin/sh", "-c", f'{limit}exec "$@"', "sh", *TOOL, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **options,
    )


def test_report_on_a_full_disk_is_one_message_and_the_old_one_stays(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text("the old one")

    done = call(*RUN, "--report", f"json={report}", blocks=4)

    assert done.returncode == 2
    assert f"{report} can't be written: File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert report.read_text() == "the old one"


def test_report_to_a_full_device_is_one_message_and_the_device_stays() -> None:
    done = call(*RUN, "--report", "json=/dev/full")

    assert (done.returncode, Path("/dev/full").is_char_device()) == (2, True)
    assert "/dev/full can't be written: No space left on device" in done.stderr


def test_report_to_standard_output_is_written_through(tmp_path: Path) -> None:
    done = call(*RUN, "--report", "json=/dev/stdout")

    assert done.returncode == 0
    assert '"summary"' in done.stdout
    assert Path("/dev/stdout").is_symlink()


def test_output_on_a_full_disk_is_one_message() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*TOOL, "requirements"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert done.returncode == 2
    assert done.stderr == "pay-conformance: No space left on device\n"


def test_recording_on_a_full_disk_has_no_half_of_a_cassette(tmp_path: Path) -> None:
    done = call("record", *FEW, "--to", str(tmp_path / "to"), blocks=16)

    assert done.returncode not in (0, 1)
    assert "Traceback" not in done.stderr
    assert not read_index(tmp_path / "to").whole
    for path in (tmp_path / "to").iterdir():
        if path.name != INDEX:
            assert cassette.read(path).exchanges


def test_notebook_on_a_full_disk_costs_the_resuming_and_not_the_run(tmp_path: Path) -> None:
    done = call(*RUN, "--resume", str(tmp_path / "resume.jsonl"), blocks=2)

    assert done.returncode == 0
    assert "resume.jsonl is not whole: " in done.stderr
    assert "Traceback" not in done.stderr


def test_state_on_a_full_disk_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    answers: dict[str, bytes] = {}
    with serving(state, blocks=600) as shop, pytest.raises(httpx.HTTPStatusError, match="500"):
        fill(shop, answers)

    assert len(answers) > 5
    with serving(state) as shop:
        assert {key: shop.create(key) for key in answers} == answers


def fill(shop: Shop, answers: dict[str, bytes]) -> None:
    """Make sessions for as long as the server can keep them."""
    for number in range(3000):
        answers[str(number)] = shop.create(str(number))


class serving:  # noqa: N801 - it reads as a verb
    """``serve --state`` for the time of a block; gives a shop."""

    def __init__(self, state: Path, blocks: int = 0) -> None:
        limit = f"ulimit -f {blocks}; " if blocks else ""
        arguments = ["serve", "--port", "0", "--state", str(state)]
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", f'{limit}exec "$@"', "sh", *TOOL, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Shop:
        assert self.process.stdout is not None
        self.shop = Shop(json.loads(self.process.stdout.readline()))
        return self.shop

    def interrupt(self) -> int:
        """Interrupt it, and return its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)

    def __exit__(self, *_: object) -> None:
        self.shop.close()
        self.process.terminate()
        with self.process:
            self.process.wait(30)


BODY = str(ROOT / "tests" / "contract" / "observed" / "v2-charge-authorized.json")
SHOP = [sys.executable, str(ROOT / "tests" / "gateway" / "programs" / "buyer_seen.py")]
MODEL = [sys.executable, str(ROOT / "tests" / "miniatures" / "broken.py"), "GivesUpAtOnce"]
CASE = "status-429-is-tried-again"

needs_namespace = pytest.mark.skipif(
    not namespaces_available(), reason="needs a mount namespace of its own"
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that is over: its events, its JSON report, and a recording."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "reports").mkdir()
    done = call(*RUN, "--report", f"events={folder / 'run.jsonl'}", "--report",
                f"json={folder / 'reports' / 'run.json'}")  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def written(finished: Path) -> dict[str, list[str]]:
    """What each command is called with that writes a file into the folder where it is called."""
    return {
        "check": ["check", "--report", "html=new.html", BODY],
        "report render": ["report", "render", str(finished / "run.jsonl"), "--report",
                          "html=new.html"],
        "report trend": ["report", "trend", str(finished / "reports"), "--html", "new.html"],
        "run, events": [*RUN, "--report", "events=new.html"],
        "gateway": ["gateway", "--via", "environment", "--report", "html=new.html", "--", *SHOP],
    }  # fmt: skip


COMMANDS = list(written(Path()))


@pytest.mark.parametrize("name", COMMANDS)
def test_command_on_a_full_disk_ends_with_one_message_and_no_half_of_a_file(
    name: str, finished: Path, tmp_path: Path
) -> None:
    done = call(*written(finished)[name], blocks=2, cwd=tmp_path)

    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert re.search("can't be (written|filled): File too large", done.stderr)
    left = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    # Events are written as they happen: what is there is cut, and says so when it is read.
    assert left == ({"new.html": 1024} if name == "run, events" else {})


@needs_namespace
def test_sdk_on_a_full_disk_ends_with_one_message(tmp_path: Path) -> None:
    done = call("sdk", "-k", CASE, "--report", "html=new.html", "--", *MODEL,
                blocks=2, cwd=tmp_path)  # fmt: skip

    assert done.returncode == 2
    assert "the folder of this run" in done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_command_that_may_not_write_there_ends_with_one_message(name: str, finished: Path) -> None:
    done = call(*written(finished)[name], cwd="/proc")

    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "new.html can't be written" in done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_two_of_a_command_in_one_folder_leave_one_whole_file(
    name: str, finished: Path, tmp_path: Path
) -> None:
    two = [
        subprocess.Popen(
            [*TOOL, *written(finished)[name]],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for _ in range(2)
    ]
    codes = {one.wait(300) for one in two}

    assert len(codes) == 1
    assert codes <= {0, 1}
    assert [path.name for path in tmp_path.iterdir()] == ["new.html"]
    if name != "run, events":
        assert (tmp_path / "new.html").read_text().rstrip().endswith("</html>")


@pytest.mark.parametrize("name", COMMANDS)
def test_command_writes_the_same_in_odd_places_times_and_languages(
    name: str, finished: Path, tmp_path: Path
) -> None:
    plain, odd = tmp_path / "plain", tmp_path / "odd"
    settings = {
        "HOME": "/nowhere", "LC_ALL": "ja_JP.eucJP", "TZ": "America/St_Johns", "COLUMNS": "1",
        "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0",
    }  # fmt: skip
    codes = []
    for folder, more in ((plain, {}), (odd, settings)):
        folder.mkdir()
        done = call(*written(finished)[name], cwd=folder, env={**os.environ, **more})
        assert "Traceback" not in done.stderr
        codes.append(done.returncode)

    assert codes[0] == codes[1] in (0, 1)
    assert verdicts(odd / "new.html") == verdicts(plain / "new.html")


def verdicts(file: Path) -> list[tuple[str, ...]]:
    """The requirements in a file, sorted, and the words that stand beside them."""
    text = file.read_text(encoding="utf-8")
    return sorted(re.findall(r"([A-Z]+-[A-Z]+-\d{3})\W+(passed|failed|not tested)?", text))


def test_recording_that_is_interrupted_says_that_it_is_not_whole(tmp_path: Path) -> None:
    to = tmp_path / "to"
    done = interrupted(to, "record", "--api", "v2", "--seed", "1", "--to", str(to))

    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr
    assert not read_index(to).whole
    assert all(cassette.read(path).exchanges for path in to.iterdir() if path.name != INDEX)


@needs_namespace
def test_sdk_that_is_interrupted_reports_what_it_saw(tmp_path: Path) -> None:
    report, events = tmp_path / "report.json", tmp_path / "events.jsonl"

    done = interrupted(events, "sdk", "--report", f"json={report}", "--report",
                       f"events={events}", "--", *MODEL)  # fmt: skip

    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads(report.read_text())["cutShort"] == "interrupted by the user"


def test_server_that_is_interrupted_has_kept_its_state(tmp_path: Path) -> None:
    server = serving(tmp_path / "state.db")
    with server as shop:
        answer = shop.create("1")
        code = server.interrupt()

    assert code == 0
    with serving(tmp_path / "state.db") as shop:
        assert shop.create("1") == answer


def interrupted(sign: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call a command, and interrupt it when it has put something where ``sign`` is."""
    with subprocess.Popen(
        [*TOOL, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        until = time.monotonic() + 120
        while time.monotonic() < until and process.poll() is None and not has_some(sign):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=120)
    return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


def has_some(sign: Path) -> bool:
    if sign.is_dir():
        return len(list(sign.iterdir())) > 3
    return sign.exists() and sign.read_bytes().count(b"\n") > 3


def test_interrupt_ends_a_run_with_a_report_that_says_so(tmp_path: Path) -> None:
    report, notebook = tmp_path / "report.json", tmp_path / "resume.jsonl"
    arguments = ["run", "--seed", "1", "--resume", str(notebook), "--report", f"json={report}"]
    with subprocess.Popen(
        [*TOOL, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        until = time.monotonic() + 120
        while time.monotonic() < until and (
            not notebook.exists() or notebook.read_bytes().count(b"\n") < 4
        ):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)

    assert "Traceback" not in errors
    assert process.returncode == 130
    assert "interrupted" in output
    assert json.loads(report.read_text())["summary"]


def test_two_runs_in_one_folder_leave_whole_reports(tmp_path: Path) -> None:
    runs = [
        subprocess.Popen(
            [*TOOL, *RUN, "--report", "json=report.json", "--report", "html=report.html"],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]

    assert [run.wait(300) for run in runs] == [0, 0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]
    assert json.loads((tmp_path / "report.json").read_text())["summary"]


@pytest.mark.parametrize(
    "settings",
    [
        {"HOME": None},
        {"HOME": "/nowhere"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati"},
        {"LC_ALL": "ja_JP.eucJP", "TZ": "America/St_Johns", "PYTHONIOENCODING": "ascii"},
        {"TZ": "Nowhere/Atall", "COLUMNS": "1"},
    ],
    ids=str,
)
def test_run_in_a_folder_that_nobody_can_write_to_comes_to_its_verdicts(
    settings: dict[str, str | None],
) -> None:
    changed = {name: value for name, value in {**os.environ, **settings}.items() if value}

    done = subprocess.run(
        [*TOOL, *RUN], capture_output=True, cwd="/proc", env=changed, timeout=300, check=False
    )

    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr


def test_clock_that_jumps_back_disturbs_no_story(contract: Contract) -> None:
    now = [1_800_000_000.0]
    shop = embedded(Mock(contract, clock=lambda: now[0]), contract)
    bought = shop.bought()
    for jump in (-7200.0, 90_000.0, -86_400.0):
        now[0] += jump
        charge = shop.get(f"/charges/{bought['chargeId']}")
        again = shop.bought()
        assert shop.state(charge) == "Authorized"
        assert shop.state(again) == "Completed"


def test_state_that_is_opened_before_it_was_written_disturbs_no_story(
    contract: Contract, tmp_path: Path
) -> None:
    now = [1_800_000_000.0]
    mock = Mock(contract, clock=lambda: now[0], state=tmp_path / "state.db")
    shop = embedded(mock, contract)
    bought = shop.bought()
    mock.close()
    now[0] -= 90_000.0
    again = Mock(contract, clock=lambda: now[0], state=tmp_path / "state.db")
    shop.use(again)

    assert shop.state(shop.get(f"/charges/{bought['chargeId']}")) == "Authorized"
    assert shop.state(shop.bought()) == "Completed"
    again.close()


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load()
