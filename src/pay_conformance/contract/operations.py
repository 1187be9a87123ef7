"""The operations of the API: read from the OpenAPI documents, found by method and path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import unquote

from pay_conformance.contract.model import APIS, Api, Match, Operation
from pay_conformance.contract.source import Source, read

_METHODS = ("get", "put", "post", "delete", "patch")
_IDEMPOTENCY = {"required", "optional", "unused"}
_ENVIRONMENTS = {"sandbox", "live"}


class Operations:
    """The operations of both versions.

    Raises:
        ConfigurationProblem: with file and line, if a document misses what an operation needs.
    """

    def __init__(self, root: Path) -> None:
        self._all: dict[Api, Mapping[str, Operation]] = {}
        self._routes: dict[_Place, list[_Route]] = {}
        for api in APIS:
            operations = _operations(read(root / api / "openapi.yaml", root), api)
            self._all[api] = MappingProxyType(operations)
            for entry in operations.values():
                segments = entry.path.split("/")[1:]
                place = api, entry.method, len(segments), segments[0]
                self._routes.setdefault(place, []).append(_route(segments, entry))
        # Who sends, who answers and who judges ask about the same request.
        self.match = lru_cache(maxsize=128)(self._match)
        """Return the operation that a request asks for, or ``None``.

        Its arguments are the method and the path as sent: with or without ``/sandbox`` or ``/live``
        in front, with or without a slash at the end. Parameters come back percent-decoded.
        """

    def all(self, api: Api) -> Mapping[str, Operation]:
        """Return the operations of a version by operationId."""
        return self._all[api]

    def _match(self, method: str, path: str) -> Match | None:
        segments = path.split("/")
        environment = segments[1] if len(segments) > 1 and segments[1] in _ENVIRONMENTS else ""
        first = 3 if environment else 2
        last = len(segments) if segments[-1] else len(segments) - 1
        if segments[0] or last <= first or "?" in path or "#" in path:
            return None
        place = segments[first - 1], method.upper(), last - first, segments[first]
        for fixed, named, operation in self._routes.get(place, ()):
            if all(segments[first + number] == text for number, text in fixed):
                values = {name: segments[first + number] for number, name in named}
                if "" in values.values():
                    continue
                if "%" in path:
                    values = {name: unquote(value) for name, value in values.items()}
                return Match(operation, MappingProxyType(values), environment)
        return None


_Place = tuple[str, str, int, str]
"""What a path and the templates that can fit it agree in: version, method, number of segments and
the first of them."""


class _Route(NamedTuple):
    """A template of paths: the segments that stand in it and those that have a name, by place."""

    fixed: tuple[tuple[int, str], ...]
    named: tuple[tuple[int, str], ...]
    operation: Operation


def _route(segments: Sequence[str], operation: Operation) -> _Route:
    numbered = list(enumerate(segments))
    return _Route(
        tuple((number, text) for number, text in numbered[1:] if not text.startswith("{")),
        tuple((number, text[1:-1]) for number, text in numbered if text.startswith("{")),
        operation,
    )


def _operations(source: Source, api: Api) -> dict[str, Operation]:
    found: dict[str, Operation] = {}
    for path, item in source.data["paths"].items():
        for method in _METHODS:
            if method in item:
                operation = _operation(source, api, path, method, item[method])
                found[operation.id] = operation
    return found


def _operation(
    source: Source, api: Api, path: str, method: str, data: Mapping[str, Any]
) -> Operation:
    place = ("paths", path, method)
    key = data.get("x-idempotency-key")
    if "operationId" not in data or key not in _IDEMPOTENCY:
        raise source.problem(
            place,
            f"{method.upper()} {path} lacks an operationId or a known x-idempotency-key",
            f"name it, and set x-idempotency-key to one of: {', '.join(sorted(_IDEMPOTENCY))}",
        )
    responds = {
        int(status): _schema_name(response)
        for status, response in data["responses"].items()
        if status.startswith("2")
    }
    if not responds:
        raise source.problem(place, f"{data['operationId']} has no success response", "add one")
    return Operation(
        id=data["operationId"],
        method=method.upper(),
        path=path,
        object=responds[min(responds)],
        request=_schema_name(data.get("requestBody", {})),
        responds=MappingProxyType(responds),
        idempotency_key=key,
        api=api,
    )


def _schema_name(message: Mapping[str, Any]) -> str:
    """Return the name of the schema of a request or response body, or ``""``."""
    for media in message.get("content", {}).values():
        reference: str = media["schema"]["$ref"]
        return reference.rpartition("/")[2].removesuffix(".schema.json")
    return ""
