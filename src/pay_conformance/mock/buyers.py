"""Buyers: what a sign-in shared, for a day."""

from __future__ import annotations

from collections.abc import Iterable

from pay_conformance.mock import render_v2
from pay_conformance.mock.bounds import MOST_SIGN_INS, Full
from pay_conformance.mock.calls import Answer, Call
from pay_conformance.mock.records import Token, Wallet
from pay_conformance.mock.refusals import Refused
from pay_conformance.mock.store import Merchant
from pay_conformance.mock.wallet import ADDRESSES, DEFAULT_CARD

TOKEN_LASTS = 24 * 60 * 60
"""Seconds that a buyer token opens the buyer's details (remark in an official SDK)."""


def read(call: Call) -> Answer:
    """Get Buyer. A token that is unknown or has expired is not found."""
    token = call.merchant.tokens.get(call.parameters["buyerToken"])
    if token is None or call.now >= token.created + TOKEN_LASTS:
        raise Refused("ResourceNotFound")
    return call.operation.success, render_v2.buyer(token)


def share(merchant: Merchant, now: int, scopes: Iterable[str]) -> Token:
    """Let the buyer sign in and share what ``scopes`` name; return the token that opens it.

    Raises:
        Full: if there are as many tokens as are kept, and all of them are still good.
    """
    if len(merchant.tokens) >= MOST_SIGN_INS:
        _forget_expired(merchant, now)
    if len(merchant.tokens) >= MOST_SIGN_INS:
        raise Full(f"buyers have signed in {MOST_SIGN_INS} times in a day; let a day pass")
    home = ADDRESSES[merchant.region]
    token = Token(
        # Real tokens begin like this, and need escaping in a path.
        f"Atza|{merchant.ids.token(40)}",
        now,
        frozenset(scopes),
        Wallet(merchant.buyer, DEFAULT_CARD, shipping=home, billing=home),
    )
    merchant.tokens[token.token] = token
    merchant.touched["token", token.token] = None
    return token


def _forget_expired(merchant: Merchant, now: int) -> None:
    """Forget the tokens that open nothing any more."""
    for name, token in tuple(merchant.tokens.items()):
        if now >= token.created + TOKEN_LASTS:
            del merchant.tokens[name]
            merchant.touched["token", name] = None
