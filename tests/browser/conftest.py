"""A real browser, the reference server with its pages, and the example shop in front of it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.browser.places import CHROMIUM, launched, selling, serving

expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    if not CHROMIUM.exists() and "CI" not in os.environ:
        pytest.skip("there is no /usr/bin/chromium: apt-get install chromium")
    with sync_playwright() as tools:
        yield tools


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with launched(playwright) as chromium:
        yield chromium


@pytest.fixture(scope="session")
def mock() -> Iterator[dict[str, Any]]:
    with serving("--buyer-pages") as told:
        yield told


@pytest.fixture(scope="session")
def shop(mock: dict[str, Any]) -> Iterator[str]:
    with selling(mock) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        context.set_default_timeout(30_000)
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

        def log_message(self, *args: Any) -> None:
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
