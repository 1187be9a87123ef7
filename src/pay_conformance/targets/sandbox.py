"""Amazon's sandbox as a target: slow enough, within a budget, cleaned up after, and never live."""

from __future__ import annotations

import hashlib
import json
import os
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path
from urllib.request import getproxies

import httpx

from pay_conformance.exchange import Request, Response, as_headers
from pay_conformance.problems import ConfigurationProblem, SubjectProblem
from pay_conformance.signing import HOSTS, Algorithm, Signer
from pay_conformance.targets.budget import CallBudget
from pay_conformance.targets.careful_transport import CarefulTransport, ServerClock
from pay_conformance.targets.control import ControlClient
from pay_conformance.targets.leftovers import Leftovers, Opened
from pay_conformance.targets.merchant import Merchant
from pay_conformance.targets.rate_limit import TokenBucket
from pay_conformance.targets.sandbox_only import names_environment, refuse_live_key
from pay_conformance.targets.shared_number import SharedNumber
from pay_conformance.targets.target import NoAnswer
from pay_conformance.targets.url import KEY, KEY_ID, REGION, STORE, credentials

ALGORITHM = "AMAZON_PAY_ALGORITHM"
RATE = "PAY_CONFORMANCE_RATE"
CALLS = "PAY_CONFORMANCE_CALLS"
STATE = "PAY_CONFORMANCE_STATE"
DEFAULT_RATE = 2.0
"""Calls a second. Amazon does not publish the sandbox's limit; this is meant to stay below it."""
DEFAULT_CALLS = 5000
"""Calls a day: one whole run without a buyer takes about 4700."""

