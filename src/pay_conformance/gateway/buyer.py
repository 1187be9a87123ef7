"""Plays the buyer: signs in, pays or leaves on Amazon's side, and visits the shop's pages."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from queue import Queue
from urllib.parse import urljoin, urlsplit

import httpx

from pay_conformance.gateway.journey import Buyer
from pay_conformance.gateway.timeline import Returned
from pay_conformance.targets.control import ControlClient, ControlRefused
from pay_conformance.targets.merchant import Merchant

_LOOPBACK = ("localhost", "::1", "[::1]")
_PATIENCE = 60
_REDIRECTS = 10
_STARTING_SECONDS = 30
_SESSION = "amazonCheckoutSessionId"


class Buyers:
    """The buyers of all sessions of a run, on Amazon's side, through the control API."""

    def __init__(self, control: ControlClient, choose: Callable[[int], Buyer]) -> None:
        self._control = control
        self._choose = choose
        self._lock = threading.Lock()
        self._sessions: dict[str, Buyer] = {}
        self._done: set[str] = set()

    def began(self, merchant: Merchant, session: str, *, whole: bool) -> str | None:
        """Sign in to a new session and choose a card; return where the browser goes next.

        A session that is ``whole`` has all that it needs but the buyer, so it can be ended at once.
        """
        with self._lock:
            buyer = self._sessions.setdefault(session, self._choose(len(self._sessions)))
        if buyer.does == "absent":
            return None
        details = {"card": buyer.card} if buyer.card else {}
        where = self._act(merchant, session, "signIn", **details)
        return (self.ready(merchant, session) if whole else None) or where

    def ready(self, merchant: Merchant, session: str) -> str | None:
        """Approve or cancel a session, if it is ready and the buyer does; return where next.

        A session that nobody was seen to create was made by a button, in somebody else's browser.
        """
        buyer = self._sessions.get(session, Buyer("absent"))
        if session in self._done or buyer.does in ("stay away", "absent"):
            return None
        where = self._act(merchant, session, "approve") if buyer.does == "approve" else None
        if buyer.does == "cancel":
            where = self._act(merchant, session, "cancel")
        if where is not None:
            self._done.add(session)
        return where

    def _act(self, merchant: Merchant, session: str, action: str, **details: str) -> str | None:
        try:
            answer = self._control.act_as_buyer(merchant, session, action, **details)
        except ControlRefused:
            return None  # the session is not ready for it
        where = answer.get("redirect")
        return str(where) if where else None


class Browser:
    """The buyer's browser: visits pages of the shop one after the other, in a thread of its own.

    It goes to this machine only. ``saw`` is told of each visit that brought a buyer back.
    """

    def __init__(self, shop: str, saw: Callable[[Returned], None]) -> None:
        self._shop = shop
        self._saw = saw
        self._errands: Queue[Callable[[], None] | None] = Queue()
        self._client = httpx.Client(timeout=_PATIENCE, trust_env=False)
        self._thread = threading.Thread(target=self._work, name="gateway-browser", daemon=True)
        self._thread.start()

    def start_shopping(self) -> None:
        """Visit the shop's start page, once the shop is up; its redirects are followed at home."""
        self._errands.put(self._start)

    def come_back(self, url: str) -> None:
        """Visit a page to which Amazon sent the buyer back, if it is on this machine."""
        if _is_local(url):
            self._errands.put(lambda: self._return(url))

    def run(self, errand: Callable[[], None]) -> None:
        """Do something after the visits that are due already."""
        self._errands.put(errand)

    def wait(self) -> None:
        """Wait until all that is due was done."""
        self._errands.join()

    def close(self) -> None:
        """End the thread after the errand at hand."""
        self._errands.put(None)
        self._thread.join(timeout=_PATIENCE)
        self._client.close()

    def _work(self) -> None:
        while (errand := self._errands.get()) is not None:
            try:
                errand()
            finally:
                self._errands.task_done()

    def _start(self) -> None:
        until = time.monotonic() + _STARTING_SECONDS
        while time.monotonic() < until:
            status, urls = self._visit(self._shop)
            if status:
                return
            if len(urls) > 1:
                return
            time.sleep(0.1)

    def _return(self, url: str) -> None:
        at = datetime.now(UTC)
        status, urls = self._visit(url)
        session = urlsplit(url).query.partition(f"{_SESSION}=")[2].partition("&")[0]
        self._saw(Returned(session, tuple(urls), status, at))

    def _visit(self, url: str) -> tuple[int, list[str]]:
        """Return the last status, 0 for no answer, and all addresses on the way."""
        urls = [url]
        status = 0
        for _ in range(_REDIRECTS):
            try:
                answer = self._client.get(urls[-1], follow_redirects=False)
            except (httpx.HTTPError, httpx.InvalidURL):
                return 0, urls
            status = answer.status_code
            location = answer.headers.get("location")
            if location is None:
                break
            urls.append(urljoin(urls[-1], location))
            if not _is_local(urls[-1]):
                break  # Amazon's pages are played by the control API
        return status, urls


def _is_local(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return host in _LOOPBACK or host.startswith("127.")
