"""Keeps what the scenarios of a run came to, so that a run that was cut can be taken up again."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pay_conformance.problems import ConfigurationProblem
from pay_conformance.scenario.proof import Proof

LONGEST = timedelta(days=3)
"""After that, a run is not one run any more: what it saw first may not be so at its end."""
_BEGIN_ANEW = "delete it to begin anew"


@dataclass(slots=True)
class Notebook:
    """A file with one JSON object a line: what the run is, then each scenario that is done.

    ``done`` holds the proofs by the scenario's node id. A scenario that broke off, because the
    subject gave no answer or an error was ours, is not done.
    """

    path: Path
    done: dict[str, Proof] = field(default_factory=dict)
    undone: set[str] = field(default_factory=set)
    broken: str = ""
    """Why nothing more is kept in the file, if that is so."""
    _handle: int = -1

    def add(self, node: str, proof: Proof) -> None:
        """Keep what a scenario came to, if it is done.

        A file that can't be written any more costs the scenarios that come after, not the run.
        """
        if not is_done(proof):
            self.undone.add(node)
            return
        self.done[node] = proof
        line = json.dumps({"node": node, "proof": proof.to_json()}, ensure_ascii=True)
        if self.broken:
            return
        data = line.encode() + b"\n"
        try:
            if os.write(self._handle, data) != len(data):
                self.broken = os.strerror(errno.ENOSPC)
        except OSError as error:
            self.broken = error.strerror or str(error)

    def finish(self, *, cut: bool) -> None:
        """Let go of the file, and delete it unless there is something left to take up again."""
        if not cut and not self.undone:
            self.path.unlink(missing_ok=True)
        os.close(self._handle)


def is_done(proof: Proof) -> bool:
    """Say whether playing a scenario again could not teach anything new."""
    broken_off = any("got no answer" in skipped.why for skipped in proof.skipped)
    return not (proof.error or proof.died or broken_off)


def open_notebook(path: Path, run: Mapping[str, Any]) -> Notebook:
    """Return the notebook at ``path``, begun for ``run`` if there is none yet.

    ``run`` is what must be the same when it is taken up again, as JSON values.

    Raises:
        ConfigurationProblem: if it is another run's, too old, in use, or can't be used.

    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise ConfigurationProblem(
            f"--resume {path} can't be used: {error.strerror}", "name a file in another folder"
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise ConfigurationProblem(
            f"--resume {path} is in use by another run", "let it end, or name another file"
        ) from error
    data = path.read_bytes()
    if data:
        _check(path, data, run)
        if not data.endswith(b"\n"):
            os.write(handle, b"\n")  # the line that was cut off must not spoil the next
    else:
        heading = {"run": dict(run), "started": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        os.write(handle, json.dumps(heading).encode() + b"\n")
    return Notebook(path, read_done(path), _handle=handle)


def seed_of(path: Path) -> int | None:
    """Return the seed of the run that a notebook is about, or ``None`` if there is none."""
    heading = _heading(path.read_bytes()) if path.is_file() else {}
    seed = heading.get("run", {}).get("seed")
    return seed if isinstance(seed, int) else None


def read_done(path: Path) -> dict[str, Proof]:
    """Return the proofs in a notebook by node id; none if there is no such file.

    A line that was cut off counts as none.
    """
    done: dict[str, Proof] = {}
    for line in path.read_bytes().split(b"\n") if path.is_file() else ():
        entry = _object(line)
        if "node" in entry:
            done[entry["node"]] = Proof.from_json(entry["proof"])
    return done


def _check(path: Path, data: bytes, run: Mapping[str, Any]) -> None:
    heading = _heading(data)
    then = heading.get("run")
    if not isinstance(then, dict):
        raise ConfigurationProblem(f"--resume {path} is not from a run of this suite", _BEGIN_ANEW)
    for name, value in json.loads(json.dumps(run)).items():
        if then.get(name) != value:
            raise ConfigurationProblem(
                f"--resume {path} is from a run with another {name}: "
                f"{_short(then.get(name))}, not {_short(value)}",
                _BEGIN_ANEW,
            )
    age = datetime.now(UTC) - datetime.fromisoformat(heading["started"])
    if age > LONGEST:
        raise ConfigurationProblem(
            f"--resume {path} is from a run of {age.days} days ago", _BEGIN_ANEW
        )


def _heading(data: bytes) -> dict[str, Any]:
    return _object(data.partition(b"\n")[0])


def _object(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 40 else f"{text[:16]}…"
