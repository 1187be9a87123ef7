"""Ids are for ever, and a result can be held to the requirements of an older release."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pay_conformance.contract import Contract
from pay_conformance.contract.lint import lint
from pay_conformance.contract.model import Evidence, Level, Party, Requirement
from pay_conformance.contract.releases import (
    Frozen,
    Release,
    digest,
    frozen,
    history,
    load_releases,
    written,
)
from pay_conformance.problems import ConfigurationProblem
from tests.contract.copies import Copy

RULE = Requirement(
    "CS-NEW-901",
    Level.MUST,
    "A session is new.",
    frozenset({Party.SERVER}),
    frozenset({"v2"}),
    Evidence.OBSERVED,
    ("somewhere",),
)
SAME = Frozen(Level.MUST, digest(RULE.says))
FILE = "releases/2020.1.yaml"


def release(name: str, **entries: Frozen) -> Release:
    return Release(name, {key.replace("_", "-"): entry for key, entry in entries.items()})


def gone(copy: Copy) -> list[str]:
    return [str(message) for message in lint(copy.contract, []) if FILE in message.where]


def test_requirement_that_a_release_had_can_not_just_go(copy: Copy) -> None:
    copy.write(FILE, "CS-NEW-901: MUST 01234567\n")
    assert gone(copy) == [
        (
            "contracts/releases/2020.1.yaml: CS-NEW-901 is gone from the catalogue; "
            "put it back, or say in contracts/shared/retired.yaml why it went"
        )
    ]


def test_requirement_that_a_release_had_may_be_retired(copy: Copy) -> None:
    copy.write(FILE, "CS-NEW-901: MUST 01234567\n")
    copy.write("shared/retired.yaml", "CS-NEW-901: another one says it\n")
    assert gone(copy) == []


def test_release_that_is_out_has_the_requirements_of_its_day(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pay_conformance.__version__", "2020.1.0")
    (message,) = gone(copy)
    assert "requirements --freeze > contracts/releases/2020.1.yaml" in message
    copy.write(FILE, written(copy.contract.requirements))
    assert gone(copy) == []


@pytest.mark.parametrize("line", ["cs-new: MUST 01234567", "CS-NEW-901: WILL 01234567", "X: 1"])
def test_release_of_the_wrong_shape_is_refused(copy: Copy, line: str) -> None:
    copy.write(FILE, f"{line}\n")
    with pytest.raises(ConfigurationProblem, match=r"releases/2020\.1\.yaml:1"):
        load_releases(copy.root)


def test_set_of_a_release_has_its_levels_and_nothing_newer() -> None:
    old = release("2020.1", CS_NEW_901=Frozen(Level.SHOULD, "01234567"))
    newer = replace(RULE, id="CS-NEW-902")
    found = frozen({RULE.id: RULE, newer.id: newer}, "2020.1", (old,))
    assert found == {RULE.id: replace(RULE, level=Level.SHOULD)}


def test_set_of_the_release_that_is_being_made_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pay_conformance.__version__", "2020.1.0.dev0")
    assert frozen({RULE.id: RULE}, "2020.1", (release("2020.1"),)) == {RULE.id: RULE}


def test_set_of_an_unknown_release_is_refused() -> None:
    with pytest.raises(ConfigurationProblem, match=r"choose one of: 2020\.1"):
        frozen({}, "2019.9", (release("2020.1"),))


@pytest.mark.parametrize(
    ("sets", "told"),
    [
        ((), ("not in a release yet",)),
        ((release("2020.1", CS_NEW_901=SAME),), ("new in 2020.1",)),
        ((release("2020.1"), release("2020.2", CS_NEW_901=SAME)), ("new in 2020.2",)),
        (
            (
                release("2020.1", CS_NEW_901=Frozen(Level.SHOULD, SAME.digest)),
                release("2020.2", CS_NEW_901=SAME),
            ),
            ("new in 2020.1", "SHOULD became MUST in 2020.2"),
        ),
        (
            (release("2020.1", CS_NEW_901=Frozen(Level.MUST, "01234567")),),
            ("new in 2020.1", "reworded since then"),
        ),
    ],
)
def test_history_tells_what_became_of_a_requirement(
    sets: tuple[Release, ...], told: tuple[str, ...]
) -> None:
    assert history(RULE, sets) == told


def test_digest_of_a_sentence_does_not_mind_its_lines() -> None:
    assert digest("a\n  b.") == digest("a b.") != digest("a c.")


def test_releases_are_read_in_their_order(copy: Copy) -> None:
    for name in ("2020.10", "2020.9", "2021.1"):
        copy.write(f"releases/{name}.yaml", "CS-TIME-002: MUST 01234567\n")
    names = [release.name for release in load_releases(copy.root)]
    assert names[:3] == ["2020.9", "2020.10", "2021.1"]


def test_set_that_ships_is_read(tmp_path: Path) -> None:
    assert any(found.is_open for found in load_releases(Contract.load().root))
