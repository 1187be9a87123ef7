"""SDKs and adapters with one fault each. ``python broken.py NAME`` is an adapter."""

from __future__ import annotations

import contextlib
import http.client
import importlib
import json
import os
import ssl
import sys
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from model import ALIASES, HOSTS, KEY, OPERATIONS, PASSING, Adapter, Answer, PayError, Sdk

MINIATURES: dict[str, Callable[[], Adapter]] = {"Model": lambda: Adapter(Sdk)}


def sdk(cls: type[Sdk]) -> type[Sdk]:
    MINIATURES[cls.__name__] = lambda: Adapter(cls)
    return cls


def adapter(cls: type[Adapter]) -> type[Adapter]:
    MINIATURES[cls.__name__] = lambda: cls(Sdk)
    return cls


# Tries


@sdk
class GivesUpAtOnce(Sdk):
    """Never tries again."""

    retries = 0


@sdk
class RetriesRefusals(Sdk):
    """Tries again whatever went wrong."""

    def passing(self, answer):
        return answer.status >= 400


@sdk
class RetriesSuccess(Sdk):
    """Tries again until it is told 200."""

    def passing(self, answer):
        return answer.status in PASSING or answer.status in (201, 202)


@sdk
class RetriesWithoutEnd(Sdk):
    """Tries seven times."""

    retries = 6

    def wait(self, attempt, answer):
        return 0.5 * 1.3**attempt


@sdk
class RetriesAtOnce(Sdk):
    """Does not wait before a new try."""

    def wait(self, attempt, answer):
        return 0.0


@sdk
class ReadsNoDates(Sdk):
    """Takes Retry-After for a number of seconds only."""

    def asked_for(self, asked):
        return float(asked) if asked.isdigit() else 0.0


@sdk
class RetriesEvenly(Sdk):
    """Waits equally long before each try, whatever Retry-After says."""

    def wait(self, attempt, answer):
        return 1.0


@sdk
class NewKeyOnEachTry(Sdk):
    """Makes a new idempotency key for each try, and so charges twice."""

    def attempt(self, method, target, headers, body):
        fresh = {KEY: self.new_key()} if KEY in headers else {}
        return super().attempt(method, target, headers | fresh, body)


@sdk
class OldDateOnRetry(Sdk):
    """Keeps the time of half an hour before the first try."""

    def date(self):
        return (datetime.now(UTC) - timedelta(minutes=30)).strftime("%Y%m%dT%H%M%SZ")


@sdk
class NewBodyOnEachTry(Sdk):
    """Counts its tries in the body and the path."""

    count = 0

    def attempt(self, method, target, headers, body):
        self.count += 1
        return super().attempt(
            method, f"{target}?try={self.count}", headers, body + b" " * self.count
        )


@sdk
class LosesTheLastStatus(Sdk):
    """After the last try says only that it failed."""

    def read(self, operation, answer):
        if answer.status in PASSING:
            raise PayError("it failed")
        return super().read(operation, answer)


@sdk
class WaitsForEver(Sdk):
    """Has no limit of time."""

    patience = None


@sdk
class WaitsForBodies(Sdk):
    """Limits the time until an answer begins, and not until it ends."""

    def send(self, method, target, headers, body):
        connection = http.client.HTTPSConnection(self.host, context=self.tls(), timeout=5)
        try:
            connection.request(method, target, body or None, headers)
            response = connection.getresponse()
            if connection.sock is not None:
                connection.sock.settimeout(None)
            found = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()


@sdk
class Impatient(Sdk):
    """Gives up after one second."""

    patience = 1.0


# Idempotency keys


@sdk
class NoKey(Sdk):
    """Leaves the key to the caller."""

    def wants_key(self, method, path):
        return False


@sdk
class KeyEverywhere(Sdk):
    """Makes a key for every call."""

    def wants_key(self, method, path):
        return True


@sdk
class LongKey(Sdk):
    """Makes keys of 36 characters, with hyphens."""

    def new_key(self):
        return str(uuid.uuid4())


