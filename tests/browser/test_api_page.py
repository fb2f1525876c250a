"""The page of the API in a real browser: read without scripts, on any screen, and how another page reads the API."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser.conftest import Watch

_FETCH = """async ([url, options]) => {
  try {
    const reply = await fetch(url, options);
    return { status: reply.status, words: Object.keys(await reply.json()) };
  } catch (error) { return String(error); }
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 900), (360, 740)])
def test_it_is_read_on_any_screen(browser: Browser, address: str, size: tuple[int, int], scheme: str) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    watch = Watch(page, address)
    page.goto(f"{address}/api")
    assert page.evaluate("() => document.documentElement.scrollWidth") == size[0]
    assert not Axe().run(page).response["violations"]
    assert not watch.complaints
    context.close()


def test_it_needs_no_script(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/api")
    page.get_by_role("link", name="/api/v1/trace?depth=20&activation=tanh").click()
    page.wait_for_url("**/api/v1/trace?depth=20&activation=tanh")
    assert '"log10_delta_rms"' in page.content()
    context.close()


def test_another_page_may_read_the_api_and_nothing_else(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address.replace('127.0.0.1', 'localhost')}/healthz")  # the same server by another name: another origin

    def fetched(path: str, **options: object) -> object:
        return page.evaluate(_FETCH, [f"{address}{path}", options])

    read = fetched("/api/v1/trace?depth=5")
    assert isinstance(read, dict)
    assert read["status"] == 200
    assert "log10_delta_rms" in read["words"]
    assert fetched("/api/v1/trace?depth=0") == {"status": 422, "words": ["error"]}
    refused = "TypeError: Failed to fetch"
    assert fetched("/live?state=depth%3D5") == refused
    assert fetched("/panel/factors") == refused
    assert fetched("/_dash-layout") == refused
    assert fetched("/api/v1/train?steps=0", method="POST") == refused
    assert fetched("/api/v1/trace?depth=5", method="DELETE") == refused
    assert fetched("/api/v1/trace?depth=5", headers={"X-Any": "1"}) == refused
    context.close()
