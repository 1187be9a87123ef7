"""An adapter as a process: started clean, asked by many threads at once, and always ended."""

from __future__ import annotations

import contextlib
import os
import queue
import resource
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pay_conformance.sdk.protocol import LONGEST_LINE, PROTOCOL, ProtocolError, decode, encode

_KEPT = ("PATH", "HOME", "TMPDIR", "SYSTEMROOT")
_STDERR_KEPT = 400
"""Lines."""
_LIMITS: Mapping[str, int] = {
    "RLIMIT_CORE": 0,
    "RLIMIT_CPU": 1800,
    "RLIMIT_DATA": 6 * 2**30,
    "RLIMIT_FSIZE": 2**30,
    "RLIMIT_NOFILE": 4096,
}
"""What an adapter and its children may use, where the system can limit it: no core dump, seconds,
bytes of memory and of a file, open files. An SDK that stays far below is not disturbed."""


class FaultKind(StrEnum):
    """The ways in which an adapter can fail to answer. There is no other."""

    HANG = "hang"
    CRASH = "crash"
    NOISE = "noise"
    HUGE = "huge line"
    WRONG = "wrong answer"


class AdapterFault(Exception):
    """An adapter did not answer as the protocol says: a verdict about it, not an error of ours."""

    def __init__(self, kind: FaultKind, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of an adapter: nothing of the caller's but where programs are.

    The time zone is none that anyone mistakes for UTC, so that local time shows.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "Asia/Kolkata", **extra}


def _limit(pid: int) -> None:
    """Limit what a process may use; a process that is gone already needs no limit."""
    if not hasattr(resource, "prlimit"):
        return
    for name, most in _LIMITS.items():
        kind = getattr(resource, name)
        with contextlib.suppress(ProcessLookupError):
            _, hard = resource.prlimit(pid, kind)
            least = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.prlimit(pid, kind, (least, least))


class Adapter:
    """A running adapter. :meth:`ask` may be called from many threads; answers come in any order."""

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str], folder: Path | None = None
    ) -> None:
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment(environment),
            cwd=folder,
            start_new_session=True,
        )
        _limit(self._process.pid)
        self._lock = threading.Lock()
        self._last_id = 0
        self._waiting: dict[int, queue.Queue[dict[str, Any] | AdapterFault]] = {}
        self._fault: AdapterFault | None = None
        self._stderr: deque[str] = deque(maxlen=_STDERR_KEPT)
        self._threads = [
            threading.Thread(target=self._read_answers, daemon=True),
            threading.Thread(target=self._read_stderr, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def stderr(self) -> str:
        """The last lines that the adapter wrote on stderr."""
        return "".join(self._stderr)

    @property
    def fault(self) -> AdapterFault | None:
        """What ended it, if it is not fit to be asked any more."""
        return self._fault

    def start(self, timeout: float) -> dict[str, Any]:
        """Ask who is there."""
        return self.ask({"do": "start", "protocol": PROTOCOL}, timeout)

    def ask(self, message: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        """Send a request (its id is added) and return the answer to it.

        Raises:
            AdapterFault: if none comes within ``timeout`` seconds, or a line is not an answer.
        """
        waiting: queue.Queue[dict[str, Any] | AdapterFault] = queue.Queue(1)
        with self._lock:
            if self._fault:
                raise self._fault
            self._last_id += 1
            identifier = self._last_id
            self._waiting[identifier] = waiting
        try:
            self._send(encode({"id": identifier, **message}))
            answer = waiting.get(timeout=timeout)
        except queue.Empty:
            raise AdapterFault(
                FaultKind.HANG, f"no answer to {message['do']} within {timeout:g} s"
            ) from None
        finally:
            with self._lock:
                self._waiting.pop(identifier, None)
        if isinstance(answer, AdapterFault):
            raise answer
        if answer["did"] != message["do"]:
            raise AdapterFault(
                FaultKind.WRONG, f"was asked to {message['do']} and answered {answer['did']}"
            )
        return answer

    def still_answers(self, timeout: float) -> bool:
        """Say whether it answers ``start`` again; if not, it is not fit to be asked any more."""
        if self._fault is None:
            try:
                self.start(timeout)
            except AdapterFault:
                self._give_up(FaultKind.HANG, "it answers nothing any more")
        return self._fault is None

    def stop(self, timeout: float) -> int:
        """Ask it to stop, and return its exit status.

        Raises:
            AdapterFault: if it does not answer, or lives on.
        """
        self.ask({"do": "stop"}, timeout)
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AdapterFault(FaultKind.HANG, "it answered stop and did not exit") from None

    def end(self) -> None:
        """Kill it and all that it started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.5)
        for thread in self._threads:
            thread.join(1)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _send(self, line: bytes) -> None:
        stream = self._process.stdin
        assert stream is not None
        try:
            with self._lock:
                stream.write(line)
                stream.flush()
        except (BrokenPipeError, ValueError):
            raise self._fault or self._crash() from None

    def _read_answers(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while line := stream.readline(LONGEST_LINE):
            if not line.endswith(b"\n"):
                if len(line) >= LONGEST_LINE:
                    self._give_up(FaultKind.HUGE, f"a line of more than {LONGEST_LINE} bytes")
                else:
                    self._give_up(FaultKind.NOISE, f"the last line is cut: {line[:80]!r}")
                return
            if line.strip() and not self._hand_over(line):
                return
        with self._lock:
            known = self._fault
        if known is None:
            crash = self._crash()
            self._give_up(crash.kind, crash.detail)

    def _hand_over(self, line: bytes) -> bool:
        try:
            answer = decode(line)
        except ProtocolError as error:
            self._give_up(FaultKind.NOISE, f"stdout has a line that is {error}")
            return False
        with self._lock:
            waiting = self._waiting.pop(answer["id"], None)
            late = answer["id"] <= self._last_id
        if waiting is not None:
            waiting.put(answer)
        elif not late:
            self._give_up(FaultKind.WRONG, f"an answer to {answer['id']}, which was never asked")
            return False
        return True

    def _crash(self) -> AdapterFault:
        try:
            status = self._process.wait(2)
        except subprocess.TimeoutExpired:
            return AdapterFault(FaultKind.CRASH, "it closed its stdout and lives on")
        last = next((line for line in reversed(self._stderr) if line.strip()), "").strip()
        return AdapterFault(
            FaultKind.CRASH, f"it exited with status {status}" + (f": {last[:200]}" if last else "")
        )

    def _give_up(self, kind: FaultKind, detail: str) -> None:
        fault = AdapterFault(kind, detail)
        with self._lock:
            self._fault = self._fault or fault
            waiting = list(self._waiting.values())
            self._waiting.clear()
        for each in waiting:
            each.put(self._fault)

    def _read_stderr(self) -> None:
        stream = self._process.stderr
        assert stream is not None
        while line := stream.readline(65536):
            self._stderr.append(line.decode("utf-8", "replace"))
