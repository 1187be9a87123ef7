"""Servers whose answers contradict the request, one another, or themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pay_conformance.exchange import Request, Response
from tests.mutants.model import mutant

Body = dict[str, Any]


def _with(response: Response, body: Any) -> Response:
    return replace(response, body=json.dumps(body, ensure_ascii=False).encode())


def _renumbered(name: str) -> str:
    """Return an id that differs in its last digit."""
    return name[:-1] + str((int(name[-1]) + 1) % 10)


def _on(request: Request, response: Response, end: str, method: str = "GET") -> Any:
    """Return the body of a success whose path has a word and whose method is that one."""
    if request.method != method or response.status >= 400 or f"/{end}" not in request.path:
        return None
    return json.loads(response.body)


# Charges


@mutant(breaks="CH-NEW-004", perhaps=("CH-LIFE-014", "CH-ID-002", "FMT-ID-002"))
def charge_names_another_permission(charge: Body, operation: str) -> None:
    """The answer to Create Charge has another chargePermissionId."""
    if operation == "createCharge":
        charge["chargePermissionId"] = _renumbered(charge["chargePermissionId"])


@mutant(breaks="CH-LIFE-013", perhaps=("CH-CAP-008", "OP-GET-002"))
def capture_lowers_the_charge(charge: Body, operation: str) -> None:
    """A capture in part makes chargeAmount what was captured."""
    if operation == "captureCharge" and charge["captureAmount"]:
        charge["chargeAmount"] = charge["captureAmount"]


@mutant(breaks="CH-LIFE-014", perhaps=("CH-ID-002", "CH-NEW-004", "OP-GET-002"))
def capture_moves_the_charge(charge: Body, operation: str) -> None:
    """A captured charge belongs to another permission."""
    if operation == "captureCharge":
        charge["chargePermissionId"] = "S01-0000000-0000001"


@mutant(breaks="CH-LIFE-016", perhaps=("CH-LIFE-007", "CH-LIFE-008"))
def canceled_charge_is_born_again(charge: Body) -> None:
    """A canceled charge was created when it was canceled."""
    if charge["statusDetails"]["state"] == "Canceled":
        charge["creationTimestamp"] = charge["statusDetails"]["lastUpdatedTimestamp"]


@mutant(breaks="CH-CAP-012")
def captured_charge_has_no_refunded_amount(charge: Body) -> None:
    """refundedAmount of a captured charge is one cent too much."""
    if charge["captureAmount"] and charge["refundedAmount"]["amount"] in ("0", "0.00"):
        charge["refundedAmount"]["amount"] = "0.01"


@mutant(breaks="CH-LIFE-001")
def charges_share_an_id(charge: Body, operation: str) -> None:
    """Create Charge gives every charge the same number."""
    if operation == "createCharge":
        charge["chargeId"] = charge["chargeId"][:-6] + "000001"


# Charge Permissions


@mutant(breaks="CP-AMT-001", perhaps=("CP-AMT-002", "CP-AMT-003"))
def limit_is_a_cent_too_high(permission: Body) -> None:
    """amountLimit is more than the order."""
    limit = permission["limits"]["amountLimit"]
    if limit:
        limit["amount"] = f"{float(limit['amount']) + 0.01:.2f}"


@mutant(breaks="CP-AMT-002", perhaps=("CP-AMT-003",))
def balance_ignores_open_charges(permission: Body) -> None:
    """amountBalance is always the limit."""
    limits = permission["limits"]
    limits["amountBalance"] = limits["amountLimit"]


@mutant(breaks="CP-AMT-003", perhaps=("CP-AMT-002",))
def balance_is_above_the_limit(permission: Body) -> None:
    """amountBalance is more than amountLimit."""
    limits = permission["limits"]
    if limits["amountBalance"]:
        limits["amountBalance"] = {**limits["amountBalance"], "amount": "999999.00"}


@mutant(breaks="CP-LIFE-022", perhaps=("CP-LIFE-009", "FMT-TIME-003"))
def permission_is_born_again(permission: Body) -> None:
    """creationTimestamp is when the permission changed."""
    if permission["buyer"] is None:
        permission["creationTimestamp"] = permission["expirationTimestamp"]


# Checkout Sessions


@mutant(breaks="CS-NEW-004")
def session_has_no_type_unless_asked(session: Body, operation: str) -> None:
    """A session created without a type says Recurring."""
    if operation == "createCheckoutSession" and session["chargePermissionType"] == "OneTime":
        session["chargePermissionType"] = "PaymentMethodOnFile"


@mutant(breaks="CS-NEW-005")
def sessions_share_an_id(session: Body, operation: str) -> None:
    """Create Checkout Session gives every session the same id."""
    if operation == "createCheckoutSession":
        session["checkoutSessionId"] = "00000000-0000-4000-a000-000000000000"


@mutant(breaks="CS-NEW-008", perhaps=("OP-GET-002",))
def session_forgets_the_merchant_s_reference(session: Body) -> None:
    """providerMetadata does not come back."""
    if session["providerMetadata"]:
        session["providerMetadata"]["providerReferenceId"] = None


@mutant(breaks="CS-NEW-012", perhaps=("FMT-AMOUNT-001",))
def numbers_come_back_as_numbers(session: Body, operation: str) -> None:
    """An amount comes back as a JSON number."""
    details = session["paymentDetails"]
    if operation == "createCheckoutSession" and details and details["chargeAmount"]:
        details["chargeAmount"]["amount"] = float(details["chargeAmount"]["amount"])


@mutant(breaks="CS-TIME-001")
def session_is_born_again(session: Body, operation: str) -> None:
    """A completed session was created when it was completed."""
    if session["statusDetails"]["state"] == "Completed":
        session["creationTimestamp"] = "20200101T000000Z"


@mutant(breaks="CS-TIME-004")
def new_session_was_updated_later(session: Body, operation: str) -> None:
    """The answer that creates a session says that it was updated later."""
    if operation == "createCheckoutSession":
        session["statusDetails"]["lastUpdatedTimestamp"] = "20991231T000000Z"


@mutant(breaks="CS-LIFE-024")
def buyer_changes_with_each_read(session: Body, operation: str) -> None:
    """The buyerId is a new one whenever the payment changes."""
    if session["buyer"] and session["paymentPreferences"][0]:
        descriptor = session["paymentPreferences"][0]["paymentDescriptor"]
        session["buyer"]["buyerId"] = f"amzn1.account.{sum(map(ord, descriptor)):028d}"


@mutant(breaks="CS-LIFE-022")
def session_does_not_say_which_card(session: Body) -> None:
    """paymentPreferences is a list of null after the buyer has chosen."""
    if session["paymentPreferences"]:
        session["paymentPreferences"] = [None]


@mutant(breaks="CS-LIFE-021")
def session_does_not_say_who_buys(session: Body) -> None:
    """The buyer has no e-mail address."""
    if session["buyer"]:
        session["buyer"]["email"] = None


@mutant(breaks="CS-LIFE-029")
def session_does_not_say_where_to_ship(session: Body) -> None:
    """The shipping address that the buyer chose is missing."""
    session["shippingAddress"] = None


@mutant(breaks="CS-LIFE-014")
def confirmed_session_has_a_charge(session: Body) -> None:
    """A session that only confirms names a charge."""
    permission = session["chargePermissionId"]
    if permission and session["chargeId"] is None:
        session["chargeId"] = f"{permission}-C000001"


@mutant(breaks="CS-COMP-012")
def read_shows_another_charge(request: Request, response: Response) -> Response:
    """Get Checkout Session names no charge."""
    body = _on(request, response, "checkoutSessions")
    if not body or not body.get("chargeId"):
        return response
    return _with(response, {**body, "chargeId": None})


@mutant(breaks="CS-CONS-006", perhaps=("CS-LIFE-027",))
def ready_session_has_no_list_of_constraints(session: Body) -> None:
    """constraints is null once there is none."""
    if session["constraints"] == []:
        session["constraints"] = None


@mutant(breaks="CS-CONS-009", perhaps=("CS-CONS-010",))
def session_leads_to_a_page_too_early(session: Body) -> None:
    """amazonPayRedirectUrl is there while a constraint remains."""
    details = session["webCheckoutDetails"]
    if details and session["constraints"]:
        own = f"amazonCheckoutSessionId={session['checkoutSessionId']}"
        details["amazonPayRedirectUrl"] = f"https://payments.amazon.com/checkout?{own}"


@mutant(breaks="CS-URL-001")
def redirect_names_another_session(session: Body) -> None:
    """amazonPayRedirectUrl carries the id of another session."""
    details = session["webCheckoutDetails"]
    if details and details["amazonPayRedirectUrl"]:
        other = "00000000-0000-4000-a000-000000000000"
        own = session["checkoutSessionId"]
        details["amazonPayRedirectUrl"] = details["amazonPayRedirectUrl"].replace(own, other)


# Refunds


@mutant(breaks="RF-NEW-005", perhaps=("RF-AMT-001", "OP-SAME-001", "OP-GET-002"))
def refund_is_of_another_amount(refund: Body, operation: str) -> None:
    """The answer to Create Refund has another refundAmount."""
    if operation == "createRefund":
        refund["refundAmount"]["amount"] = "1.23"


@mutant(breaks="RF-LIFE-008")
def refund_is_born_again(refund: Body) -> None:
    """A settled refund was created when it was settled."""
    if refund["statusDetails"]["state"] == "Refunded":
        refund["creationTimestamp"] = refund["statusDetails"]["lastUpdatedTimestamp"]


@mutant(breaks="RF-ID-002", perhaps=("RF-NEW-005",))
def refund_is_of_another_region(refund: Body) -> None:
    """A refundId begins like that of another region."""
    refund["refundId"] = "S03" + refund["refundId"][3:]


@mutant(breaks="OP-SAME-002", perhaps=("IDEM-DIFF-003",))
def refunds_share_an_id(refund: Body, operation: str) -> None:
    """Create Refund gives every refund of a charge the same id."""
    if operation == "createRefund":
        refund["refundId"] = refund["refundId"][:-6] + "000001"


@mutant(breaks="RF-AMT-001", perhaps=("RF-AMT-003", "CH-CAP-012"))
def refunds_are_not_added_up(charge: Body) -> None:
    """refundedAmount stays zero."""
    if charge["refundedAmount"]:
        charge["refundedAmount"]["amount"] = "0"


@mutant(breaks="RF-AMT-002", perhaps=("CH-LIFE-003", "CH-LIFE-002", "CH-LIFE-010", "CH-CAP-007"))
def refunded_charge_is_canceled(charge: Body) -> None:
    """A charge that was refunded says that it is Canceled."""
    if charge["refundedAmount"] and float(charge["refundedAmount"]["amount"]) > 0:
        charge["statusDetails"] |= {
            "state": "Canceled",
            "reasonCode": "MerchantCanceled",
            "reasonDescription": "Refunded.",
        }


# Buyers


@mutant(breaks="BU-GET-002")
def buyer_is_shown_whole(buyer: Body) -> None:
    """Get Buyer returns more than the scopes asked for."""
    buyer["email"] = buyer.get("email") or "sample@example.com"


@mutant(breaks="BU-GET-001", perhaps=("ERR-BODY-008",))
def buyer_is_not_found(request: Request, response: Response) -> Response:
    """Get Buyer answers 404 to a token that was just given out."""
    if _on(request, response, "buyers") is None:
        return response
    error = {"reasonCode": "ResourceNotFound", "message": f"{request.path} is not found."}
    return replace(_with(response, error), status=404)


# Disputes, files and trackers


def _dispute(change: Callable[[Body], None]) -> Callable[[Request, Response], Response]:
    def alter(request: Request, response: Response) -> Response:
        if response.status >= 400 or "/disputes" not in request.path:
            return response
        body = json.loads(response.body)
        change(body)
        return _with(response, body)

    return alter


@mutant(breaks="DI-LIFE-006")
def open_dispute_has_a_winner(request: Request, response: Response) -> Response:
    """A dispute that waits has a resolution."""

    def change(dispute: Body) -> None:
        if dispute["statusDetails"]["state"] in ("ActionRequired", "UnderReview"):
            dispute["statusDetails"]["resolution"] = "NoFault"

    return _dispute(change)(request, response)


@mutant(breaks="DI-OP-002")
def evidence_is_not_kept(request: Request, response: Response) -> Response:
    """A contested dispute has no evidence."""
    return _dispute(lambda dispute: dispute.update(merchantEvidences=None))(request, response)


@mutant(breaks="DI-ID-001")
def dispute_is_numbered_by_itself(request: Request, response: Response) -> Response:
    """The id of a dispute does not begin like its charge."""

    def change(dispute: Body) -> None:
        dispute["disputeId"] = "S01-9999999-9999999" + dispute["disputeId"][19:]

    return _dispute(change)(request, response)


@mutant(breaks="DI-FILE-005")
def file_is_always_a_picture(request: Request, response: Response) -> Response:
    """The answer to Upload File says jpg."""
    body = _on(request, response, "files", "POST")
    return response if body is None else _with(response, {**body, "type": "jpg"})


@mutant(breaks=("DI-OK-001", "OP-OK-002"))
def dispute_is_created_with_201(request: Request, response: Response) -> Response:
    """Create Dispute answers 201."""
    created = response.status == 200 and request.path.endswith("/disputes")
    return replace(response, status=201) if created else response


@mutant(breaks=("DT-OK-001", "OP-OK-002"))
def tracker_is_created_with_201(request: Request, response: Response) -> Response:
    """Create Delivery Tracker answers 201."""
    created = response.status == 200 and request.path.endswith("/deliveryTrackers")
    return replace(response, status=201) if created else response


@mutant(breaks="DT-FIELD-003")
def tracker_forgets_the_number(request: Request, response: Response) -> Response:
    """A delivery tracker has another tracking number."""
    body = _on(request, response, "deliveryTrackers", "POST")
    if body is None:
        return response
    details = [{**each, "trackingNumber": "0"} for each in body["deliveryDetails"]]
    return _with(response, {**body, "deliveryDetails": details})


# Any answer


@mutant(breaks="OP-GET-003", perhaps=("OP-GET-002", "CH-LIFE-001"))
def read_answers_another_charge(request: Request, response: Response) -> Response:
    """Get Charge carries an id that the path did not name."""
    body = _on(request, response, "charges")
    if body is None:
        return response
    return _with(response, {**body, "chargeId": _renumbered(body["chargeId"])})


@mutant(breaks="OP-OK-002")
def update_answers_201(request: Request, response: Response) -> Response:
    """Update answers 201."""
    updated = (
        request.method == "PATCH" and response.status == 200 and "/disputes" not in request.path
    )
    return replace(response, status=201) if updated else response


@mutant(breaks="ERR-BODY-010", perhaps=("BU-GET-003", "BU-GET-004", "CH-NEW-006"))
def refusal_is_a_success(request: Request, response: Response) -> Response:
    """What is not found is answered with 200 and the body of an error."""
    return replace(response, status=200) if response.status == 404 else response


@mutant(breaks="ERR-BODY-004", perhaps=("BU-GET-004", "CH-NEW-006"))
def reason_code_is_made_up(error: Body) -> None:
    """A code comes that is in no catalogue."""
    if error["reasonCode"] == "ResourceNotFound":
        error["reasonCode"] = "NotThere"


@mutant(breaks="FMT-JSON-001")
def body_is_not_utf_8(request: Request, response: Response) -> Response:
    """A charge is written in UTF-16."""
    if response.status >= 400 or not request.path.endswith("/charges"):
        return response
    return replace(response, body=response.body.decode().encode("utf-16"))


@mutant(breaks="FMT-JSON-002")
def member_comes_twice(request: Request, response: Response) -> Response:
    """A charge has its id twice."""
    body = _on(request, response, "charges", "POST")
    if body is None or "chargeId" not in body:
        return response
    twice = f'{{"chargeId": "{body["chargeId"]}", '
    return replace(response, body=response.body.replace(b"{", twice.encode(), 1))


@mutant(breaks="FMT-TIME-003")
def object_is_updated_before_it_was_made(charge: Body) -> None:
    """lastUpdatedTimestamp of a charge is a year before it was made."""
    charge["statusDetails"]["lastUpdatedTimestamp"] = "20200101T000000Z"


@mutant(breaks="FMT-TIME-002")
def timestamp_is_in_no_calendar(charge: Body) -> None:
    """A charge was updated on the 30th of February."""
    stamp = charge["statusDetails"]["lastUpdatedTimestamp"]
    charge["statusDetails"]["lastUpdatedTimestamp"] = f"{stamp[:4]}0230{stamp[8:]}"
