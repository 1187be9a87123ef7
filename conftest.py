"""Loads the plugin, so that ``pytest suites/server --target …`` works from a checkout."""

from __future__ import annotations

from typing import Any

pytest_plugins = ["pay_conformance.plugin"]
NOT_RUN = "NOT RUN: "
"""Begins the reason of a skip that leaves something untested that CI should test."""


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say aloud what this machine could not test, where a skip would go unnoticed."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = {str(report.longrepr[2]) for report in skipped if isinstance(report.longrepr, tuple)}
    loud = sorted(reason for reason in reasons if NOT_RUN in reason)
    if loud:
        terminalreporter.section("not run", sep="!", red=True, bold=True)
        for reason in loud:
            terminalreporter.line(reason.partition(NOT_RUN)[2], red=True)
