"""The page on defects: its lines run as they stand there, and print what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pay_conformance.sdk.cases import load_cases
from pay_conformance.sdk.packages import Installed

from .conftest import installed_sdk

PAGE = Path(__file__).parents[2] / "docs" / "sdk-defects.md"
_SDK = re.compile(r"^## (\w+) \((.*?)^(?=## |\Z)", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^### (.*?)$(.*?)(?=^### |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
_PRINTS = re.compile(r"(?://|#) → (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Defect:
    """One section: its lines, and what they print."""

    title: str
    text: str
    lines: str
    prints: tuple[str, ...]


def read(language: str) -> tuple[str, list[Defect]]:
    """Return the preamble of an SDK and its defects."""
    (part,) = (m.group(2) for m in _SDK.finditer(PAGE.read_text("utf-8")) if m.group(1) == language)
    preamble = _BLOCK.search(part.partition("### ")[0])
    assert preamble
    sections = []
    for found in _SECTION.finditer(part):
        block = _BLOCK.search(found.group(2))
        assert block, f"{found.group(1)}: there is nothing to run"
        lines = block.group(1)
        prints = tuple(text.strip() for text in _PRINTS.findall(lines))
        sections.append(Defect(found.group(1), found.group(2), lines, prints))
    return preamble.group(1), sections


def run(command: list[str], folder: Path, text: str = "", **environment: str) -> str:
    done = subprocess.run(
        command, cwd=folder, input=text, capture_output=True, text=True, timeout=120, check=False,
        env={"PATH": "/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin", "HOME": str(Path.home())}
        | environment,
    )  # fmt: skip
    return done.stdout + done.stderr


def unsaid(defects: list[Defect], outputs: list[str]) -> dict[str, list[str]]:
    """Return, by title, what should have been printed and was not, with all that was."""
    missing: dict[str, list[str]] = {}
    for defect, output in zip(defects, outputs, strict=True):
        lines = iter(output.splitlines())
        lost = [text for text in defect.prints if not any(text in line for line in lines)]
        if lost or not defect.prints:
            missing[defect.title] = [*lost, output[-800:]]
    return missing


def folder_of(installed: Installed) -> Path:
    """Where the SDK lies in the cache, by the command of its adapter."""
    return Path(
        next(part for part in installed.command if part.startswith("/") and "adapters" in part)
    ).parent


def test_lines_on_the_node_sdk_print_what_the_page_says():
    folder = folder_of(installed_sdk("node"))
    preamble, defects = read("Node")
    outputs = [run(["node", "-e", preamble + each.lines], folder) for each in defects]
    assert unsaid(defects, outputs) == {}


def test_lines_on_the_python_sdk_print_what_the_page_says(tmp_path):
    packages = installed_sdk("python").environment["PYTHONPATH"]
    preamble, defects = read("Python")
    outputs = [
        run(
            [sys.executable, "-W", "ignore", "-"], tmp_path, preamble + d.lines, PYTHONPATH=packages
        )
        for d in defects
    ]
    assert unsaid(defects, outputs) == {}


def test_lines_on_the_java_sdk_print_what_the_page_says(tmp_path):
    installed = installed_sdk("java")
    path = installed.command[installed.command.index("-cp") + 1].rpartition(":")[2]
    jars = ":".join(str(jar) for jar in sorted(Path(path.removesuffix("/*")).glob("*.jar")))
    preamble, defects = read("Java")
    # One session for all, since each start takes seconds; each section finds things as at first.
    fresh = 'sent.clear(); answer = new Answer(200, "{}", "X-Amz-Pay-Request-Id", "r1");\n'
    parts = [f'{fresh}System.out.println("=====");\n{defect.lines}' for defect in defects]
    program = tmp_path / "lines.jsh"
    program.write_text(preamble + "".join(parts) + "/exit\n", encoding="utf-8")
    said = run(["jshell", "-s", "--class-path", jars, str(program)], tmp_path)
    assert unsaid(defects, said.split("=====")[1:]) == {}, said[:500]


def test_lines_on_the_go_sdk_print_what_the_page_says(tmp_path):
    built = Path(installed_sdk("go").command[0]).parent
    preamble, defects = read("Go")
    for name in ("go.mod", "go.sum"):
        (tmp_path / name).write_bytes((built / name).read_bytes())
    outputs = []
    for defect in defects:
        (tmp_path / "main.go").write_text(f"{preamble}\nfunc main() {{\n{defect.lines}\n}}\n")
        flags = {"GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
        outputs.append(run(["go", "run", "."], tmp_path, **flags))
    assert unsaid(defects, outputs) == {}


@pytest.mark.parametrize("language", ["Java", "Node", "Python", "Go"])
def test_section_of_a_defect_is_short_and_names_cases_that_exist(language):
    cases = {case.name for case in load_cases()}
    for defect in read(language)[1]:
        assert len(defect.lines.splitlines()) <= 10, defect.title
        named = set(re.findall(r"`([A-Za-z0-9]+(?:-[A-Za-z0-9]+){2,})`[,.]", defect.text))
        assert named, defect.title
        assert named - cases == set(), defect.title
