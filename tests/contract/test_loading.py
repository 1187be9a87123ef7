"""Each way in which a data file can be wrong is refused by file and line, with what to do."""

import pytest

from pay_conformance.contract import Contract
from pay_conformance.problems import ConfigurationProblem
from tests.contract.copies import Copy

SESSION = "v2/lifecycles/checkout-session.yaml"
ENTRY = """\
CS-NEW-901:
  level: MUST
  says: A Checkout Session that is new has never been seen before.
  binds: [server]
  api: [v1, v2]
  evidence: documented
  sources: [somewhere]
"""


def refusal(copy: Copy, part: str) -> str:
    with pytest.raises(ConfigurationProblem) as problem:
        getattr(copy.contract, part)
    return str(problem.value)


def test_contract_refuses_a_folder_that_is_not_there(copy: Copy) -> None:
    with pytest.raises(ConfigurationProblem, match=r"none is not a folder; name a folder like"):
        Contract.load(copy.root / "none")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "level: MUST",
            "level: SHALL",
            '2: "SHALL" is not known; use one of: MUST, SHOULD, MAY',
        ),
        (
            "  level: MUST\n",
            "",
            "1: the key 'level' of CS-NEW-901 is missing; add it",
        ),
        (
            "evidence: documented",
            "evidence: documented\n  status: draft",
            (
                "7: unknown key 'status'; use one of: level, says, binds, api, evidence, "
                "sources, why, "
                "since, untestable"
            ),
        ),
        (
            "before.",
            "before",
            (
                '3: says "A Checkout Session that is new has never been seen before" is not valid; '
                "write one sentence on one line that ends with a full stop"
            ),
        ),
        (
            "binds: [server]",
            "binds: [merchant]",
            '4: "merchant" is not known; use one of: server, client, integration',
        ),
        (
            "sources: [somewhere]",
            "sources: []",
            (
                "7: sources [] is not valid; name at least one source, such as "
                '"Checkout Session, founding statement 5" or observed/NAME.json'
            ),
        ),
        (
            "CS-NEW-901",
            "CS-NEW-1",
            (
                '1: the name "CS-NEW-1" has the wrong form; write an id as PREFIX-THEME-NNN, '
                "such as "
                "CS-TIME-002"
            ),
        ),
        (
            "evidence: documented",
            "evidence: inferred",
            (
                "2: CS-NEW-901 is inferred, and an inferred requirement is never a MUST; write "
                "SHOULD "
                "or MAY, or name evidence that is more than inferred"
            ),
        ),
    ],
)
def test_requirement_that_is_wrong_is_refused(copy: Copy, old: str, new: str, message: str) -> None:
    copy.write("requirements/wrong.yaml", ENTRY.replace(old, new))
    assert refusal(copy, "requirements") == f"contracts/requirements/wrong.yaml:{message}"


def test_requirement_that_is_right_is_taken(copy: Copy) -> None:
    copy.write("requirements/wrong.yaml", ENTRY)
    assert copy.contract.requirements["CS-NEW-901"].where == "contracts/requirements/wrong.yaml:1"


def test_requirement_id_of_another_file_is_refused(copy: Copy) -> None:
    line = copy.line_of("requirements/lifecycle.yaml", "CS-NEW-001:")
    copy.write("requirements/wrong.yaml", ENTRY.replace("CS-NEW-901", "CS-NEW-001"))
    assert refusal(copy, "requirements") == (
        "contracts/requirements/wrong.yaml:1: CS-NEW-001 is there already, "
        f"at contracts/requirements/lifecycle.yaml:{line}; take a free id"
    )


def test_requirement_id_that_was_retired_is_refused(copy: Copy) -> None:
    copy.write("shared/retired.yaml", "CS-NEW-901: nobody could test it\n")
    copy.write("requirements/wrong.yaml", ENTRY)
    assert refusal(copy, "requirements") == (
        "contracts/requirements/wrong.yaml:1: CS-NEW-901 was retired (nobody could test it); "
        "take a free id; an id is never used again"
    )


