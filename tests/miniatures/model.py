"""A small SDK without a fault, behind the adapter protocol: what the miniatures are broken from.

Run as a script with the name of a miniature, it is an adapter; without a name, the model itself.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import gzip
import hashlib
import http.client
import json
import os
import ssl
import sys
import threading
import time
import urllib.parse
import uuid
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

HOSTS = {"na": "pay-api.amazon.com", "eu": "pay-api.amazon.eu", "jp": "pay-api.amazon.jp"}
ALIASES = {"us": "na", "de": "eu", "uk": "eu"}
SALTS = {"AMZN-PAY-RSASSA-PSS": 20, "AMZN-PAY-RSASSA-PSS-V2": 32}
PASSING = {408, 425, 429, 500, 502, 503, 504}
KEY = "x-amz-pay-idempotency-key"
OPERATIONS = {
    "createCheckoutSession": ("POST", "checkoutSessions"),
    "getCheckoutSession": ("GET", "checkoutSessions/{}"),
    "updateCheckoutSession": ("PATCH", "checkoutSessions/{}"),
    "completeCheckoutSession": ("POST", "checkoutSessions/{}/complete"),
    "finalizeCheckoutSession": ("POST", "checkoutSessions/{}/finalize"),
    "getChargePermission": ("GET", "chargePermissions/{}"),
    "updateChargePermission": ("PATCH", "chargePermissions/{}"),
    "closeChargePermission": ("DELETE", "chargePermissions/{}/close"),
    "createCharge": ("POST", "charges"),
    "getCharge": ("GET", "charges/{}"),
    "captureCharge": ("POST", "charges/{}/capture"),
    "cancelCharge": ("DELETE", "charges/{}/cancel"),
    "createRefund": ("POST", "refunds"),
    "getRefund": ("GET", "refunds/{}"),
    "getBuyer": ("GET", "buyers/{}"),
    "updateCharge": ("PATCH", "charges/{}"),
    "createDeliveryTracker": ("POST", "deliveryTrackers"),
    "createDispute": ("POST", "disputes"),
    "getDispute": ("GET", "disputes/{}"),
    "updateDispute": ("PATCH", "disputes/{}"),
    "contestDispute": ("POST", "disputes/{}/contest"),
    "uploadFile": ("POST", "files"),
    "createReport": ("POST", "reports"),
    "getReports": ("GET", "reports"),
    "getReportById": ("GET", "reports/{}"),
    "getReportDocument": ("GET", "report-documents/{}"),
    "getReportSchedules": ("GET", "report-schedules"),
    "getReportScheduleById": ("GET", "report-schedules/{}"),
    "createReportSchedule": ("POST", "report-schedules"),
    "cancelReportSchedule": ("DELETE", "report-schedules/{}"),
    "registerAmazonPayAccount": ("POST", "merchantAccounts"),
    "updateAmazonPayAccount": ("PATCH", "merchantAccounts/{}"),
    "updateMerchantAccount": ("PATCH", "merchantAccounts/{}"),
    "deleteAmazonPayAccount": ("DELETE", "merchantAccounts/{}"),
    "merchantAccountClaim": ("POST", "merchantAccounts/{}/claim"),
}
PROTOCOL = {"authorization", "x-amz-pay-date"}
"""Headers that are the SDK's, whatever the caller says."""


class PayError(Exception):
    """The one error of this SDK, with all that is known."""

    def __init__(self, message: str, answer: Answer | None = None) -> None:
        super().__init__(message)
        self.answer = answer


class Answer:
    note = ""

    def __repr__(self) -> str:
        return f"<Answer {self.status}{self.note}>"

    def __init__(self, status: int, headers: dict[str, str], raw: bytes) -> None:
        self.status, self.headers, self.raw = status, headers, raw
        self.request_id = headers.get("x-amz-pay-request-id")
        self.text: str = raw.decode("utf-8", "replace")
        self.body: Any = None
        with contextlib.suppress(ValueError):
            self.body = json.loads(self.text)


