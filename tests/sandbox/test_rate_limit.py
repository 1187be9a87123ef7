"""The token bucket never lets more go than its rate, and waits when it is told to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pay_conformance.problems import ConfigurationProblem
from pay_conformance.targets.rate_limit import TokenBucket, retry_after
from pay_conformance.targets.shared_number import SharedNumber

NOW = datetime(2026, 1, 31, 9, 44, 1, tzinfo=UTC)


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self, start: float = 1000.0) -> None:
        self.now = start

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def bucket(
        self, rate: float, burst: int = 1, shared: SharedNumber | None = None
    ) -> TokenBucket:
        return TokenBucket(rate, burst, shared, clock=self.clock, sleep=self.sleep)


def test_calls_are_spaced_by_the_rate():
    time = Time()
    bucket = time.bucket(4)

    assert [bucket.take() for _ in range(4)] == [0, 0.25, 0.25, 0.25]


def test_burst_goes_at_once_and_no_more():
    time = Time()
    bucket = time.bucket(2, burst=3)

    assert [bucket.take() for _ in range(5)] == [0, 0, 0, 0.5, 0.5]


def test_rest_is_not_saved_up_beyond_the_burst():
    time = Time()
    bucket = time.bucket(2)
    bucket.take()
    time.now += 100

    assert [bucket.take(), bucket.take()] == [0, 0.5]


@given(
    st.floats(0.5, 50),
    st.integers(1, 5),
    st.lists(st.floats(0, 2), min_size=1, max_size=40),
    st.floats(0.1, 5),
)
def test_no_window_has_more_calls_than_its_share(rate, burst, rests, width):
    time = Time()
    bucket = time.bucket(rate, burst)
    moments = []
    for rest in rests:
        time.now += rest
        bucket.take()
        moments.append(time.now)

    fullest = max(sum(start <= moment < start + width for moment in moments) for start in moments)

    assert fullest <= rate * width + burst + 1e-6


def test_pause_holds_everybody_back():
    time = Time()
    bucket = time.bucket(10, burst=3)

    bucket.pause(7)

    assert bucket.take() == pytest.approx(7)


def test_bucket_is_shared_through_a_file(tmp_path):
    time = Time()
    one = time.bucket(2, shared=SharedNumber(tmp_path / "rate"))
    other = time.bucket(2, shared=SharedNumber(tmp_path / "rate"))

    assert [one.take(), other.take(), one.take()] == [0, 0.5, 0.5]


def test_bucket_of_a_machine_that_was_restarted_starts_anew(tmp_path):
    before = Time(5_000_000.0).bucket(2, shared=SharedNumber(tmp_path / "rate"))
    before.take()

    assert Time(10.0).bucket(2, shared=SharedNumber(tmp_path / "rate")).take() == 0


def test_number_loses_no_change_of_many_threads(tmp_path):
    numbers = [SharedNumber(tmp_path / "n") for _ in range(8)]

    def count(number: SharedNumber) -> None:
        for _ in range(50):
            number.update(lambda value: value + 1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, numbers))

    assert numbers[0].update(lambda value: value) == 400


def test_number_that_is_damaged_is_one_message(tmp_path):
    (tmp_path / "n").write_text("hello")

    with pytest.raises(ConfigurationProblem, match="it is damaged"):
        SharedNumber(tmp_path / "n").update(lambda value: value)


def test_bucket_refuses_a_rate_of_nothing():
    with pytest.raises(ValueError, match="rate above 0"):
        TokenBucket(0)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3.0),
        (" 0 ", 0.0),
        ("Sat, 31 Jan 2026 09:44:11 GMT", 10.0),
        ("Sat, 31 Jan 2026 09:43:00 GMT", 0.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("²", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value, seconds):
    assert retry_after(value, NOW) == seconds