@pytest.mark.parametrize(
    ("old", "new", "at", "message"),
    [
        (
            "timer: expiry, reason: Expired",
            "timer: midnight, reason: Expired",
            "timer: midnight",
            (
                "'midnight' is not among the timers of this file; "
                "declare it, or use one of: expiry, deletion"
            ),
        ),
        (
            "on: buyer cancels, reason",
            "on: buyer leaves, reason",
            "on: buyer leaves",
            (
                "'buyer leaves' is not among the events of this file; declare it, or use one of: "
                "buyer cancels, payment is declined, Amazon cancels"
            ),
        ),
        (
            "reason: Declined, requirement",
            "reason: Refused, requirement",
            "reason: Refused",
            (
                "'Refused' is not among the reasons of this file; declare it, or use one of: "
                "BuyerCanceled, Expired, AmazonCanceled, Declined"
            ),
        ),
        (
            "{to: Open, on: createCheckoutSession",
            "{to: New, on: createCheckoutSession",
            "{to: New,",
            (
                "'New' is not among the states of this file; declare it, or use one of: "
                "Open, Completed, Canceled"
            ),
        ),
        (
            "forgotten: deletion",
            "forgotten: removal",
            "forgotten: removal",
            (
                "'removal' is not among the timers of this file; declare it, or use one of: "
                "expiry, deletion"
            ),
        ),
        (
            "needs: [amounts match],",
            "needs: [sums match],",
            "needs: [sums match],",
            (
                "'sums match' is not among the guards of this file; declare it, or use one of: "
                "no constraint remains, buyer approved, amounts match"
            ),
        ),
        (
            "needs: [amounts match],",
            "needs: [before noon],",
            "needs: [before noon],",
            (
                "'noon' is not among the timers of this file; declare it, or use one of: "
                "expiry, deletion"
            ),
        ),
        (
            "on: buyer cancels, reason: BuyerCanceled",
            "on: buyer cancels, timer: expiry, reason: BuyerCanceled",
            "on: buyer cancels, timer",
            "a move has exactly one trigger; give it either 'on' or 'timer'",
        ),
        (
            "  Completed:\n    final: true\n",
            "  Completed:\n",
            "  Completed:",
            "Completed has no move out of it, but is not marked final; mend the state or the moves",
        ),
        (
            "{from: Open, to: Canceled, on: buyer cancels",
            "{from: Completed, to: Canceled, on: buyer cancels",
            "  Completed:",
            "Completed is marked final, but a move leads out of it; mend the state or the moves",
        ),
        (
            "    initial: true\n",
            "",
            "  Open:",
            "Open has a birth, but is not marked initial; mend the state or the moves",
        ),
        (
            "after: PT24H",
            "after: 24h",
            "after: 24h",
            (
                'after "24h" is not valid; write an ISO 8601 duration of months, days, hours, '
                "minutes "
                "or seconds, such as PT24H, P30D or P13M"
            ),
        ),
        (
            "  buyer cancels: the",
            "  buyer sleeps: the buyer does nothing\n  buyer cancels: the",
            "buyer sleeps",
            "'buyer sleeps' of events is never used; use it or remove it",
        ),
        (
            "on: buyer cancels, reason: BuyerCanceled",
            "on: buyer cancels, resaon: BuyerCanceled",
            "on: buyer cancels, resaon",
            (
                "unknown key 'resaon'; use one of: from, to, on, timer, reason, needs, api, "
                "requirement"
            ),
        ),
    ],
)
def test_lifecycle_that_is_wrong_is_refused(
    copy: Copy, old: str, new: str, at: str, message: str
) -> None:
    copy.change(SESSION, old, new)
    line = copy.line_of(SESSION, at)
    assert refusal(copy, "lifecycles") == f"contracts/{SESSION}:{line}: {message}"


def test_lifecycle_reason_of_another_state_is_refused(copy: Copy) -> None:
    file = "shared/lifecycles/refund.yaml"
    copy.change(
        file,
        "to: Refunded, timer: settlement",
        "to: Refunded, timer: settlement, reason: AmazonRejected",
    )
    line = copy.line_of(file, "to: Refunded, timer")
    assert refusal(copy, "lifecycles") == (
        f"contracts/{file}:{line}: Refunded does not carry the reason 'AmazonRejected'; "
        "add it to the reasons of that state, or take another"
    )


