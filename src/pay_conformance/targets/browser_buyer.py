"""A target whose buyer is played in a browser, in the place of a control API that it lacks."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import httpx

from pay_conformance.exchange import Request, Response, as_headers
from pay_conformance.findings import Unmet
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.signing import Signer
from pay_conformance.targets.browser import SHOP, Browser, Ended, SignIn, SignInRefused
from pay_conformance.targets.buyer_pages import Aim
from pay_conformance.targets.control import ControlClient
from pay_conformance.targets.merchant import Merchant
from pay_conformance.targets.sandbox_only import names_environment
from pay_conformance.targets.target import NoAnswer, Target

EMAIL = "AMAZON_PAY_BUYER_EMAIL"
PASSWORD = "AMAZON_PAY_BUYER_PASSWORD"  # noqa: S105 - the name of a variable
MERCHANT = "AMAZON_PAY_MERCHANT_ID"
PLAYWRIGHT = "playwright"

_ACT = re.compile(r"/merchants/[^/]+/checkoutSessions/([^/]+)/buyer")
_CREATED = re.compile(r"(.*/v[0-9]+/checkoutSessions)/?")
_LEDGER = {"na": "USD", "eu": "EUR", "jp": "JPY"}
_USUAL_CARD = "1111"
_AIMS: Mapping[str, Aim] = {"approve": "approve", "cancel": "cancel", "decline": "decline"}


class WithBrowser:
    """``target``, with a buyer who uses a browser.

    What the buyer does is asked of it in the words of the control API, so it is recorded and
    replayed like everything else. What a browser can't do raises Unmet, and so is not tested.

    Raises:
        ConfigurationProblem: if a variable is not set, or there is no browser.
    """

    def __init__(self, target: Target, environment: Mapping[str, str] = os.environ) -> None:
        wanted = (EMAIL, PASSWORD, MERCHANT)
        given = {name: environment.get(name, "").strip() for name in wanted}
        missing = [name for name, text in given.items() if not text]
        if missing:
            raise ConfigurationProblem(
                f"--buyer {PLAYWRIGHT} needs {', '.join(missing)}",
                "set the e-mail address and password of a buyer of the sandbox, and the id of the "
                "merchant",
            )
        self._target = target
        self._merchant_id = given[MERCHANT]
        self.name = target.name
        self.base_url = target.base_url
        self.capabilities = target.capabilities | {"buyer"}
        self.options = (*target.options, "--buyer", PLAYWRIGHT)
        self.control = ControlClient(self._act)
        self._collections: dict[str, str] = {}
        self._cards: dict[str, str] = {}
        buyer = SignIn(given[EMAIL], given[PASSWORD])
        self._browser = Browser(buyer, environment)

    def merchant(self, region: str | None = None) -> Merchant:
        """Return a merchant of the target."""
        return self._target.merchant(region)

    def send(self, request: Request) -> Response:
        """Send one request, and note the session that it creates."""
        response = self._target.send(request)
        created = _CREATED.fullmatch(request.url.split("?")[0])
        if request.method == "POST" and created and response.status in (200, 201):
            session = _object(response).get("checkoutSessionId")
            if isinstance(session, str):
                self._collections[session] = created[1]
        return response

    def transport(self) -> httpx.BaseTransport:
        """Return the target's own transport."""
        return self._target.transport()

    def close(self) -> None:
        """Close the browser, then the target."""
        try:
            self._browser.close()
        finally:
            self._target.close()

    def try_out(self) -> None:
        """Let the buyer come to the review page of one session, before there is a suite to run.

        Raises:
            ConfigurationProblem: if the buyer does not get there.
        """
        own = self.merchant()
        bare = names_environment(own.public_key_id)
        url = f"{self.base_url}{'' if bare else '/sandbox'}/v2/checkoutSessions"
        urls = {"checkoutReviewReturnUrl": f"{SHOP}review"}
        body = {"webCheckoutDetails": urls, "storeId": own.store_id}
        try:
            answer = self._call("POST", url, json.dumps(body).encode(), key=os.urandom(16).hex())
            session = str(_object(answer).get("checkoutSessionId", ""))
            if not session:
                raise ConfigurationProblem(
                    f"no session could be made to try the buyer out: {answer.status}",
                    f"check the credentials, or leave out --buyer {PLAYWRIGHT}",
                )
            self._sign_in(session, {})
        except SignInRefused as refused:
            raise ConfigurationProblem(str(refused), f"check {EMAIL} and {PASSWORD}") from None
        except (Unmet, NoAnswer) as error:
            raise ConfigurationProblem(
                f"the buyer does not get to the review page: {error}",
                "mend buyer_pages.yaml (docs/sandbox.md says how), or leave out "
                f"--buyer {PLAYWRIGHT}",
            ) from error

    def _act(self, request: Request) -> Response:
        """Do in the browser what the control API is asked for."""
        asked = json.loads(request.body or b"{}")
        act = _ACT.fullmatch(request.url)
        action = str(asked.get("action", ""))
        if request.method != "POST" or act is None:
            what = asked.get("event") or f"{request.method} {request.url.rsplit('/', 1)[-1]}"
            raise Unmet(f"a buyer in a browser can't do that: {what}")
        session = unquote(act[1])
        if action == "signIn":
            where = self._sign_in(session, asked)
        elif action in ("selectAddress", "selectPayment"):
            where = self._choose(session, asked)
        elif action in _AIMS:
            where = self._decide(session, _AIMS[action])
        else:
            raise Unmet(f"a buyer in a browser can't do that: {action}")
        body = json.dumps({"redirect": where}).encode()
        return Response(200, as_headers([("content-type", "application/json")]), body)

    def _sign_in(self, session: str, asked: Mapping[str, Any]) -> str:
        """Press the button and come back with the usual choice, once for a session."""
        if session in self._cards:
            return ""
        ended = self._press(session, "choose", str(asked.get("productType") or "PayAndShip"))
        self._cards[session] = ended.card
        return ended.url

    def _choose(self, session: str, asked: Mapping[str, Any]) -> str:
        if "address" in asked:
            raise Unmet("a buyer in a browser has the addresses of the account, and no others")
        card = str(asked.get("card") or "")
        if not card or self._cards.get(session) == card:
            return ""
        ended = self._browser.changes(session, self.merchant().region, card)
        self._cards[session] = card
        return ended.url

    def _decide(self, session: str, aim: Aim) -> str:
        collection = self._collections.get(session)
        if collection is None:
            raise Unmet("the session was not made in this run")
        shown = _object(self._call("GET", f"{collection}/{session}"))
        urls = shown.get("webCheckoutDetails") or shown.get("webCheckoutDetail") or {}
        page = urls.get("amazonPayRedirectUrl")
        if page:
            return self._browser.goes_to(str(page), aim).url
        if aim != "cancel":
            raise Unmet("the session has no amazonPayRedirectUrl yet")
        return self._press(session, aim, "PayAndShip").url

    def _press(self, session: str, aim: Aim, product: str) -> Ended:
        own = self.merchant()
        button = {
            "merchantId": self._merchant_id,
            "publicKeyId": own.public_key_id,
            "ledgerCurrency": _LEDGER[own.region],
            "sandbox": True,
            "placement": "Cart",
            "productType": product,
        }
        card = _USUAL_CARD if aim == "choose" else ""
        return self._browser.presses_the_button(session, button, own.region, aim, card)

    def _call(self, method: str, url: str, body: bytes = b"", key: str = "") -> Response:
        own = self.merchant()
        signer = Signer(own.public_key_id, own.private_key, own.algorithm, own.region)
        headers = signer.sign(method, url, body, now=own.now(), idempotency_key=key or None)
        return self.send(Request(method, url, as_headers(headers), body))


def _object(response: Response) -> Mapping[str, Any]:
    try:
        found = json.loads(response.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
