"""Puts AmazonPayClient, unmodified, behind the adapter protocol."""

from __future__ import annotations

import copy
import json
import os
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


def operation(method: str) -> str:
    """Return the operation of a method: create_charge is createCharge."""
    first, *rest = method.split("_")
    return first + "".join(word.capitalize() for word in rest)


# Whatever methods the SDK has, by the operation that each is for.
VERBS = ("create", "get", "update", "complete", "finalize", "close", "capture", "cancel")
METHODS = {operation(name): name for name in vars(AmazonPay.Client) if name.startswith(VERBS)}
CLIENTS: dict[str, AmazonPay.Client] = {}


def settings() -> dict[str, str]:
    """Return what the whole process shares, and an SDK has no business to change."""
    return {
        **os.environ,
        "socket default timeout": str(socket.getdefaulttimeout()),
        "time zone": str(time.tzname),
    }


def start(_: dict) -> dict:
    """Say who is there."""
    return {
        "protocol": 1,
        "language": "python",
        "runtime": f"{sys.implementation.name} {sys.version.split()[0]}",
        "sdk": NAME,
        "version": version(NAME),
        "offers": [*METHODS, "request"],
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
    return {"printed": repr(CLIENTS[message["client"]])}


def returned(response) -> dict:
    """Tell what the SDK handed out; its caller would parse the body by json()."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    value = {
        "status": response.status_code,
        "body": None,
        "text": response.text,
        "requestId": headers.get("x-amz-pay-request-id"),
        "unreadable": None,
        "headers": headers,
        "printed": repr(response),
    }
    try:
        value["body"] = response.json()
    except ValueError as error:
        value["unreadable"] = f"{type(error).__name__}: {error}"
    return value


def raised(error: Exception) -> dict:
    """Tell what an error says, and how a log shows it."""
    return {"type": type(error).__name__, "message": str(error), "printed": repr(error)}


def once(client: AmazonPay.Client, message: dict, arguments: dict) -> dict:
    """Call the SDK once: by its method for the operation, or by its general one."""
    try:
        if message["operation"] == "request":
            path, query = "/" + arguments["path"], arguments.get("query")
            response = client.request(arguments["method"], path, arguments.get("payload"), query)
        else:
            given = [arguments[key] for key in ("id", "payload", "query") if key in arguments]
            response = getattr(client, METHODS[message["operation"]])(*given)
        return {"returned": returned(response)}
    except Exception as error:  # whatever the SDK lets out is its answer to the caller
        return {"raised": raised(error)}


def call(message: dict) -> dict:
    """Call as often as asked, with the very same arguments."""
    if message["headers"]:
        return {"unsupported": "the SDK takes no headers from its caller"}
    if message["operation"] not in {*METHODS, "request"}:
        return {"unsupported": f"the SDK has no {message['operation']}"}
    client, arguments = CLIENTS[message["client"]], message["arguments"]
    before = copy.copy(vars(client))
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
        done = {"raised": raised(error)}
    line = json.dumps({"id": message["id"], "did": message["do"], **done})
    with WRITING:
        print(line, file=ANSWERS, flush=True)
        if message["do"] == "stop":
            os._exit(0)


for line in sys.stdin:
    threading.Thread(target=answer, args=(json.loads(line),), daemon=True).start()
