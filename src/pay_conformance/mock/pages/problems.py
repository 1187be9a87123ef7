"""What a page tells when something is wrong with a button or a visit, in Amazon's vocabulary."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False)
class Wrong(Exception):
    """A visit that can't be served.

    ``code`` and ``message`` are what Amazon's page shows. ``hints`` say how to mend it, and
    ``payload`` is the button's payload as it arrived, ``""`` where there is none.
    """

    status: int
    code: str
    message: str
    hints: tuple[str, ...] = ()
    payload: str = ""
