"""The bodies of this folder, by name, and the corruptions of them."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pay_conformance.contract.model import Api
from pay_conformance.contract.schemas import SchemaStore
from pay_conformance.resources import data_path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Body:
    """One JSON file, and the schema that it is an instance of."""

    name: str
    api: Api
    schema: str
    content: Any


@dataclass(frozen=True)
class Corruption:
    """A body with one fault, and the findings that it must give: requirement and pointer."""

    label: str
    body: Body
    content: Any
    expected: frozenset[tuple[str, str]]


@cache
def store() -> SchemaStore:
    return SchemaStore(data_path("contracts"))


@cache
def body(name: str) -> Body:
    path = HERE / f"{name}.json"
    version, kind = re.fullmatch(r"(?:(v[12])-)?(.+)", path.stem).groups()  # type: ignore[union-attr]
    api: Api = "v1" if version == "v1" else "v2"
    schema = max((known for known in store().names(api) if kind.startswith(known)), key=len)
    return Body(name, api, schema, json.loads(path.read_text(encoding="utf-8")))


def bodies(folder: str) -> list[Body]:
    return [body(f"{folder}/{path.stem}") for path in sorted((HERE / folder).glob("*.json"))]


def corruptions(file: Path = HERE / "corruptions.yaml") -> list[Corruption]:
    rows = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [_corruption(row) for row in rows]


def _corruption(row: dict[str, Any]) -> Corruption:
    good = body(row["body"])
    content = copy.deepcopy(good.content)
    *around, last = row["at"].removeprefix("/").split("/")
    place = content
    for step in around:
        place = place[int(step) if isinstance(place, list) else step]
    step = int(last) if isinstance(place, list) else last
    if row.get("remove"):
        del place[step]
    else:
        place[step] = row["set"]
    change = "missing" if row.get("remove") else json.dumps(row["set"])
    expected = frozenset(
        (requirement, pointer)
        for requirement in _listed(row["violates"])
        for pointer in _listed(row.get("seen_at", row["at"]))
    )
    return Corruption(f"{good.name}{row['at']}={change}", good, content, expected)


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
