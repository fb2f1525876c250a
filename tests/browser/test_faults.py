"""A page whose server fails in the middle of a drag keeps its picture, says so, and is right again by itself."""

import os
import signal

import pytest
from playwright.sync_api import Page, Route

from tests.app.web import web
from tests.browser.conftest import MOST_MILLISECONDS
from tests.browser.lab import Lab, as_drawn

SMALL = "depth=20&width=16&batch=8"


@pytest.fixture
def page(usual):
    opened = usual.new_page()
    opened.set_default_timeout(2 * MOST_MILLISECONDS)
    yield opened
    opened.close()


def assert_shows_what_is_simulated(lab: Lab) -> None:
    drawn, trace = lab.lines()[0]["y"], lab.trace()
    expected = as_drawn(trace["log10_delta_rms"])
    assert len(drawn) == len(expected)
    assert all(abs(one - other) < 1e-5 for one, other in zip(drawn, expected, strict=True))


@pytest.mark.browser
def test_workers_killed_in_a_drag(page: Page, tmp_path) -> None:
    with web(tmp_path) as server:
        lab = Lab(page, f"http://127.0.0.1:{server.port}")
        lab.go(SMALL)
        before = lab.query
        lab.drag("weight_scale", 20, moves=6, release=False)
        for worker in server.workers:
            os.kill(worker, signal.SIGKILL)
        lab.drag("weight_scale", 30, moves=12)
        lab.settle()
        assert lab.query != before
        assert_shows_what_is_simulated(lab)


@pytest.mark.browser
def test_a_busy_server_is_said_and_the_picture_stays(page: Page, address: str) -> None:
    lab = Lab(page, address)
    lab.go(SMALL)
    before = lab.lines()
    page.route("**/live?*", lambda route: busy(route))
    lab.enter("weight_scale", "3")
    page.wait_for_function("() => document.querySelector('#trouble')?.textContent.includes('busy')")
    assert lab.lines() == before
    page.unroute("**/live?*")
    lab.settle(weight_scale="3")
    assert_shows_what_is_simulated(lab)
    assert not page.locator("#trouble").is_visible()


def busy(route: Route) -> None:
    route.fulfill(status=503, headers={"Retry-After": "1"}, json={"error": {"message": "The server is busy."}})
