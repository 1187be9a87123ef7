"""Tells what was done in a case, so that a report on it can be read without the case at hand."""

from __future__ import annotations

from collections.abc import Iterator

from pay_conformance.record.redaction import Redactor
from pay_conformance.sdk.answers import Step
from pay_conformance.sdk.cases import Plan, Setup
from pay_conformance.sdk.server import Certificate
from pay_conformance.sdk.shown import Shown

_USUAL = Setup()
_LONGEST_BODY = 40


def told(shown: Shown) -> str:
    """Return a few lines: what the program did, what it was answered, what it got, and where from.

    No secret of the case is in them.
    """
    told: str = Redactor(frozenset(shown.secrets)).told("\n".join(_lines(shown)))
    return told


def _lines(shown: Shown) -> Iterator[str]:
    case = shown.case
    unusual = ", ".join(_unusual(case.setup))
    if unusual:
        yield f"The SDK is configured with {unusual}."
    if case.plan is None:
        yield "A program lets the SDK sign the payload of a button."
    else:
        yield f"A program calls {_called(case.plan)}."
    if case.down:
        yield "No server listens there."
    elif case.plan is not None:
        if case.certificate is not Certificate.GOOD:
            yield f"The server's certificate is wrong: {case.certificate.value}."
        answers = ", then ".join(map(_answer, case.server))
        yield f"The server is set to answer: {answers}."
        yield f"Requests that arrived: {len(shown.requests)}."
    if shown.fault:
        yield f"The program did not go on: {shown.fault}."
    for given in shown.given:
        yield f"The program got: {given.what}."
    if case.assumes:
        yield f"Assumed: {case.assumes}"
    yield f"The case is written in suites/{case.where}."


def _unusual(setup: Setup) -> Iterator[str]:
    for name in ("environment", "region", "algorithm", "key"):
        value = getattr(setup, name)
        if value != getattr(_USUAL, name):
            yield f"{name} {value!r}"
    if not setup.key_id:
        yield "an empty public key id"
    if setup.key_form != _USUAL.key_form:
        yield f"the key given as {setup.key_form}"
    if setup.own_endpoint:
        yield "an endpoint of its own"


def _called(plan: Plan) -> str:
    name = plan.operation
    if name == "request":
        name = f"the SDK's general request, {plan.method} {plan.path}"
    elif "id" in plan.arguments:
        name = f"{name} with the id {plan.arguments['id']!r}"
    payload = plan.arguments.get("payload")
    if isinstance(payload, str):
        name += f" with the payload as a text, {_short(payload)}"
    if plan.headers:
        name += f" with headers of its own ({', '.join(plan.headers)})"
    if plan.times > 1:
        name += f", {plan.times} times in a row"
    if plan.abreast > 1:
        name += f", {plan.abreast} times at once"
    return name


def _short(text: str) -> str:
    return repr(text) if len(text) <= 2 * _LONGEST_BODY else f"{text[: 2 * _LONGEST_BODY]!r}…"


def _answer(step: Step) -> str:
    if step.fault is not None:
        acted = f"{step.status}, acted on, but " if step.acts else ""
        return f"{acted}a connection fault ({step.fault.value})"
    body = _body(step)
    late = f" after {step.delay:g} s" if step.delay else ""
    return f"{step.status} {body}".strip() + late


def _body(step: Step) -> str:
    if isinstance(step.sent, dict):
        code = step.sent.get("reasonCode")
        return str(code) if code else "with a JSON object"
    text = step.body.decode(errors="replace")
    if not text:
        return "with no body"
    return f"with the body {text[:_LONGEST_BODY]!r}{'…' if len(text) > _LONGEST_BODY else ''}"