def test_lifecycle_that_is_there_twice_is_refused(copy: Copy) -> None:
    text = (copy.root / "shared/lifecycles/refund.yaml").read_text(encoding="utf-8")
    copy.write("v2/lifecycles/refund.yaml", text)
    assert refusal(copy, "lifecycles") == (
        "contracts/v2/lifecycles/refund.yaml:3: refund has a lifecycle for v2 already, "
        "in contracts/shared/lifecycles/refund.yaml; keep one of the two"
    )


@pytest.mark.parametrize(
    ("part", "file", "old", "new", "message"),
    [
        (
            "errors",
            "shared/errors.yaml",
            "AmountMismatch:\n  status: 409",
            "AmountMismatch:\n  status: 200",
            (
                "status 200 is not valid; write an HTTP status from 400 to 599, or a list of "
                "them with "
                "the best supported one first"
            ),
        ),
        (
            "errors",
            "shared/errors.yaml",
            "AmountMismatch:\n  status: 409",
            "AmountMismatch:\n  stauts: 409",
            (
                "unknown key 'stauts'; use one of: status, operations, retryable, message, "
                "evidence, "
                "sources, requirement"
            ),
        ),
        (
            "limits",
            "shared/limits.yaml",
            "{JPY: 0}",
            "{YEN: -1}",
            "YEN -1 is not valid; write a number, or a decimal in quotes",
        ),
        (
            "constraints",
            "shared/constraints.yaml",
            "unless-set: /buyer",
            "unless-set: buyer",
            (
                'unless-set "buyer" is not valid; write a JSON Pointer with the names of v2, '
                "such as "
                "/paymentDetails/chargeAmount"
            ),
        ),
        (
            "cards",
            "shared/simulations.yaml",
            'ending: "3064"',
            "ending: 3064",
            "ending 3064 is not valid; write the last four digits",
        ),
    ],
)
def test_table_that_is_wrong_is_refused(
    copy: Copy, part: str, file: str, old: str, new: str, message: str
) -> None:
    copy.change(file, old, new)
    line = copy.line_of(file, new.splitlines()[-1].strip())
    assert refusal(copy, part) == f"contracts/{file}:{line}: {message}"


def test_table_of_the_wrong_kind_is_refused(copy: Copy) -> None:
    copy.write("shared/limits.yaml", "- charge-amount\n")
    assert refusal(copy, "limits") == (
        'contracts/shared/limits.yaml:1: the content ["charge-amount"] is not valid; '
        "write one entry per limit"
    )


def test_empty_table_is_refused(copy: Copy) -> None:
    copy.write("shared/limits.yaml", "# nothing yet\n")
    assert refusal(copy, "limits") == (
        "contracts/shared/limits.yaml:1: the content null is not valid; write one entry per limit"
    )


def test_limit_without_a_number_is_refused(copy: Copy) -> None:
    file = "shared/limits.yaml"
    copy.change(file, "  value: 25\n", "")
    line = copy.line_of(file, "charges-per-one-time-permission")
    assert refusal(copy, "limits") == (
        f"contracts/{file}:{line}: charges-per-one-time-permission is not valid; "
        "write value, by-currency, or both"
    )


def test_simulation_without_what_its_outcome_needs_is_refused(copy: Copy) -> None:
    file = "shared/simulations.yaml"
    copy.change(file, "outcome: error, reason: SoftDeclined,", "outcome: error,")
    line = copy.line_of(file, "code: SoftDeclined")
    assert refusal(copy, "simulations") == (
        f"contracts/{file}:{line}: the outcome 'error' lacks 'reason'; add it"
    )


def test_simulation_that_is_there_twice_is_refused(copy: Copy) -> None:
    file = "shared/simulations.yaml"
    first = copy.line_of(file, "code: SoftDeclined")
    copy.change(file, "code: HardDeclined,", "code: SoftDeclined,")
    second = copy.line_of(file, "reason: HardDeclined")
    assert refusal(copy, "simulations") == (
        f"contracts/{file}:{second}: createCharge has the simulation SoftDeclined already, "
        f"at contracts/{file}:{first}; keep one of the two"
    )
