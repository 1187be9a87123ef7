from __future__ import annotations

import pytest

from pay_conformance.sdk.matching import ABSENT, NotThere, at_pointer, mismatch, same_json


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        ("a", "a"),
        (1, 1),
        ({"matches": "a+"}, "aa"),
        ({"contains": "b"}, "abc"),
        ({"lacks": "z"}, "abc"),
        ({"longest": 3}, "abc"),
        ({"is": "absent"}, ABSENT),
        ({"is": "number"}, 1.5),
        ({"not": "a"}, "b"),
    ],
)
def test_value_that_is_as_wanted_matches(wanted, seen):
    assert mismatch(wanted, seen) is None


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        ("1", 1),
        (1, True),
        ("a", ABSENT),
        ({"matches": "a"}, "aa"),
        ({"matches": ".*"}, ABSENT),
        ({"longest": 3}, "abcd"),
        ({"longest": 3}, ABSENT),
        ({"is": "number"}, True),
        ({"is": "present"}, ABSENT),
        ({"not": "a"}, "a"),
    ],
)
def test_value_that_is_not_as_wanted_does_not_match(wanted, seen):
    assert mismatch(wanted, seen)


def test_value_judged_only_where_it_is_there_is_not_judged_when_absent():
    with pytest.raises(NotThere):
        mismatch({"if-there": True, "longest": 3}, ABSENT)


@pytest.mark.parametrize(
    ("sent", "seen", "place"),
    [
        ({"a": [1, {"b": "x"}]}, {"a": [1, {"b": "y"}]}, "/a/1/b"),
        ({"a": 1}, {}, "/a"),
        ({}, {"a/b": 1}, "/a~1b"),
        ({"a": None}, {}, "/a"),
        ({"a": 1}, {"a": 1.0}, None),
        ({"a": 1}, {"a": "1"}, "/a"),
        ([], {}, ""),
    ],
)
def test_first_difference_of_two_json_values_is_named_by_its_place(sent, seen, place):
    assert same_json(sent, seen) == place


def test_value_at_a_pointer_is_found_or_absent():
    assert at_pointer({"a": [{"b/c": 1}]}, "/a/0/b~1c") == 1
    assert at_pointer({"a": []}, "/a/0") is ABSENT
