"""Says precisely where and how a body breaks its schema, and which requirement that violates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pay_conformance.contract.predicates import Predicate, predicate
from pay_conformance.contract.schema_files import look_up

if TYPE_CHECKING:
    # Where no body is wrong, none of it is needed: it is loaded by what makes a validator.
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator


_LONG_WAYS: Final = frozenset({"$ref", "properties", "items", "if", "allOf", "anyOf", "oneOf"})


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One place where a body breaks its schema.

    ``pointer`` is the JSON Pointer of the value, also for a member that is missing or unexpected.
    ``keyword`` is the JSON Schema keyword that failed. ``expected`` is a JSON value or a form in
    words, ``actual`` the value seen (``None`` where it is missing). ``requirement`` is the id on
    the nearest schema around the keyword, or ``""``.
    """

    pointer: str
    message: str
    keyword: str
    expected: Any
    actual: Any
    requirement: str


def precise_validator(document: Mapping[str, Any]) -> Validator:
    """Return a validator that reports each missing and each unexpected member by itself.

    ``document`` is self-contained, as :func:`schema_files.joined` returns it. Most of a wrong body
    is right: what the fast validator finds right is not gone through.
    """
    from jsonschema import Draft202012Validator, validators

    definitions = document["$defs"]
    is_right = _Fast(definitions).is_right

    def members(
        validator: Any, properties: Mapping[str, Any], instance: Any, _schema: Any
    ) -> Iterator[ValidationError]:
        if isinstance(instance, dict):
            for name, part in properties.items():
                if name in instance and not is_right(part, instance[name]):
                    yield from validator.descend(instance[name], part, path=name, schema_path=name)

    def all_of(
        validator: Any, branches: list[Any], instance: Any, _schema: Any
    ) -> Iterator[ValidationError]:
        for index, branch in enumerate(branches):
            if not is_right(branch, instance):
                yield from validator.descend(instance, branch, schema_path=index)

    def follow(
        validator: Any, reference: str, instance: Any, _schema: Any
    ) -> Iterator[ValidationError]:
        target = look_up(definitions, reference)
        yield from validator.descend(instance, target, schema_path="$ref")

    extend: Any = validators.extend
    precise = extend(
        Draft202012Validator,
        {
            "$ref": follow,
            "properties": members,
            "allOf": all_of,
            "required": _required,
            "additionalProperties": _additional,
            "pattern": _pattern,
        },
    )
    validator: Validator = precise(dict(document))
    return validator


class _Fast:
    """Says of the parts of a schema whether a value is right, where that saves a long way."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._kept: dict[int, Predicate] = {}

    def is_right(self, schema: Any, value: Any) -> bool:
        """Say whether a value is known to be right; what is as quick to look at is not known."""
        if not isinstance(schema, dict) or _LONG_WAYS.isdisjoint(schema):
            return False
        return predicate(schema, self._definitions, self._kept)(value)


def explained(document: Mapping[str, Any], errors: Iterable[ValidationError]) -> list[SchemaError]:
    """Return validation errors in the words of the contract, in the schema's order, each once."""
    found: dict[tuple[str, str, str], SchemaError] = {}
    for error in errors:
        for exact in _narrowed(error):
            entry = _explained(document, exact)
            found.setdefault((entry.pointer, entry.requirement, entry.message), entry)
    return list(found.values())


def pointer_of(path: Iterable[str | int]) -> str:
    """Return the JSON Pointer (RFC 6901) of a path of keys and indexes."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def shown(value: Any) -> str:
    """Return a JSON value as short text for a message."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _narrowed(error: ValidationError) -> Iterator[ValidationError]:
    """Yield what failed in the branch that the value resembles most, for a choice of branches."""
    if error.validator not in ("anyOf", "oneOf") or not error.context:
        yield error
        return
    branches: dict[Any, list[ValidationError]] = {}
    for part in error.context:
        branches.setdefault(part.schema_path[0], []).append(part)
    best = min(branches.values(), key=_distance)
    for part in best:
        yield from _narrowed(part)


def _distance(errors: list[ValidationError]) -> tuple[bool, int]:
    wrong_kind = any(
        not error.path and error.validator in ("type", "const", "enum") for error in errors
    )
    return wrong_kind, len(errors)


def _explained(document: Mapping[str, Any], error: ValidationError) -> SchemaError:
    keyword = str(error.validator)
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    message, expected = _wording(keyword, error, schema)
    missing = keyword in ("required", "dependentRequired")
    return SchemaError(
        pointer=pointer_of(error.absolute_path),
        message=message,
        keyword=keyword,
        expected=expected,
        actual=None if missing else error.instance,
        requirement=_requirement(document, error.absolute_schema_path),
    )


def _wording(keyword: str, error: ValidationError, schema: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the message, and what was expected instead."""
    name = str(error.absolute_path[-1]) if error.absolute_path else "the body"
    value: Any = error.instance
    rule: Any = error.validator_value
    seen = f"{name} is {shown(value)}"
    words: tuple[str, Any]
    match keyword:
        case "required" | "dependentRequired":
            words = f"{name} is missing", "to be present"
        case "additionalProperties":
            words = f"{name} is not a known member here", "to be absent"
        case "type":
            kinds = " or ".join([rule] if isinstance(rule, str) else rule)
            words = f"{seen}, not of type {kinds}", kinds
        case "enum":
            words = f"{seen}, not one of {', '.join(map(shown, rule))}", rule
        case "const":
            words = f"{seen}, not {shown(rule)}", rule
        case "pattern" | "not" | "minimum" | "multipleOf":
            form = schema.get("x-form", f"{keyword} {shown(rule)}")
            words = f"{seen}, but should be {form}", form
        case "maxLength":
            longest = f"at most {rule} characters"
            words = f"{name} has {len(value)} characters, not {longest}", longest
        case "minLength" | "minItems":
            words = f"{name} is empty", "not to be empty"
        case _:
            words = f"{seen}, which breaks {keyword} {shown(rule)}", {keyword: rule}
    return words


def _requirement(document: Mapping[str, Any], path: Iterable[str | int]) -> str:
    """Return the ``x-requirement`` nearest to the end of a schema path, through references."""
    definitions = document.get("$defs", {})
    schema: Any = document
    nearest = ""
    for step in path:
        if isinstance(schema, Mapping):
            nearest = schema.get("x-requirement", nearest)
        if step == "$ref" and isinstance(schema, Mapping):
            schema = look_up(definitions, schema["$ref"])
        else:
            schema = schema[step]
    return nearest


def _error(message: str, **more: Any) -> ValidationError:
    from jsonschema import ValidationError

    return ValidationError(message, **more)


def _required(
    _validator: Any, names: list[str], instance: Any, _schema: Any
) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for name in names:
            if name not in instance:
                yield _error(f"{name} is missing", path=[name])


def _additional(
    validator: Any, rule: Any, instance: Any, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    known = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    for name, value in instance.items():
        if name in known or any(_expression(form).search(name) for form in patterns):
            continue
        if rule is False:
            yield _error(f"{name} is not known", path=[name], instance=value)
        else:
            yield from validator.descend(value, rule, path=name)


def _pattern(
    _validator: Any, pattern: str, instance: Any, _schema: Any
) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _expression(pattern).search(instance):
        yield _error("the form is wrong")


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    """Compile a pattern as ECMA-262 means it: ``$`` is the very end, never before a newline."""
    return re.compile(re.sub(r"(?<!\\)\$", r"\\Z", pattern))
