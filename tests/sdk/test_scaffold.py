from __future__ import annotations

import subprocess

import pytest

from pay_conformance.problems import ConfigurationProblem
from pay_conformance.resources import data_path
from pay_conformance.sdk.scaffold import LANGUAGES, write_scaffold


@pytest.mark.parametrize("language", LANGUAGES)
def test_scaffold_has_its_four_places_marked_and_is_short(language, tmp_path):
    (path,) = write_scaffold(tmp_path / "new", language)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert sum("HERE:" in line for line in lines) == 4
    assert len(lines) < 150


@pytest.mark.parametrize(("language", "check"), [("php", ["php", "-l"]), ("ruby", ["ruby", "-c"])])
def test_scaffold_is_a_program_of_its_language(language, check, tmp_path):
    (path,) = write_scaffold(tmp_path / "new", language)
    done = subprocess.run([*check, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_scaffold_overwrites_nothing(tmp_path):
    (tmp_path / "adapter.php").write_text("mine")
    with pytest.raises(ConfigurationProblem, match="there already"):
        write_scaffold(tmp_path, "php")
    assert (tmp_path / "adapter.php").read_text() == "mine"


def test_scaffold_in_an_unknown_language_names_those_there_are(tmp_path):
    with pytest.raises(ConfigurationProblem, match="choose one of csharp, php, ruby"):
        write_scaffold(tmp_path, "cobol")


@pytest.mark.parametrize(
    "adapter", ["node/adapter.js", "python/adapter.py", "java/Adapter.java", "go/main.go"]
)
def test_bundled_adapter_is_under_150_lines_of_code(adapter):
    lines = data_path("adapters", *adapter.split("/")).read_text(encoding="utf-8").splitlines()
    assert sum(bool(line.strip()) for line in lines) < 150
