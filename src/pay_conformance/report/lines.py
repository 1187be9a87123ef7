"""Finds the line of a file on which the value at a JSON Pointer stands."""

from __future__ import annotations

from pathlib import Path

import yaml

_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MOST_BYTES = 1_000_000


def line_of(path: Path, pointer: str) -> int:
    """Return the line, counted from 1, of the value or else of what it should be in.

    1 is returned for a file that is no JSON or YAML, or is too large to look.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            return 1
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except (OSError, ValueError, yaml.YAMLError):
        return 1
    line = 1
    for step in pointer.split("/")[1:]:
        found = _below(node, step.replace("~1", "/").replace("~0", "~"))
        if found is None:
            break
        line, node = found
    return line


def _below(node: yaml.Node | None, step: str) -> tuple[int, yaml.Node] | None:
    """Return the line on which a member begins, and its value."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return int(key.start_mark.line) + 1, value
    if isinstance(node, yaml.SequenceNode) and step.isdecimal() and int(step) < len(node.value):
        value = node.value[int(step)]
        return int(value.start_mark.line) + 1, value
    return None
