"""Packs saved answers: bodies of one API are so alike that a dictionary holds most of them."""

from __future__ import annotations

import zlib
from typing import Final

_LEVEL: Final = 1
_RAW: Final = -15


class Packer:
    """Packs bodies that resemble ``sample``, and unpacks them again."""

    def __init__(self, sample: bytes) -> None:
        self._sample = sample

    def pack(self, body: bytes) -> bytes:
        """Return a body in far fewer bytes."""
        packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, zdict=self._sample)
        return packing.compress(body) + packing.flush()

    def unpack(self, packed: bytes) -> bytes:
        """Return the body that was packed."""
        unpacking = zlib.decompressobj(_RAW, zdict=self._sample)
        return unpacking.decompress(packed) + unpacking.flush()
