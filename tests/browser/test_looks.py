"""How the hosted pages look: wide enough for a phone, readable by day and by night."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.pictures import tour

FITS = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"

FAINTEST = """() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[0-9.]+/g).slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const { backgroundColor } = getComputedStyle(element);
    return backgroundColor === "rgba(0, 0, 0, 0)" ? behind(element.parentElement) : backgroundColor;
  };
  const written = [...document.body.querySelectorAll("*")].filter((element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()));
  return Math.min(...written.map((element) => {
    const ink = light(getComputedStyle(element).color);
    const paper = light(behind(element));
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  }));
}"""
"""The lowest contrast of any text on the page, as WCAG computes it."""

UNNAMED = """() => [...document.querySelectorAll("button, a, input:not([type=hidden])")]
  .filter((element) => !(element.textContent.trim() || element.labels?.[0]?.textContent.trim()))
  .map((element) => element.outerHTML)"""


def seen(page: Page, shop: str, question: str) -> dict[str, object]:
    return {name: page.evaluate(question) for name in tour(page, shop)}


def test_pages_fit_a_phone(browser: Browser, shop: str) -> None:
    with browser.new_context(viewport={"width": 320, "height": 480}) as context:
        answers = seen(context.new_page(), shop, FITS)
    assert answers == dict.fromkeys(answers, True)
    assert len(answers) == 5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out(browser: Browser, shop: str, scheme: str) -> None:
    with browser.new_context(color_scheme=scheme) as context:
        answers = seen(context.new_page(), shop, FAINTEST)
    assert {name: faint for name, faint in answers.items() if faint < 4.5} == {}


def test_everything_that_can_be_used_has_a_name(page: Page, shop: str) -> None:
    answers = seen(page, shop, UNNAMED)
    assert {name: found for name, found in answers.items() if found} == {}
