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

PAYLOAD = ("createCheckoutSession", "createCharge", "createRefund")
ID = ("getCheckoutSession", "getChargePermission", "getCharge", "getRefund", "getBuyer")
BOTH = (
    *("updateCheckoutSession", "completeCheckoutSession", "finalizeCheckoutSession"),
    *("updateChargePermission", "closeChargePermission", "captureCharge", "cancelCharge"),
)
TAKES = dict.fromkeys(PAYLOAD, ("payload",)) | dict.fromkeys(ID, ("id",))
TAKES |= dict.fromkeys(BOTH, ("id", "payload"))


def method(operation: str) -> str:
    """Return the name that the SDK gives to an operation: createCharge is create_charge."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation)


OFFERED = {name for name in TAKES if hasattr(AmazonPay.Client, method(name))}
CLIENTS: dict[str, AmazonPay.Client] = {}


def settings() -> dict[str, str]:
    """Return what the whole process shares, and an SDK has no business to change."""
    return {
        **os.environ,
        "socket default timeout": str(socket.getdefaulttimeout()),
        "locale": str(locale.setlocale(locale.LC_ALL)),
        "time zone": str(time.tzname),
    }


def start(_: dict) -> dict:
    """Say who is there."""
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
    """Make a client, by the SDK's own constructor."""
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
    """Tell what the SDK handed out; its caller would parse the body by json()."""
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
    """Call the SDK once: by its method for the operation, or by its general one."""
    try:
        if message["operation"] == "request":
            path, query = "/" + arguments["path"], arguments.get("query")
            response = client.request(arguments["method"], path, arguments.get("payload"), query)
        else:
            given = [arguments[key] for key in TAKES[message["operation"]] if key in arguments]
            response = getattr(client, method(message["operation"]))(*given)
        return {"returned": returned(response)}
    except Exception as error:  # whatever the SDK lets out is its answer to the caller
        return {"raised": {"type": type(error).__name__, "message": str(error)}}


def call(message: dict) -> dict:
    """Call as often as asked, with the very same arguments."""
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
    """Sign a button payload."""
    payload = message["payload"]
    text = payload if isinstance(payload, str) else json.dumps(payload)
    signature = CLIENTS[message["client"]].generate_button_signature(payload)
    return {"signature": signature, "text": text}


def answer(message: dict) -> None:
    """Answer one request, on a thread of its own."""
    handler = {"start": start, "configure": configure, "call": call, "sign": sign}
    try:
        done = handler.get(message["do"], lambda _: {})(message)
    except Exception as error:
        done = {"raised": {"type": type(error).__name__, "message": str(error)}}
    with WRITING:
        print(
            json.dumps({"id": message["id"], "did": message["do"], **done}),
            file=ANSWERS,
            flush=True,
        )
        if message["do"] == "stop":
            os._exit(0)


for line in sys.stdin:
    threading.Thread(target=answer, args=(json.loads(line),), daemon=True).start()
