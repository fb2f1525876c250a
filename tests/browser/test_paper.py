"""Worksheets and printed pages: all parts are there, nothing is cut off on A4 or Letter."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser import serving
from tests.browser.lab import Lab

pytestmark = pytest.mark.browser

PAPERS = {"A4": (794 - 98, 1123 - 98), "Letter": (816 - 98, 1056 - 98)}  # pixels between margins of 13 mm
STATES = [
    "", "depth=150&remedies=he,relu&pin=depth%3D20", "depth=1", "width=4&activation=relu&initializer=he_normal&depth=300",
    "activation=linear&initializer=standard_normal&normalization=none&residual=plain&branch_scale=0.5&inputs=digits&width=64",
]  # fmt: skip
# What reaches beyond the paper's width, of all that is seen.
BEYOND = """(width) => [...document.querySelectorAll("main *")].filter((one) => one.checkVisibility() && !one.closest(".unseen"))
  .filter((one) => !one.parentElement.closest("svg") || one.tagName === "text")  // pictures are clipped
  .filter((one) => one.getBoundingClientRect().right > width + 1).map((one) => one.id || one.className.baseVal || one.className || one.tagName)"""


def pages(page: Page, paper: str) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper)))


def sheet(visit: Callable[..., Lab], query: str, width: int = 1440) -> Page:
    page = visit(f"{query}&print=1", viewport={"width": width, "height": 900}, color_scheme="dark").page
    page.wait_for_selector("#sheet li")
    return page


@pytest.mark.parametrize("query", STATES)
def test_a_worksheet_takes_two_pages_and_holds_everything(visit: Callable[..., Lab], query: str) -> None:
    page = sheet(visit, query)
    assert page.url.endswith("print=1")
    assert page.evaluate("() => getComputedStyle(document.body).colorScheme + document.documentElement.dataset.theme").endswith("light")  # fmt: skip
    for paper, (width, height) in PAPERS.items():
        assert pages(page, paper) == 2
        page.emulate_media(media="print")
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(BEYOND, width) == []
        assert page.locator(".js-plotly-plot .main-svg .xtick").first.is_visible()
        assert page.locator(".js-plotly-plot:visible").count() == 4
        assert page.locator("#sheet li").count() == 4
        assert page.locator("#sheet tbody tr").count() >= 1
        assert page.locator("#sheet td").first.is_visible()
        assert page.locator("button:visible").count() == 0
        assert page.locator(".embed-foot").inner_text().startswith("http://")
        page.emulate_media(media="screen")


def test_a_worksheet_on_a_phone_is_whole(visit: Callable[..., Lab]) -> None:
    page = sheet(visit, "depth=8", 360)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360


def test_the_button_prints(visit: Callable[..., Lab]) -> None:
    page = sheet(visit, "depth=3")
    page.evaluate("() => { window.print = () => { window.printed = true; }; }")
    page.get_by_role("button", name="Print").click()
    assert page.evaluate("() => window.printed") is True


def test_the_page_leads_to_its_worksheet(visit: Callable[..., Lab]) -> None:
    lab = visit("depth=7")
    with lab.page.context.expect_page() as opened:
        lab.page.get_by_role("link", name="For paper").click()
    serving.settle(opened.value)
    assert "depth=7" in opened.value.url
    assert "print=1" in opened.value.url
    opened.value.wait_for_selector("#sheet li")
    opened.value.close()


def test_charts_wider_than_paper_are_drawn_anew_for_it(visit: Callable[..., Lab]) -> None:
    page = visit("depth=7", viewport={"width": 760, "height": 900}).page
    widths = "() => [...document.querySelectorAll('.charts .js-plotly-plot')].map((chart) => chart._fullLayout.width)"
    before = page.evaluate(widths)
    assert max(before) > 640
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert max(page.evaluate(widths)) <= 640
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    page.wait_for_function(f"(before) => ({widths})().join() === before.join()", arg=before)
