"""SDKs that get one thing wrong and all that is near it right, so that one requirement sees it."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import ssl

from broken import sdk
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from model import HOSTS, KEY, SALTS, PayError, Sdk

# Tries: one status, or one kind of trouble, is forgotten


@sdk
class ForgetsTimeouts(Sdk):
    """Does not try again after 408."""

    def passing(self, answer):
        return answer.status != 408 and super().passing(answer)


@sdk
class ForgetsTooEarly(Sdk):
    """Does not try again after 425."""

    def passing(self, answer):
        return answer.status != 425 and super().passing(answer)


@sdk
class ForgetsThrottling(Sdk):
    """Does not try again after 429."""

    def passing(self, answer):
        return answer.status != 429 and super().passing(answer)


@sdk
class ForgetsServerErrors(Sdk):
    """Does not try again after 500."""

    def passing(self, answer):
        return answer.status != 500 and super().passing(answer)


@sdk
class ForgetsBadGateways(Sdk):
    """Does not try again after 502."""

    def passing(self, answer):
        return answer.status != 502 and super().passing(answer)


@sdk
class ForgetsUnavailability(Sdk):
    """Does not try again after 503."""

    def passing(self, answer):
        return answer.status != 503 and super().passing(answer)


@sdk
class ForgetsSlowGateways(Sdk):
    """Does not try again after 504."""

    def passing(self, answer):
        return answer.status != 504 and super().passing(answer)


@sdk
class GivesUpOnClosing(Sdk):
    """Does not try again when the connection is closed in order."""

    def attempt(self, method, target, headers, body):
        try:
            return super().attempt(method, target, headers, body)
        except http.client.RemoteDisconnected:
            raise PayError("the connection was closed") from None


@sdk
class AddsASpaceOnEachTry(Sdk):
    """Makes the body longer with each try."""

    count = 0

    def attempt(self, method, target, headers, body):
        self.count += 1
        return super().attempt(method, target, headers, body + b" " * self.count)


@sdk
class SignsRetriesWithoutTheBody(Sdk):
    """Leaves the body out of what it signs from the second try on."""

    tried = False

    def authorize(self, method, target, headers, body):
        signed = super().authorize(method, target, headers, b"" if self.tried else body)
        self.tried = True
        return signed


# Idempotency keys


@sdk
class NoKeyOnCharges(Sdk):
    """Leaves the key of a charge to the caller."""

    def wants_key(self, method, path):
        return super().wants_key(method, path) and not path.endswith("/charges")


@sdk
class NoKeyOnComplete(Sdk):
    """Leaves the key of a completion to the caller."""

    def wants_key(self, method, path):
        return super().wants_key(method, path) and not path.endswith("/complete")


@sdk
class KeyOfTheProcess(Sdk):
    """Makes its key from the number of its process."""

    def new_key(self):
        return f"{os.getpid():020d}"


@sdk
class NewKeyAfterALoss(Sdk):
    """Makes a new key when an answer was lost, and so charges twice."""

    lost = False

    def attempt(self, method, target, headers, body):
        fresh = {KEY: self.new_key()} if self.lost and KEY in headers else {}
        try:
            return super().attempt(method, target, headers | fresh, body)
        except OSError:
            self.lost = True
            raise


@sdk
class NewKeyForACapture(Sdk):
    """Makes a new key for each try of a capture."""

    def attempt(self, method, target, headers, body):
        fresh = {KEY: self.new_key()} if target.endswith("/capture") else {}
        return super().attempt(method, target, headers | fresh, body)


# What the caller gets


@sdk
class LosesTheErrorsStatus(Sdk):
    """An error does not say its status."""

    def read(self, operation, answer):
        try:
            return super().read(operation, answer)
        except PayError as error:
            if error.answer is not None:
                error.answer.status = None
            raise


@sdk
class LosesTheReasonCode(Sdk):
    """An error has a message and no reason code."""

    def read(self, operation, answer):
        if answer.status >= 400 and isinstance(answer.body, dict):
            answer.body = {"message": answer.body.get("message")}
            raise PayError(f"status {answer.status}", answer)
        return super().read(operation, answer)


@sdk
class LosesTheMessage(Sdk):
    """An error has a reason code and no message."""

    def read(self, operation, answer):
        if answer.status >= 400 and isinstance(answer.body, dict):
            answer.body = {"reasonCode": answer.body.get("reasonCode")}
            raise PayError(f"status {answer.status}", answer)
        return super().read(operation, answer)


@sdk
class LosesTheErrorsId(Sdk):
    """An error does not say its request id."""

    def read(self, operation, answer):
        if answer.status >= 400:
            answer.request_id = None
        return super().read(operation, answer)


@sdk
class ErrorsNeedABody(Sdk):
    """An error without a body has no status."""

    def read(self, operation, answer):
        if answer.status >= 400 and not answer.raw:
            raise PayError("there is no body")
        return super().read(operation, answer)


@sdk
class SaysCreatedOfNothing(Sdk):
    """Every success has the status 200."""

    def read(self, operation, answer):
        if answer.status == 201:
            answer.status = 200
        return super().read(operation, answer)


@sdk
class LosesTheBody(Sdk):
    """The body of a success is left unparsed."""

    def read(self, operation, answer):
        found = super().read(operation, answer)
        found.body = None
        return found


@sdk
class LosesTheRequestId(Sdk):
    """A success does not say its request id."""

    def read(self, operation, answer):
        answer.request_id = None
        return super().read(operation, answer)


@sdk
class FailsOnAccepted(Sdk):
    """202 is an error."""

    def read(self, operation, answer):
        if answer.status == 202:
            raise PayError("status 202", answer)
        return super().read(operation, answer)


@sdk
class FailsOnNoContent(Sdk):
    """204 is an error."""

    def read(self, operation, answer):
        if answer.status == 204:
            raise PayError("status 204", answer)
        return super().read(operation, answer)


@sdk
class FailsOnSeeOther(Sdk):
    """The 303 of an account claim is an error."""

    def read(self, operation, answer):
        if answer.status == 303:
            raise PayError("status 303", answer)
        return super().read(operation, answer)


@sdk
class ClosedStates(Sdk):
    """A state that it does not know is Unknown."""

    def read(self, operation, answer):
        found = super().read(operation, answer)
        details = (found.body or {}).get("statusDetails") or {}
        if details.get("state") == "UnderInspection":
            details["state"] = "Unknown"
        return found


@sdk
class LeavesNullsOut(Sdk):
    """A member that is null does not reach the caller."""

    def read(self, operation, answer):
        found = super().read(operation, answer)
        found.body = {
            name: value for name, value in (found.body or {}).items() if value is not None
        }
        return found


@sdk
class CountsInFloats(Sdk):
    """An amount is a number for the caller."""

    def read(self, operation, answer):
        found = super().read(operation, answer)
        for value in (found.body or {}).values():
            if isinstance(value, dict) and isinstance(value.get("amount"), str):
                value["amount"] = float(value["amount"])
        return found


@sdk
class TakesEmptyForDone(Sdk):
    """A success without a body is a result, whatever was asked for."""

    def read(self, operation, answer):
        return answer if answer.status < 300 and not answer.raw else super().read(operation, answer)


@sdk
class TakesListsForObjects(Sdk):
    """A success whose body is a list is a result."""

    def read(self, operation, answer):
        if answer.status < 300 and isinstance(answer.body, list):
            return answer
        return super().read(operation, answer)


@sdk
class StumblesOverRedirects(Sdk):
    """A redirect ends in a mistake of the program."""

    def read(self, operation, answer):
        if 300 <= answer.status < 400:
            raise KeyError("location")
        return super().read(operation, answer)


@sdk
class DiesOfDepth(Sdk):
    """JSON of great depth ends the process."""

    def read(self, operation, answer):
        if max(answer.raw.count(b"["), answer.raw.count(b"{")) > 100:
            os._exit(1)
        return super().read(operation, answer)


# Headers


@sdk
class AcceptsAnything(Sdk):
    """Does not say that it wants JSON."""

    def headers(self, method, path, own):
        return super().headers(method, path, own) | {"accept": "*/*"}


@sdk
class AmericanHeader(Sdk):
    """Names North America in the header of every request."""

    def headers(self, method, path, own):
        return super().headers(method, path, own) | {"x-amz-pay-region": "na"}


@sdk
class AmericanHost(Sdk):
    """Names the host of North America in the header of every request."""

    def headers(self, method, path, own):
        return super().headers(method, path, own) | {"x-amz-pay-host": HOSTS["na"]}


@sdk
class ReadableDates(Sdk):
    """Writes its date with a space in the middle."""

    def date(self):
        compact = super().date()
        return f"{compact[:4]}-{compact[4:6]}-{compact[6:8]} {compact[9:11]}:{compact[11:13]}:00"


@sdk
class Anonymous(Sdk):
    """Does not say who it is."""

    def headers(self, method, path, own):
        return super().headers(method, path, own) | {"user-agent": "python"}


# Keys and signatures


@sdk
class KeysOfTheNewForm(Sdk):
    """Knows no private key in PKCS#1."""

    def read_key(self, given):
        if "BEGIN RSA" in given:
            raise PayError("the private key is not in PKCS#8")
        return super().read_key(given)


