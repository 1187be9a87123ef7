"""The buyer's pages in a browser: checkout.js, sign-in, address and card, processing."""

from __future__ import annotations

from pay_conformance.mock.pages.hosted import HostedPages

__all__ = ["HostedPages"]
