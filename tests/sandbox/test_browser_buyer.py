"""``run --target sandbox --buyer playwright``: Chromium on the stand-in's pages, at their hosts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pay_conformance.exchange import Request, Response
from pay_conformance.findings import Unmet
from pay_conformance.gateway import intercept
from pay_conformance.gateway.listener import AMAZON_HOSTS
from pay_conformance.gateway.upstream import BUYER_HOSTS
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.targets.browser import Browser, SignIn
from pay_conformance.targets.browser_buyer import WithBrowser
from pay_conformance.targets.buyer_pages import BuyerPages
from tests.sandbox.stand_in import StandIn

COMMAND = (sys.executable, "-c", "from pay_conformance.cli import main; main()")
BASIC = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
EMAIL, PASSWORD = "sandbox-buyer@mail.example", "correct-horse-4711"
BUYER = {
    "AMAZON_PAY_BUYER_EMAIL": EMAIL,
    "AMAZON_PAY_BUYER_PASSWORD": PASSWORD,
    "AMAZON_PAY_MERCHANT_ID": "A1MERCHANT",
    # Chromium does not know of the CA that vouches for the stand-in.
    "PAY_CONFORMANCE_BROWSER_OPTIONS": "--ignore-certificate-errors",
}
FIELDS = b"""<input id="ap_email" type="email" name="email"><input id="ap_password" type="password"
 name="password"><button class="go\""""
SORRY = b"""<!DOCTYPE html><title>Sign in</title><div id="auth-error-message-box">Wrong</div>"""
HTML = (("content-type", "text/html"),)
PLAYED = " or ".join(
    (
        "keeps_its_id_and_its_buyer",
        "declined_can_check_out_again",
        "leads_to_permission_and_charge",
        "amazon_can_cancel_a_session",
    )
)

TOLD = ("OP-GET-003", "CS-LIFE-024", "CS-LIFE-008", "CS-LIFE-012", "CS-LIFE-025")

needs_chromium = pytest.mark.skipif(
    not shutil.which("chromium") and "CI" not in os.environ,
    reason="there is no chromium: apt-get install chromium",
)


class WithPassword(StandIn):
    """The stand-in, whose sign-in asks for an e-mail address and a password, as Amazon's does."""

    def __init__(self) -> None:
        super().__init__()
        self.signed_in: list[bool] = []

    def handle(self, request: Request) -> Response:
        if urlsplit(request.url).hostname not in BUYER_HOSTS:
            return super().handle(request)
        if (request.method, request.path) == ("POST", "/checkout/signin"):
            form = parse_qs((request.body or b"").decode())
            right = (form.get("email"), form.get("password")) == ([EMAIL], [PASSWORD])
            self.signed_in.append(right)
            if not right:
                return Response(403, HTML, SORRY)
        response = self.page(request)
        if request.path == "/checkout/signin" and response.status == 200:
            body = response.body.replace(b'<button class="go"', FIELDS, 1)
            headers = [pair for pair in response.headers if pair[0].lower() != "content-length"]
            return Response(200, tuple(headers), body)
        return response


