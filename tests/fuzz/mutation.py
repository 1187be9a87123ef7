"""Makes inputs from kept ones, by chance alone: what is left where no coverage can guide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

TOKENS = (
    b"", b"\x00", b"\xff", b"\xed\xa0\x80", b"{", b"}", b"[", b"]", b'"', b"\\u0000", b"\\ud800",
    b"null", b"true", b"-1", b"1e999", b"9" * 40, b"NaN", b"0.001", b"..", b"%2e%2e/", b"%00",
    b"\r\n", b"\n\n", b"://", b"http://[", b"@", b"#", b"?", b"&a", b"*a", b"!!python/object:x",
    b"<script>alert(1)</script>", b"2026-02-30T25:61:61Z", b"P99999999999M", b"+99:99",
    b"x" * 5000, b"[" * 200, b"\xf0\x9f\x92\xb8", b";", b",", b"=", b" ",
)  # fmt: skip


def mutations(seeds: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """Yield so many inputs, each a kept one after one to five small changes."""
    random = Random(seed)
    for _ in range(count):
        data = bytearray(random.choice(seeds))
        for _ in range(random.randint(1, 5)):
            _change(data, seeds, random)
        yield bytes(data[:100_000])


def _change(data: bytearray, seeds: Sequence[bytes], random: Random) -> None:
    place = random.randint(0, len(data))
    end = min(len(data), place + random.choice((0, 1, 2, 8, 64)))
    match random.randrange(6):
        case 0:
            data[place:end] = random.choice(TOKENS)
        case 1:
            data[place:place] = random.choice(TOKENS)
        case 2:
            del data[place:end]
        case 3:
            data[place:place] = data[place:end] * random.choice((1, 2, 50))
        case 4:
            data[place:end] = random.randbytes(end - place)
        case _:
            other = random.choice(seeds)
            data[place:] = other[random.randint(0, len(other)) :]
