"""Each way in which valid files can contradict one another is found, by file and line."""

import pytest

from pay_conformance.contract.bindings import Binding, Kind
from pay_conformance.contract.lint import Message, lint
from tests.contract.copies import Copy

SESSION = "v2/lifecycles/checkout-session.yaml"
REFUND = "shared/lifecycles/refund.yaml"
REFUND_STATUS = "shared/schemas/refund-status.schema.json"
ERRORS = "shared/errors.yaml"
SIMULATIONS = "shared/simulations.yaml"
ENTRY = """\
CS-NEW-901:
  level: MUST
  says: A Checkout Session that is new has never been seen before.
  binds: [server]
  api: [v1, v2]
  evidence: documented
  sources: [somewhere]
"""
NAME_ANOTHER = "name one of the catalogue, or add it to a file of contracts/requirements"


def test_contract_that_ships_does_not_contradict_itself(copy: Copy) -> None:
    assert copy.complaints() == []


def test_lint_finds_an_unknown_requirement_in_a_schema(copy: Copy) -> None:
    copy.write("v2/schemas/new.schema.json", '{\n  "x-requirement": "CS-NEW-901"\n}\n')
    assert copy.complaints() == [
        "contracts/v2/schemas/new.schema.json:2: there is no requirement CS-NEW-901; "
        + NAME_ANOTHER
    ]


def test_lint_finds_an_unknown_requirement_in_the_data(copy: Copy) -> None:
    copy.change(SESSION, "illegal: CS-LIFE-002", "illegal: CS-NEW-901")
    line = copy.line_of(SESSION, "illegal")
    assert copy.complaints() == [
        f"contracts/{SESSION}:{line}: there is no requirement CS-NEW-901; {NAME_ANOTHER}"
    ]


def test_lint_finds_a_retired_requirement(copy: Copy) -> None:
    copy.write("shared/retired.yaml", "CS-NEW-901: nobody could test it\n")
    copy.change(SESSION, "illegal: CS-LIFE-002", "illegal: CS-NEW-901")
    line = copy.line_of(SESSION, "illegal")
    assert copy.complaints() == [
        f"contracts/{SESSION}:{line}: CS-NEW-901 was retired (nobody could test it); {NAME_ANOTHER}"
    ]


def test_lint_finds_an_unknown_requirement_of_a_check(copy: Copy) -> None:
    messages = lint(copy.contract, [Binding("CS-NEW-901", Kind.CHECK, "times.expiry")])
    assert (
        Message("check times.expiry", "there is no requirement CS-NEW-901", NAME_ANOTHER)
        in messages
    )


def test_lint_finds_a_requirement_that_nothing_tests(copy: Copy) -> None:
    copy.write("requirements/new.yaml", ENTRY)
    messages = lint(copy.contract, [Binding("CS-NEW-901", Kind.DATA, "charge timers expiry")])
    assert (
        Message(
            "contracts/requirements/new.yaml:1",
            "nothing tests CS-NEW-901",
            "bind a schema, check, scenario or case to it, or give it 'untestable' and why",
        )
        in messages
    )


@pytest.mark.parametrize("kind", [Kind.SCHEMA, Kind.CHECK, Kind.SCENARIO, Kind.CASE])
def test_lint_takes_what_can_fail_for_a_test(copy: Copy, kind: Kind) -> None:
    copy.write("requirements/new.yaml", ENTRY)
    messages = lint(copy.contract, [Binding("CS-NEW-901", kind, "some")])
    assert [message for message in messages if "CS-NEW-901" in message.what] == []


def test_lint_takes_a_reason_for_a_test(copy: Copy) -> None:
    copy.write("requirements/new.yaml", f"{ENTRY}  untestable: there is no way to see it\n")
    messages = lint(copy.contract, [])
    assert [message for message in messages if "CS-NEW-901" in message.what] == []


