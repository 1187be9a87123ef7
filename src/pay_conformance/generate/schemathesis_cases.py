"""What schemathesis makes of our OpenAPI documents: cases that cover each keyword, and wild ones.

Only what has such cases made reads this module: to load schemathesis takes longer than a scenario.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import requests
import schemathesis
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.core.parameters import ParameterLocation

from pay_conformance.contract.model import Api
from pay_conformance.contract.openapi import bundle
from pay_conformance.generate.shots import SIMULATION, Shot

_BASE: Final = "https://schemathesis.invalid"
_FIRST: Final = "Valid value"


def covering_cases(api: Api, operation: str) -> tuple[Shot, ...]:
    """Have schemathesis make the cases that cover each keyword of a request.

    What it keeps in sets comes in another order in each process. It remembers for which paths it
    tried other methods, so that each operation gets a document of its own, and its cases do not
    depend on what was made before.
    """
    schema = _read(api)
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    found = next(
        result.ok()
        for result in schema.get_all_operations()
        if result.ok().definition.raw.get("operationId") == operation
    )
    cases = schema.iter_coverage_cases(
        found, generation_modes=modes, generation_config=schema.config.generation
    )
    return tuple(sorted(map(shot_of, cases), key=lambda shot: (shot.what != _FIRST, repr(shot))))


def random_cases(api: Api) -> SearchStrategy[Case[Any]]:
    """Return the strategy of random cases, valid and invalid, of any operation."""
    return st.one_of(
        *(
            operation.as_strategy(generation_mode=mode)
            for operation in [result.ok() for result in _loaded(api).get_all_operations()]
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        )
    )


def shot_of(case: Case[Any]) -> Shot:
    """Return a case as the bytes that it would send."""
    kwargs = case.as_transport_kwargs(base_url=_BASE)
    prepared = requests.Request(**kwargs).prepare()
    path, _, query = str(prepared.url).removeprefix(_BASE).partition("?")
    body = prepared.body or b""
    headers = tuple(
        (name.lower(), _text(value))
        for name, value in prepared.headers.items()
        if name.lower() == SIMULATION
    )
    phase = case.meta.phase.data if case.meta else None
    location = getattr(phase, "parameter_location", None)
    return Shot(
        operation=str(case.operation.definition.raw.get("operationId", "")),
        method=str(prepared.method),
        path=path,
        query=query,
        body=body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b"",
        headers=headers,
        what=str(getattr(phase, "description", "") or "random"),
        aimed=location is not ParameterLocation.PATH,
    )


@cache
def _loaded(api: Api) -> Any:
    return _read(api)


def _read(api: Api) -> Any:
    """Return the OpenAPI document of a version as schemathesis reads it."""
    schema = schemathesis.openapi.from_dict(_document(api))
    # Other letters are tried by our own generators, in words that people can read.
    schema.config.generation.codec = "ascii"
    schema.config.generation.allow_x00 = False
    return schema


@cache
def _document(api: Api) -> dict[str, Any]:
    return bundle(api)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
