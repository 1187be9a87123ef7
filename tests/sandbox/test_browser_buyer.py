"""``run --target sandbox --buyer playwright``: Chromium on the stand-in's pages, at Amazon's hosts."""

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
from pay_conformance.gateway import intercept
from pay_conformance.gateway.listener import AMAZON_HOSTS
from pay_conformance.gateway.upstream import BUYER_HOSTS
from tests.sandbox.stand_in import StandIn

COMMAND = (sys.executable, "-c", "from pay_conformance.cli import main; main()")
BASIC = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
EMAIL, PASSWORD = "sandbox-buyer@mail.example", "correct-horse-4711"
BUYER = {
    "AMAZON_PAY_BUYER_EMAIL": EMAIL,
    "AMAZON_PAY_BUYER_PASSWORD": PASSWORD,
    "AMAZON_PAY_MERCHANT_ID": "A1PLANTEDMERCHANT",
    # Chromium does not know of the CA that vouches for the stand-in.
    "PAY_CONFORMANCE_BROWSER_OPTIONS": "--ignore-certificate-errors",
}
FIELDS = b"""<input id="ap_email" type="email" name="email"><input id="ap_password" type="password"
 name="password"><button class="go\""""
SORRY = b"""<!DOCTYPE html><title>Sign in</title><div id="auth-error-message-box">Wrong</div>"""

pytestmark = pytest.mark.skipif(
    not shutil.which("chromium") and "CI" not in os.environ,
    reason="there is no chromium: apt-get install chromium",
)


class WithPassword(StandIn):
    """The stand-in, whose sign-in asks for an e-mail address and a password, as Amazon's does."""

    def __init__(self) -> None:
        super().__init__()
        self.signed_in: list[bool] = []

    def handle(self, request: Request) -> Response:
        if (request.method, request.path) == ("POST", "/checkout/signin"):
            form = parse_qs((request.body or b"").decode())
            right = (form.get("email"), form.get("password")) == ([EMAIL], [PASSWORD])
            self.signed_in.append(right)
            if not right:
                return Response(403, (("content-type", "text/html"),), SORRY)
        if urlsplit(request.url).hostname not in BUYER_HOSTS:
            return super().handle(request)
        response = self.page(request)
        if request.path == "/checkout/signin" and response.status == 200:
            body = response.body.replace(b'<button class="go"', FIELDS, 1)
            headers = [pair for pair in response.headers if pair[0].lower() != "content-length"]
            return Response(200, tuple(headers), body)
        return response


def called(stand_in: StandIn, tmp_path: Path, *arguments: str, **variables: str) -> Any:
    with intercept(
        stand_in.handle, "environment", hosts=AMAZON_HOSTS | BUYER_HOSTS, strict=True
    ) as way:
        environment = stand_in.environment(tmp_path / "state", **BUYER, **variables)
        return way.run(
            [*COMMAND, *arguments, "--target", "sandbox", "--buyer", "playwright", "--api", "v2"],
            env={**BASIC, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=200,
        )  # fmt: skip


def test_buyer_in_a_browser_pays_cancels_and_chooses(tmp_path):
    stand_in = WithPassword()
    report = tmp_path / "report.json"

    done = called(
        stand_in, tmp_path, "run", "--seed", "1", "-k", "test_checkout_session_life",
        "--report", f"json={report}",
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)
