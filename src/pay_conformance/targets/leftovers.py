"""What a run opened at the sandbox and has not closed, noted so that even a killed run is cleaned.

Each process notes in a file of its own, one JSON object a line, and holds a lock on it as long as
it lives. A file that can be locked belongs to a process that is gone: its notes are taken over.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pay_conformance.exchange import Request, Response
from pay_conformance.problems import ConfigurationProblem

_PATH = re.compile(
    r"(?P<prefix>(?:/sandbox)?/v[12])/(?P<kind>checkoutSessions|charges|chargePermissions)"
    r"(?:/(?P<id>[^/]+)(?:/(?P<action>[a-z]+))?)?/?"
)
_SUFFIX = ".opened"

Kind = Literal["charges", "chargePermissions"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A Charge or a Charge Permission that stands open; ``prefix`` is e.g. ``/sandbox/v2``."""

    kind: Kind
    id: str
    prefix: str


def opened_by(request: Request, response: Response) -> list[Opened]:
    """Return what a successful exchange shows to stand open because of this run.

    That is the charge that was created, and what a Checkout Session led to. Objects that are only
    read are not ours to close.
    """
    match = _PATH.fullmatch(request.path)
    if match is None or not 200 <= response.status < 300:
        return []
    if match["kind"] == "charges" and (request.method != "POST" or match["action"]):
        return []
    if match["kind"] == "chargePermissions":
        return []
    body = _json_object(response.body)
    found: list[Opened] = []
    if isinstance(body.get("chargeId"), str):
        found.append(Opened("charges", body["chargeId"], match["prefix"]))
    if match["kind"] == "checkoutSessions" and isinstance(body.get("chargePermissionId"), str):
        found.append(Opened("chargePermissions", body["chargePermissionId"], match["prefix"]))
    return found


def closed_by(request: Request, response: Response) -> Opened | None:
    """Return what a successful exchange has closed: a canceled charge, a closed permission."""
    match = _PATH.fullmatch(request.path)
    if match is None or request.method != "DELETE" or not 200 <= response.status < 300:
        return None
    if match["kind"] == "charges" and match["action"] == "cancel":
        return Opened("charges", match["id"], match["prefix"])
    if match["kind"] == "chargePermissions" and match["action"] == "close":
        return Opened("chargePermissions", match["id"], match["prefix"])
    return None


class Leftovers:
    """The notes of this process in ``folder``, and those that it took over from processes gone.

    Raises:
        ConfigurationProblem: if the folder can't be written to.

    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[Opened, None] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            name = uuid.uuid4().hex
            # It is locked before it has the name by which others find it.
            self._handle = _locked(folder / name, os.O_CREAT | os.O_EXCL)
            self._path = (folder / name).rename(folder / f"{name}{_SUFFIX}")
            self._take_over()
        except OSError as error:
            raise ConfigurationProblem(
                f"the state folder {folder} can't be used: {error.strerror}",
                "name another one in PAY_CONFORMANCE_STATE",
            ) from error

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Opened]:
        """Give the charges first: a permission closes only when none of its charges is pending."""
        return iter(sorted(self._open, key=lambda thing: thing.kind == "chargePermissions"))

    def note(self, request: Request, response: Response) -> None:
        """Note what an exchange opened or closed."""
        for thing in opened_by(request, response):
            if thing not in self._open:
                self._open[thing] = None
                self._write("opened", thing)
        closed = closed_by(request, response)
        if closed is not None:
            self.forget(closed)

    def forget(self, thing: Opened) -> None:
        """Note that something needs no closing any more."""
        if self._open.pop(thing, self) is None:
            self._write("closed", thing)

    def close(self) -> None:
        """Let go of the file: it goes away if all is closed, and is left for others if not."""
        if self._handle < 0:
            return
        if not self._open:
            self._path.unlink(missing_ok=True)
        os.close(self._handle)
        self._handle = -1

    def _take_over(self) -> None:
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            if path == self._path:
                continue
            try:
                handle = _locked(path)
            except (BlockingIOError, FileNotFoundError):
                continue  # its process lives, or another one was faster
            try:
                for thing in _unclosed(path.read_bytes()):
                    self._open[thing] = None
                    self._write("opened", thing)
                path.unlink()
            finally:
                os.close(handle)

    def _write(self, what: str, thing: Opened) -> None:
        if self._handle >= 0:
            os.write(self._handle, json.dumps({what: asdict(thing)}).encode() + b"\n")


def _locked(path: Path, flags: int = 0) -> int:
    handle = os.open(path, os.O_RDWR | os.O_APPEND | flags, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle


def _unclosed(data: bytes) -> list[Opened]:
    """Return what is noted as opened and not as closed; a line that was cut off counts as none."""
    found: dict[Opened, None] = {}
    for line in data.split(b"\n"):
        entry = _json_object(line)
        for what, thing in entry.items():
            try:
                opened = Opened(**thing)
            except TypeError:
                continue
            if what == "opened":
                found[opened] = None
            else:
                found.pop(opened, None)
    return list(found)


def _json_object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
