"""Identifiers in the forms that Amazon Pay gives them, drawn from a seeded source."""

from __future__ import annotations

from random import Random

from pay_conformance.mock.records import Permission

REGION_DIGITS = {"na": "01", "eu": "02", "jp": "03"}
"""The digits after the letter of an id (observed: 01 US, 02 EU and UK, 03 JP)."""

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class Identifiers:
    """Draws ids for one merchant. The same seed and the same calls give the same ids."""

    def __init__(self, seed: str, region: str, *, live: bool) -> None:
        self._random = Random(seed)
        self._digits = REGION_DIGITS[region]
        self._live = live

    def uuid(self) -> str:
        """Return a random UUID, as sessions and requests have."""
        bits = self._random.getrandbits(128)
        text = f"{bits:032x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"

    def permission(self, kind: str) -> str:
        """Return an id such as ``S01-5105180-3221187``.

        S and P are one-time in sandbox and production, C and B the others (observed: S and C).
        """
        letters = "SP" if kind == "OneTime" else "CB"
        return self._reference(letters[self._live])

    def charge(self, permission: Permission) -> str:
        """Return an id for a charge.

        A charge of a one-time permission continues the permission's id. Under any other kind it
        has an S or P reference of its own (observed twice).
        """
        stem = permission.id if permission.kind == "OneTime" else self._reference("SP"[self._live])
        return f"{stem}-C{self._number(6)}"

    def refund(self, charge: str) -> str:
        """Return an id for a refund: the charge's reference and a number of its own."""
        return f"{charge.rpartition('-')[0]}-R{self._number(6)}"

    def dispute(self, charge: str) -> str:
        """Return an id for a dispute: the charge's reference and a number of its own."""
        return f"{charge.rpartition('-')[0]}-B{self._number(6)}"

    def token(self, length: int) -> str:
        """Return capital letters and digits, as in key ids, merchant ids and account ids."""
        return "".join(self._random.choices(_ALPHABET, k=length))

    def hexadecimal(self, length: int) -> str:
        """Return lower-case hexadecimal digits."""
        return f"{self._random.getrandbits(4 * length):0{length}x}"

    def _reference(self, letter: str) -> str:
        return f"{letter}{self._digits}-{self._number(7)}-{self._number(7)}"

    def _number(self, digits: int) -> str:
        return f"{self._random.randrange(10**digits):0{digits}d}"
