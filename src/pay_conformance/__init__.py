"""Contract tests and conformance suite for the Amazon Pay Checkout API."""

from __future__ import annotations

__all__ = ["__version__"]

__version__: str


def __getattr__(name: str) -> str:
    """Return the version when it is asked for: to look it up takes longer than all of ``--help``.

    Raises:
        AttributeError: for any other name.
    """
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("amazon-pay-conformance")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0+unknown"