@sdk
class KeysAreText(Sdk):
    """Refuses a path in place of a key without saying why."""

    def read_key(self, given):
        if "-----" not in given:
            raise PayError("something is wrong")
        return super().read_key(given)


@sdk
class VagueAboutKeys(Sdk):
    """Refuses a key of another kind without saying that it is about the key."""

    def read_key(self, given):
        try:
            return super().read_key(given)
        except PayError:
            raise PayError("the configuration is not valid") from None


@sdk
class VagueAboutAlgorithms(Sdk):
    """Refuses an unknown algorithm without saying that it is about that."""

    def read_algorithm(self, given):
        try:
            return super().read_algorithm(given)
        except PayError:
            raise PayError("the configuration is not valid") from None


@sdk
class VagueAboutRegions(Sdk):
    """Refuses an unknown region without saying that it is about that."""

    def read_region(self, given):
        try:
            return super().read_region(given)
        except PayError:
            raise PayError("the configuration is not valid") from None


@sdk
class WritesTheRegion(Sdk):
    """Puts the region into the caller's configuration as it writes it."""

    def call(self, operation, given, own):
        self.configuration["region"] = self.region.upper()
        return super().call(operation, given, own)


@sdk
class SignsAscii(Sdk):
    """Sends a body in UTF-8, and signs what is left of it in ASCII."""

    def payload(self, given):
        plain = given is None or isinstance(given, str)
        return super().payload(given if plain else json.dumps(given, ensure_ascii=False))

    def authorize(self, method, target, headers, body):
        return super().authorize(method, target, headers, body.decode().encode("ascii", "replace"))


