"""What became of one mutant, whatever it is a mutant of, and how mutants are chosen by name."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, Protocol

from tests.mutants.model import Mutant


class Named(Protocol):
    """What is known of a mutant before it is hunted."""

    @property
    def name(self) -> str: ...

    @property
    def family(self) -> str: ...

    @property
    def breaks(self) -> Collection[str]: ...

    @property
    def kind(self) -> str: ...


@dataclass(frozen=True)
class Killing:
    """What became of a mutant: ``killed``, ``survived``, killed for the ``wrong reason``.

    ``breaks`` are the requirements that it violates; ``either`` those of which it violates at least
    one; ``perhaps`` those that it may violate besides, ``because`` of what it does. ``failed`` are
    those found violated by the ``tests`` that it met; ``error`` says what went wrong with a test of
    ours.
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
    either: tuple[str, ...] = ()
    perhaps: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, mutant: Mutant, failed: Iterable[str], tests: int, began: float, error: str = ""
    ) -> Killing:
        """Return what became of a mutant whose hunt began at that monotonic time."""
        return cls(
            family=mutant.family,
            kind=mutant.kind,
            mutant=mutant.name,
            says=mutant.says,
            breaks=tuple(sorted(mutant.breaks)),
            either=tuple(sorted(mutant.either)),
            perhaps=tuple(sorted(mutant.perhaps)),
            failed=tuple(sorted(failed)),
            tests=tests,
            seconds=round(time.monotonic() - began, 3),
            error=error,
            because=mutant.because,
        )

    @property
    def own(self) -> tuple[str, ...]:
        """The requirements that it is there for."""
        return self.breaks or self.either

    @property
    def verdict(self) -> str:
        """The one word for it."""
        if self.error:
            return "error"
        failed = set(self.failed)
        if not failed:
            return "survived"
        known = {*self.breaks, *self.either, *self.perhaps}
        sought = set(self.breaks) <= failed if self.breaks else bool(failed & set(self.either))
        return "killed" if sought and failed <= known else "wrong reason"

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON object, its verdict included."""
        return {**asdict(self), "verdict": self.verdict}


def is_asked_for(mutant: Named, names: Sequence[str]) -> bool:
    """Say whether a mutant is one of those named; without names, all are.

    A name is that of a mutant, a family, a kind or a requirement; ``*`` stands for any text.
    """
    if not names:
        return True
    either = getattr(mutant, "either", ())
    own = (mutant.name, mutant.family, mutant.kind, *mutant.breaks, *either)
    return any(fnmatchcase(one, name) for one in own for name in names)
