"""The HTML report in a real browser: by keyboard, in the dark, on a phone, on paper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pay_conformance.findings import Finding
from pay_conformance.report import MovesSeen, RunResult, apply_baseline, html_page
from tests.report import samples

HOSTILE = '"><script>document.title="taken"</script><img src=x onerror="document.title=1">'
LONG = "a-very-long-name-without-a-place-to-break-it" * 4


def report() -> str:
    findings = (
        Finding(
            "CS-TIME-002", f"late {HOSTILE}", "/a", HOSTILE, LONG, exchange="one#1", source=LONG
        ),
        Finding("CH-LIFE-001", "another thing", source="two", reproduce=f"pay-conformance {LONG}"),
    )
    moved = MovesSeen("charge", "v2", "", "Authorized", "createCharge", 2)
    result = RunResult.of([*samples.events(*findings), moved], samples.REQUIREMENTS)
    return html_page.render(apply_baseline(result, None, date(2026, 1, 2)))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report(), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def complaints(page: Page, address: str) -> Iterator[list[str]]:
    """What the browser complains of while the page is open: refused content, broken scripts."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.goto(address)
    yield heard
    assert heard == []


def rows(page: Page) -> int:
    return page.locator("tr[id]:visible").count()


def test_page_is_searched_and_filtered_by_keyboard(page: Page, complaints: list[str]) -> None:
    assert rows(page) == 4
    page.keyboard.press("2")
    assert rows(page) == 2
    page.keyboard.press("3")
    assert rows(page) == 2
    page.keyboard.press("1")
    page.keyboard.press("/")
    page.keyboard.type("cs-time-002")
    assert rows(page) == 1
    expect(page.locator("#count")).to_have_text("1 requirement")
    page.keyboard.press("Escape")
    assert rows(page) == 4


def test_findings_are_stepped_through_and_unfolded(page: Page, complaints: list[str]) -> None:
    page.keyboard.press("j")
    expect(page.locator("#finding-1")).to_be_focused()
    expect(page.locator("#finding-1 .wire").first).not_to_be_visible()
    page.keyboard.press("o")
    expect(page.locator("#finding-1 .wire").first).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator("#finding-2")).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("#finding-1")).to_be_focused()


def test_nothing_that_a_subject_sent_takes_effect(page: Page, complaints: list[str]) -> None:
    assert page.title() == "Does not conform: a server, Amazon Pay conformance"
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 1
    expect(page.locator("#finding-1 .want")).to_contain_text("<script>")


@pytest.mark.parametrize("width", [320, 390, 1200])
def test_page_is_never_wider_than_the_screen(browser: Browser, address: str, width: int) -> None:
    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach(it => { it.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(browser: Browser, address: str, scheme: str) -> None:
    with browser.new_context(color_scheme="dark" if scheme == "dark" else "light") as context:
        page = context.new_page()
        page.goto(address)
        contrast = page.evaluate(CONTRAST)
        assert {name: ratio for name, ratio in contrast.items() if ratio < 4.5} == {}
        assert len(contrast) == 6


def test_what_is_folded_is_there_on_paper(page: Page, complaints: list[str]) -> None:
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() > 0


CONTRAST = """() => {
  const parse = (text) => text.match(/[0-9.]+/g).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const rgb = parse(getComputedStyle(at).backgroundColor);
      if (rgb.length < 4 || rgb[3] > 0) return rgb.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const found = {};
  for (const selector of ["h1", ".banner b", ".soft", "td.passed, td.failed", "td.untested", "a"]) {
    const node = document.querySelector(selector);
    const over = [light(parse(getComputedStyle(node).color).slice(0, 3)), light(ground(node))];
    found[selector] = (Math.max(...over) + 0.05) / (Math.min(...over) + 0.05);
  }
  return found;
}"""
