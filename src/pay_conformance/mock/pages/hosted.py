"""The hosted pages: what a browser gets under /checkout, and what its forms do."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from pay_conformance.exchange import Request, Response
from pay_conformance.mock.admission import LARGEST_BODY
from pay_conformance.mock.bounds import Full
from pay_conformance.mock.buyer_acts import PRODUCTS, NotPossible, act, returning
from pay_conformance.mock.buyers import share
from pay_conformance.mock.calls import World
from pay_conformance.mock.merchants import Merchants
from pay_conformance.mock.pages import views
from pay_conformance.mock.pages.address_book import addresses, lines, refused
from pay_conformance.mock.pages.button import (
    Button,
    is_url,
    judged,
    owner_of,
    read_button,
    session_of,
    sign_in_of,
    told,
)
from pay_conformance.mock.pages.problems import Wrong
from pay_conformance.mock.records import Address, Session
from pay_conformance.mock.refusals import Refused
from pay_conformance.mock.store import Merchant
from pay_conformance.mock.wallet import DEFAULT_CARD, address

PREFIX = "/checkout/"
SESSION = "amazonCheckoutSessionId"
_SIGNED_IN = "pay-mock-buyer=signed-in"
_SIGN_IN_COOKIE = f"{_SIGNED_IN}; Path=/checkout; HttpOnly; SameSite=Lax"
_SIGN_OUT_COOKIE = "pay-mock-buyer=; Path=/checkout; HttpOnly; SameSite=Lax; Max-Age=0"
_FROM_SHOPS = frozenset({"/checkout/start", "/checkout/verify", "/checkout/signout"})
_OUTCOMES = {"pay": "approve", "decline": "decline", "cancel": "cancel"}
_CHANGES = ("changeAddress", "changePayment")

Form = Mapping[str, str]
Serve = Callable[[Form, Request], Response]


class HostedPages:
    """Serves the buyer's pages. Everything they do is an act that the control API has, too.

    ``script_path`` is where ``checkout.js`` is served.
    """

    def __init__(
        self, world: World, merchants: Merchants, script_path: str = "/checkout.js"
    ) -> None:
        self._world = world
        self._merchants = merchants
        self.script_path = script_path
        self._routes: dict[tuple[str, str], Serve] = {
            ("GET", script_path): lambda *_: views.asset("checkout.js", "text/javascript"),
            ("GET", "/checkout/style.css"): lambda *_: views.asset("style.css", "text/css"),
            ("POST", "/checkout/start"): self._start,
            ("POST", "/checkout/verify"): self._verify,
            ("GET", "/checkout/signin"): self._show_sign_in,
            ("POST", "/checkout/signin"): self._sign_in,
            ("POST", "/checkout/share"): self._share,
            ("POST", "/checkout/signout"): lambda *_: views.nothing(cookie=_SIGN_OUT_COOKIE),
            ("GET", "/checkout/select"): self._show_choice,
            ("POST", "/checkout/select"): self._choose,
            ("POST", "/checkout/leave"): self._leave,
            ("GET", "/checkout/processing"): self._show_processing,
            ("POST", "/checkout/processing"): self._process,
        }

    def serves(self, path: str) -> bool:
        """Say whether a path is one of a page, or of the script."""
        return path == self.script_path or path.startswith(PREFIX)

    def handle(self, request: Request) -> Response:
        """Return the page, or what follows a form; whatever is wrong is a page, too."""
        form: Form = {}
        try:
            form = _form(request)
            serve = self._routes.get((request.method, request.path))
            if serve is None:
                known = any(path == request.path for _, path in self._routes)
                code = "UnsupportedOperation" if known else "ResourceNotFound"
                raise Refused(code, method=request.method, path=request.path)
            if request.method == "POST" and request.path not in _FROM_SHOPS:
                _must_be_ours(request)
            return serve(form, request)
        except Wrong as wrong:
            return views.problem(wrong, session=form.get(SESSION, ""))
        except Refused as refusal:
            refusal.fields.setdefault("path", request.path)
            told_so = told(self._world, refusal, None)
            return views.problem(told_so, session=form.get(SESSION, ""))

    # The button --------------------------------------------------------------------------------

    def _start(self, form: Form, request: Request) -> Response:
        """Begin: a button was pressed on a page of the shop."""
        if SESSION in form:
            merchant, session = self._find(form)
            product = form.get("productType") or "PayAndShip"
            if product not in PRODUCTS[session.api]:
                raise Refused("InvalidParameterValue", parameter="productType", value=product[:64])
            if session.wallet is None:
                session.product = product
                merchant.touch(session)
            return self._enter(session.id, request)
        button = read_button(form)
        with _Telling(self._world, button):
            merchant = owner_of(button, self._merchants)
            self._world.life.now(merchant)
            if button.product == "SignIn":
                return self._ask_to_share(merchant, button)
            session, body = session_of(self._world, merchant, button)
        if body.get("addressDetails"):
            details = dict(body["addressDetails"])
            merchant.deliveries[session.id] = address(
                {**details, "county": details.get("districtOrCounty")}
            )
            merchant.touched["delivery-address", session.id] = None
        return self._enter(session.id, request)

    def _verify(self, form: Form, request: Request) -> Response:
        """Tell the script what is wrong with a button before anybody presses it."""
        try:
            button = read_button(form)
            owner_of(button, self._merchants)
            if button.product == "SignIn":
                sign_in_of(button)
            else:
                judged(self._world, button)
        except Wrong as wrong:
            return _verdict(wrong)
        except Refused as refusal:
            return _verdict(told(self._world, refusal, None))
        return _verdict(None)

    def _enter(self, session: str, request: Request) -> Response:
        page = "select" if _SIGNED_IN in (request.header("cookie") or "") else "signin"
        return views.on_to(f"{PREFIX}{page}?{urlencode({SESSION: session})}")

    # Signing in --------------------------------------------------------------------------------

    def _show_sign_in(self, form: Form, request: Request) -> Response:
        merchant, session = self._open(form)
        return views.page(
            "signin",
            shop=_shop(merchant, session),
            buyer=merchant.buyer,
            action="/checkout/signin",
            hidden={SESSION: session.id},
            shares=(),
            leaves=True,
            cancel_url="",
        )

    def _sign_in(self, form: Form, request: Request) -> Response:
        _, session = self._open(form)
        where = f"/checkout/select?{urlencode({SESSION: session.id})}"
        return views.on_to(where, cookie=_SIGN_IN_COOKIE)

    def _ask_to_share(self, merchant: Merchant, button: Button) -> Response:
        asked = sign_in_of(button)
        hidden = {
            "payloadJSON": button.payload,
            "signature": button.signature,
            "publicKeyId": button.key_id,
            "algorithm": button.algorithm,
            "productType": button.product,
        }
        return views.page(
            "signin",
            shop=merchant.store_name,
            buyer=merchant.buyer,
            action="/checkout/share",
            hidden=hidden,
            shares=asked.scopes,
            leaves=False,
            cancel_url=asked.cancel_url,
        )

    def _share(self, form: Form, request: Request) -> Response:
        button = read_button(form)
        with _Telling(self._world, button):
            merchant = owner_of(button, self._merchants)
            asked = sign_in_of(button)
        try:
            token = share(merchant, self._world.life.now(merchant), asked.scopes)
        except Full as full:
            raise Wrong(429, "TooManyRequests", str(full)) from None
        mark = "&" if "?" in asked.return_url else "?"
        where = f"{asked.return_url}{mark}{urlencode({'buyerToken': token.token})}"
        response = views.back_to(where, merchant.store_name)
        return Response(
            response.status, (*response.headers, ("set-cookie", _SIGN_IN_COOKIE)), response.body
        )

    # Address and card --------------------------------------------------------------------------

    def _show_choice(self, form: Form, request: Request) -> Response:
        merchant, session = self._open(form)
        change = form.get("changeAction", "")
        if change and change not in _CHANGES:
            raise Refused("InvalidParameterValue", parameter="changeAction", value=change[:64])
        wallet = session.wallet
        now = wallet.shipping if wallet else None
        places = self._places(merchant, session) if change != "changePayment" else ()
        return views.page(
            "select",
            shop=_shop(merchant, session),
            session=session.id,
            change=change,
            places=_choices(places, session, now),
            delivery=lines(merchant.deliveries[session.id])
            if session.id in merchant.deliveries
            else (),
            cards=tuple(self._world.cards.values()) if change != "changeAddress" else (),
            card=wallet.card if wallet else DEFAULT_CARD,
            pays=session.review_url is None,
            amount=session.amount,
        )

    def _choose(self, form: Form, request: Request) -> Response:
        merchant, session = self._open(form)
        card = form.get("card", "")
        if card and card not in self._world.cards:
            raise Refused("InvalidParameterValue", parameter="card", value=card[:64])
        chosen = self._chosen(merchant, session, form)
        if session.wallet is None:
            self._act(merchant, session, "signIn", card=card or DEFAULT_CARD)
        elif card:
            self._act(merchant, session, "selectPayment", card=card)
        if chosen is not None:
            self._act(merchant, session, "selectAddress", address=chosen)
        if session.review_url is None:
            where = self._act(merchant, session, "approve")
        else:
            where = returning(session.review_url, session)
        return _leave_for(where, merchant, session)

    def _chosen(self, merchant: Merchant, session: Session, form: Form) -> Address | None:
        """Return the address that a form names, or the one that the shop gave."""
        if session.product == "PayOnly":
            return None
        if session.id in merchant.deliveries:
            return merchant.deliveries[session.id]
        if "address" not in form:
            return None
        places = self._places(merchant, session)
        number = form["address"]
        if not number.isdecimal() or int(number) >= len(places):
            raise Refused("InvalidParameterValue", parameter="address", value=number[:64])
        chosen = places[int(number)]
        why = refused(session.delivery, chosen)
        if why:
            wrong = told(
                self._world,
                Refused("InvalidParameterValue", parameter="address", value=number),
                None,
            )
            raise Wrong(wrong.status, wrong.code, wrong.message, (why,))
        return chosen

    def _places(self, merchant: Merchant, session: Session) -> tuple[Address, ...]:
        """Return the addresses to choose from; what the buyer has now may be one more."""
        if session.product == "PayOnly" or session.id in merchant.deliveries:
            return ()
        book = addresses(merchant.region)
        current = session.wallet.shipping if session.wallet else None
        return book if current is None or current in book else (*book, current)

    # Paying ------------------------------------------------------------------------------------

    def _show_processing(self, form: Form, request: Request) -> Response:
        merchant, session = self._find(form)
        if session.state != "Open" or session.approved:
            return _leave_for(returning(session.result_url, session), merchant, session)
        wallet = session.wallet
        if wallet is None:
            raise self._not_now(session, "The buyer has to sign in first.")
        remaining = self._world.life.constraints.remaining(session)
        if remaining:
            names = ", ".join(rule.id for rule in remaining)
            raise self._not_now(session, f"The session still has constraints: {names}.")
        return views.page(
            "processing",
            shop=_shop(merchant, session),
            session=session.id,
            amount=session.amount,
            recurring=session.kind == "Recurring",
            card=self._world.cards[wallet.card],
            delivery=lines(wallet.shipping) if wallet.shipping else (),
            reference=session.metadata[0] or "",
            note=session.metadata[2] or "",
        )

    def _process(self, form: Form, request: Request) -> Response:
        merchant, session = self._open(form)
        outcome = form.get("outcome", "")
        if outcome not in _OUTCOMES:
            raise Refused("InvalidParameterValue", parameter="outcome", value=outcome[:64])
        where = self._act(merchant, session, _OUTCOMES[outcome])
        return _leave_for(where, merchant, session)

    def _leave(self, form: Form, request: Request) -> Response:
        """Go back to the shop: a change is given up, anything else is canceled."""
        merchant, session = self._open(form)
        if form.get("changeAction"):
            where = returning(session.review_url, session)
        else:
            where = self._act(merchant, session, "cancel")
        return _leave_for(where, merchant, session)

    # What all of them need ---------------------------------------------------------------------

    def _find(self, form: Form) -> tuple[Merchant, Session]:
        """Return the session that a visit is about.

        Raises:
            Refused: ``ResourceNotFound`` if no merchant has it.
        """
        key = form.get(SESSION, "")
        for merchant in self._merchants.by_key.values():
            if key in merchant.sessions:
                self._world.life.now(merchant)
                return merchant, merchant.session(key)
        raise Refused("ResourceNotFound")

    def _open(self, form: Form) -> tuple[Merchant, Session]:
        merchant, session = self._find(form)
        if session.state != "Open":
            reason = f" ({session.reason})" if session.reason else ""
            raise self._not_now(session, f"The session is {session.state}{reason}.")
        return merchant, session

    def _act(self, merchant: Merchant, session: Session, action: str, **given: Any) -> str | None:
        try:
            return act(self._world, merchant, session, action, given)
        except NotPossible as problem:
            raise self._not_now(session, f"{problem}.") from None

    def _not_now(self, session: Session, why: str) -> Wrong:
        wrong = told(self._world, Refused("InvalidCheckoutSessionStatus"), None)
        return Wrong(wrong.status, wrong.code, wrong.message, (why,))


class _Telling:
    """Gives a refusal the payload of the button that it is about."""

    def __init__(self, world: World, button: Button) -> None:
        self._world = world
        self._button = button

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        if isinstance(problem, Refused):
            raise told(self._world, problem, self._button) from None


def _verdict(wrong: Wrong | None) -> Response:
    """Return what the script reads, from any shop's page."""
    answer = wrong and {"code": wrong.code, "message": wrong.message, "hints": wrong.hints}
    headers = (("content-type", "application/json"), ("access-control-allow-origin", "*"))
    return Response(200, headers, json.dumps({"wrong": answer}).encode())