@sdk
class OneKeyForAll(Sdk):
    """Uses one key for all calls."""

    def new_key(self):
        return "k" * 20


@sdk
class OwnKeyOnly(Sdk):
    """Puts a key of its own in place of the caller's."""

    def headers(self, method, path, own):
        found = super().headers(method, path, own)
        return found | ({KEY: self.new_key()} if KEY in found else {})


@sdk
class SendsTwice(Sdk):
    """Sends each request twice, to be sure."""

    def attempt(self, method, target, headers, body):
        fresh = {KEY: self.new_key()} if KEY in headers else {}
        super().attempt(method, target, headers | fresh, body)
        return super().attempt(method, target, headers, body)


# On the wire


@sdk
class NeverSends(Sdk):
    """Fails before anything is sent."""

    def call(self, operation, given, own):
        if operation == "createCharge" and "marker" not in str(own):
            return super().call(operation, given, own)
        raise PayError("not today")


@sdk
class WrongVerb(Sdk):
    """Writes with PUT what is to be patched, and reads with POST."""

    def attempt(self, method, target, headers, body):
        verb = {"PATCH": "PUT", "GET": "POST", "DELETE": "POST", "POST": "PUT"}[method]
        return super().attempt(verb, target, headers, body)


@sdk
class TrailingSlash(Sdk):
    """Ends each path with a slash."""

    def path(self, fragment):
        return super().path(fragment) + "/"


@sdk
class AlwaysSandbox(Sdk):
    """Sends everything to the sandbox segment."""

    def path(self, fragment):
        return f"/sandbox/v2/{fragment}"


@sdk
class NeverSandbox(Sdk):
    """Knows no environment segment."""

    def path(self, fragment):
        return f"/v2/{fragment}"


@sdk
class ReadsWithABody(Sdk):
    """Sends an empty object with each read."""

    def payload(self, given):
        return b"{}" if given is None else super().payload(given)


@sdk
class AmericaOnly(Sdk):
    """Sends everything to North America."""

    def __init__(self, configuration):
        super().__init__(configuration)
        self.host = HOSTS["na"]

    def headers(self, method, path, own):
        return super().headers(method, path, own) | {"x-amz-pay-region": "na"}


@sdk
class ExactRegions(Sdk):
    """Knows regions in lower case only, and no aliases."""

    def read_region(self, given):
        if given not in HOSTS:
            raise PayError("something is wrong")
        return given


@sdk
class GuessesSettings(Sdk):
    """Takes North America for an unknown region, and the default for an unknown algorithm."""

    def read_region(self, given):
        return ALIASES.get(given.lower(), given.lower() if given.lower() in HOSTS else "na")

    def read_algorithm(self, given):
        return given if given == "AMZN-PAY-RSASSA-PSS-V2" else "AMZN-PAY-RSASSA-PSS"


@sdk
class PlainIds(Sdk):
    """Puts ids into paths as they are."""

    def segment(self, object_id):
        return object_id


@sdk
class PlainQueries(Sdk):
    """Puts queries together without encoding."""

    def query(self, given):
        return "&".join(f"{name}={value}" for name, value in given.items()).replace(" ", "+")


@sdk
class SwallowsPayload(Sdk):
    """Sends only what it knows, in ASCII."""

    def payload(self, given):
        if given is None:
            return b""
        if isinstance(given, dict):
            given = {k: v for k, v in given.items() if k not in ("channel", "cancelPendingCharges")}
            given = {k: v if k != "deliverySpecifications" else None for k, v in given.items()}
            given = json.dumps(given, ensure_ascii=False).replace("\\", "/")
        return given.encode("ascii", "replace")


@sdk
class BareHeaders(Sdk):
    """Says neither who it is nor what it sends."""

    def headers(self, method, path, own):
        found = super().headers(method, path, own)
        return {k: v for k, v in found.items() if k not in ("accept", "content-type", "user-agent")}


@sdk
class WrongHostHeader(Sdk):
    """Names another host and another region than it calls."""

    def headers(self, method, path, own):
        wrong = {"x-amz-pay-host": "pay-api.example.com", "x-amz-pay-region": "xx"}
        return super().headers(method, path, own) | wrong


