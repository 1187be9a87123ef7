"""What became of one mutant, whatever it is a mutant of, and how mutants are chosen by name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, Protocol


class Named(Protocol):
    """What is known of a mutant before it is hunted."""

    @property
    def name(self) -> str: ...

    @property
    def family(self) -> str: ...

    @property
    def breaks(self) -> Collection[str]: ...


@dataclass(frozen=True)
class Killing:
    """What became of a mutant: ``killed``, ``survived``, killed for the ``wrong reason``.

    ``breaks`` are the requirements that it violates, ``failed`` those that were found violated by
    the ``tests`` that it met; ``error`` says what went wrong with a test of ours.
    """

    family: str
    kind: str
    mutant: str
    says: str
    breaks: tuple[str, ...]
    failed: tuple[str, ...]
    tests: int
    seconds: float
    error: str = ""
    because: str = ""

    @property
    def verdict(self) -> str:
        """The one word for it."""
        if self.error:
            return "error"
        if not set(self.breaks) & set(self.failed):
            return "wrong reason" if self.failed else "survived"
        return "killed" if set(self.failed) == set(self.breaks) else "wrong reason"

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON object, its verdict included."""
        return {**asdict(self), "verdict": self.verdict}


def is_asked_for(mutant: Named, names: Sequence[str]) -> bool:
    """Say whether a mutant is one of those named; without names, all are.

    A name is that of a mutant, with ``*`` for any text, of a family, or of a requirement.
    """
    if not names:
        return True
    own = (mutant.name, mutant.family, *mutant.breaks)
    return any(fnmatchcase(one, name) for one in own for name in names)
