"""The life of a Checkout Session: how it begins, moves, and ends."""

from __future__ import annotations

from pay_conformance.scenario import Clock, Expect, Shop, requirement


@requirement("CS-LIFE-005", "CS-LIFE-006")
def test_session_left_alone_is_canceled_after_24_hours(
    shop: Shop, clock: Clock, expect: Expect
) -> None:
    session = shop.create_checkout_session()
    clock.advance(hours=24)
    late = shop.get_checkout_session(session)
    expect(late, "CS-LIFE-005").state("Canceled")
    expect(late, "CS-LIFE-006").reasons("Expired")
