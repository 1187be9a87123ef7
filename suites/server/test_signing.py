"""Signatures: what the ways are in which a request may be signed, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from pay_conformance.exchange import Request, as_headers
from pay_conformance.findings import Unmet
from pay_conformance.scenario import Answer, Call, Expect, Shop, Story, requirement
from pay_conformance.signing import (
    Algorithm,
    Refusal,
    Signer,
    load_private_key,
    new_private_pem,
    parse_authorization,
    pay_date,
    string_to_sign,
    verify,
)

Change = Callable[[Request], Request]


def sent(story: Story, shop: Shop, call: Call, change: Change) -> Answer:
    """Send a call with one thing changed after it was signed."""
    return story.send_request(change(story.signed(shop.merchant, call)), call)


def must_pass(answer: Answer) -> None:
    """End the story where the unchanged request does not pass: then a refusal proves nothing."""
    if not answer.succeeded:
        raise Unmet(f"the unchanged request does not pass: {answer.summary}")


def signed_as(shop: Shop, algorithm: str = Algorithm.PSS_V2, **headers: str) -> Change:
    """Return a change that signs a request anew; ``x_amz_pay_date`` names that header."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}

    def sign(request: Request) -> Request:
        merchant = shop.merchant
        signer = Signer(merchant.public_key_id, merchant.private_key, algorithm, merchant.region)
        again = signer.sign(request.method, request.url, request.body, given, now=merchant.now())
        return replace(request, headers=as_headers(again))

    return sign


def with_header(name: str, value: str | None) -> Change:
    """Return a change of one header, or its removal, that leaves the signature as it is."""

    def change(request: Request) -> Request:
        kept = [pair for pair in request.headers if pair[0].lower() != name]
        return replace(request, headers=as_headers([*kept, *([(name, value)] if value else [])]))

    return change


def reading(shop: Shop) -> Call:
    """Return a call that is easy to repeat: reading a session."""
    return shop.call("getCheckoutSession", shop.create_bare_session().id)


@requirement("SIG-ACC-001")
def test_signature_with_a_salt_of_20_is_accepted(story: Story, shop: Shop, expect: Expect) -> None:
    call = reading(shop)
    answer = sent(story, shop, call, signed_as(shop, Algorithm.PSS))
    expect(answer, "SIG-ACC-001").succeeds()


@requirement("SIG-ACC-002")
def test_signature_of_v2_is_accepted(story: Story, shop: Shop, expect: Expect) -> None:
    call = reading(shop)
    answer = sent(story, shop, call, signed_as(shop, Algorithm.PSS_V2))
    expect(answer, "SIG-ACC-002").succeeds()


@requirement("SIG-ACC-003")
def test_date_in_the_short_form_is_accepted(story: Story, shop: Shop, expect: Expect) -> None:
    call = reading(shop)
    date = pay_date(shop.merchant.now())
    expect(sent(story, shop, call, signed_as(shop, x_amz_pay_date=date)), "SIG-ACC-003").succeeds()


@requirement("SIG-ACC-004")
def test_date_in_the_long_form_is_accepted(story: Story, shop: Shop, expect: Expect) -> None:
    call = reading(shop)
    date = f"{shop.merchant.now():%Y-%m-%dT%H:%M:%SZ}"
    expect(sent(story, shop, call, signed_as(shop, x_amz_pay_date=date)), "SIG-ACC-004").succeeds()


@requirement("SIG-ACC-005")
def test_region_in_capitals_is_accepted(shop: Shop, expect: Expect) -> None:
    call = reading(shop).with_header("x-amz-pay-region", shop.merchant.region.upper())
    expect(shop.attempt.make(call), "SIG-ACC-005").succeeds()


@requirement("SIG-ACC-006")
def test_region_us_is_accepted(shop: Shop, expect: Expect) -> None:
    call = reading(shop).with_header("x-amz-pay-region", "us")
    expect(shop.attempt.make(call), "SIG-ACC-006").succeeds()


@requirement("SIG-ACC-007", "HDR-REQ-003")
def test_signed_header_of_ones_own_is_accepted(shop: Shop, expect: Expect) -> None:
    call = reading(shop)
    order = call.with_header("x-shop-order", "17")
    agent = call.with_header("user-agent", "shop/1.0 (odd; user agent)")
    expect(shop.attempt.make(order), "SIG-ACC-007").succeeds()
    expect(shop.attempt.make(agent), "HDR-REQ-003").succeeds()


