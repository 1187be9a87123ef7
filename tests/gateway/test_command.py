"""The command line: exit codes, messages, keys, journeys that are wrong or were not reached."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.gateway.command import gateway

from pay_conformance.signing import load_private_key, new_private_pem, public_pem

OWN_KEY = str(Path(__file__).parent / "programs" / "own_key.py")
BUYER_SEEN = str(Path(__file__).parent / "programs" / "buyer_seen.py")
UNSIGNED = "SIG-SEND-001"
CURL = ["curl", "-sS", "https://pay-api.amazon.com/sandbox/v2/charges/S01-0000000-0000000-C000000"]


@pytest.fixture(scope="module")
def private_pem() -> str:
    return new_private_pem()


@pytest.fixture
def private_file(private_pem: str, tmp_path: Path) -> str:
    file = tmp_path / "private.pem"
    file.write_text(private_pem)
    return str(file)


@pytest.fixture
def public_file(private_pem: str, tmp_path: Path) -> str:
    file = tmp_path / "public.pem"
    file.write_text(public_pem(load_private_key(private_pem)))
    return str(file)


def test_program_that_calls_nobody_is_not_green(tmp_path: Path) -> None:
    called = gateway(tmp_path, [], ["true"])
    assert called.code == 4
    assert "the program made no call to Amazon Pay" in called.err


@pytest.mark.parametrize("via", ["namespace", "environment"])
def test_exit_code_of_the_program_comes_first(via: str, tmp_path: Path) -> None:
    called = gateway(tmp_path, ["--via", via], ["sh", "-c", "echo said; exit 9"])
    assert (called.code, called.out) == (9, "said\n")
    assert called.err.endswith("the program ended with 9, and so does this command\n")


def test_unsigned_request_is_answered_and_found(tmp_path: Path) -> None:
    called = gateway(tmp_path, [], CURL)
    assert (called.code, called.findings) == (1, {UNSIGNED})
    assert '"reasonCode":"MissingHeader"' in called.out


def test_finding_names_the_call_that_shows_it_again(tmp_path: Path) -> None:
    options = ["--via", "environment", "--seed", "3", "--journey", "authorize", "--journey", "yen"]
    gateway(tmp_path, options, CURL)
    found = json.loads((tmp_path / "report.json").read_text())["findings"]
    again = {each["source"]: each["reproduce"] for each in found if each["requirement"] == UNSIGNED}
    command = shlex.join(CURL)
    assert again == {
        name: f"pay-conformance gateway --journey {name} --via environment --seed 3 -- {command}"
        for name in ("authorize", "yen")
    }


@pytest.mark.parametrize(
    ("options", "command", "said"),
    [
        ([], [], "there is no command to run"),
        (["--journey", "nowhere"], ["true"], "there is no journey 'nowhere'"),
        (["--upstream", "moon"], ["true"], "there is no upstream 'moon'"),
        (["--upstream", "ftp://x"], ["true"], "is no http or https URL"),
        (["--merchant-key", "A"], ["true"], "is not ID=PEM"),
        (["--merchant-key", "A=/nowhere.pem"], ["true"], "/nowhere.pem"),
        (["--shop", "http://shop.example/buy"], ["true"], "not the URL of a page on this machine"),
        (["--notify", "nonsense"], ["true"], "not the URL of a page on this machine"),
        (["--own-buyer", "--journey", "all"], ["true"], "a journey plays the buyer"),
        (["--report", "pdf=x"], ["true"], "knows no kind 'pdf'"),
    ],
)
def test_wrong_call_is_told_in_one_sentence(
    options: list[str], command: list[str], said: str, tmp_path: Path
) -> None:
    called = gateway(tmp_path, options, command)
    assert (called.code, called.report) == (2, {})
    assert said in called.err
    assert len(called.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("says: too short\n", "journey.yaml:1"),
        (
            (
                "says: A journey with a step that nobody knows.\nrequirement: INT-JRN-001\n"
                "reached-by: [createCheckoutSession]\nfaults:\n  - {on: teleport, answer: lost}\n"
            ),
            'journey.yaml:5: "teleport" is not known',
        ),
        (
            (
                "says: A fault that is two things at once.\nrequirement: INT-JRN-001\n"
                "reached-by: [createCharge]\n"
                "faults:\n  - {on: createCharge, answer: lost, simulate: HardDeclined}\n"
            ),
            "journey.yaml:5: a fault has an answer or a simulate, and not both",
        ),
        (
            (
                "says: A fault with an answer that nobody gives.\nrequirement: INT-JRN-001\n"
                "reached-by: [createCharge]\nfaults: [{on: createCharge, answer: Perhaps}]\n"
            ),
            "has a fault with the answer 'Perhaps'",
        ),
        (
            (
                "says: A journey about a requirement that is not there.\nrequirement: INT-JRN-999\n"
                "reached-by: [createCharge]\n"
            ),
            "names no known requirement: INT-JRN-999",
        ),
    ],
)
def test_wrong_journey_is_told_by_name_and_line(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "journey.yaml"
    file.write_text(text)
    called = gateway(tmp_path, ["--journey", str(file)], ["true"])
    assert called.code == 2
    assert said in called.err


def test_journey_never_reached_says_what_would_reach_it(tmp_path: Path) -> None:
    called = gateway(tmp_path, ["--journey", "authorize"], CURL)
    verdict, why = called.verdict("INT-JRN-001")
    assert verdict == "not tested"
    assert why == (
        "never reached; what reaches it: createCheckoutSession, then completeCheckoutSession "
        "on a session with paymentIntent Authorize"
    )


def test_own_key_is_served_and_its_signature_not_tested(private_file: str, tmp_path: Path) -> None:
    called = gateway(tmp_path, [], [sys.executable, OWN_KEY, "SANDBOX-OWN", private_file])
    assert (called.out, called.code) == ("201\n", 0), called.err
    verdict, why = called.verdict("SIG-SEND-004")
    assert verdict == "not tested"
    assert why.startswith("public key unknown: SANDBOX-OWN")
    assert called.verdict("SIG-SEND-001")[0] == "passed"


def test_own_key_is_verified_once_it_is_known(
    private_file: str, public_file: str, tmp_path: Path
) -> None:
    called = gateway(
        tmp_path,
        ["--merchant-key", f"SANDBOX-OWN={public_file}"],
        [sys.executable, OWN_KEY, "SANDBOX-OWN", private_file],
    )
    assert (called.out, called.code) == ("201\n", 0), called.err
    assert called.verdict("SIG-SEND-004")[0] == "passed"


def test_signature_with_the_wrong_key_is_refused(public_file: str, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_text(new_private_pem())
    called = gateway(
        tmp_path,
        ["--merchant-key", f"SANDBOX-OWN={public_file}"],
        [sys.executable, OWN_KEY, "SANDBOX-OWN", str(other)],
    )
    assert called.out.startswith("403 ")
    assert "InvalidRequestSignature" in called.out
    assert called.findings == {"SIG-SEND-004"}


@pytest.mark.parametrize("upstream", ["mock", "sandbox"])
def test_live_key_is_found(upstream: str, private_file: str, tmp_path: Path) -> None:
    called = gateway(
        tmp_path,
        ["--upstream", upstream],
        [sys.executable, OWN_KEY, "LIVE-OWN", private_file],
    )
    assert "INT-ENV-001" in called.findings


def test_live_key_never_leaves_for_the_sandbox(private_file: str, tmp_path: Path) -> None:
    called = gateway(
        tmp_path,
        ["--upstream", "sandbox"],
        [sys.executable, OWN_KEY, "LIVE-OWN", private_file],
    )
    assert called.out.startswith("403 ")
    assert "live credentials stay out of a test" in called.out


def test_upstream_that_is_not_there_ends_with_3(private_file: str, tmp_path: Path) -> None:
    called = gateway(
        tmp_path,
        ["--upstream", "http://127.0.0.1:9"],
        [sys.executable, OWN_KEY, "SANDBOX-OWN", private_file],
    )
    assert called.out.startswith("503 ")
    assert called.code == 3


def test_reports_and_cassettes_hold_no_secret(
    private_file: str, private_pem: str, tmp_path: Path
) -> None:
    folder = tmp_path / "cassettes"
    program = [sys.executable, OWN_KEY, "LIVE-OWN", private_file]
    gateway(tmp_path, ["--record", str(folder)], program)
    text = (tmp_path / "report.json").read_text() + (folder / "no-journey.yaml").read_text()
    assert text.count("/v2/checkoutSessions") == 2
    assert "Signature=" not in text
    assert "PRIVATE KEY" not in text
    assert private_pem.splitlines()[3] not in text


@pytest.mark.parametrize(
    ("sent", "code", "why"),
    [
        (signal.SIGINT, 130, "interrupted by the user"),
        (signal.SIGTERM, 143, "ended by SIGTERM"),
    ],
)
def test_run_ended_by_a_signal_ends_the_program_and_reports(
    sent: signal.Signals, code: int, why: str, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    running = subprocess.Popen(
        [
            *(sys.executable, "-c", "from pay_conformance.cli import main; main()", "gateway"),
            *("--report", f"json={report}", "--", "sh", "-c", "echo $$; exec sleep 60"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    with running:
        assert running.stdout is not None
        program = int(running.stdout.readline())
        running.send_signal(sent)
        assert running.wait(timeout=90) == code
    assert json.loads(report.read_text())["cutShort"] == why
    with pytest.raises(ProcessLookupError):
        os.kill(program, 0)


@pytest.mark.parametrize(("options", "buyer"), [([], "somebody"), (["--own-buyer"], "nobody")])
def test_buyer_is_played_unless_it_is_ones_own(
    options: list[str], buyer: str, tmp_path: Path
) -> None:
    called = gateway(tmp_path, options, [sys.executable, BUYER_SEEN])
    assert called.out == f"{buyer}\n", called.err