def test_lint_finds_a_test_of_what_is_untestable(copy: Copy) -> None:
    copy.write("requirements/new.yaml", f"{ENTRY}  untestable: there is no way to see it\n")
    messages = lint(copy.contract, [Binding("CS-NEW-901", Kind.CASE, "sees-it")])
    assert (
        Message(
            "contracts/requirements/new.yaml:1",
            "CS-NEW-901 is untestable, but case sees-it tests it",
            "remove one of the two",
        )
        in messages
    )


def test_lint_finds_a_founding_statement_that_is_left_out_or_made_up(copy: Copy) -> None:
    copy.change("requirements/lifecycle.yaml", 'statement 2"]', 'statement 23"]')
    assert copy.complaints() == [
        (
            "contracts/requirements: no requirement comes from founding statement 2; "
            "add one with the source 'Checkout Session, founding statement 2'"
        ),
        (
            "contracts/requirements: there is no founding statement 23; "
            "correct the sources that name it"
        ),
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "at", "message"),
    [
        (
            SESSION,
            "operations: [getCheckoutSession, updateCheckoutSession,",
            "operations: [getCheckoutSession, changeCheckoutSession, updateCheckoutSession,",
            "changeCheckoutSession",
            "there is no operation 'changeCheckoutSession'; take an operationId of openapi.yaml",
        ),
        (
            SESSION,
            "on: finalizeCheckoutSession",
            "on: endCheckoutSession",
            "endCheckoutSession",
            "there is no operation 'endCheckoutSession'; take an operationId of openapi.yaml",
        ),
        (
            SESSION,
            "refusal: AmountMismatch",
            "refusal: AmountDiffers",
            "AmountDiffers",
            (
                "the error catalogue lacks AmountDiffers; "
                "add it to shared/errors.yaml, or take another code"
            ),
        ),
        (
            SESSION,
            "updateCheckoutSession: {usually: InvalidCheckoutSessionStatus",
            "updateCheckoutSession: {usually: AmountMismatch",
            "usually: AmountMismatch",
            (
                "the error catalogue does not list updateCheckoutSession under AmountMismatch; "
                "add it to the operations of AmountMismatch in shared/errors.yaml, or "
                "take another code"
            ),
        ),
        (
            SESSION,
            "shows: [/buyer,",
            "shows: [/bayer,",
            "/bayer",
            "the schema of checkout-session has no member /bayer; name a member as v2 spells it",
        ),
        (
            SESSION,
            "expiry: {after: PT24H, since: /creationTimestamp",
            "expiry: {after: PT24H, since: /createdAt",
            "/createdAt",
            (
                "the schema of checkout-session has no member /createdAt; "
                "name a member as v2 spells it"
            ),
        ),
        (
            ERRORS,
            "operations: [updateChargePermission]",
            "operations: [changeChargePermission]",
            "changeChargePermission",
            "there is no operation 'changeChargePermission'; take an operationId of openapi.yaml",
        ),
        (
            SIMULATIONS,
            "operation: closeChargePermission",
            "operation: endChargePermission",
            "endChargePermission",
            "v1 has no operation 'endChargePermission'; take an operationId of openapi.yaml",
        ),
        (
            SIMULATIONS,
            "reason: TransactionTimedOut",
            "reason: TransactionTooLate",
            "code: TransactionTimedOut",
            (
                "the error catalogue lacks TransactionTooLate; "
                "add it to shared/errors.yaml, or take another code"
            ),
        ),
    ],
)
def test_lint_finds_a_name_that_another_file_lacks(
    copy: Copy, file: str, old: str, new: str, at: str, message: str
) -> None:
    copy.change(file, old, new)
    line = copy.line_of(file, at)
    assert f"contracts/{file}:{line}: {message}" in copy.complaints()


def test_lint_finds_a_state_that_the_schema_lacks(copy: Copy) -> None:
    copy.change(
        REFUND_STATUS, '["RefundInitiated", "Refunded", "Declined"]', '["Refunded", "Declined"]'
    )
    assert copy.complaints() == [
        (
            f"contracts/{REFUND_STATUS}: the state RefundInitiated of the lifecycle of refund "
            "is missing; add it to the schema"
        )
    ]


