"""Wrong refusals."""

from __future__ import annotations

from typing import Any

from pay_conformance.contract import Contract
from tests.mutants.model import mutant
from tests.mutants.server.changes import with_status

Body = dict[str, Any]


@mutant(breaks="ERR-BODY-001")
def error_has_a_third_member(error: Body) -> None:
    """The body of an error repeats the status."""
    error["status"] = 400


@mutant(breaks="ERR-BODY-007")
def error_does_not_name_the_field(error: Body) -> None:
    """UnrecognizedField does not say which."""
    if error["reasonCode"] == "UnrecognizedField":
        error["message"] = "A field is not known."


@mutant(breaks="ERR-BODY-009")
def error_does_not_name_the_parameter(error: Body) -> None:
    """MissingParameterValue does not say which."""
    if error["reasonCode"] == "MissingParameterValue":
        error["message"] = "A parameter is missing."


@mutant(breaks="ERR-BODY-006")
def error_has_its_message_first(error: Body) -> None:
    """message comes before reasonCode."""
    error["reasonCode"] = error.pop("reasonCode")


@mutant(breaks="ERR-BODY-008")
def error_does_not_name_the_path(error: Body) -> None:
    """ResourceNotFound does not say what was asked for."""
    if error["reasonCode"] == "ResourceNotFound":
        error["message"] = "Not found."


@mutant(breaks=("ERR-BODY-003", "CS-COMP-002"))
def mismatch_is_a_400(contract: Contract) -> Contract:
    """AmountMismatch comes with 400."""
    return with_status(contract, "AmountMismatch", 400)
