"""Assertions of a scenario: each one is evidence for a requirement, or the finding against it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from pay_conformance.findings import Unmet, Violation
from pay_conformance.scenario.answer import Answer
from pay_conformance.scenario.story import Story


class Expect:
    """``expect(answer, "CS-COMP-002").status(409).reason("AmountMismatch")``."""

    def __init__(self, story: Story) -> None:
        self._story = story

    def __call__(self, answer: Answer, requirement: str) -> Expectation:
        """Return what can be asserted of an answer, for a requirement of the scenario."""
        self._story.check_marked(requirement)
        return Expectation(self._story, answer, requirement)

    def that(
        self,
        requirement: str,
        *,
        holds: bool,
        message: str,
        answer: Answer | None = None,
        **seen: Any,
    ) -> None:
        """Assert something about several answers; ``message`` says what is wrong otherwise.

        ``seen`` may give ``pointer``, ``expected`` and ``actual``.
        """
        self._story.check_marked(requirement)
        if not holds:
            raise self._story.violated(requirement, message, answer, **seen)
        self._story.held(requirement, answer)


class Expectation:
    """Assertions about one answer; each returns the same object, so that they can be chained."""

    def __init__(self, story: Story, answer: Answer, requirement: str) -> None:
        self._story = story
        self._answer = answer
        self._requirement = requirement

    @property
    def answer(self) -> Answer:
        """The answer that is asserted about."""
        return self._answer

    def status(self, *allowed: int) -> Expectation:
        """Assert that the HTTP status is one of those allowed."""
        if self._answer.status not in allowed:
            raise self._wrong_status(_listed(allowed))
        return self._held()

    def succeeds(self) -> Expectation:
        """Assert that the call succeeded."""
        if not self._answer.succeeded:
            raise self._wrong_status("a success")
        return self._held()

    def refused(self, status: int | tuple[int, ...], *reasons: str) -> Expectation:
        """Assert the exact status of a refusal, and a reasonCode that is one of those given."""
        self.status(*(status if isinstance(status, tuple) else (status,)))
        return self.reason(*reasons) if reasons else self

    def reason(self, *allowed: str) -> Expectation:
        """Assert that the reasonCode of the error is one of those allowed."""
        if self._answer.reason not in allowed:
            raise self._story.violated(
                self._requirement,
                f"{self._answer.summary}, not {_listed(allowed)}",
                self._answer,
                pointer="/reasonCode",
                expected=_one_of(allowed),
                actual=self._answer.reason,
            )
        return self._held()

    def state(self, *allowed: str) -> Expectation:
        """Assert that the object is in one of those states."""
        return self.at("/statusDetails/state").is_one_of(*allowed)

    def reasons(self, *expected: str) -> Expectation:
        """Assert that the object's state has exactly these reason codes, in any order."""
        found = self._answer.reasons
        if sorted(map(str, found)) != sorted(expected):
            raise self._story.violated(
                self._requirement,
                f"the reason is {_listed(found)}, not {_listed(expected)}",
                self._answer,
                pointer=self._answer.pointer("/statusDetails"),
                expected=list(expected),
                actual=list(found),
            )
        return self._held()

    def same_as(self, other: Answer) -> Expectation:
        """Assert that the body is that of another answer, member by member."""
        if self._answer.json != other.json:
            place, then, now = first_difference(other.json, self._answer.json)
            raise self._story.violated(
                self._requirement,
                f"{place or 'the body'} differs from what {other.call.title} answered before",
                self._answer,
                pointer=place,
                expected=then,
                actual=now,
            )
        return self._held()

    def at(self, pointer: str) -> Place:
        """Return a place in the body, by JSON Pointer written with v2 names."""
        return Place(self, self._answer, pointer, self._check)

    def _check(self, ok: object, pointer: str, message: str, expected: Any) -> Expectation:
        if not ok:
            raise self._story.violated(
                self._requirement,
                message,
                self._answer,
                pointer=self._answer.pointer(pointer),
                expected=expected,
                actual=self._answer.at(pointer),
            )
        return self._held()

    def _held(self) -> Expectation:
        self._story.held(self._requirement, self._answer)
        return self

    def _wrong_status(self, expected: str) -> Violation:
        return self._story.violated(
            self._requirement,
            f"{self._answer.summary}, not {expected}",
            self._answer,
            expected=expected,
            actual={"status": self._answer.status, "body": self._answer.json},
        )