def test_lint_finds_a_state_that_the_lifecycle_lacks(copy: Copy) -> None:
    copy.change(REFUND_STATUS, '"Refunded", "Declined"]', '"Refunded", "Lost", "Declined"]')
    assert copy.complaints() == [
        (
            f"contracts/{REFUND_STATUS}: the lifecycle of refund lacks the state Lost; "
            "add it there, or remove it from the schema"
        )
    ]


def test_lint_finds_a_reason_code_that_the_schema_lacks(copy: Copy) -> None:
    copy.change(REFUND, "    reasons: [AmazonRejected,", "    reasons: [BuyerGone, AmazonRejected,")
    copy.change(
        REFUND, "reasons:\n  AmazonRejected", "reasons:\n  BuyerGone: Gone.\n  AmazonRejected"
    )
    assert copy.complaints() == [
        (
            f"contracts/{REFUND_STATUS}: the reason code BuyerGone of the state Declined of refund "
            "is missing; add it to the schema"
        )
    ]


def test_lint_finds_a_reason_code_that_the_lifecycle_lacks(copy: Copy) -> None:
    copy.change(REFUND_STATUS, '"AmazonRejected"', '"AmazonRejected", "BuyerGone"')
    assert copy.complaints() == [
        (
            f"contracts/{REFUND_STATUS}: the state Declined of refund lacks the reason code "
            "BuyerGone; add it there, or remove it from the schema"
        )
    ]


def test_lint_finds_a_constraint_that_the_schema_lacks(copy: Copy) -> None:
    copy.change("shared/constraints.yaml", "- id: PaymentIntentNotSet", "- id: IntentNotSet")
    assert copy.complaints() == [
        (
            "contracts/shared/schemas/constraints.schema.json: the constraint IntentNotSet of "
            "shared/constraints.yaml is missing; add it to the schema"
        ),
        (
            "contracts/shared/schemas/constraints.schema.json: shared/constraints.yaml lacks the "
            "constraint PaymentIntentNotSet; add it there, or remove it from the schema"
        ),
    ]


def test_lint_finds_a_move_on_an_operation_of_the_other_version(copy: Copy) -> None:
    file = "shared/lifecycles/refund.yaml"
    copy.change(
        file, "{to: RefundInitiated, on: createRefund", "{to: RefundInitiated, on: getBuyer"
    )
    assert copy.complaints() == [
        (
            "contracts/v1: refund moves on getBuyer, which v1 does not have; "
            "name the versions of that move with 'api'"
        )
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "object: charge-permission, state: Closed, reason: AmazonClosed",
            "object: charge-permission, state: Ended, reason: AmazonClosed",
            "charge-permission has no state 'Ended'; take a state of its lifecycle",
        ),
        (
            "object: charge-permission, state: Closed, reason: AmazonClosed",
            "object: charge-permission, state: Closed, reason: ExpiredUnused",
            (
                "Closed of charge-permission does not carry the reason 'ExpiredUnused'; "
                "take a reason of that state's lifecycle"
            ),
        ),
        (
            "object: charge-permission, state: Closed, reason: AmazonClosed",
            "object: charge-permission, state: Closed, reason: AmazonClosed, needs: [luck]",
            "charge-permission has no guard 'luck'; take a guard of its lifecycle",
        ),
    ],
)
def test_lint_finds_a_simulation_that_no_lifecycle_knows(
    copy: Copy, old: str, new: str, message: str
) -> None:
    copy.change(SIMULATIONS, old, new)
    line = copy.line_of(SIMULATIONS, "operation: closeChargePermission")
    assert copy.complaints() == [f"contracts/{SIMULATIONS}:{line}: {message}"]


def test_lint_finds_a_card_that_no_lifecycle_knows(copy: Copy) -> None:
    copy.change(SIMULATIONS, "then-reason: HardDeclined", "then-reason: ExpiredUnused")
    line = copy.line_of(SIMULATIONS, 'ending: "4354"') + 1
    message = "Declined of charge does not carry the reason 'ExpiredUnused'"
    advice = "take a reason of that state's lifecycle"
    assert copy.complaints() == [f"contracts/{SIMULATIONS}:{line}: {message}; {advice}"]
