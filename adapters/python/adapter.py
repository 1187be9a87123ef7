"""Puts AmazonPayClient, unmodified, behind the adapter protocol."""

from __future__ import annotations

import copy
import json
import locale
import os
import platform
import socket
import sys
import threading
import time
from importlib.metadata import version

import AmazonPay

NAME = "AmazonPayClient"
# The adapter keeps stdout to itself: whatever the SDK prints goes to stderr.
ANSWERS = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
WRITING = threading.Lock()

OPERATIONS = {
    "createCheckoutSession": ("create_checkout_session", "payload"),
    "getCheckoutSession": ("get_checkout_session", "id"),
    "updateCheckoutSession": ("update_checkout_session", "id", "payload"),
    "completeCheckoutSession": ("complete_checkout_session", "id", "payload"),
    "finalizeCheckoutSession": ("finalize_checkout_session", "id", "payload"),
    "getChargePermission": ("get_charge_permission", "id"),
    "updateChargePermission": ("update_charge_permission", "id", "payload"),
    "closeChargePermission": ("close_charge_permission", "id", "payload"),
    "createCharge": ("create_charge", "payload"),
    "getCharge": ("get_charge", "id"),
    "captureCharge": ("capture_charge", "id", "payload"),
    "cancelCharge": ("cancel_charge", "id", "payload"),
    "createRefund": ("create_refund", "payload"),
    "getRefund": ("get_refund", "id"),
    "getBuyer": ("get_buyer", "id"),
}
OFFERED = {name for name, (method, *_) in OPERATIONS.items() if hasattr(AmazonPay.Client, method)}
CLIENTS: dict[str, AmazonPay.Client] = {}


def settings() -> dict[str, str]:
    return {
        **os.environ,
        "socket default timeout": str(socket.getdefaulttimeout()),
        "locale": str(locale.setlocale(locale.LC_ALL)),
        "time zone": str(time.tzname),
    }


def start(_: dict) -> dict:
    return {
        "protocol": 1,
        "language": "python",
        "runtime": f"{platform.python_implementation()} {platform.python_version()}",
        "sdk": NAME,
        "version": version(NAME),
        "offers": sorted(OFFERED | {"request"}),
        "settings": settings(),
    }


def configure(message: dict) -> dict:
    if message["algorithm"] not in (None, "AMZN-PAY-RSASSA-PSS"):
        return {"unsupported": "the SDK signs with AMZN-PAY-RSASSA-PSS only"}
    if message["endpoint"] is not None:
        return {"unsupported": "the SDK has no option for another host"}
    CLIENTS[message["client"]] = AmazonPay.Client(
        public_key_id=message["publicKeyId"],
        private_key=message["privateKey"],
        region=message["region"],
        sandbox=message["environment"] == "sandbox",
    )
    return {}


def returned(response) -> dict:
    value = {
        "status": response.status_code,
        "body": None,
        "text": response.text,
        "requestId": response.headers.get("x-amz-pay-request-id"),
        "unreadable": None,
    }
    try:
        value["body"] = response.json()
    except ValueError as error:
        value["unreadable"] = f"{type(error).__name__}: {error}"
    return value


def once(client: AmazonPay.Client, message: dict, arguments: dict) -> dict:
    try:
        if message["operation"] == "request":
            path, query = "/" + arguments["path"], arguments.get("query")
            response = client.request(arguments["method"], path, arguments.get("payload"), query)
        else:
            name, *wanted = OPERATIONS[message["operation"]]
            given = [arguments[key] for key in wanted if key in arguments]
            response = getattr(client, name)(*given)
        return {"returned": returned(response)}
    except Exception as error:  # whatever the SDK lets out is its answer to the caller
        return {"raised": {"type": type(error).__name__, "message": str(error)}}


def call(message: dict) -> dict:
    if message["headers"]:
        return {"unsupported": "the SDK takes no headers from its caller"}
    if message["operation"] not in OFFERED | {"request"}:
        return {"unsupported": f"the SDK has no {message['operation']}"}
    client = CLIENTS[message["client"]]
    before = copy.copy(vars(client))
    arguments = message["arguments"]
    outcomes = [once(client, message, arguments) for _ in range(message["times"])]
    after = {
        "arguments": arguments,
        "headers": None,
        "configuration": "same" if vars(client) == before else "changed",
        "settings": settings(),
    }
    return {"outcomes": outcomes, "after": after}


def sign(message: dict) -> dict:
    payload = message["payload"]
    text = payload if isinstance(payload, str) else json.dumps(payload)
    signature = CLIENTS[message["client"]].generate_button_signature(payload)
    return {"signature": signature, "text": text}


def answer(message: dict) -> None:
    handler = {"start": start, "configure": configure, "call": call, "sign": sign}
    try:
        done = handler.get(message["do"], lambda _: {})(message)
    except Exception as error:
        done = {"raised": {"type": type(error).__name__, "message": str(error)}}
    with WRITING:
        print(json.dumps({"id": message["id"], "did": message["do"], **done}), file=ANSWERS, flush=True)
        if message["do"] == "stop":
            os._exit(0)


for line in sys.stdin:
    threading.Thread(target=answer, args=(json.loads(line),), daemon=True).start()