class Sdk:
    """The faultless SDK. A miniature overrides one method."""

    name, version = "model", "1.0"
    offers = frozenset({*OPERATIONS, "request"})
    retries, first_wait, patience = 3, 0.6, 5.0

    def __init__(self, configuration: dict[str, Any]) -> None:
        self.configuration = configuration
        self.key_id = self.read_key_id(configuration["publicKeyId"])
        self.region = self.read_region(configuration["region"])
        self.host: str = configuration["endpoint"] or HOSTS[self.region]
        self.algorithm = self.read_algorithm(configuration["algorithm"])
        self.key = self.read_key(configuration["privateKey"])

    def read_key_id(self, given: str) -> str:
        if not given:
            raise PayError("there is no public key id")
        return given

    def read_region(self, given: str) -> str:
        region = ALIASES.get(given.lower(), given.lower())
        if region not in HOSTS:
            raise PayError(f"no region {given}")
        return region

    def read_algorithm(self, given: str | None) -> str:
        if given not in (None, *SALTS):
            raise PayError(f"no algorithm {given}")
        return given or "AMZN-PAY-RSASSA-PSS"

    def read_key(self, given: str) -> rsa.RSAPrivateKey:
        text = given.replace("\\n", "\n")
        try:
            if "-----" not in text and len(text) < 500 and Path(text).is_file():
                text = Path(text).read_text(encoding="utf-8")
            key = load_pem_private_key(text.encode(), None)
        except (ValueError, TypeError, OSError):
            raise PayError("the private key can't be read") from None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise PayError("the private key is no RSA key")
        return key

    def path(self, fragment: str) -> str:
        specific = self.key_id.upper().startswith(("LIVE", "SANDBOX"))
        prefix = "" if specific else "/" + self.configuration["environment"]
        return f"{prefix}/v2/{fragment}"

    def segment(self, object_id: str) -> str:
        return urllib.parse.quote(object_id, safe="")

    def query(self, given: dict[str, Any]) -> str:
        texts = {k: ",".join(v) if isinstance(v, list) else str(v) for k, v in given.items()}
        pairs = sorted(texts.items())
        return urllib.parse.urlencode(pairs, quote_via=urllib.parse.quote, safe="")

    def payload(self, given: Any) -> bytes:
        if given is None:
            return b""
        return (given if isinstance(given, str) else json.dumps(given)).encode()

    def date(self) -> str:
        return datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")

    def new_key(self) -> str:
        return uuid.uuid4().hex

    def wants_key(self, method: str, path: str) -> bool:
        return method == "POST"

    def headers(self, method: str, path: str, own: dict[str, str] | None) -> dict[str, str]:
        given = {self.lower(name): " ".join(value.split()) for name, value in (own or {}).items()}
        found = {name: value for name, value in given.items() if name not in PROTOCOL}
        if self.wants_key(method, path):
            found.setdefault(KEY, self.new_key())
        return found | {
            "accept": "application/json",
            "content-type": "application/json",
            "x-amz-pay-region": self.region,
            "x-amz-pay-host": self.host,
            "user-agent": f"amazon-pay-model/{self.version}",
        }

    def lower(self, name: str) -> str:
        return name.lower()

    def signed_names(self, headers: dict[str, str]) -> list[str]:
        return sorted(headers)

    def sign(self, text: str | bytes) -> str:
        data = text.encode() if isinstance(text, str) else text
        signed = f"{self.algorithm}\n{hashlib.sha256(data).hexdigest()}".encode()
        salt = padding.PSS(padding.MGF1(hashes.SHA256()), self.salt())
        return base64.b64encode(self.key.sign(signed, salt, hashes.SHA256())).decode()

    def salt(self) -> int:
        return SALTS[self.algorithm]

    def authorize(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> dict[str, str]:
        path, _, query = target.partition("?")
        names = self.signed_names(headers)
        lines = "".join(f"{name}:{headers[name]}\n" for name in names)
        digest = hashlib.sha256(body).hexdigest()
        canonical = "\n".join([method, path, query, lines, ";".join(names), digest])
        parts = f"PublicKeyId={self.key_id}, SignedHeaders={';'.join(names)}"
        signature = self.sign(canonical)
        return headers | {"authorization": f"{self.algorithm} {parts}, Signature={signature}"}

    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def send(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        connection = http.client.HTTPSConnection(
            self.host, context=self.tls(), timeout=self.patience
        )
        try:
            asked = {"accept-encoding": "gzip"} | headers
            connection.request(method, target, body or None, asked)
            response = connection.getresponse()
            raw = response.read()
            if response.headers.get("content-encoding") == "gzip":
                raw = self.decompressed(raw)
            found = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, found, raw)
        finally:
            connection.close()

    def decompressed(self, raw: bytes) -> bytes:
        return gzip.decompress(raw)

    def passing(self, answer: Answer) -> bool:
        return answer.status in PASSING

    def wait(self, attempt: int, answer: Answer | None) -> float:
        asked = answer.headers.get("retry-after", "0") if answer else "0"
        return max(self.first_wait * 2**attempt, self.asked_for(asked))

    def asked_for(self, asked: str) -> float:
        if asked.isdigit():
            return float(asked)
        return parsedate_to_datetime(asked).timestamp() - time.time()

    def attempt(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        fresh = headers | {"x-amz-pay-date": self.date()}
        return self.send(method, target, self.authorize(method, target, fresh, body), body)

    def tries(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        for attempt in range(self.retries + 1):
            answer = None
            try:
                answer = self.attempt(method, target, headers, body)
                if not self.passing(answer):
                    return answer
            except ssl.SSLCertVerificationError:
                raise PayError("the server's certificate is not trusted") from None
            except (TimeoutError, ConnectionRefusedError) as error:
                raise PayError(f"no answer: {type(error).__name__}") from None
            except (OSError, http.client.HTTPException) as error:
                if attempt == self.retries:
                    raise PayError(f"no answer: {type(error).__name__}") from None
            if answer is not None and attempt == self.retries:
                return answer
            time.sleep(self.wait(attempt, answer))
        raise PayError("unreachable")

    def read(self, operation: str, answer: Answer) -> Answer:
        if answer.status == 204 or (answer.status, operation) == (303, "merchantAccountClaim"):
            return answer
        if answer.status >= 300:
            raise PayError(f"status {answer.status}: {answer.text}", answer)
        if not isinstance(answer.body, dict):
            raise PayError("the answer is no JSON object", answer)
        listed = answer.body.get("shippingAddressList")
        if isinstance(listed, list):
            answer.body["shippingAddressList"] = [self.address(item) for item in listed]
        return answer

    def address(self, item: Any) -> Any:
        try:
            return json.loads(item)
        except (TypeError, ValueError):
            return item

    def check_id(self, given: str | None) -> None:
        if given == "":
            raise PayError("the id is empty")

    def call(self, operation: str, given: dict[str, Any], own: dict[str, str] | None) -> Answer:
        method, fragment = OPERATIONS.get(operation) or (given["method"], given["path"])
        self.check_id(given.get("id"))
        fragment = fragment.format(self.segment(given.get("id", "")))
        path = self.path(fragment)
        query = self.query(given["query"]) if given.get("query") else ""
        target = f"{path}?{query}" if query else path
        for name, value in (own or {}).items():
            if "\n" in name + value or "\r" in name + value:
                raise PayError("a header has a line break")
        body = self.payload(given.get("payload"))
        answer = self.tries(method, target, self.headers(method, path, own), body)
        return self.read(operation, answer)

    def button(self, payload: str) -> str:
        return self.sign(payload)


class Adapter:
    """Serves the protocol for a class of SDK. A miniature of an adapter overrides one method."""

    def __init__(self, sdk: type[Sdk]) -> None:
        self.sdk = sdk
        self.clients: dict[str, Sdk] = {}
        self.lock = threading.Lock()

    def settings(self) -> dict[str, str]:
        return dict(os.environ)

    def start(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "protocol": 1, "language": "python", "runtime": "miniature", "sdk": self.sdk.name,
            "version": self.sdk.version, "offers": sorted(self.sdk.offers),
            "settings": self.settings(),
        }  # fmt: skip

    def configure(self, message: dict[str, Any]) -> dict[str, Any]:
        made = self.clients[message["client"]] = self.sdk(message)
        return {"printed": repr(made)}

    def call(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["operation"] not in self.sdk.offers:
            return {"unsupported": f"the SDK has no {message['operation']}"}
        client = self.clients[message["client"]]
        before = copy.deepcopy(client.configuration)
        given, own = message["arguments"], message["headers"]
        outcomes = [
            self.once(client, message["operation"], given, own) for _ in range(message["times"])
        ]
        same = "same" if client.configuration == before else "changed"
        return {
            "outcomes": outcomes,
            "after": {
                "arguments": given,
                "headers": own,
                "configuration": same,
                "settings": self.settings(),
            },
        }

    def once(self, client: Sdk, operation: str, given: Any, own: Any) -> dict[str, Any]:
        try:
            answer = client.call(operation, given, own)
        except Exception as error:
            return {"raised": self.raised(error)}
        return {
            "returned": {
                "status": answer.status, "body": answer.body, "text": answer.text,
                "requestId": answer.request_id, "unreadable": None,
                "headers": answer.headers, "printed": repr(answer),
            }
        }  # fmt: skip

    def raised(self, error: Exception) -> dict[str, Any]:
        found: dict[str, Any] = {"type": type(error).__name__, "message": str(error)}
        answer = getattr(error, "answer", None)
        if answer is not None:
            found |= {"status": answer.status, "body": answer.body, "requestId": answer.request_id}
        return found | {"printed": f"{error!r} {answer!r}"}

    def sign(self, message: dict[str, Any]) -> dict[str, Any]:
        payload = message["payload"]
        text = payload if isinstance(payload, str) else json.dumps(payload)
        return {"signature": self.clients[message["client"]].button(text), "text": text}

    def stop(self, _: dict[str, Any]) -> dict[str, Any]:
        return {}

    def write(self, line: str) -> None:
        with self.lock:
            os.write(1, line.encode() + b"\n")

    def answer(self, message: dict[str, Any]) -> None:
        try:
            done = getattr(self, message["do"])(message)
        except Exception as error:
            done = {"raised": self.raised(error)}
        self.write(json.dumps({"id": message["id"], "did": message["do"], **done}))
        if message["do"] == "stop":
            os._exit(0)

    def serve(self) -> None:
        for line in sys.stdin:
            threading.Thread(target=self.answer, args=(json.loads(line),), daemon=True).start()
