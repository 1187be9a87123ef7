"""Reads a YAML data file into plain values that remember the line each came from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pay_conformance.problems import ConfigurationProblem

Place = tuple[str | int, ...]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_QUOTED = frozenset("\"'|>")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True)
class Source:
    """One data file: its name as shown to people, its content, and the line of each place in it.

    A place is the path of keys and indexes that leads to a value; the line of a mapping's value is
    the line of its key.
    """

    name: str
    data: Any
    lines: dict[Place, int]

    def where(self, place: Place = ()) -> str:
        """Return ``file:line`` of a place, or of the nearest place around it that is known."""
        while place and place not in self.lines:
            place = place[:-1]
        return f"{self.name}:{self.lines.get(place, 1)}"

    def problem(self, place: Place, what: str, what_to_do: str) -> ConfigurationProblem:
        """Return a problem that names file and line of a place."""
        return ConfigurationProblem(f"{self.where(place)}: {what}", what_to_do)


def read(path: Path, root: Path) -> Source:
    """Return the content of a YAML file; its name is shown relative to the folder of ``root``.

    Only the plain words ``true``, ``false``, ``null`` and whole numbers are not strings, so that
    ``on``, ``0005`` and ``2020-01-01`` are what they look like.

    Raises:
        ConfigurationProblem: if the file can't be read, is not YAML, or has a key twice.
    """
    name = path.relative_to(root.parent).as_posix()
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationProblem(f"{name}: can't be read: {error}", "mend the file") from error
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        reason = getattr(error, "problem", None) or "no YAML"
        raise ConfigurationProblem(
            f"{name}:{line}: not valid YAML: {reason}", "mend the syntax of that line"
        ) from error
    lines: dict[Place, int] = {}
    source = Source(name, None, lines)
    data = _plain(node, (), source) if node is not None else None
    return Source(name, data, lines)


def files(folder: Path) -> Iterator[Path]:
    """Yield the YAML files of a folder, sorted by name; none if there is no such folder."""
    return iter(sorted(folder.glob("*.yaml")))


def _plain(node: yaml.Node, place: Place, source: Source) -> Any:
    source.lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, place, source)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*place, index), source) for index, item in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    return _scalar(node)


def _mapping(node: yaml.MappingNode, place: Place, source: Source) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in result:
            first = source.lines[(*place, key)]
            raise ConfigurationProblem(
                f"{source.name}:{key_node.start_mark.line + 1}: the key {key!r} is there already, "
                f"at line {first}",
                "remove or rename one of the two",
            )
        source.lines[(*place, key)] = key_node.start_mark.line + 1
        result[key] = _plain(value_node, (*place, key), source)
    return result


def _scalar(node: yaml.ScalarNode) -> Any:
    text: str = node.value
    if node.style in _QUOTED:
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _INTEGER.fullmatch(text) else text
