"""The example shop in a real browser: bought, declined, canceled, changed, signed in."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def choose(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name).check()


def to_review(page: Page, shop: str, place: str = "signed", card: str = "1111") -> None:
    page.goto(shop)
    page.locator(f"#{place}").get_by_role("button", name="Amazon Pay").click()
    press(page, "Sign in")
    choose(page, f"****{card}")
    press(page, "Continue")
    expect(page.get_by_role("heading", name="Review your order")).to_be_visible()


def test_purchase_with_a_signed_payload_is_paid(page: Page, shop: str) -> None:
    to_review(page, shop)
    expect(page.locator("#address")).to_contain_text("Chicago")
    expect(page.locator("#card")).to_have_text("Visa ****1111 (Amazon Pay)")
    press(page, "Buy now")
    expect(page.get_by_text("120.00 USD")).to_be_visible()
    press(page, "Pay")
    expect(page.get_by_text(re.compile(r"Order \d+ is paid"))).to_be_visible()


def test_purchase_with_a_session_of_the_server_is_paid(page: Page, shop: str) -> None:
    to_review(page, shop, place="created", card="4444")
    expect(page.locator("#card")).to_have_text("Mastercard ****4444 (Amazon Pay)")
    press(page, "Buy now")
    press(page, "Pay")
    expect(page.get_by_text(re.compile(r"Order \d+ is paid"))).to_be_visible()


def test_every_return_to_the_shop_carries_the_session(page: Page, shop: str) -> None:
    returns: list[str] = []
    page.on("framenavigated", lambda frame: returns.append(frame.url))
    to_review(page, shop)
    press(page, "Buy now")
    press(page, "Pay")
    expect(page.get_by_role("heading", name="Your order")).to_be_visible()
    form = r"\?(order=\d+&)?amazonCheckoutSessionId=[0-9a-f-]{36}$"
    assert any(re.fullmatch(rf"{shop}/review{form}", url) for url in returns)
    assert any(re.search(rf"/checkout/processing{form}", url) for url in returns)


def test_declined_payment_comes_back_as_declined(page: Page, shop: str) -> None:
    to_review(page, shop)
    press(page, "Buy now")
    press(page, "Let the payment be declined")
    expect(page.get_by_text(re.compile(r"is canceled\. Declined"))).to_be_visible()


def test_card_that_is_declined_is_declined_when_paying(page: Page, shop: str) -> None:
    to_review(page, shop, card="3434")
    press(page, "Buy now")
    press(page, "Pay")
    expect(page.get_by_text(re.compile(r"is canceled\. Declined"))).to_be_visible()


def test_cancel_on_the_processing_page_comes_back_as_canceled(page: Page, shop: str) -> None:
    to_review(page, shop)
    press(page, "Buy now")
    press(page, "Return to previous page")
    expect(page.get_by_text(re.compile(r"is canceled\. BuyerCanceled"))).to_be_visible()


def test_cancel_before_a_choice_goes_to_the_cancel_url(page: Page, shop: str) -> None:
    page.goto(shop)
    page.locator("#signed").get_by_role("button", name="Amazon Pay").click()
    press(page, "Cancel and return to Example Store")
    expect(page.get_by_role("heading", name="Your cart is still here")).to_be_visible()
    assert re.search(r"/canceled\?amazonCheckoutSessionId=[0-9a-f-]{36}$", page.url)


def test_changed_address_and_card_are_what_the_shop_reads(page: Page, shop: str) -> None:
    to_review(page, shop)
    press(page, "Change address")
    expect(page.get_by_role("group", name="Card")).to_have_count(0)
    choose(page, "Appleton")
    press(page, "Continue")
    expect(page.locator("#address")).to_contain_text("Appleton, WI, 54911")
    press(page, "Change card")
    expect(page.get_by_role("group", name="Shipping address")).to_have_count(0)
    choose(page, "****0005")
    press(page, "Continue")
    expect(page.locator("#card")).to_have_text("American Express ****0005 (Amazon Pay)")
    expect(page.locator("#address")).to_contain_text("Appleton")
    press(page, "Buy now")
    press(page, "Pay")
    expect(page.get_by_text(re.compile(r"Order \d+ is paid"))).to_be_visible()


def test_change_that_is_given_up_changes_nothing(page: Page, shop: str) -> None:
    to_review(page, shop)
    press(page, "Change address")
    choose(page, "Appleton")
    press(page, "Change nothing and return to Example Store")
    expect(page.locator("#address")).to_contain_text("Chicago")


def test_address_that_the_shop_does_not_deliver_to_cannot_be_chosen(page: Page, shop: str) -> None:
    page.goto(shop)
    page.locator("#signed").get_by_role("button", name="Amazon Pay").click()
    press(page, "Sign in")
    box = page.get_by_role("radio", name="PO Box 1234")
    expect(box).to_be_disabled()
    expect(box).to_have_accessible_description("The shop does not deliver to PO boxes.")
    expect(page.get_by_role("radio", name="Toronto")).to_be_disabled()
    expect(page.get_by_role("radio", name="Chicago")).to_be_checked()


def test_whole_purchase_needs_no_mouse(page: Page, shop: str) -> None:
    page.goto(shop)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("Sign in to go on"))).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Choose an address and a card")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Appleton")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Continue")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#address")).to_contain_text("Appleton")
    page.get_by_role("button", name="Buy now").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Pay Example Store")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"Order \d+ is paid"))).to_be_visible()


def test_buyer_is_asked_to_sign_in_again_only_after_signing_out(page: Page, shop: str) -> None:
    to_review(page, shop)
    page.goto(shop)
    page.locator("#signed").get_by_role("button", name="Amazon Pay").click()
    expect(page.get_by_role("heading", name="Choose an address and a card")).to_be_visible()
    press(page, "Continue")
    press(page, "Sign out of Amazon")
    page.wait_for_url(f"{shop}/")
    page.locator("#signed").get_by_role("button", name="Amazon Pay").click()
    expect(page.get_by_role("heading", name=re.compile("Sign in to go on"))).to_be_visible()


def test_sign_in_button_lets_the_shop_read_what_was_shared(page: Page, shop: str) -> None:
    page.goto(shop)
    press(page, "Sign in with Amazon")
    expect(page.get_by_role("listitem")).to_have_text(["name", "email"])
    press(page, "Sign in")
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    expect(page.get_by_text("Sample Buyer, buyer@example.com")).to_be_visible()