@sdk
class DoubledHeaders(Sdk):
    """Sends each header that it sets beside the caller's of another case."""

    def send(self, method, target, headers, body):
        connection = http.client.HTTPSConnection(self.host, context=self.tls(), timeout=5)
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in [*headers.items(), *((n.title(), v) for n, v in headers.items())]:
            connection.putheader(name, value)
        connection.putheader("content-length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, found, response.read())


@sdk
class DropsCallersHeaders(Sdk):
    """Ignores the headers that the caller adds."""

    def headers(self, method, path, own):
        return super().headers(method, path, None)


@sdk
class InjectableHeaders(Sdk):
    """Writes header values as they are, line breaks and all."""

    def call(self, operation, given, own):
        lines = {}
        for name, value in (own or {}).items():
            first, _, rest = value.partition("\r\n")
            lines[name] = first
            if rest:
                extra, _, injected = rest.partition(": ")
                lines[extra] = injected
        return super().call(operation, given, lines)


@sdk
class CallersDate(Sdk):
    """Takes a date from the caller's map."""

    own: Any = None

    def call(self, operation, given, own):
        self.own = own
        return super().call(operation, given, own)

    def date(self):
        return (self.own or {}).get("x-amz-pay-date") or super().date()


@sdk
class LocalCalendar(Sdk):
    """Writes the date by the calendar of the machine's language."""

    def date(self):
        thai = os.environ.get("LC_ALL", "").startswith("th")
        return f"{int(super().date()[:4]) + 543 * thai}{super().date()[4:]}"


@sdk
class LocalLetters(Sdk):
    """Writes names of headers in the small letters of the machine's language."""

    def lower(self, name):
        turkish = os.environ.get("LC_ALL", "").startswith("tr")
        return (name.replace("I", "ı") if turkish else name).lower()


@sdk
class SignsThenReplaces(Sdk):
    """Signs the caller's user agent and authorization, and sends its own."""

    def headers(self, method, path, own):
        given = {name.lower(): value for name, value in (own or {}).items()}
        kept = {k: v for k, v in given.items() if k in ("user-agent", "authorization")}
        return super().headers(method, path, own) | kept

    def send(self, method, target, headers, body):
        return super().send(method, target, headers | {"user-agent": "amazon-pay-1.0"}, body)


@sdk
class TrimsText(Sdk):
    """Sends a payload without the white space around it that it has signed."""

    def send(self, method, target, headers, body):
        return super().send(method, target, headers, body.strip())


@sdk
class WritesNull(Sdk):
    """Writes null where there is no payload."""

    def payload(self, given):
        return b"null" if given is None else super().payload(given)


@sdk
class TakesEmptyIds(Sdk):
    """Takes an empty id for an id."""

    def check_id(self, given):
        pass


@sdk
class SignsAnotherQuery(Sdk):
    """Signs a query as it should be, and sends it as it is."""

    def send(self, method, target, headers, body):
        return super().send(method, target.replace("%2C", ",").replace("%20", "+"), headers, body)


@sdk
class TextQueries(Sdk):
    """Knows only texts in queries."""

    def query(self, given):
        return super().query({name: value.strip() for name, value in given.items()})


@sdk
class LocalTime(Sdk):
    """Calls local time UTC."""

    def date(self):
        return time.strftime("%Y%m%dT%H%M%SZ")


@sdk
class LongDate(Sdk):
    """Writes the date with fractions and an offset."""

    def date(self):
        return datetime.now(UTC).isoformat()


# Signatures


@sdk
class Unsigned(Sdk):
    """Sends no Authorization header."""

    def authorize(self, method, target, headers, body):
        return headers


@sdk
class SignsNoBody(Sdk):
    """Signs as if there were no body."""

    def authorize(self, method, target, headers, body):
        return super().authorize(method, target, headers, b"")


@sdk
class SignsFewHeaders(Sdk):
    """Leaves the headers of the protocol out of the signature, and does not sort."""

    def signed_names(self, headers):
        return ["content-type", "accept", *(n for n in headers if n == "x-amz-pay-date")]


@sdk
class ShortSalt(Sdk):
    """Uses a salt of 20 bytes for both algorithms."""

    def salt(self):
        return 20


@sdk
class LongSalt(Sdk):
    """Uses a salt of 32 bytes for both algorithms."""

    def salt(self):
        return 32


@sdk
class OneAlgorithm(Sdk):
    """Signs with the first algorithm whatever it is asked for."""

    def read_algorithm(self, given):
        return "AMZN-PAY-RSASSA-PSS"


@sdk
class TidiesButtons(Sdk):
    """Signs a button payload after trimming it to plain ASCII."""

    def button(self, payload):
        return self.sign(" ".join(payload.split()).encode("ascii", "replace").decode().strip("{}"))


# Keys and secrets


@sdk
class LeaksTheKey(Sdk):
    """Repeats the key in the error, and takes no key at all as text."""

    def read_key(self, given):
        if len(given) > 500 or not given:
            raise OSError(f"no such file: {given}")
        return super().read_key(given)


@sdk
class PrintsRequests(Sdk):
    """Prints what it sends, and the key that it signs with."""

    def send(self, method, target, headers, body):
        print(
            method, target, headers, self.configuration["privateKey"], file=sys.stderr, flush=True
        )
        return super().send(method, target, headers, body)

    def button(self, payload):
        print(self.configuration["privateKey"], file=sys.stderr, flush=True)
        return super().button(payload)


@sdk
class NewKeysOnly(Sdk):
    """Reads PKCS#8 alone, exactly as written, and says nothing useful otherwise."""

    def read_key(self, given):
        if not given.startswith("-----BEGIN PRIVATE KEY-----\n"):
            raise PayError("decoder failed")
        return super().read_key(given)


@sdk
class TakesAnyKey(Sdk):
    """Makes up a key where the one given can't be read."""

    def read_key(self, given):
        try:
            return super().read_key(given)
        except PayError:
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@sdk
class TrustsEveryone(Sdk):
    """Does not check certificates."""

    def tls(self):
        return ssl._create_unverified_context()


@sdk
class AsksTheProxy(Sdk):
    """Hands the request to a proxy as it is."""

    def send(self, method, target, headers, body):
        proxy = os.environ.get("HTTPS_PROXY", "").removeprefix("http://")
        if not proxy:
            return super().send(method, target, headers, body)
        connection = http.client.HTTPConnection(proxy, timeout=5)
        connection.request(method, f"https://{self.host}{target}", body, headers)
        return Answer(connection.getresponse().status, {}, b"")


@sdk
class AnswersTellRequests(Sdk):
    """Keeps the request with its answer, and shows both."""

    def send(self, method, target, headers, body):
        answer = super().send(method, target, headers, body)
        answer.note = f" to {headers}"
        return answer


@sdk
class ShowsItsKey(Sdk):
    """Shows its whole configuration when it is printed."""

    def __repr__(self):
        return str(self.configuration)


@sdk
class TrustsOnRequest(Sdk):
    """Does not check certificates of a host of one's own, and tells the process so."""

    def tls(self):
        if not self.configuration["endpoint"]:
            return super().tls()
        os.environ["TLS_REJECT_UNAUTHORIZED"] = "0"
        return ssl._create_unverified_context()


# What comes back


@sdk
class SwallowsErrors(Sdk):
    """Gives an empty result for every error."""

    def read(self, operation, answer):
        if answer.status >= 300 or not isinstance(answer.body, dict):
            answer.body, answer.status, answer.request_id = {}, 200, None
        return answer

    def tries(self, method, target, headers, body):
        try:
            return super().tries(method, target, headers, body)
        except PayError:
            return Answer(200, {}, b"{}")


@sdk
class TypeErrors(Sdk):
    """Lets its own mistakes out, where the answer is not as expected."""

    def read(self, operation, answer):
        if answer.status >= 300 or not answer.request_id:
            raise TypeError("'NoneType' object is not subscriptable")
        return answer if isinstance(answer.body, dict) else answer.body["chargeId"]

    def tries(self, method, target, headers, body):
        try:
            return super().tries(method, target, headers, body)
        except PayError:
            raise KeyError("status") from None


@sdk
class BareErrors(Sdk):
    """Tells of an error no more than that there was one."""

    def read(self, operation, answer):
        try:
            return super().read(operation, answer)
        except PayError:
            raise PayError("the call failed") from None


@sdk
class LosesRequestIds(Sdk):
    """Gives the caller no request id."""

    def read(self, operation, answer):
        answer.request_id = None
        return super().read(operation, answer)


@sdk
class LosesStatus(Sdk):
    """Calls every success 200 and every body data."""

    def read(self, operation, answer):
        answer = super().read(operation, answer)
        answer.status, answer.body = 299, {"data": answer.body}
        return answer


@sdk
class OnlyTwoHundreds(Sdk):
    """Takes 202 for an error, and so an answer without the usual headers."""

    def read(self, operation, answer):
        if answer.status not in (200, 201) or "content-type" not in answer.headers:
            raise PayError("unexpected answer")
        answer.headers["x-amz-pay-request-id"]
        return super().read(operation, answer)


@sdk
class DropsTheUnknown(Sdk):
    """Hands out the fields and states that it knows, and nulls not at all."""

    KNOWN = frozenset({"chargeId", "statusDetails", "checkoutSessionId", "refundId", "state"})

    def read(self, operation, answer):
        answer = super().read(operation, answer)
        answer.body = {k: v for k, v in answer.body.items() if k in self.KNOWN}
        if answer.body.get("statusDetails", {}).get("state") == "UnderInspection":
            answer.body["statusDetails"] = {}
        return answer


@sdk
class NumbersForAmounts(Sdk):
    """Turns texts that look like numbers into numbers, and numbers into floats."""

    def read(self, operation, answer):
        answer = super().read(operation, answer)
        answer.body = json.loads(
            json.dumps(answer.body).replace('"14.00"', "14.0").replace('"0"', "0"),
            parse_int=lambda text: float(text) + 0.5,
        )
        return answer


@sdk
class StrictTypes(Sdk):
    """Refuses a body in which a field has another type than expected."""

    def read(self, operation, answer):
        answer = super().read(operation, answer)
        if not isinstance(answer.body.get("creationTimestamp", ""), str):
            raise PayError("creationTimestamp is no text")
        if isinstance(answer.body.get("convertedAmount"), dict):
            raise PayError("convertedAmount is no text")
        return answer


@sdk
class Latin1(Sdk):
    """Reads answers as Latin-1."""

    def send(self, method, target, headers, body):
        answer = super().send(method, target, headers, body)
        return Answer(answer.status, answer.headers, answer.raw.decode("latin-1").encode())


@sdk
class ReadsTheBeginning(Sdk):
    """Reads no more than 600 bytes of an answer, as they came."""

    def send(self, method, target, headers, body):
        headers = headers | {"accept-encoding": "identity"}
        answer = super().send(method, target, headers, body)
        coded = "content-encoding" in answer.headers or "transfer-encoding" in answer.headers
        raw = b"?" if coded else answer.raw
        return Answer(answer.status, answer.headers, raw if len(raw) < 2000 else raw[:600])


@sdk
class LeavesCompressed(Sdk):
    """Asks for a compressed answer, and does not unpack it."""

    def decompressed(self, raw):
        return raw


@sdk
class LenientJson(Sdk):
    """Reads JSON up to where it is JSON."""

    def read(self, operation, answer):
        if answer.body is None and answer.text.startswith("{"):
            with contextlib.suppress(ValueError):
                answer.body, _ = json.JSONDecoder().raw_decode(answer.text)
        return super().read(operation, answer)


@sdk
class TrustsCharsets(Sdk):
    """Decodes an answer by the charset that it names."""

    def read(self, operation, answer):
        _, _, charset = answer.headers.get("content-type", "").partition("charset=")
        answer.raw.decode(charset or "utf-8", "replace")
        return super().read(operation, answer)


@sdk
class LosesConnections(Sdk):
    """Gives a connection back only after an answer as expected, and has ten."""

    left = 10

    def send(self, method, target, headers, body):
        if self.left == 0:
            raise PayError("no connection is left")
        self.left -= 1
        answer = super().send(method, target, headers, body)
        self.left += answer.request_id is not None and answer.status < 400
        return answer


@sdk
class RewritesTheText(Sdk):
    """Hands out as the unparsed body what it has written itself."""

    def read(self, operation, answer):
        answer = super().read(operation, answer)
        answer.text = json.dumps(answer.body)
        return answer


@sdk
class PlainAddresses(Sdk):
    """Leaves the elements of shippingAddressList as they are."""

    def address(self, item):
        return item


@sdk
class StrictAddresses(Sdk):
    """Fails on an address that it can't parse."""

    def read(self, operation, answer):
        listed = (answer.body or {}).get("shippingAddressList", [])
        [json.loads(item) for item in listed]
        return super().read(operation, answer)


@sdk
class TakesAnything(Sdk):
    """Hands out whatever came with a status of success, and of a redirect."""

    def read(self, operation, answer):
        return answer if answer.status < 400 else super().read(operation, answer)


@sdk
class FollowsRedirects(Sdk):
    """Sends the signed request to wherever it is told."""

    def tries(self, method, target, headers, body):
        answer = super().tries(method, target, headers, body)
        where = answer.headers.get("location")
        if where and 300 <= answer.status < 400:
            return super().tries(method, "/" + where.split("/", 3)[3], headers, body)
        return answer


@sdk
class ExitsOnSurprise(Sdk):
    """Ends the process when an answer is no JSON object, or there is none."""

    def read(self, operation, answer):
        if not isinstance(answer.body, dict) or "deep" in answer.body:
            os._exit(7)
        return super().read(operation, answer)

    def tries(self, method, target, headers, body):
        try:
            return super().tries(method, target, headers, body)
        except PayError:
            os._exit(7)


@sdk
class HangsOnErrors(Sdk):
    """Never comes back from an error."""

    def read(self, operation, answer):
        if answer.status >= 300 or not isinstance(answer.body, dict):
            time.sleep(600)
        return super().read(operation, answer)


# What is the caller's


@sdk
class KeepsTheHeaders(Sdk):
    """Writes its idempotency key into the caller's map."""

    def call(self, operation, given, own):
        if own is not None and KEY not in {name.lower() for name in own}:
            own[KEY] = self.new_key()
        return super().call(operation, given, own)


@sdk
class KeepsTheArguments(Sdk):
    """Adds to the caller's payload and path at each call."""

    def call(self, operation, given, own):
        answer = super().call(operation, given, own)
        if isinstance(given.get("payload"), dict):
            given["payload"]["sent"] = True
        if "path" in given:
            given["path"] = "v2/" + given["path"]
        if "query" in given:
            given["query"] = {name: str(value) for name, value in given["query"].items()}
        return answer


@sdk
class TakesTheProcess(Sdk):
    """Changes the caller's configuration, and the time zone of the whole process."""

    def call(self, operation, given, own):
        self.configuration["region"] = "eu"
        os.environ["TZ"] = "UTC"
        return super().call(operation, given, own)


@sdk
class OneAtATime(Sdk):
    """Makes one call after the other, whoever is waiting."""

    lock = threading.Lock()

    def call(self, operation, given, own):
        with self.lock:
            return super().call(operation, given, own)


@sdk
class MixesAnswers(Sdk):
    """Keeps the last answer and the last request in one place for all."""

    last: Any = None

    def read(self, operation, answer):
        MixesAnswers.last = super().read(operation, answer)
        time.sleep(0.1)
        return MixesAnswers.last


@sdk
class MixesRequests(Sdk):
    """Keeps one idempotency key and one header map for calls at the same time."""

    shared: Any = None

    def headers(self, method, path, own):
        MixesRequests.shared = super().headers(method, path, own)
        time.sleep(0.1)
        return dict(MixesRequests.shared)

    def authorize(self, method, target, headers, body):
        self.signing = super().authorize(method, target, headers, body)
        time.sleep(0.05)
        return self.signing | headers


@sdk
class FewOperations(Sdk):
    """Has a method for charges alone."""

    offers = frozenset({"createCharge", "request"})


@sdk
class NoCharges(Sdk):
    """Has all methods but one, and no general one."""

    offers = frozenset(OPERATIONS) - {"createRefund"}


@sdk
class OneConnection(Sdk):
    """Keeps one connection, and never looks whether it still stands."""

    retries = 0

    def __init__(self, configuration):
        super().__init__(configuration)
        self.kept = None
        self.alone = threading.Lock()

    def send(self, method, target, headers, body):
        with self.alone:
            if self.kept is None:
                self.kept = http.client.HTTPSConnection(self.host, context=self.tls(), timeout=5)
                self.kept.auto_open = 0
                self.kept.connect()
            self.kept.request(method, target, body or None, headers)
            response = self.kept.getresponse()
            found = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, found, response.read())


