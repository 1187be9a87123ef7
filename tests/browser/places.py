"""Starts what a browser test needs: Chromium, the reference server, the example shop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Playwright

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MAIN = "from pay_conformance.cli import main; main()"


@contextmanager
def launched(playwright: Playwright, *arguments: str) -> Iterator[Browser]:
    """Start the system's Chromium, with more arguments if need be."""
    chromium = playwright.chromium.launch(
        executable_path=CHROMIUM, headless=True, args=[*QUIET, *arguments]
    )
    yield chromium
    chromium.close()


@contextmanager
def started(command: list[str], environment: dict[str, str] | None = None) -> Iterator[str]:
    """Start a program at the top of the work tree, and give the line that it says when ready."""
    root = Path(__file__).parents[2]
    environment = {**os.environ, **(environment or {})}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, cwd=root
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            process.wait(10)


@contextmanager
def serving(*options: str) -> Iterator[dict[str, Any]]:
    """Serve the reference server, and give what it says of itself."""
    with started([sys.executable, "-c", MAIN, "serve", "--port", "0", *options]) as line:
        yield json.loads(line)


@contextmanager
def selling(mock: dict[str, Any], environment: dict[str, str] | None = None) -> Iterator[str]:
    """Open the example shop in front of a server, and give its address."""
    credentials = {
        "AMAZON_PAY_URL": mock["url"],
        "AMAZON_PAY_MERCHANT_ID": mock["merchantId"],
        "AMAZON_PAY_PUBLIC_KEY_ID": mock["publicKeyId"],
        "AMAZON_PAY_PRIVATE_KEY": mock["privateKeyFile"],
        "AMAZON_PAY_STORE_ID": mock["storeId"],
    }
    command = [sys.executable, "-m", "examples.shop.storefront", "--port", "0"]
    with started(command, {**credentials, **(environment or {})}) as address:
        yield address
