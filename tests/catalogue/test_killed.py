"""What the catalogue says of mutants is about those there are."""

from __future__ import annotations

from tests.catalogue.killed import is_found_by_watching, present, written_down

_AGAIN = (
    "run: pay-conformance mutants -n 2 --report json=mutants.json && "
    "python -m tests.catalogue.killed mutants.json"
)


def test_catalogue_tells_of_the_mutants_that_there_are() -> None:
    then = {name for name in written_down() if not is_found_by_watching(name)}
    now = set(present())
    assert sorted(now - then) == [], f"the catalogue does not know these mutants; {_AGAIN}"
    assert sorted(then - now) == [], f"the catalogue tells of mutants that are gone; {_AGAIN}"
