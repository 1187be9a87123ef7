"""Tells a generated story in words: its calls, the command that replays it, and curl lines."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from pay_conformance.exchange import Exchange
from pay_conformance.findings import Violation
from pay_conformance.record.redaction import Redactor
from pay_conformance.scenario import Story

_LONGEST = 400
_LONGEST_TEXT = 60
_MOST = 40
_BY_HAND = 3


def tell(story: Story, acts: Sequence[str], error: BaseException | None = None) -> str:
    """Return what happened in a story, and how to make it happen again.

    ``acts`` are ids of its exchanges, and in words what was no call.
    """
    redactor = Redactor()
    clean = redactor.redact_all(story.exchanges.values())
    told = dict(zip(story.exchanges, clean, strict=True))
    shown = [exchange for exchange in told.values() if exchange.request]
    lines = [f"The shortest story that fails, in {len(shown)} calls:"]
    if len(acts) > _MOST:
        lines.append(f"      {len(acts) - _MOST} steps before these")
    for act in acts[-_MOST:]:
        exchange = told.get(act)
        lines.append(
            f"  {act.rpartition('#')[2]:>3}. {said(exchange)}" if exchange else f"   -- {act}"
        )
    if isinstance(error, Violation):
        lines.append(f"  {error.finding.requirement}: {redactor.told(error.finding.message)}")
    lines += ["", "Again:", f"  {story.setting.reproduce}"]
    if _outlives_the_run(story):
        lines += ["", "By hand, with your credentials in the environment:"]
        lines += [f"  {line}" for exchange in shown[-_BY_HAND:] for line in curl(exchange)]
    return "\n".join(lines)


def _outlives_the_run(story: Story) -> bool:
    """Say whether the server and its merchant are there when the run is over.

    A merchant that was made for a story signs with a key that nobody else has.
    """
    target = story.setting.target
    return target.name not in ("mock", "replay") and "merchants" not in target.capabilities


def said(exchange: Exchange) -> str:
    """Return one call and its answer on one line, without what a person can do without."""
    request, response = exchange.request, exchange.response
    if request is None:
        return "nothing"
    body = _readable(request.body)
    key = request.header("x-amz-pay-idempotency-key")
    code = request.header("x-amz-pay-simulation-code")
    words = [
        request.method,
        urlsplit(request.url).path,
        body,
        f"(key {key[:8]}…)" if key else "",
        f"(simulation {code})" if code else "",
    ]
    answer = "no answer" if response is None else f"{response.status} {_outcome(response.body)}"
    return f"{' '.join(word for word in words if word)} -> {answer}"


def curl(exchange: Exchange) -> Iterator[str]:
    """Yield the lines for bash that send a request signed anew, with the user's credentials."""
    request = exchange.request
    if request is None:
        return
    try:
        text = request.body.decode()
    except UnicodeDecodeError:
        yield f"# {request.method} {urlsplit(request.url).path}: its body is no text"
        return
    parts = urlsplit(request.url)
    sign = ["pay-conformance", "sign", "--method", request.method, "--path", parts.path]
    if parts.query:
        sign += ["--query", parts.query]
    send = ["curl", "-sS", "-X", request.method]
    for name in ("x-amz-pay-idempotency-key", "x-amz-pay-simulation-code"):
        value = request.header(name)
        if value:
            sign += ["--header", f"{name}: {value}"]
    if request.body:
        yield f"printf %s {shlex.quote(text)} > body.json"
        sign += ["--body", "body.json"]
        send += ["--data-binary", "@body.json"]
    signed = shlex.join([*sign, "--show", "headers"])
    yield f"{shlex.join(send)} -H @<({signed}) {shlex.quote(request.url)}"


def _outcome(body: bytes) -> str:
    try:
        found = json.loads(body)
    except ValueError:
        return "(not JSON)"
    if not isinstance(found, dict):
        return ""
    status = found.get("statusDetails") or found.get("statusDetail") or {}
    return str(found.get("reasonCode") or (isinstance(status, dict) and status.get("state")) or "")


def _readable(body: bytes) -> str:
    """Return a body with its long texts cut, so that all of its members can be seen."""
    try:
        text = json.dumps(_cut(json.loads(body)), ensure_ascii=False) if body else ""
    except (ValueError, RecursionError):
        text = body.decode(errors="replace")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return f"{value[: _LONGEST_TEXT // 2]}… ({len(value)} characters)"
    if isinstance(value, dict):
        return {name: _cut(member) for name, member in value.items()}
    return [_cut(item) for item in value] if isinstance(value, list) else value
