"""The budget of calls holds across runs, processes and threads, and begins anew each day."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from pay_conformance.targets.budget import BudgetSpent, CallBudget


def test_budget_lets_as_many_calls_go_as_it_says(tmp_path):
    budget = CallBudget(2, tmp_path)
    budget.spend()
    budget.spend()

    with pytest.raises(BudgetSpent, match="the budget of 2 calls a day is spent"):
        budget.spend()
    assert budget.used == 2


def test_budget_goes_on_where_a_run_was_cut(tmp_path):
    CallBudget(3, tmp_path).spend()
    CallBudget(3, tmp_path).spend()
    again = CallBudget(3, tmp_path)
    again.spend()

    with pytest.raises(BudgetSpent):
        again.spend()


def test_budget_begins_anew_each_day(tmp_path):
    days = iter(["2026-01-31", "2026-01-31", "2026-02-01"])
    budget = CallBudget(1, tmp_path, today=lambda: next(days))
    budget.spend()

    with pytest.raises(BudgetSpent):
        budget.spend()
    budget.spend()


def test_budget_keeps_calls_for_cleaning_up():
    budget = CallBudget(3)
    budget.spend(reserve=2)

    with pytest.raises(BudgetSpent, match="2 of them kept for cleaning up"):
        budget.spend(reserve=2)
    budget.spend()
    budget.spend()
    assert budget.used == 3


def test_budget_holds_for_many_threads(tmp_path):
    budget = CallBudget(100, tmp_path)

    def try_to_spend(_: int) -> bool:
        try:
            budget.spend()
        except BudgetSpent:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        spent = sum(pool.map(try_to_spend, range(160)))

    assert (spent, budget.used) == (100, 100)
