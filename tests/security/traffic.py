"""What a hostile server and a careless client said to each other, in every kind of file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import yaml

from pay_conformance.exchange import Request, Response
from pay_conformance.signing import Signer
from tests.security.planted import BUYER, Hostile

HOST = "https://pay-api.amazon.com"
Call = tuple[Request, Response]


def talk(hostile: Hostile) -> tuple[list[Call], str]:
    """Buy something, with the buyer's details where they belong and where they don't.

    Returns what was said, and the private key.
    """
    made = json.loads(_control(hostile, "/merchants", {}))
    signer = Signer(made["publicKeyId"], made["privateKey"])
    calls: list[Call] = []

    def call(method: str, path: str, body: object = None) -> dict[str, object]:
        url, raw = f"{HOST}/v2{path}", b"" if body is None else json.dumps(body).encode()
        headers = tuple(signer.sign(method, url, raw, idempotency_key=f"{len(calls):032}"))
        request = Request(method, url, headers, raw)
        calls.append((request, hostile.answer(request)))
        found: dict[str, object] = json.loads(calls[-1][1].body)
        return found

    new = {
        "storeId": made["storeId"],
        "webCheckoutDetails": {"checkoutReviewReturnUrl": "https://shop.example/review"},
    }
    session = call("POST", "/checkoutSessions", new)["checkoutSessionId"]
    merchant = f"/merchants/{signer.public_key_id}"
    _control(hostile, f"{merchant}/checkoutSessions/{session}/buyer", {"action": "signIn"})
    scopes = {"scopes": ["name", "email", "shippingAddress", "phoneNumber"]}
    token = json.loads(_control(hostile, f"{merchant}/buyers", scopes))["buyerToken"]
    name, email = BUYER["Sample Buyer"], BUYER["buyer@example.com"]
    call("GET", f"/checkoutSessions/{session}")
    call("GET", f"/buyers/{quote(token)}")
    note = {"merchantMetadata": {"noteToBuyer": f"for {name}"}, "key": made["privateKey"]}
    call("PATCH", f"/checkoutSessions/{session}", note)
    call("PATCH", f"/checkoutSessions/{session}", {"paymentDetails": {"chargeAmount": email}})
    call("POST", f"/checkoutSessions/{session}/complete", {"chargeAmount": {"amount": token}})
    call("GET", f"/charges/{quote(name)}?email={quote(email)}")
    return calls, made["privateKey"]


def _control(hostile: Hostile, path: str, body: object) -> bytes:
    request = Request("POST", f"http://x/_control{path}", (), json.dumps(body).encode())
    return hostile.answer(request).body


def as_lines(calls: list[Call]) -> str:
    """Return the calls as JSON lines."""
    return "".join(
        json.dumps(
            {
                "request": {
                    "method": asked.method,
                    "url": asked.url,
                    "headers": list(asked.headers),
                    "body": asked.body.decode(),
                },
                "response": {
                    "status": said.status,
                    "headers": list(said.headers),
                    "body": said.body.decode(),
                },
            }
        )
        + "\n"
        for asked, said in calls
    )


def as_har(calls: list[Call]) -> str:
    """Return the calls as a HAR file."""
    entries = [
        {
            "startedDateTime": "2026-01-31T09:44:01Z",
            "time": 5,
            "request": {
                "method": asked.method,
                "url": asked.url,
                "headers": [{"name": name, "value": value} for name, value in asked.headers],
                "postData": {"text": asked.body.decode()},
            },
            "response": {
                "status": said.status,
                "headers": [{"name": name, "value": value} for name, value in said.headers],
                "content": {"text": said.body.decode()},
            },
        }
        for asked, said in calls
    ]
    return json.dumps({"log": {"version": "1.2", "entries": entries}})


def as_cassette(calls: list[Call]) -> str:
    """Return the calls as vcrpy keeps them, with nothing taken out."""
    interactions = [
        {
            "request": {
                "method": asked.method,
                "uri": asked.url,
                "headers": {name: [value] for name, value in asked.headers},
                "body": asked.body.decode(),
            },
            "response": {
                "status": {"code": said.status, "message": ""},
                "headers": {name: [value] for name, value in said.headers},
                "body": {"string": said.body.decode()},
            },
        }
        for asked, said in calls
    ]
    return str(yaml.safe_dump({"version": 1, "interactions": interactions}))


def as_bodies(calls: list[Call]) -> str:
    """Return the answer that shows the buyer."""
    return next(said.body.decode() for _, said in calls if b'"buyer":{' in _plain(said.body))


def _plain(body: bytes) -> bytes:
    return body.replace(b" ", b"")


FORMS: dict[str, Callable[[list[Call]], str]] = {
    "said.jsonl": as_lines,
    "said.har": as_har,
    "said.yaml": as_cassette,
    "session.json": as_bodies,
}


def write(folder: Path, calls: list[Call]) -> None:
    """Write the calls into a folder, in every form."""
    for name, form in FORMS.items():
        (folder / name).write_text(form(calls), encoding="utf-8")
