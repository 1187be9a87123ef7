"""A signal ends a run only where the program can be ended with it."""

from __future__ import annotations

import signal

import pytest

from pay_conformance.gateway.ending import Ended, ending


def test_signal_that_comes_while_the_program_starts_waits_until_it_can_be_heeded() -> None:
    with ending() as wish:
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(Ended):
            wish.heed()
    assert (wish.by, wish.why) == (signal.SIGTERM, "ended by SIGTERM")


def test_first_signal_ends_and_the_next_do_not_disturb_the_ending() -> None:
    with ending() as wish:
        wish.heed()
        with pytest.raises(Ended):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
    assert (wish.by, wish.why) == (signal.SIGINT, "interrupted by the user")


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with ending() as wish:
        pass
    assert signal.getsignal(signal.SIGTERM) is before
    assert (wish.by, wish.why) == (None, "")