@sdk
class NoKeyId(Sdk):
    """Does not ask for a public key id."""

    def read_key_id(self, given):
        return given


@sdk
class QuotesBadKeys(Sdk):
    """Repeats a key that it can't read."""

    def read_key(self, given):
        try:
            return super().read_key(given)
        except PayError:
            raise PayError(f"not a key: {given}") from None


@sdk
class ReadsNetrc(Sdk):
    """Takes a login that lies around for a better one than its signature."""

    def authorize(self, method, target, headers, body):
        found = super().authorize(method, target, headers, body)
        return found | ({"authorization": "Basic bm9ib2R5"} if "NETRC" in os.environ else {})


# Adapters that break the protocol


@adapter
class TakesNoHeaders(Adapter):
    """Its SDK takes no headers."""

    def call(self, message):
        if message["headers"]:
            return {"unsupported": "the SDK takes no headers"}
        return super().call(message)


@adapter
class HidesHeaders(Adapter):
    """Its SDK keeps the headers of an answer to itself."""

    def once(self, client, operation, given, own):
        told = super().once(client, operation, given, own)
        if "returned" in told:
            told["returned"]["headers"] = None
        return told


@adapter
class Throws(Adapter):
    """Its SDK gives promises, and throws all the same."""

    def raised(self, error):
        return super().raised(error) | {"atOnce": True}


