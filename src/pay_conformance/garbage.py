"""How often cyclic garbage is looked for: seldom, where nearly nothing that is made has cycles."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import Final

_YOUNG: Final = 50_000
"""Objects that are made before Python looks for cycles among them; by itself it looks after 700."""


@contextlib.contextmanager
def no_collections() -> Iterator[None]:
    """Look for no cycles in the block, until ``gc.enable`` is called: what is read stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextlib.contextmanager
def rare_collections() -> Iterator[None]:
    """Look for cycles seldom in the block; what has none is freed at once all the same."""
    usual = gc.get_threshold()
    gc.set_threshold(_YOUNG, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
