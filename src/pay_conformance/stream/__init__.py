"""Judges files of many exchanges, a line each, in constant memory and on all processors."""

from __future__ import annotations

from pay_conformance.stream.judging import Outcome, judge
from pay_conformance.stream.lines import is_stream, stored

__all__ = ["Outcome", "is_stream", "judge", "stored"]
