"""A shop that was not changed at all: the browser finds the mock under Amazon's host names."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Playwright, expect

from tests.browser.places import launched, selling, serving
from tests.gateway.command import gateway

SCRIPT = "https://static-na.payments-amazon.com/checkout.js"


def test_purchase_goes_through_amazons_own_addresses(playwright: Playwright) -> None:
    with (
        serving("--tls") as mock,
        selling(mock, {"AMAZON_PAY_SCRIPT": SCRIPT, "SSL_CERT_FILE": mock["caFile"]}) as shop,
        launched(
            playwright,
            f"--host-resolver-rules=MAP *amazon.com {urlsplit(mock['url']).netloc}",
            "--ignore-certificate-errors",
        ) as browser,
    ):
        page = browser.new_page()
        page.goto(shop)
        page.locator("#signed").get_by_role("button", name="Amazon Pay").click()
        page.wait_for_url("https://static-na.payments-amazon.com/checkout/signin?*")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Buy now").click()
        page.wait_for_url("https://apay-us.amazon.com/checkout/processing?*")
        page.get_by_role("button", name="Pay", exact=True).click()
        expect(page.get_by_text(re.compile(r"Order \d+ is paid"))).to_be_visible()


def test_browser_test_of_a_shop_runs_unchanged_under_the_gateway(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "tests.browser.own_buyer"]
    called = gateway(tmp_path, ["--own-buyer", "--via", "namespace"], program)
    assert (called.code, called.findings) == (0, set()), called.err
    assert re.fullmatch(r"Order \d+ is paid.*\n", called.out)
    assert called.verdict("INT-AMT-001")[0] == "passed"


def test_amazons_pages_are_left_alone_unless_the_buyer_is_ones_own(tmp_path: Path) -> None:
    fetch = ["curl", "-sSk", SCRIPT]
    own = gateway(tmp_path, ["--own-buyer", "--strict"], fetch)
    assert own.out.startswith("// Draws Amazon Pay buttons")
    played = gateway(tmp_path, ["--strict", "--via", "environment"], fetch)
    assert "Draws" not in played.out
    assert "static-na.payments-amazon.com, 1 times" in played.err
