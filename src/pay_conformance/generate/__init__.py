"""Tests that nobody writes by hand: requests, stories and races, made from the contract."""
