"""What is wrong with a button is said plainly: on the page that it leads to, and in the console."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pay_conformance.signing import Signer, new_private_pem, sign_button

Site = Callable[[str], str]

SIMPLE = """<!DOCTYPE html><html lang="en"><title>Shop</title><div id="button"></div>
<script src="{script}"></script><script>{code}</script>"""


def payload(mock: dict[str, Any], **more: Any) -> str:
    urls = {"checkoutReviewReturnUrl": "http://127.0.0.1/review?name=Müller&x=1"}
    return json.dumps({"webCheckoutDetails": urls, "storeId": mock["storeId"], **more})


def config(mock: dict[str, Any], text: str, **changes: Any) -> dict[str, Any]:
    signer = Signer(mock["publicKeyId"], Path(mock["privateKeyFile"]).read_text())
    return {
        "payloadJSON": text,
        "signature": sign_button(text, signer),
        "publicKeyId": mock["publicKeyId"],
        "algorithm": "AMZN-PAY-RSASSA-PSS-V2",
        **changes,
    }


def options(mock: dict[str, Any], own: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "merchantId": mock["merchantId"],
        "ledgerCurrency": "USD",
        "placement": "Cart",
        "productType": "PayAndShip",
        "createCheckoutSessionConfig": own,
        **changes,
    }


def calling(mock: dict[str, Any], code: str, *values: Any) -> str:
    """Return a page that loads the script and runs a line, with %s for values."""
    texts = [json.dumps(value).replace("<", "\\u003c") for value in values]
    return SIMPLE.format(script=mock["checkoutScript"], code=code % tuple(texts))


def button(mock: dict[str, Any], given: dict[str, Any]) -> str:
    return calling(mock, "amazon.Pay.renderButton('#button', %s);", given)


def pressed(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Amazon Pay").click()


def test_signature_made_with_another_key_is_called_invalid(
    page: Page, mock: dict[str, Any], site: Site
) -> None:
    text = payload(mock)
    signer = Signer(mock["publicKeyId"], new_private_pem())
    own = config(mock, text, signature=sign_button(text, signer))
    pressed(page, site(button(mock, options(mock, own))))
    expect(page.get_by_text("InvalidSignatureError")).to_be_visible()
    expect(page.get_by_text(f"for merchant {mock['merchantId']}")).to_be_visible()
    expect(page.get_by_text("The signature fits neither another spelling")).to_be_visible()
    expect(page.locator("pre")).to_have_text(text)


def test_missing_algorithm_is_named(page: Page, mock: dict[str, Any], site: Site) -> None:
    own = config(mock, payload(mock), algorithm=None)
    pressed(page, site(button(mock, options(mock, own))))
    expect(page.get_by_text("InvalidSignatureError")).to_be_visible()
    expect(page.get_by_text("pass algorithm: 'AMZN-PAY-RSASSA-PSS-V2'")).to_be_visible()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (lambda text: text.replace('"', "&quot;"), "before its characters were escaped for HTML"),
        (lambda text: text.replace("/", "\\/"), "with its slashes not escaped"),
        (lambda text: f" {text}\n", "without the white space around it"),
        (
            lambda text: json.dumps(json.loads(text), separators=(",", ":")),
            "with spaces between its members",
        ),
    ],
)
def test_payload_that_was_changed_after_signing_is_told_from_a_wrong_key(
    page: Page, mock: dict[str, Any], site: Site, changed: Callable[[str], str], told: str
) -> None:
    own = config(mock, payload(mock))
    own["payloadJSON"] = changed(own["payloadJSON"])
    pressed(page, site(button(mock, options(mock, own))))
    expect(page.get_by_text("InvalidSignatureError")).to_be_visible()
    expect(page.get_by_text(f"The signature fits the payload {told}")).to_be_visible()


def test_wrong_signature_is_in_the_console_before_anybody_presses(
    page: Page, mock: dict[str, Any], site: Site
) -> None:
    own = config(mock, payload(mock), signature="bm9uc2Vuc2U=")
    with page.expect_console_message(lambda message: message.type == "error") as told:
        page.goto(site(button(mock, options(mock, own))))
    assert "InvalidSignatureError: Signature bm9uc2Vuc2U= does not match" in told.value.text


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        ({"$type": "x"}, "UnrecognizedField", "The field '$type' is invalid for this API."),
        (
            {"scopes": ["shoeSize"]},
            "InvalidParameterValue",
            "The value 'shoeSize' provided for the parameter",
        ),
        (
            {"storeId": None},
            "MissingParameterValue",
            "Value is missing for the required parameter storeId",
        ),
        (
            {"webCheckoutDetails": {"checkoutMode": "ProcessOrder"}},
            "MissingParameterValue",
            "Value is missing for the required parameter checkoutResultReturnUrl",
        ),
    ],
)
def test_payload_that_the_api_refuses_is_refused_in_its_words(
    page: Page, mock: dict[str, Any], site: Site, more: dict[str, Any], code: str, message: str
) -> None:
    own = config(mock, payload(mock, **more))
    pressed(page, site(button(mock, options(mock, own))))
    expect(page.get_by_text(code, exact=True)).to_be_visible()
    expect(page.get_by_text(message)).to_be_visible()


def test_payload_that_is_no_json_is_refused(page: Page, mock: dict[str, Any], site: Site) -> None:
    pressed(page, site(button(mock, options(mock, config(mock, "{'storeId': 1}")))))
    expect(page.get_by_text("InvalidRequestFormat")).to_be_visible()


def test_unknown_key_is_named(page: Page, mock: dict[str, Any], site: Site) -> None:
    own = config(mock, payload(mock), publicKeyId="SANDBOX-NOBODY")
    pressed(page, site(button(mock, options(mock, own))))
    expect(page.get_by_text("'SANDBOX-NOBODY' provided for the parameter")).to_be_visible()


def test_hostile_payload_is_shown_and_not_run(page: Page, mock: dict[str, Any], site: Site) -> None:
    hostile = "</pre><script>document.title='run'</script><img src=x onerror=alert(1)>"
    text = payload(mock, **{hostile: hostile})
    pressed(page, site(button(mock, options(mock, config(mock, text)))))
    expect(page.get_by_text("UnrecognizedField")).to_be_visible()
    expect(page.locator("pre")).to_have_text(text)
    expect(page.locator("script, img")).to_have_count(0)


def test_hostile_shop_name_order_and_note_are_shown_and_not_run(
    page: Page, mock: dict[str, Any], site: Site
) -> None:
    hostile = "<b>bold</b>\"'><script>x</script>"
    text = payload(
        mock,
        webCheckoutDetails={
            "checkoutMode": "ProcessOrder",
            "checkoutResultReturnUrl": "http://127.0.0.1/d?a='\"><script>",
        },
        merchantMetadata={"merchantStoreName": hostile},
        paymentDetails={
            "paymentIntent": "Confirm",
            "chargeAmount": {"amount": "1.00", "currencyCode": "USD"},
        },
    )
    own = config(mock, text)
    pressed(page, site(button(mock, options(mock, own, productType="PayOnly"))))
    expect(page.get_by_role("heading")).to_have_text(f"Sign in to go on with {hostile}")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name=f"Cancel and return to {hostile}")).to_be_visible()
    expect(page.locator("script, b")).to_have_count(0)


def test_order_that_is_processed_at_once_needs_no_review(
    page: Page, mock: dict[str, Any], site: Site
) -> None:
    done = site("")
    text = payload(
        mock,
        webCheckoutDetails={"checkoutMode": "ProcessOrder", "checkoutResultReturnUrl": done},
        addressDetails={"name": "Own Address", "addressLine1": "1 Street", "countryCode": "US"},
        paymentDetails={
            "paymentIntent": "Authorize",
            "chargeAmount": {"amount": "12.50", "currencyCode": "USD"},
        },
    )
    pressed(page, site(button(mock, options(mock, config(mock, text)))))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Own Address")).to_be_visible()
    expect(page.get_by_role("group", name="Shipping address")).to_have_count(0)
    page.get_by_role("button", name="Pay 12.50 USD").click()
    page.wait_for_url(f"{done}?amazonCheckoutSessionId=*")


def test_init_checkout_goes_there_at_once(page: Page, mock: dict[str, Any], site: Site) -> None:
    given = options(mock, config(mock, payload(mock)))
    page.goto(site(calling(mock, "amazon.Pay.initCheckout(%s);", given)))
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_decoupled_button_starts_when_the_shop_says(
    page: Page, mock: dict[str, Any], site: Site
) -> None:
    given = options(mock, {})
    del given["createCheckoutSessionConfig"]
    code = (
        "const button = amazon.Pay.renderButton('#button', %s);"
        "button.onClick(() => button.initCheckout({createCheckoutSessionConfig: %s}));"
    )
    pressed(page, site(calling(mock, code, given, config(mock, payload(mock)))))
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            "amazon.Pay.renderButton('#button', {ledgerCurrency: 'USD', placement: 'Cart'})",
            "amazon.Pay.renderButton: merchantId is missing",
        ),
        (
            "amazon.Pay.initCheckout({merchantId: 'A', ledgerCurrency: 'XYZ', placement: 'Cart'})",
            'amazon.Pay.initCheckout: ledgerCurrency "XYZ" is none of USD, EUR, GBP, JPY',
        ),
        (
            "amazon.Pay.bindChangeAction('#button', {changeAction: 'changeAddress'})",
            "amazon.Pay.bindChangeAction: amazonCheckoutSessionId is missing",
        ),
        (
            "amazon.Pay.bindChangeAction('a', {amazonCheckoutSessionId: 1, changeAction: 'shoes'})",
            'changeAction "shoes" is none of changeAddress, changePayment',
        ),
    ],
)
def test_wrong_call_is_thrown_where_it_was_made(
    page: Page, mock: dict[str, Any], site: Site, code: str, told: str
) -> None:
    with page.expect_event("pageerror") as thrown:
        page.goto(site(SIMPLE.format(script=mock["checkoutScript"], code=code)))
    assert told in str(thrown.value)


def test_place_that_the_page_does_not_have_is_named(
    page: Page, mock: dict[str, Any], site: Site
) -> None:
    code = "amazon.Pay.renderButton('#absent', %s);"
    with page.expect_event("pageerror") as thrown:
        page.goto(site(calling(mock, code, options(mock, {}))))
    assert "amazon.Pay.renderButton: nothing on this page is #absent" in str(thrown.value)