_FAILURES_IN_A_ROW = 3
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_NOTICEABLE = timedelta(seconds=5)
_NO_ACCESS = (401, 403)


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard the sandbox may be used, and where it is kept what outlives a run.

    ``rate`` is calls a second, ``calls`` the budget of a day, ``state`` a folder for this account.
    """

    rate: float
    calls: int
    state: Path

    @classmethod
    def of(cls, environment: Mapping[str, str], key_id: str) -> Limits:
        """Return the limits that the environment sets, or the defaults.

        Raises:
            ConfigurationProblem: if one of them is not a number above 0, or there is no folder.

        """
        rate = _number(environment, RATE, DEFAULT_RATE)
        calls = _number(environment, CALLS, DEFAULT_CALLS)
        # Each account has its own limits. The name of the folder does not give its key id away.
        account = hashlib.sha256(key_id.encode()).hexdigest()[:16]
        return cls(rate, int(calls), _state_folder(environment) / account)


def sandbox_merchant(environment: Mapping[str, str]) -> Merchant:
    """Return the merchant that the environment names.

    Raises:
        ConfigurationProblem: if a credential is missing or wrong, or is of the live environment.

    """
    refuse_live_key(environment.get(KEY_ID, ""), KEY_ID)
    merchant = credentials(environment)
    if merchant is None:
        raise ConfigurationProblem(
            "there are no credentials for the sandbox", f"set {KEY_ID}, {KEY} and {STORE}"
        )
    algorithm = environment.get(ALGORITHM, "").strip() or Algorithm.PSS_V2
    if algorithm not in list(Algorithm):
        raise ConfigurationProblem(
            f"{ALGORITHM} is {algorithm!r}", f"set it to {' or '.join(Algorithm)}"
        )
    return replace(merchant, algorithm=algorithm)


class Sandbox:
    """Amazon's sandbox, reached with one merchant's credentials from the environment.

    ``inner`` stands in for the network and ``wall`` for this machine's clock. ``close`` cancels
    the charges and closes the permissions that the run opened; those that a killed run left behind
    are closed at the start of the next one.

    Raises:
        ConfigurationProblem: if a credential is missing, wrong, live, or not accepted.
        SubjectProblem: if the sandbox can't be reached.

    """

    name = "sandbox"
    options: tuple[str, ...] = ("--target", "sandbox")

    def __init__(
        self,
        environment: Mapping[str, str] = os.environ,
        *,
        ca_file: str = "",
        inner: httpx.BaseTransport | None = None,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._merchant = sandbox_merchant(environment)
        limits = Limits.of(environment, self._merchant.public_key_id)
        self.base_url = f"https://{HOSTS[self._merchant.region]}"
        self._wall = wall
        self._clock = ServerClock(wall)
        self._inner = inner
        self._trust = _trust(ca_file)
        self._leftovers = Leftovers(limits.state)
        self.budget = CallBudget(limits.calls, limits.state)
        self._bucket = TokenBucket(
            limits.rate, shared=SharedNumber(limits.state / "rate"), sleep=sleep
        )
        self._cleaning = False
        self._failures = 0
        self._client = httpx.Client(transport=self.transport(), timeout=_TIMEOUT, trust_env=False)
        try:
            self._find_out()
            self._clean()
        except BaseException:
            self._let_go()
            raise

    @property
    def capabilities(self) -> frozenset[str]:
        """What the sandbox offers by itself: simulation codes."""
        return frozenset({"simulation"})

    @property
    def control(self) -> ControlClient | None:
        """Nothing: the sandbox has no control API."""
        return None

    @property
    def left_open(self) -> list[Opened]:
        """What stands open because of this run, or of one before it."""
        return list(self._leftovers)

    def merchant(self, region: str | None = None) -> Merchant:
        """Return the one merchant there is, with what is known of the server's clock."""
        ahead = datetime.now(UTC) - self._wall() + self._clock.ahead
        return replace(self._merchant, ahead=ahead)

    def send(self, request: Request) -> Response:
        """Send one request.

        Raises:
            NoAnswer: if there was no answer, or the request was held back: the budget is spent, or
                it might have reached the live environment.
            SubjectProblem: if several requests in a row had no answer.

        """
        try:
            answer = self._client.request(
                request.method,
                request.url,
                headers=list(request.headers),
                content=request.body,
                follow_redirects=False,
            )
        except httpx.TransportError as error:
            self._failures += 1
            reason = str(error) or type(error).__name__
            if self._failures < _FAILURES_IN_A_ROW:
                raise NoAnswer(reason) from error
            raise SubjectProblem(
                f"{self.base_url} can't be reached: {reason}",
                "check the network, and a proxy if there is one",
            ) from error
        self._failures = 0
        headers = as_headers(answer.headers.multi_items())
        response = Response(answer.status_code, headers, answer.content)
        self._leftovers.note(request, response)
        return response

    def transport(self) -> httpx.BaseTransport:
        """Return a way to the sandbox that keeps to the same limits."""
        proxy = getproxies().get("https")
        inner = self._inner or httpx.HTTPTransport(verify=self._trust, proxy=proxy)
        return CarefulTransport(inner, self._bucket, self._spend, self._clock)

    def close(self) -> None:
        """Close what was opened, and let go of the connections."""
        with suppress(NoAnswer, SubjectProblem):
            self._clean()
        self._let_go()

    def _let_go(self) -> None:
        self._leftovers.close()
        self._client.close()

    def _spend(self) -> None:
        # As many calls as there are things to close are kept for closing them.
        self.budget.spend(0 if self._cleaning else len(self._leftovers))

    def _find_out(self) -> None:
        """Learn the server's time and whether the key is accepted, by a read that finds nothing."""
        bare = names_environment(self._merchant.public_key_id)
        path = f"{'' if bare else '/sandbox'}/v2/checkoutSessions/0"
        try:
            answer = self._call("GET", path)
            if answer.status in (400, *_NO_ACCESS) and abs(self._clock.ahead) > _NOTICEABLE:
                answer = self._call("GET", path)  # dated by the server's clock now
        except NoAnswer as error:
            raise SubjectProblem(
                f"{self.base_url} can't be reached: {error}",
                f"check the network, or {CALLS} if the budget is spent",
            ) from error
        body = answer.body.decode(errors="replace")[:300]
        if answer.status in _NO_ACCESS or (answer.status == 400 and "InvalidHeaderValue" in body):
            raise ConfigurationProblem(
                f"the sandbox does not accept the credentials: {answer.status} {body}",
                f"check {KEY_ID}, {KEY} and {REGION}",
            )

    def _clean(self) -> None:
        """Cancel charges and close permissions; what can't be closed any more is forgotten."""
        self._cleaning = True
        try:
            for thing in list(self._leftovers):
                action, reason = (
                    ("cancel", "cancellationReason")
                    if thing.kind == "charges"
                    else ("close", "closureReason")
                )
                path = f"{thing.prefix}/{thing.kind}/{thing.id}/{action}"
                body = json.dumps({reason: "End of a test run"}).encode()
                if self._call("DELETE", path, body).status in (200, 404, 422):
                    self._leftovers.forget(thing)
        finally:
            self._cleaning = False

    def _call(self, method: str, path: str, body: bytes = b"") -> Response:
        own = self.merchant()
        signer = Signer(own.public_key_id, own.private_key, own.algorithm, own.region)
        url = self.base_url + path
        headers = signer.sign(method, url, body, now=own.now())
        return self.send(Request(method, url, as_headers(headers), body))


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name, "").strip()
    try:
        number = float(text) if text else default
    except ValueError:
        number = 0.0
    if not isfinite(number) or number <= 0:
        raise ConfigurationProblem(f"{name} is {text!r}", "set it to a number above 0")
    return number


def _state_folder(environment: Mapping[str, str]) -> Path:
    given = environment.get(STATE, "").strip()
    if given:
        return Path(given)
    home = environment.get("XDG_STATE_HOME", "").strip()
    try:
        base = Path(home) if home else Path.home() / ".local" / "state"
    except RuntimeError as error:
        raise ConfigurationProblem(
            "there is no home directory to keep the run's state in", f"set {STATE} to a folder"
        ) from error
    return base / "pay-conformance" / "sandbox"


def _trust(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except (ssl.SSLError, OSError) as error:
        raise ConfigurationProblem(
            f"the CA file {ca_file} holds no certificate in PEM", "give --ca-file a PEM file"
        ) from error
