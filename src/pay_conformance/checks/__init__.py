"""Passive rules: every exchange, wherever it comes from, goes through the same checks.

A file of this package is a theme, and a check in it a plain generator function. The
:class:`Judge` runs them all; :func:`proved_by` says which requirement which check decides.
"""

from __future__ import annotations

from pay_conformance.checks import (
    amounts,
    answers,
    constraints,
    drift,
    errors,
    headers,
    idempotency,
    identifiers,
    lifecycle,
    operations,
    refunds,
    schema,
    signing,
    timestamps,
)
from pay_conformance.checks.judge import READ_AHEAD, Judge, proved_by
from pay_conformance.checks.view import View, view

THEMES = (
    schema,
    drift,
    errors,
    operations,
    answers,
    headers,
    timestamps,
    amounts,
    refunds,
    identifiers,
    lifecycle,
    constraints,
    idempotency,
    signing,
)

__all__ = ["READ_AHEAD", "THEMES", "Judge", "View", "proved_by", "view"]