Check = Callable[[object, str, str, Any], Expectation]


class Place:
    """Assertions about one value of a body."""

    def __init__(
        self, expectation: Expectation, answer: Answer, pointer: str, check: Check
    ) -> None:
        self._expectation = expectation
        self._answer = answer
        self._pointer = pointer
        self._check = check
        self._value = answer.at(pointer)
        self._name = answer.pointer(pointer)

    def equals(self, expected: Any) -> Expectation:
        """Assert the very value, type included."""
        same = type(self._value) is type(expected) and self._value == expected
        return self._assert(same, f"is {_shown(self._value)}, not {_shown(expected)}", expected)

    def is_false(self) -> Expectation:
        """Assert that the value is the boolean false."""
        found = _shown(self._value)
        return self._assert(self._value is False, f"is {found}, not false", "false")

    def is_one_of(self, *allowed: Any) -> Expectation:
        """Assert that the value is one of those allowed."""
        message = f"is {_shown(self._value)}, not {_listed(allowed)}"
        return self._assert(self._value in allowed, message, _one_of(allowed))

    def is_null(self) -> Expectation:
        """Assert that the value is null, or the member absent."""
        return self._assert(self._value is None, f"is {_shown(self._value)}, not null", None)

    def is_set(self) -> Expectation:
        """Assert that there is a value that is not null."""
        return self._assert(self._value is not None, "is null", "a value")

    def is_absent(self) -> Expectation:
        """Assert that the body has no such member, not even null."""
        return self._assert(not self._answer.has(self._pointer), "is there", "no such member")

    def differs_from(self, other: Any) -> Expectation:
        """Assert that the value is another one than that given."""
        return self._assert(self._value != other, f"is {_shown(other)} again", "another value")

    def matches(self, pattern: str) -> Expectation:
        """Assert that the value is a string that the whole pattern matches."""
        holds = isinstance(self._value, str) and re.fullmatch(pattern, self._value) is not None
        return self._assert(holds, f"is {_shown(self._value)}", pattern)

    def contains(self, part: str) -> Expectation:
        """Assert that the value is a string with that part."""
        holds = isinstance(self._value, str) and part in self._value
        return self._assert(holds, f"is {_shown(self._value)}", f"a text with {part!r}")

    def costs(self, expected: dict[str, str]) -> Expectation:
        """Assert that the value is a price of that amount, compared by value, and currency."""
        holds = (
            isinstance(self._value, dict)
            and self._value.get("currencyCode") == expected["currencyCode"]
            and _decimal(self._value.get("amount")) == Decimal(expected["amount"])
        )
        return self._assert(holds, f"is {_shown(self._value)}, not {_shown(expected)}", expected)

    def is_after(self, earlier: datetime | None, by: timedelta | None = None) -> Expectation:
        """Assert a timestamp later than another one, by exactly ``by`` where that is given."""
        found = self._answer.time(self._pointer)
        if earlier is None:
            raise Unmet("the answer before had no time that could be compared")
        wanted = f"{earlier + by:%Y%m%dT%H%M%SZ}" if by else f"later than {earlier:%Y%m%dT%H%M%SZ}"
        holds = found is not None and (found - earlier == by if by else found > earlier)
        return self._assert(holds, f"is {_shown(self._value)}, not {wanted}", wanted)

    def _assert(self, holds: object, message: str, expected: Any) -> Expectation:
        told = f"{self._answer.call.title}: {self._name} {message}"
        return self._check(holds, self._pointer, told, expected)


def first_difference(one: Any, other: Any, pointer: str = "") -> tuple[str, Any, Any]:
    """Return the first place in which two JSON values differ, and what each has there."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in [*one, *(name for name in other if name not in one)]:
            if name not in one or name not in other or one[name] != other[name]:
                return first_difference(one.get(name), other.get(name), f"{pointer}/{name}")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            if left != right:
                return first_difference(left, right, f"{pointer}/{index}")
    return pointer, one, other


def _decimal(value: Any) -> Decimal | None:
    try:
        return Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, dict) and value.keys() == {"amount", "currencyCode"}:
        return f"{value['amount']} {value['currencyCode']}"
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _listed(values: Any) -> str:
    return " or ".join(_shown(value) for value in values) or "nothing"


def _one_of(values: tuple[Any, ...]) -> Any:
    return values[0] if len(values) == 1 else list(values)
