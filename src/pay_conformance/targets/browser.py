"""Drives Chromium through the pages on which a buyer pays; knows nothing of the API."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies

from pay_conformance.findings import Unmet
from pay_conformance.problems import ConfigurationProblem
from pay_conformance.targets.buyer_pages import Aim, BuyerPages, Step

BROWSER = "PAY_CONFORMANCE_BROWSER"
OPTIONS = "PAY_CONFORMANCE_BROWSER_OPTIONS"
SHOP = "https://shop.example/"
"""Where the page with the button is. It is never on the network: the browser is given it here."""

_KNOWN = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = ("--disable-background-networking", "--disable-sync", "--no-first-run", "--disable-quic")
_MOST_STEPS = 12
_MOST_LOST = 3
_OURS = ("AMAZON_PAY_", "PAY_CONFORMANCE_")
_ARRIVED = "#pay-conformance-shop"
_ERROR = "#main-frame-error"
_PRESSED = "data-pay-conformance-pressed"

_SHOP_PAGE = """<!DOCTYPE html><html lang="en"><title>Shop</title>
<h1 id="pay-conformance-shop">Shop</h1></html>"""
_BUTTON_PAGE = """<!DOCTYPE html><html lang="en"><title>Shop</title>
<div id="button"></div><button id="change">Change</button>
<script src="{script}"></script><script>
const given = {given};
if (given.change) amazon.Pay.bindChangeAction("#change", given.change);
else amazon.Pay.renderButton("#button", given.button);
</script></html>"""

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a buyer signs in with."""

    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ended:
    """Where the browser came back to the shop, and the last digits of the card that it picked."""

    url: str
    card: str = ""


class SignInRefused(Unmet):
    """The pages do not take the buyer's e-mail address and password."""


class Browser:
    """A Chromium in which one buyer is at home, from the first sign-in until ``close``.

    Everything happens in a thread of its own, as Playwright asks for. Nothing that it raises holds
    what was typed.

    Raises:
        ConfigurationProblem: if Playwright or a browser is missing, or it does not start.
    """

    def __init__(self, buyer: SignIn, environment: Mapping[str, str] = os.environ) -> None:
        self._buyer = buyer
        self._pages = BuyerPages.load()
        self._lost = 0
        self._gave_up = ""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="buyer")
        path, arguments = _browser(environment), _arguments(environment)
        try:
            self._within(lambda: self._start(path, arguments, environment))
        except BaseException:
            self._thread.shutdown()
            raise

    def presses_the_button(
        self, session: str, button: Mapping[str, Any], region: str, aim: Aim, card: str = ""
    ) -> Ended:
        """Press the shop's Amazon Pay button, and go on towards ``aim``.

        ``button`` is what renderButton is given, but for the session; ``card`` the last digits of
        the card that is picked if the wallet has it.
        """
        drawn = {**button, "createCheckoutSession": {"url": f"{SHOP}session"}}
        script = self._pages.scripts[region]
        page = _page(script, button=drawn)
        return self._within(lambda: self._begin(page, session, aim, card, "#button"))

    def changes(self, session: str, region: str, card: str) -> Ended:
        """Choose another card, from the shop's review page.

        Raises:
            Unmet: if the wallet has no such card.
        """
        change = {"amazonCheckoutSessionId": session, "changeAction": "changePayment"}
        page = _page(self._pages.scripts[region], change=change)
        return self._within(lambda: self._begin(page, session, "change", card, "#change"))

    def goes_to(self, url: str, aim: Aim) -> Ended:
        """Open a page of Amazon's and go on towards ``aim``.

        Raises:
            Unmet: if it is no page of Amazon's, or does not lead there.
        """
        if not self._pages.is_amazons(url):
            raise Unmet("amazonPayRedirectUrl is no page of Amazon's, so the browser stays away")
        return self._within(lambda: self._visit(url, aim))

    def close(self) -> None:
        """End the browser."""
        try:
            self._within(self._stop)
        finally:
            self._thread.shutdown()

    # In the browser's thread --------------------------------------------------------------------

    def _within(self, act: Callable[[], _Result]) -> _Result:
        return self._thread.submit(act).result()

    def _start(self, path: str, arguments: list[str], environment: Mapping[str, str]) -> None:
        try:
            from playwright.sync_api import Error, sync_playwright
        except ImportError as error:
            raise ConfigurationProblem(
                "--buyer playwright needs Playwright",
                "install it: pip install 'amazon-pay-conformance[browser]'",
            ) from error
        self._error: type[Exception] = Error
        proxy = getproxies().get("https")
        variables: dict[str, Any] = {
            name: text for name, text in environment.items() if not _is_ours(name)
        }
        self._playwright: Any = sync_playwright().start()
        try:
            self._chromium: Any = self._playwright.chromium.launch(
                executable_path=path,
                args=arguments,
                env=variables,
                chromium_sandbox=os.geteuid() != 0 if hasattr(os, "geteuid") else True,
                proxy={"server": proxy} if proxy else None,
            )
            self._context: Any = self._chromium.new_context(locale="en-US")
        except Error as error:
            self._playwright.stop()
            raise ConfigurationProblem(
                f"the browser {path} does not start", f"set {BROWSER} to a Chromium that does"
            ) from error
        self._context.set_default_timeout(self._pages.patience * 1000)
        self._context.route(lambda url: not self._pages.is_amazons(url), self._shop)
        self._asked: dict[str, Any] = {}
        self._arrivals: list[str] = []
        self._page: Any = None

    def _stop(self) -> None:
        try:
            self._chromium.close()
        finally:
            self._playwright.stop()

    def _shop(self, route: Any) -> None:
        """Answer in the shop's place: its pages are never on the network."""
        url = route.request.url
        if url == SHOP:
            route.fulfill(body=self._asked["page"], content_type="text/html")
        elif url == f"{SHOP}session":
            route.fulfill(json={"checkoutSessionId": self._asked["session"]})
        elif route.request.is_navigation_request():
            route.fulfill(body=_SHOP_PAGE, content_type="text/html")
        else:
            route.continue_()

    def _begin(self, page: str, session: str, aim: Aim, card: str, press: str) -> Ended:
        self._asked = {"page": page, "session": session}
        return self._visit(SHOP, aim, card, press)

    def _visit(self, url: str, aim: Aim, card: str = "", press: str = "") -> Ended:
        if self._gave_up:
            raise Unmet(self._gave_up)
        page = self._page = self._page or self._opened()
        self._arrivals.clear()
        try:
            page.goto(url)
            if press:
                page.locator(press).click()
            ended = self._walk(page, aim, card)
        except self._error as error:
            lost = self._lost_on(page, type(error).__name__)
            self._leave(page)
            raise lost from None
        except Unmet as unmet:
            if isinstance(unmet, SignInRefused):
                self._gave_up = str(unmet)
            self._leave(page)
            raise
        self._lost = 0
        return ended

    def _opened(self) -> Any:
        page = self._context.new_page()
        page.on("request", lambda request: self._note(request, page))
        return page

    def _leave(self, page: Any) -> None:
        self._page = None
        with suppress(self._error):
            page.close()

    def _note(self, request: Any, page: Any) -> None:
        shops = request.url != SHOP and not self._pages.is_amazons(request.url)
        if shops and request.is_navigation_request() and request.frame == page.main_frame:
            self._arrivals.append(request.url)

    def _walk(self, page: Any, aim: Aim, card: str) -> Ended:
        """Take the steps that the pages ask for, until the browser is back at the shop."""
        steps = self._pages.towards(aim)
        known = [_visible(one) for step in steps for one in step.sees]
        typed = False
        picked = ""
        for _ in range(_MOST_STEPS):
            page.locator(", ".join([*known, _ARRIVED, _ERROR])).first.wait_for(state="attached")
            if self._arrivals:
                return Ended(self._arrivals[0], picked)
            step = next((one for one in steps if _first(page, one.sees) is not None), None)
            if step is None:
                continue
            if step.stops:
                kind = SignInRefused if step.refused else Unmet
                raise kind(f"{step.stops} ({_place(page)})")
            if not self._pages.is_amazons(page.url):
                raise Unmet("the browser left Amazon's pages")
            asks = "password" in step.fills and _first(page, [step.fills["password"]]) is not None
            if typed and asks:
                # A second attempt with the same password would only lock the account.
                raise SignInRefused(f"the sign-in was refused ({_place(page)})")
            typed = typed or asks
            self._fill(page, step)
            if card and step.picks and _picks(page, step, card):
                picked = card
            elif card and step.picks and aim == "change":
                raise Unmet(f"the buyer's wallet has no card that ends in {card}")
            _press(page, step)
        raise self._lost_on(page, "too many steps")

    def _fill(self, page: Any, step: Step) -> None:
        for name, selector in step.fills.items():
            entry = _first(page, [selector])
            if entry is not None:
                entry.fill(self._buyer.email if name == "email" else self._buyer.password)

    def _lost_on(self, page: Any, why: str) -> Unmet:
        self._lost += 1
        what = f"no step of buyer_pages.yaml fits the page at {_place(page)} ({why})"
        if self._lost >= _MOST_LOST:
            self._gave_up = f"the buyer was given up after {_MOST_LOST} attempts: {what}"
        return Unmet(what)


