"""Loads the plugin, so that ``pytest suites/server --target …`` works from a checkout."""

from __future__ import annotations

pytest_plugins = ["pay_conformance.plugin"]
