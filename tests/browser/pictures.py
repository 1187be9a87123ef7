"""Takes the pictures of ``docs/images``: ``python -m tests.browser.pictures`` in the work tree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.places import launched, selling, serving

IMAGES = Path(__file__).parents[2] / "docs" / "images"
DESK = {"width": 720, "height": 480}
PHONE = {"width": 360, "height": 640}

BY_NIGHT = {"change-address", "processing"}

PRESS_WITH_CHANGED_PAYLOAD = """() => {
  const own = JSON.parse(document.getElementById("options").textContent).signed;
  const config = own.createCheckoutSessionConfig;
  config.payloadJSON = config.payloadJSON.replaceAll("/", "\\\\/");
  amazon.Pay.initCheckout(own);
}"""


def tour(page: Page, shop: str) -> Iterator[str]:
    """Go through every hosted page; give the name of each when it is shown."""
    page.goto(shop)
    page.locator("#signed").get_by_role("button", name="Amazon Pay").click()
    page.get_by_role("button", name="Sign in").wait_for()
    yield "sign-in"
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("group", name="Card").wait_for()
    yield "address-and-card"
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Change address").click()
    page.get_by_role("heading", name="Choose another address").wait_for()
    yield "change-address"
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Buy now").click()
    page.get_by_role("button", name="Pay", exact=True).wait_for()
    yield "processing"
    page.goto(shop)
    page.evaluate(PRESS_WITH_CHANGED_PAYLOAD)
    page.get_by_text("InvalidSignatureError").wait_for()
    yield "wrong-signature"


def main() -> None:
    """Take every page on a desk by day, and some on a phone by night."""
    IMAGES.mkdir(exist_ok=True)
    with (
        serving("--buyer-pages") as mock,
        selling(mock) as shop,
        sync_playwright() as tools,
        launched(tools) as browser,
    ):
        with browser.new_context(viewport=DESK, color_scheme="light") as context:
            page = context.new_page()
            for name in tour(page, shop):
                page.screenshot(path=IMAGES / f"{name}.png", full_page=True)
        with browser.new_context(viewport=PHONE, color_scheme="dark") as context:
            page = context.new_page()
            for name in tour(page, shop):
                if name in BY_NIGHT:
                    page.screenshot(path=IMAGES / f"{name}-phone.png", full_page=True)


if __name__ == "__main__":
    main()