@requirement("SIG-ACC-008")
def test_unsigned_header_of_ones_own_is_accepted(shop: Shop, expect: Expect) -> None:
    call = reading(shop).with_unsigned_header("x-amz-pay-sdk-type", "Shop")
    expect(shop.attempt.make(call), "SIG-ACC-008").succeeds()


@requirement("SIG-ACC-009")
def test_slash_at_the_end_is_accepted(shop: Shop, expect: Expect) -> None:
    call = reading(shop)
    expect(shop.attempt.make(call.at_path(call.path + "/")), "SIG-ACC-009").succeeds()


@requirement("SIG-ACC-010")
def test_path_with_the_environment_is_accepted(shop: Shop, expect: Expect) -> None:
    call = reading(shop)
    bare = call.path.removeprefix("/sandbox")
    expect(shop.attempt.make(call.at_path("/sandbox" + bare)), "SIG-ACC-010").succeeds()


@requirement("SIG-ACC-011", "HDR-REQ-001")
def test_headers_in_another_case_and_order_are_accepted(
    story: Story, shop: Shop, expect: Expect
) -> None:
    def turned(request: Request) -> Request:
        pairs = [(name.title(), value) for name, value in reversed(request.headers)]
        return replace(request, headers=as_headers(pairs))

    answer = sent(story, shop, reading(shop), turned)
    expect(answer, "SIG-ACC-011").succeeds()
    expect(answer, "HDR-REQ-001").succeeds()


@requirement("SIG-ACC-012")
def test_body_that_is_not_ascii_is_accepted(shop: Shop, expect: Expect) -> None:
    call = shop.updating_session(
        shop.create_bare_session(), merchantMetadata={"noteToBuyer": "größe ありがとう"}
    )
    expect(shop.attempt.make(call), "SIG-ACC-012").succeeds()


@requirement("HDR-REQ-002")
def test_get_with_a_content_type_is_accepted(shop: Shop, expect: Expect) -> None:
    call = reading(shop).with_header("content-type", "application/json")
    expect(shop.attempt.make(call), "HDR-REQ-002").succeeds()


@requirement("SIG-REF-001", "SIG-REF-006", "SIG-REF-014")
def test_other_body_than_was_signed_is_refused(story: Story, shop: Shop, expect: Expect) -> None:
    call = shop.creating_bare_session()
    good = story.signed(shop.merchant, call)
    bad = replace(good, body=good.body + b" ")
    answer = story.send_request(bad, call)
    again = story.send_request(good, call)
    must_pass(shop.attempt.make(shop.creating_bare_session()))
    expect(answer, "SIG-REF-001").refused(403, "InvalidRequestSignature")
    key = load_private_key(shop.merchant.private_key).public_key()
    ours = verify(bad, lambda _: key, shop.merchant.now())
    text = ours.string_to_sign if isinstance(ours, Refusal) else ""
    expect(answer, "SIG-REF-006").at("/message").contains(text.split("\n")[1])
    expect(again, "SIG-REF-014").status(201)


@requirement("SIG-REF-002")
def test_other_path_than_was_signed_is_refused(story: Story, shop: Shop, expect: Expect) -> None:
    call, other = reading(shop), reading(shop)
    answer = sent(
        story, shop, call, lambda request: replace(
            request, url=story.setting.target.base_url + other.path
        ),
    )  # fmt: skip
    must_pass(shop.attempt.make(other))
    expect(answer, "SIG-REF-002").refused(403, "InvalidRequestSignature")


@requirement("SIG-REF-003")
def test_other_header_than_was_signed_is_refused(story: Story, shop: Shop, expect: Expect) -> None:
    call = reading(shop)
    answer = sent(story, shop, call, with_header("accept", "application/json, text/plain"))
    must_pass(shop.attempt.make(call))
    expect(answer, "SIG-REF-003").refused(403, "InvalidRequestSignature")


@requirement("SIG-REF-004")
def test_signature_with_another_key_is_refused(story: Story, shop: Shop, expect: Expect) -> None:
    call = reading(shop)
    stranger = Shop(story, replace(shop.merchant, private_key=new_private_pem()))
    answer = sent(story, shop, call, signed_as(stranger))
    must_pass(shop.attempt.make(call))
    expect(answer, "SIG-REF-004").refused(403, "InvalidRequestSignature")


