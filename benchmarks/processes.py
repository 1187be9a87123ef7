"""Starts servers to measure, and reads what they cost: time, memory, processor time."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PATIENCE = 60.0


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextlib.contextmanager
def running(command: Sequence[str], *, heard: bool = False) -> Iterator[subprocess.Popen[str]]:
    """Run a server until the block ends; where it is ``heard``, ``stdout`` has what it prints."""
    with subprocess.Popen(
        command,
        # A pipe that nobody reads fills up, and holds up who writes into it.
        stdout=subprocess.PIPE if heard else subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
            process.kill()


def answers(port: int, path: str) -> None:
    """Wait until a server answers a GET with any status.

    Raises:
        TimeoutError: if it doesn't within a minute.
    """
    until = time.monotonic() + _PATIENCE
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
    while time.monotonic() < until:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), 10) as client,
        ):
            client.sendall(request)
            if client.recv(16).startswith(b"HTTP/1.1"):
                return
        time.sleep(0.002)
    raise TimeoutError(f"nothing answers on port {port}")


def seconds_to_answer(command: Sequence[str], port: int, path: str) -> float:
    """Return the time from the start of a process to its first answer."""
    began = time.perf_counter()
    with running(command):
        answers(port, path)
        return time.perf_counter() - began


def resident(process: int) -> int:
    """Return the resident bytes of a process and its children."""
    return sum(_own_resident(number) for number in _family(process))


def processor_seconds(process: int) -> float:
    """Return the processor time that a process and its living children have used."""
    ticks = 0
    for number in _family(process):
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICK


def _family(process: int) -> list[int]:
    found = [process]
    for number in found:
        children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
        found.extend(map(int, children))
    return found


def _own_resident(process: int) -> int:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
