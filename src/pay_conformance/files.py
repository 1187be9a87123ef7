"""Writes files so that a reader never sees a part of one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pay_conformance.problems import ConfigurationProblem


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the whole new one, never a part.

    What is there and is no file, such as ``/dev/stdout``, is written to, and never replaced.

    Raises:
        ConfigurationProblem: if it can't be written.

    """
    if path.exists() and not path.is_file():
        _write_through(path, text)
        return
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            # A subject may have sent half a surrogate pair; it must not cost us the report.
            file.write(text.encode("utf-8", errors="backslashreplace"))
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        raise ConfigurationProblem(
            f"{path} can't be written: {error.strerror}", "nothing was changed there"
        ) from error


@contextlib.contextmanager
def filling(folder: Path) -> Iterator[None]:
    """Name the folder of a run, in which a program needs files of ours, if they can't be written.

    Raises:
        ConfigurationProblem: if the block raised because the system refuses.
    """
    try:
        yield
    except OSError as error:
        raise ConfigurationProblem(
            f"the folder of this run, {folder}, can't be filled: {error.strerror or error}",
            "make room there, or name another place in TMPDIR",
        ) from error


def _write_through(path: Path, text: str) -> None:
    try:
        with path.open("wb") as file:
            file.write(text.encode("utf-8", errors="backslashreplace"))
    except OSError as error:
        raise ConfigurationProblem(
            f"{path} can't be written: {error.strerror}", "name a file"
        ) from error