@requirement("SIG-REF-005")
def test_signature_with_the_other_salt_is_refused(story: Story, shop: Shop, expect: Expect) -> None:
    def salted(request: Request) -> Request:
        found = parse_authorization(request.header("authorization") or "")
        key = load_private_key(shop.merchant.private_key).public_key()
        seen = verify(request, lambda _: key, shop.merchant.now())
        signer = Signer(shop.merchant.public_key_id, shop.merchant.private_key, Algorithm.PSS)
        signature = signer.signature(string_to_sign(Algorithm.PSS_V2, seen.canonical))
        names = ";".join(found.signed_headers) if found else ""
        value = (
            f"{Algorithm.PSS_V2} PublicKeyId={shop.merchant.public_key_id}, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        return with_header("authorization", value)(request)

    call = reading(shop)
    answer = sent(story, shop, call, salted)
    must_pass(shop.attempt.make(call))
    expect(answer, "SIG-REF-005").refused(403, "InvalidRequestSignature")


@requirement("SIG-REF-007", "SIG-REF-008")
def test_date_in_the_future_is_refused(story: Story, shop: Shop, expect: Expect) -> None:
    call = reading(shop)
    date = pay_date(shop.merchant.now() + timedelta(hours=1))
    answer = sent(story, shop, call, signed_as(shop, x_amz_pay_date=date))
    must_pass(shop.attempt.make(call))
    expect(answer, "SIG-REF-007").refused(400, "InvalidHeaderValue")
    expect(answer, "SIG-REF-008").at("/message").contains(date)
    expect(answer, "SIG-REF-008").at("/message").contains("x-amz-pay-date")


@requirement("SIG-REF-009")
def test_date_that_is_none_is_refused(story: Story, shop: Shop, expect: Expect) -> None:
    call = reading(shop)
    answer = sent(story, shop, call, signed_as(shop, x_amz_pay_date="yesterday"))
    must_pass(shop.attempt.make(call))
    expect(answer, "SIG-REF-009").refused(400, "InvalidHeaderValue")


@requirement("SIG-REF-010")
def test_date_of_yesterday_is_refused(story: Story, shop: Shop, expect: Expect) -> None:
    call = reading(shop)
    date = pay_date(shop.merchant.now() - timedelta(days=1))
    answer = sent(story, shop, call, signed_as(shop, x_amz_pay_date=date))
    must_pass(shop.attempt.make(call))
    expect(answer, "SIG-REF-010").refused(400, "InvalidHeaderValue")


@requirement("SIG-REF-011")
def test_request_without_a_date_is_refused(story: Story, shop: Shop, expect: Expect) -> None:
    call = reading(shop)
    answer = sent(story, shop, call, with_header("x-amz-pay-date", None))
    must_pass(shop.attempt.make(call))
    expect(answer, "SIG-REF-011").refused(400, "MissingHeader", "MissingHeaderValue")


@requirement("SIG-REF-012")
def test_request_without_authorization_is_refused(story: Story, shop: Shop, expect: Expect) -> None:
    call = reading(shop)
    answer = sent(story, shop, call, with_header("authorization", None))
    must_pass(shop.attempt.make(call))
    expect(answer, "SIG-REF-012").status(400, 401, 403)


@requirement("SIG-REF-013")
def test_unknown_public_key_id_is_refused(story: Story, shop: Shop, expect: Expect) -> None:
    call = reading(shop)
    stranger = Shop(story, replace(shop.merchant, public_key_id=f"SANDBOX-{story.fresh_word(24)}"))
    answer = sent(story, shop, call, signed_as(stranger))
    must_pass(shop.attempt.make(call))
    expect(answer, "SIG-REF-013").refused(400, "InvalidHeaderValue")


@requirement("SIG-REF-015")
def test_idempotency_key_that_is_not_signed_is_refused(
    shop: Shop, expect: Expect, story: Story
) -> None:
    call = shop.creating_bare_session()
    bare = call.without_key().with_unsigned_header("x-amz-pay-idempotency-key", story.fresh_key())
    answer = shop.attempt.make(bare)
    must_pass(shop.attempt.make(call))
    expect(answer, "SIG-REF-015").status(400, 403)
