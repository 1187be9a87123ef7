"""``python -m pay_conformance`` is the command line."""

from __future__ import annotations

from pay_conformance.cli import main

main()
