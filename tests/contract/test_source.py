"""What the reader of data files takes, and what it says of what it doesn't take."""

from pathlib import Path

import pytest

from pay_conformance.contract.source import Source, read
from pay_conformance.problems import ConfigurationProblem


def source(folder: Path, text: str) -> Source:
    (folder / "data").mkdir()
    (folder / "data" / "file.yaml").write_text(text, encoding="utf-8")
    return read(folder / "data" / "file.yaml", folder / "data")


def test_source_keeps_words_that_only_look_like_something_else(tmp_path: Path) -> None:
    data = source(tmp_path, "on: yes\nending: 0005\nday: 2020-01-01\nrate: 1.5\ntime: 12:30\n").data
    assert data == {
        "on": "yes",
        "ending": "0005",
        "day": "2020-01-01",
        "rate": "1.5",
        "time": "12:30",
    }


def test_source_reads_true_false_null_and_whole_numbers(tmp_path: Path) -> None:
    data = source(tmp_path, "- true\n- false\n- null\n- ~\n- 7\n- -7\n- '7'\n- 'true'\n").data
    assert data == [True, False, None, None, 7, -7, "7", "true"]


def test_source_knows_the_line_of_each_place(tmp_path: Path) -> None:
    found = source(tmp_path, "# first\na:\n  b: 1\n  c:\n    - x\n    - y\n")
    assert found.where(("a", "c", 1)) == "data/file.yaml:6"
    assert found.where(("a", "b")) == "data/file.yaml:3"


def test_source_gives_the_nearest_line_of_an_unknown_place(tmp_path: Path) -> None:
    assert source(tmp_path, "\na:\n  b: 1\n").where(("a", "missing", 3)) == "data/file.yaml:2"


def test_source_refuses_a_key_that_is_there_twice(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationProblem) as problem:
        source(tmp_path, "a: 1\nb: 2\na: 3\n")
    assert str(problem.value) == (
        "data/file.yaml:3: the key 'a' is there already, at line 1; remove or rename one of the two"
    )


def test_source_refuses_what_is_not_yaml(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationProblem) as problem:
        source(tmp_path, "a: 1\nb: [1,\n")
    assert str(problem.value).startswith("data/file.yaml:3: not valid YAML: ")


def test_source_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationProblem, match=r"^data/none\.yaml: can't be read: "):
        read(tmp_path / "data" / "none.yaml", tmp_path / "data")


def test_source_does_not_run_what_yaml_tags_ask_for(tmp_path: Path) -> None:
    assert source(tmp_path, "a: !!python/object/apply:os.getcwd []\n").data == {"a": []}