def _form(request: Request) -> Form:
    """Return the fields of a form or of a query; of one that is repeated, the last.

    Raises:
        Refused: ``InvalidRequest`` if there are too many, or too much.
    """
    if len(request.body) > LARGEST_BODY:
        raise Refused("InvalidRequest")
    raw = request.body.decode("utf-8", "replace") if request.method == "POST" else request.query
    try:
        return dict(parse_qsl(raw, keep_blank_values=True, max_num_fields=50))
    except ValueError:
        raise Refused("InvalidRequest") from None


def _must_be_ours(request: Request) -> None:
    """Refuse a form that a page of somebody else sent in the buyer's name."""
    if (request.header("sec-fetch-site") or "none") not in ("same-origin", "none"):
        raise Wrong(403, "UnauthorizedAccess", "This form was sent from another site's page.")


def _leave_for(url: str | None, merchant: Merchant, session: Session) -> Response:
    """Send the buyer back to the shop, if it said where."""
    if not is_url(url) or url is None:
        return views.page("nowhere", shop=_shop(merchant, session), state=session.state)
    return views.back_to(url, _shop(merchant, session))


def _shop(merchant: Merchant, session: Session) -> str:
    return session.metadata[1] or merchant.store_name


def _choices(
    places: tuple[Address, ...], session: Session, now: Address | None
) -> tuple[dict[str, Any], ...]:
    """Return what the page shows of each address; the one that is chosen can always be taken."""
    reasons = [refused(session.delivery, place) for place in places]
    free = [number for number, why in enumerate(reasons) if not why]
    current = [number for number in free if places[number] == now]
    chosen = (current or free or [-1])[0]
    return tuple(
        {"number": number, "lines": lines(place), "why": why, "chosen": number == chosen}
        for number, (place, why) in enumerate(zip(places, reasons, strict=True))
    )
