"""A copy of the contract's files that a test may break."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from pay_conformance.contract import Contract
from pay_conformance.contract.bindings import contract_bindings
from pay_conformance.contract.lint import lint
from pay_conformance.resources import data_path


@dataclass(frozen=True)
class Copy:
    """A folder ``contracts`` of the test's own."""

    root: Path

    def change(self, file: str, old: str, new: str) -> None:
        """Replace a text that stands in the file exactly once."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def write(self, file: str, text: str) -> None:
        """Write a file, whatever was there."""
        (self.root / file).write_text(text, encoding="utf-8")

    def line_of(self, file: str, text: str) -> int:
        """Return the number of the first line that holds a text."""
        lines = (self.root / file).read_text(encoding="utf-8").splitlines()
        return next(number for number, line in enumerate(lines, 1) if text in line)

    @property
    def contract(self) -> Contract:
        """The contract as it stands now."""
        return Contract.load(self.root)

    def complaints(self) -> list[str]:
        """Return what the lint says, but for the requirements that nothing tests."""
        messages = map(str, lint(self.contract, contract_bindings(self.root)))
        return [message for message in messages if ": nothing tests " not in message]


def copied(folder: Path) -> Copy:
    """Return a copy of the contract that ships with the project, below a folder."""
    root = folder / "contracts"
    shutil.copytree(data_path("contracts"), root)
    return Copy(root)