def called(stand_in: StandIn, folder: Path, *arguments: str, **variables: str) -> Any:
    hosts = AMAZON_HOSTS | BUYER_HOSTS
    with intercept(stand_in.handle, "environment", hosts=hosts, strict=True) as way:
        environment = stand_in.environment(folder / "state", **{**BUYER, **variables})
        return way.run(
            [*COMMAND, *arguments, "--target", "sandbox", "--buyer", "playwright", "--api", "v2"],
            env={**BASIC, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=200,
        )


def leaks(folder: Path, *texts: str) -> list[str]:
    files = [path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()]
    return [secret for secret in (EMAIL, PASSWORD) for text in (*files, *texts) if secret in text]


@needs_chromium
def test_buyer_in_a_browser_pays_changes_cancels_and_is_declined(tmp_path):
    stand_in = WithPassword()
    report = tmp_path / "report.json"

    done = called(
        stand_in, tmp_path, "run", "--seed", "1", "-k", PLAYED, "--report", f"json={report}",
        "--report", f"html={tmp_path / 'report.html'}", "--report", f"events={tmp_path / 'events'}",
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(report.read_text())
    seen = {one["id"]: (one["verdict"], one["why"]) for one in found["requirements"]}
    assert {seen[name][0] for name in TOLD} == {"passed"}
    why = "prerequisite failed: a buyer in a browser can't do that: Amazon cancels"
    assert seen["CS-LIFE-026"] == ("not tested", why)
    assert found["summary"]["withoutBuyer"] is None
    assert set(stand_in.signed_in) == {True}
    assert leaks(tmp_path, done.stdout, done.stderr) == []


@needs_chromium
def test_recording_of_a_browsers_buyer_is_replayed_without_one(tmp_path):
    stand_in = WithPassword()
    kept = tmp_path / "kept"

    done = called(
        stand_in, tmp_path, "record", "-k", "leads_to_permission_and_charge", "--to", str(kept)
    )
    again = subprocess.run(
        [*COMMAND, "run", "--target", "replay", "--from", str(kept)],
        capture_output=True, text=True, env=BASIC, timeout=60, check=False,
    )  # fmt: skip

    assert (done.returncode, again.returncode) == (0, 0), done.stderr + again.stderr
    assert "the verdicts are those of the recorded run" in again.stdout
    assert leaks(tmp_path, done.stdout, done.stderr) == []


@needs_chromium
def test_wrong_password_is_tried_once_and_ends_the_command_before_the_suite(tmp_path):
    stand_in = WithPassword()

    done = called(stand_in, tmp_path, "run", AMAZON_PAY_BUYER_PASSWORD="wrong-4712")

    assert (done.returncode, done.stdout, stand_in.signed_in) == (2, "", [False])
    assert "the sign-in was refused" in done.stderr
    assert "check AMAZON_PAY_BUYER_EMAIL and AMAZON_PAY_BUYER_PASSWORD" in done.stderr
    assert "Traceback" not in done.stderr
    assert EMAIL not in done.stderr
    assert "wrong-4712" not in done.stderr


@pytest.mark.parametrize("missing", [name for name in BUYER if name.startswith("AMAZON_")])
def test_variable_that_is_not_set_is_named(tmp_path, missing):
    target = StandIn().open(tmp_path)

    with pytest.raises(ConfigurationProblem, match=f"--buyer playwright needs {missing}"):
        WithBrowser(target, {**BUYER, missing: ""})


def test_all_variables_that_are_not_set_are_one_message_and_exit_2(tmp_path):
    done = called(StandIn(), tmp_path, "run", **dict.fromkeys(BUYER, ""))

    assert (done.returncode, done.stdout) == (2, "")
    assert (
        "AMAZON_PAY_BUYER_EMAIL, AMAZON_PAY_BUYER_PASSWORD, AMAZON_PAY_MERCHANT_ID" in done.stderr
    )
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"PAY_CONFORMANCE_BROWSER": "/nowhere/chromium"}, "which can't be run"),
        ({"PAY_CONFORMANCE_BROWSER": "/bin/false"}, "does not start"),
        ({"PAY_CONFORMANCE_BROWSER_OPTIONS": "'"}, "PAY_CONFORMANCE_BROWSER_OPTIONS"),
    ],
)
def test_browser_that_can_not_be_used_is_one_message(variables, says):
    environment = {"PAY_CONFORMANCE_BROWSER": "/bin/false", **variables}

    with pytest.raises(ConfigurationProblem, match=says):
        Browser(SignIn(EMAIL, PASSWORD), environment)


def test_missing_playwright_is_one_message(monkeypatch):
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)

    with pytest.raises(ConfigurationProblem, match=r"amazon-pay-conformance\[browser\]"):
        Browser(SignIn(EMAIL, PASSWORD), {"PAY_CONFORMANCE_BROWSER": "/bin/false"})


@pytest.mark.parametrize("target", ["mock", "replay", "http://127.0.0.1:1"])
def test_buyer_in_a_browser_goes_with_the_sandbox_alone(target):
    done = subprocess.run(
        [*COMMAND, "run", "--target", target, "--buyer", "playwright"],
        capture_output=True, text=True, env=BASIC, timeout=60, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (2, "")
    assert "--buyer goes with --target sandbox" in done.stderr


@pytest.mark.parametrize(
    ("url", "amazons"),
    [
        ("https://apay-us.amazon.com/checkout/processing?a=b", True),
        ("https://payments.amazon.co.jp/", True),
        ("http://payments.amazon.de/", False),
        ("https://amazon.com.evil.example/", False),
        ("https://evilamazon.com/", False),
        ("https://user@evil.example/amazon.com", False),
        ("https://[", False),
        ("javascript:alert(1)", False),
    ],
)
def test_password_is_for_amazons_hosts_over_tls(url, amazons):
    assert BuyerPages.load().is_amazons(url) is amazons


def test_password_is_in_no_text_of_the_buyer():
    assert PASSWORD not in repr(SignIn(EMAIL, PASSWORD))


@needs_chromium
def test_page_that_is_not_amazons_is_never_opened():
    browser = Browser(SignIn(EMAIL, PASSWORD), {**BASIC})
    try:
        with pytest.raises(Unmet, match="no page of Amazon's"):
            browser.goes_to("https://evil.example/ap/signin", "approve")
    finally:
        browser.close()
