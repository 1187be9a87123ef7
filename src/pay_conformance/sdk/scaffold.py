"""Writes the start of an adapter in a language that has none bundled."""

from __future__ import annotations

from pathlib import Path

from pay_conformance.problems import ConfigurationProblem
from pay_conformance.resources import data_path

LANGUAGES = {"csharp": "Adapter.cs", "php": "adapter.php", "ruby": "adapter.rb"}
"""Language to the file that an adapter in it starts from."""


def write_scaffold(folder: Path, language: str) -> tuple[Path, ...]:
    """Write an adapter to start from into ``folder``, and return the files written.

    Raises:
        ConfigurationProblem: for a language without one, a file that is there already, or a folder
            that can't be written.
    """
    if language not in LANGUAGES:
        raise ConfigurationProblem(
            f"there is no scaffold in {language}",
            f"choose one of {', '.join(LANGUAGES)}, or read docs/sdk-adapter.md",
        )
    target = folder / LANGUAGES[language]
    if target.exists():
        raise ConfigurationProblem(f"{target} is there already", "choose another folder")
    text = data_path("adapters", "scaffold", LANGUAGES[language]).read_text(encoding="utf-8")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationProblem(
            f"{target} can't be written: {error.strerror}", "choose another folder"
        ) from error
    return (target,)
