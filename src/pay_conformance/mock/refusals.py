"""How the mock says no: a reason code of the contract's error catalogue, with its status."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter

from pay_conformance.contract import Contract


class Refused(Exception):
    """An operation is refused. ``fields`` fill the places of the catalogue's message.

    ``message`` replaces the catalogue's text where something else already worded it.
    """

    def __init__(self, code: str, /, message: str = "", **fields: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.fields = fields


class _Fields(Formatter):
    """Fills the places that are known and leaves no brace of the others."""

    def get_value(self, key: int | str, args: object, kwargs: Mapping[str, object]) -> object:
        return kwargs.get(str(key), "")


_fields = _Fields()


def refusal(contract: Contract, refused: Refused) -> tuple[int, dict[str, str]]:
    """Return the status and the two-member body of an error, from the catalogue."""
    entry = contract.errors[refused.code]
    message = refused.message or _fields.vformat(entry.message, (), refused.fields)
    return entry.status, {"reasonCode": refused.code, "message": message}
