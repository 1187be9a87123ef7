"""A shop that was not changed at all: the browser finds the mock under Amazon's host names."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import Playwright, expect

from tests.browser.places import launched, selling, serving

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
