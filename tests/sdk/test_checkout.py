"""Real SDKs, unmodified, walk a whole checkout through the mock over TLS, by Amazon's own names."""

from __future__ import annotations

from urllib.parse import urlsplit


def test_checkout_of_a_real_sdk_goes_from_create_to_close(checkout):
    assert checkout.walk.stopped == ""
    assert [stage.operation for stage in checkout.walk.stages] == [
        "createCheckoutSession",
        "getCheckoutSession",
        "updateCheckoutSession",
        "completeCheckoutSession",
        "getCharge",
        "captureCharge",
        "createRefund",
        "getRefund",
        "closeChargePermission",
        "getChargePermission",
    ]


def test_checkout_of_a_real_sdk_ends_closed(checkout):
    last = checkout.walk.stages[-1].given
    assert last.body["statusDetails"]["state"] == "Closed"


def test_checkout_of_a_real_sdk_goes_to_amazons_own_host_name(checkout):
    hosts = {urlsplit(exchange.request.url).hostname for exchange in checkout.walk.exchanges}
    assert hosts == {"pay-api.amazon.com"}


def test_checkout_of_a_real_sdk_puts_ten_requests_on_the_wire_that_keep_the_contract(checkout):
    assert len(checkout.walk.exchanges) == 10
    assert checkout.held
    assert checkout.findings == ()
