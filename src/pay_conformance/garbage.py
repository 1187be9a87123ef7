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
    """Look for no cycles in the block, nor at its end in all that was made in it.

    ``gc.enable`` begins to look for them within the block.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # what was young is not young any more
        gc.unfreeze()
        gc.enable()


@contextlib.contextmanager
def rare_collections(young: int = _YOUNG) -> Iterator[None]:
    """Look for cycles seldom in the block; what has none is freed at once all the same.

    ``young`` is how many objects are made before it is done.
    """
    usual = gc.get_threshold()
    gc.set_threshold(young, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
