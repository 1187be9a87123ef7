"""The buyer's side of a session: signs in, chooses, and approves, cancels or is declined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pay_conformance.contract.model import Api
from pay_conformance.mock.calls import World
from pay_conformance.mock.records import Session, Wallet
from pay_conformance.mock.sessions import conclude, effect_of_card
from pay_conformance.mock.store import Merchant
from pay_conformance.mock.wallet import ADDRESS_MEMBERS, ADDRESSES, DEFAULT_CARD, address

PRODUCTS: Mapping[Api, tuple[str, ...]] = {
    "v1": ("PayAndShip", "PayOnly"),
    "v2": ("PayAndShip", "PayOnly", "PayAndShipMultiAddress"),
}
"""What the button can make of a session."""


class NotPossible(Exception):
    """The buyer can't do that now; the text says why."""


def act(
    world: World, merchant: Merchant, session: Session, action: str, given: Mapping[str, Any]
) -> str | None:
    """Let the buyer do something with a session; return where the browser goes next.

    Raises:
        NotPossible: if the session, or what the buyer did before, doesn't allow it.
    """
    acts: dict[str, Callable[[], str | None]] = {
        "signIn": lambda: _sign_in(merchant, session, given),
        "selectAddress": lambda: _select_address(session, given),
        "selectPayment": lambda: _select_payment(world, session, given),
        "approve": lambda: _approve(world, merchant, session),
        "cancel": lambda: _leave(world, merchant, session, "buyer cancels"),
        "decline": lambda: _leave(world, merchant, session, "payment is declined"),
    }
    if action not in acts:
        raise NotPossible(f"{action!r} is no action; use one of: {', '.join(acts)}")
    if session.state != "Open":
        raise NotPossible(f"the session is {session.state}, so the buyer can do nothing with it")
    if action not in ("signIn", "cancel") and session.wallet is None:
        raise NotPossible("the buyer has to sign in first")
    where = acts[action]()
    if session.state == "Open":
        session.updated = merchant.time.now()
    merchant.touch(session)
    return where


def returning(url: str | None, session: Session) -> str | None:
    """Return a URL of the shop with the session's id, as the browser comes back to it."""
    if url is None:
        return None
    parts = urlsplit(url)
    added = f"amazonCheckoutSessionId={session.id}"
    query = f"{parts.query}&{added}" if parts.query else added
    return urlunsplit(parts._replace(query=query))


def _sign_in(merchant: Merchant, session: Session, given: Mapping[str, Any]) -> str | None:
    """Sign in with the wallet's first address and card, which the buyer may change."""
    home = ADDRESSES[merchant.region]
    product = str(given.get("productType") or session.product or "PayAndShip")
    if product not in PRODUCTS[session.api]:
        known = ", ".join(PRODUCTS[session.api])
        raise NotPossible(f"{product!r} is no product type of {session.api}; use one of: {known}")
    session.product = product
    # The billing address is shared if the shop asked for it, and for goods that nobody ships; in
    # the EU it always is (documents).
    asked = "billingAddress" in (session.scopes or ())
    bills = asked or product == "PayOnly" or merchant.region == "eu"
    session.wallet = Wallet(
        merchant.buyer,
        str(given.get("card") or DEFAULT_CARD),
        shipping=None if product == "PayOnly" else home,
        billing=home if bills and session.api == "v2" else None,
    )
    return returning(session.review_url, session)


def _select_address(session: Session, given: Mapping[str, Any]) -> str | None:
    wallet = session.wallet
    if wallet is None or wallet.shipping is None:
        raise NotPossible("a PayOnly session has no shipping address")
    chosen = given.get("address") or wallet.shipping
    wrong = [
        name
        for name, value in chosen.items()
        if name not in ADDRESS_MEMBERS or not isinstance(value, str | None)
    ]
    if wrong:
        raise NotPossible(f"an address has no {wrong[0]} like that; {', '.join(ADDRESS_MEMBERS)}")
    session.wallet = replace(wallet, shipping=address(chosen))
    return returning(session.review_url, session)


def _select_payment(world: World, session: Session, given: Mapping[str, Any]) -> str | None:
    card = str(given.get("card") or DEFAULT_CARD)
    if card not in world.cards:
        raise NotPossible(f"the wallet has no card {card!r}; it has {', '.join(world.cards)}")
    if session.wallet is not None:
        session.wallet = replace(session.wallet, card=card)
    return returning(session.review_url, session)


def _approve(world: World, merchant: Merchant, session: Session) -> str | None:
    remaining = world.life.constraints.remaining(session)
    if remaining:
        names = ", ".join(rule.id for rule in remaining)
        raise NotPossible(f"the session still has constraints: {names}")
    card = world.cards.get(session.wallet.card) if session.wallet else None
    effect = card.effect if card else None
    if effect is not None and effect.object == session.object:
        world.life.simulate(merchant, session, effect)
    else:
        session.approved = True
        if _buyer_completes(world, session):
            guards = {"no constraint remains": lambda: not remaining}
            charged = effect_of_card(world, session)
            conclude(world, merchant, session, on="buyer approves", guards=guards, effect=charged)
    return returning(session.result_url, session)


def _buyer_completes(world: World, session: Session) -> bool:
    moves = world.life.moves.life(session).moves
    return any(move.on == "buyer approves" and session.api in move.api for move in moves)


def _leave(world: World, merchant: Merchant, session: Session, event: str) -> str | None:
    """Leave by cancelling or by a declined payment.

    From the hosted payment page the browser comes back to the result URL (documented for the card
    that cancels). Before that page the buyer leaves by the cancel URL, if the shop gave one.
    """
    ready = not world.life.constraints.remaining(session)
    if not world.life.on(merchant, session, event, {}):
        raise NotPossible(f"this contract has no move for {event!r}")
    url = session.result_url if ready else session.cancel_url or session.review_url
    return returning(url, session)
