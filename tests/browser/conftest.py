"""A server and a Chromium for the session; a watched page for each test."""

import os
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.lab import Lab
from tests.browser.serving import CHROMIUM, chromium, served

MOST_MILLISECONDS = 15_000
Visit = Callable[..., Lab]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        missing = "there is no Chromium; `make browser` installs one"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    with served() as started:
        yield started


class Watch:
    """What a page must never do: complain on the console, throw, or ask another host for anything."""

    def __init__(self, page: Page, address: str, expected: str = "") -> None:
        self.address, self.expected = address, expected
        self.complaints: list[str] = []
        page.on("console", lambda message: self._complain("console", message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._complain("thrown", str(error)))
        page.on("request", lambda request: self._request(request.url))

    def _request(self, url: str) -> None:
        if urlsplit(url).scheme in ("http", "https") and not url.startswith(self.address):
            self.complaints.append(f"asked another host: {url}")

    def _complain(self, kind: str, text: str) -> None:
        if not self.expected or self.expected not in text:
            self.complaints.append(f"{kind}: {text}")


@pytest.fixture(scope="session")
def usual(browser: Browser) -> Iterator[BrowserContext]:
    """A desktop's browser that keeps the scripts from test to test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


@pytest.fixture(scope="session")
def kept(usual: BrowserContext, address: str) -> tuple[Lab, Watch]:
    page = usual.new_page()
    page.set_default_timeout(MOST_MILLISECONDS)
    watch = Watch(page, address)
    lab = Lab(page, address)
    lab.go()
    return lab, watch


@pytest.fixture
def lab(kept: tuple[Lab, Watch]) -> Iterator[Lab]:
    """The first network, on a page that goes from test to test: several times quicker than a new one."""
    page, watch = kept
    watch.complaints.clear()
    page.start_again()
    yield page
    assert not watch.complaints


@pytest.fixture
def visit(browser: Browser, usual: BrowserContext, address: str) -> Iterator[Visit]:
    """visit(query, expected="what the console may say", **context options) -> Lab, settled, on a page of its own."""
    opened: list[tuple[Page, Watch]] = []

    def open_page(query: str = "", expected: str = "", script: str = "", **options: Any) -> Lab:
        context = browser.new_context(**options) if options else usual
        page = context.new_page()
        page.set_default_timeout(MOST_MILLISECONDS)
        if script:
            page.add_init_script(script)
        opened.append((page, Watch(page, address, expected)))
        lab = Lab(page, address)
        lab.go(query)
        return lab

    yield open_page
    complaints = [complaint for _, watch in opened for complaint in watch.complaints]
    for page, _ in opened:
        page.evaluate("() => localStorage.clear()")
        page.close()
        if page.context is not usual:
            page.context.close()
    assert not complaints
