"""The operations of the API: read from the OpenAPI documents, found by method and path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from pay_conformance.contract.model import APIS, Api, Match, Operation
from pay_conformance.contract.source import Source, read

_METHODS = ("get", "put", "post", "delete", "patch")
_IDEMPOTENCY = {"required", "optional", "unused"}
_REQUEST_PATH = re.compile(r"(?:/(sandbox|live))?/(v[0-9]+)(/[^?#]*?)/?")


class Operations:
    """The operations of both versions.

    Raises:
        ConfigurationProblem: with file and line, if a document misses what an operation needs.
    """

    def __init__(self, root: Path) -> None:
        self._all: dict[Api, Mapping[str, Operation]] = {}
        self._routes: dict[_Place, list[tuple[re.Pattern[str], Operation]]] = {}
        for api in APIS:
            operations = _operations(read(root / api / "openapi.yaml", root), api)
            self._all[api] = MappingProxyType(operations)
            for entry in operations.values():
                place = _place(api, entry.method, entry.path)
                self._routes.setdefault(place, []).append((_route(entry.path), entry))
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
        parts = _REQUEST_PATH.fullmatch(path)
        if parts is None:
            return None
        environment, version, rest = parts.groups()
        for route, operation in self._routes.get(_place(version, method.upper(), rest), ()):
            found = route.fullmatch(rest)
            if found:
                named = found.groupdict()
                if "%" in rest:
                    named = {key: unquote(value) for key, value in named.items()}
                return Match(operation, MappingProxyType(named), environment or "")
        return None


_Place = tuple[str, str, int, str]


def _place(version: str, method: str, path: str) -> _Place:
    """Return what a path and the templates that can fit it agree in: length and first segment."""
    return version, method, path.count("/"), path.split("/", 2)[1]


def _route(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))


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