def _page(script: str, **given: Mapping[str, Any]) -> str:
    text = json.dumps(given).replace("<", "\\u003c")
    return _BUTTON_PAGE.format(script=script, given=text)


def _picks(page: Any, step: Step, card: str) -> bool:
    choice = _first(page, [one.replace("{card}", card) for one in step.picks])
    if choice is not None:
        choice.click()
    return choice is not None


def _press(page: Any, step: Step) -> None:
    button = _first(page, step.presses)
    if button is None:
        return
    pressed = button.element_handle()
    # A page that is not left at once shows them a while longer; they do not count again.
    seen = page.locator(", ".join([*step.sees, *step.presses]))
    seen.evaluate_all(f"all => all.forEach(one => one.setAttribute('{_PRESSED}', ''))")
    pressed.click()


def _first(page: Any, selectors: Any) -> Any:
    """Return the first of the selectors that is visible on the page, or ``None``."""
    for selector in selectors:
        found = page.locator(_visible(selector))
        if found.count():
            return found.first
    return None


def _visible(selector: str) -> str:
    return f"{selector}:not([{_PRESSED}]):visible"


def _place(page: Any) -> str:
    """Return host and path: what is behind them can be the buyer's."""
    parts = urlsplit(page.url)
    return f"{parts.hostname or ''}{parts.path}"


def _is_ours(name: str) -> bool:
    return name.startswith(_OURS)


def _browser(environment: Mapping[str, str]) -> str:
    given = environment.get(BROWSER, "").strip()
    found = shutil.which(given) if given else next(filter(None, map(shutil.which, _KNOWN)), None)
    if found is None:
        what = f"{BROWSER} is {given!r}, which can't be run" if given else "there is no Chromium"
        raise ConfigurationProblem(what, f"install one, or set {BROWSER} to its path")
    return found


def _arguments(environment: Mapping[str, str]) -> list[str]:
    try:
        return [*_QUIET, *shlex.split(environment.get(OPTIONS, ""))]
    except ValueError as error:
        raise ConfigurationProblem(
            f"{OPTIONS} can't be read: {error}", "mend its quotes"
        ) from error
