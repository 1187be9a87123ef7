"""A plugin for pytest: each body that is judged is judged by both validators, which have to agree.

The count of the bodies goes into the file that ``BOTH_VALIDATORS`` names.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pay_conformance.contract.model import Api
from pay_conformance.contract.schemas import SchemaStore

_fast = SchemaStore.is_valid
_told = {"right": 0, "wrong": 0}
_disagreements: list[str] = []


def both(store: SchemaStore, api: Api, name: str, instance: Any) -> bool:
    """Ask both validators, note whether they agree, and return what the fast one says."""
    right = _fast(store, api, name, instance)
    errors = store.validate(api, name, instance)
    _told["right" if right else "wrong"] += 1
    if right == bool(errors):
        _disagreements.append(f"{api} {name}: {errors[:1]} {json.dumps(instance)[:500]}")
    return right


def pytest_configure() -> None:
    """Put both in the place of the fast one."""
    SchemaStore.is_valid = both


def pytest_unconfigure() -> None:
    """Write what was seen."""
    seen = {**_told, "disagreements": _disagreements}
    Path(os.environ["BOTH_VALIDATORS"]).write_text(json.dumps(seen), encoding="utf-8")
