"""A real browser, the reference server with its pages, and the example shop in front of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="the browser group is not installed")

from playwright.sync_api import Browser, Page, sync_playwright

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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("there is no /usr/bin/chromium")
    with sync_playwright() as tools:
        chromium = tools.chromium.launch(executable_path=CHROMIUM, headless=True, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def mock() -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-c", MAIN, "serve", "--port", "0", "--buyer-pages"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture(scope="session")
def shop(mock: dict[str, Any]) -> Iterator[str]:
    environment = {
        **os.environ,
        "AMAZON_PAY_URL": mock["url"],
        "AMAZON_PAY_MERCHANT_ID": mock["merchantId"],
        "AMAZON_PAY_PUBLIC_KEY_ID": mock["publicKeyId"],
        "AMAZON_PAY_PRIVATE_KEY": mock["privateKeyFile"],
        "AMAZON_PAY_STORE_ID": mock["storeId"],
    }
    command = [sys.executable, "-m", "examples.shop.storefront", "--port", "0"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, cwd=root
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        context.set_default_timeout(10_000)
        yield context.new_page()


@pytest.fixture
def site() -> Iterator[Callable[[str], str]]:
    """A page of any content on an origin of its own; calling it returns the address."""
    shown = {"html": ""}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = shown["html"].encode()
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def put(html: str) -> str:
        shown["html"] = html
        return f"http://127.0.0.1:{server.server_address[1]}/"

    yield put
    server.shutdown()
    thread.join()
    server.server_close()