@sdk
class ButtonsWithoutSpaces(Sdk):
    """Signs a button's payload without the spaces in it."""

    def button(self, payload):
        return super().button(json.dumps(json.loads(payload), separators=(",", ":")))


@sdk
class ButtonsOfOld(Sdk):
    """Signs a button's payload with the first algorithm's salt, whatever was configured."""

    def button(self, payload):
        signed = f"{self.algorithm}\n{hashlib.sha256(payload.encode()).hexdigest()}".encode()
        salt = padding.PSS(padding.MGF1(hashes.SHA256()), SALTS["AMZN-PAY-RSASSA-PSS"])
        return base64.b64encode(self.key.sign(signed, salt, hashes.SHA256())).decode()


# TLS


@sdk
class TrustsAnyName(Sdk):
    """Takes a trusted certificate for any host."""

    def tls(self):
        context = super().tls()
        context.check_hostname = False
        return context


@sdk
class TrustsItsOwnHost(Sdk):
    """Checks no certificate with the option for another host."""

    def tls(self):
        context = super().tls()
        if self.configuration["endpoint"]:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


# On the wire


@sdk
class SandboxInThePath(Sdk):
    """Puts the environment into the path of a key id that names it already."""

    def path(self, fragment):
        return f"/{self.configuration['environment']}/v2/{fragment}"


@sdk
class ExactPrefixes(Sdk):
    """Knows the prefix of a public key id in upper case only."""

    def path(self, fragment):
        specific = self.key_id.startswith(("LIVE", "SANDBOX"))
        prefix = "" if specific else "/" + self.configuration["environment"]
        return f"{prefix}/v2/{fragment}"


@sdk
class RegionsInLowerCase(Sdk):
    """Knows a region in lower case only."""

    def read_region(self, given):
        if given.isupper():
            raise PayError(f"no region {given}")
        return super().read_region(given)


@sdk
class NoAliases(Sdk):
    """Knows no alias of a region."""

    def read_region(self, given):
        if given.lower() not in HOSTS:
            raise PayError(f"no region {given}")
        return given.lower()


@sdk
class CutsTokens(Sdk):
    """Ends an id at a vertical bar."""

    def segment(self, object_id):
        return super().segment(object_id.partition("|")[0])


@sdk
class AsciiPayloads(Sdk):
    """Writes a payload with a question mark for each character beyond ASCII."""

    def payload(self, given):
        if given is None:
            return b""
        text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
        return text.encode("ascii", "replace")


@sdk
class SlashAfterReports(Sdk):
    """Ends the path of a report with a slash."""

    def path(self, fragment):
        return super().path(fragment) + ("/" if fragment.startswith("reports") else "")