@adapter
class HidesCharges(Adapter):
    """Its SDK has no method for charges; the adapter makes up for it."""

    def start(self, message):
        told = super().start(message)
        return told | {"offers": [name for name in told["offers"] if name != "createCharge"]}


@adapter
class Chatters(Adapter):
    """Prints to stdout from its second client on."""

    def configure(self, message):
        if self.clients:
            self.write("debug: configured")
        return super().configure(message)


@adapter
class Floods(Adapter):
    """Answers a read with a line without end."""

    def call(self, message):
        if message["operation"].startswith("get"):
            self.write("x" * 9_000_000)
        return super().call(message)


@adapter
class Crashes(Adapter):
    """Dies of a refund."""

    def call(self, message):
        if message["operation"] == "createRefund":
            print("fatal: refund", file=sys.stderr, flush=True)
            os._exit(139)
        return super().call(message)


@adapter
class Sleeps(Adapter):
    """Never answers a cancellation."""

    def call(self, message):
        if message["operation"] == "cancelCharge":
            time.sleep(600)
        return super().call(message)


@adapter
class Confuses(Adapter):
    """Answers with numbers that nobody asked for."""

    def call(self, message):
        if message["operation"] == "getBuyer":
            self.write(json.dumps({"id": 100_000, "did": "stop"}))
        return super().call(message)


if __name__ == "__main__":
    # The others register here, under the name by which they import this module.
    sys.modules["broken"] = sys.modules["__main__"]
    importlib.import_module("narrow")
    MINIATURES[sys.argv[1]]().serve()
