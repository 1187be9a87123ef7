"""All deliberately wrong servers."""

from __future__ import annotations

from tests.mutants.model import MUTANTS
from tests.mutants.server import (
    aftermath,
    answers,
    charges,
    disputes,
    engine,
    errors,
    members,
    notifications,
    permissions,
    refunds,
    sessions,
    signatures,
    wire,
)

__all__ = [
    "MUTANTS",
    "aftermath",
    "answers",
    "charges",
    "disputes",
    "engine",
    "errors",
    "members",
    "notifications",
    "permissions",
    "refunds",
    "sessions",
    "signatures",
    "wire",
]
