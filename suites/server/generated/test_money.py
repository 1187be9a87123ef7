"""Money as a property: what may be asked, and that everything adds up whatever is done."""

from __future__ import annotations

from hypothesis import strategies as st

from pay_conformance.generate.amounts import LIMITED, any_amounts, offer, offer_boundaries
from pay_conformance.generate.examples import Examples, Scene
from pay_conformance.generate.ledger import keep_books, transactions
from pay_conformance.scenario import needs, requirement


@requirement("ERR-IN-008", "CS-NEW-012", "LIM-AMT-001", "LIM-AMT-002", "LIM-AMT-005")
def test_amounts_are_taken_exactly_when_the_contract_allows_them(examples: Examples) -> None:
    examples.concluded(lambda: examples.told(offer_boundaries))

    @examples.each(5, offers=st.lists(st.tuples(any_amounts(), st.sampled_from(LIMITED)),
                                       min_size=1, max_size=10))  # fmt: skip
    def taken_or_refused(scene: Scene, offers: list[tuple[object, str]]) -> None:
        for amount, currency in offers:
            offer(scene, amount, currency)


@requirement("LIM-AMT-004", "CH-CAP-008")
@needs("buyer")
def test_money_adds_up_in_every_currency(examples: Examples) -> None:
    @examples.each(6, region=st.sampled_from(["na", "eu", "jp"]), plan=transactions())
    def adds_up(scene: Scene, region: str, plan: list[tuple[int, int, list[int]]]) -> None:
        keep_books(examples, scene, region, plan)
