"""What a vendor has: a shop and a browser test of it, neither of which knows of anything here.

Run under ``pay-conformance gateway --own-buyer``; it prints what the shop says at the end.
"""

from __future__ import annotations

import re
import sys

from playwright.sync_api import sync_playwright

from tests.browser.places import launched, started

SHOP = [sys.executable, "-m", "examples.shop.storefront", "--port", "0"]


def main() -> None:
    """Buy something."""
    with (
        started(SHOP) as shop,
        sync_playwright() as tools,
        launched(tools, "--ignore-certificate-errors") as browser,
    ):
        page = browser.new_page()
        page.goto(shop)
        page.locator("#signed").get_by_role("button", name="Amazon Pay").click()
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Buy now").click()
        page.get_by_role("button", name="Pay", exact=True).click()
        print(page.get_by_text(re.compile(r"Order \d+ is paid")).inner_text())


if __name__ == "__main__":
    main()
