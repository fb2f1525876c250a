"""Embedded parts in course pages on another origin, where the browser keeps storage away from them."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Frame, Page

from components import embedding
from components.embedding import EMBEDS
from tests.browser import serving
from tests.browser.conftest import MOST_MILLISECONDS, Watch
from tests.browser.course import (
    EXAMPLE,
    HEIGHTS,
    SCRIPT,
    SNIPPETS,
    STYLE,
    WIDTHS,
    Course,
    panel_of,
    query_of,
    settle,
)  # fmt: skip

pytestmark = pytest.mark.browser

# A browser that keeps other sites' storage away throws at the first touch; Chromium's own setting leaves indexedDB.
BLOCKED = """if (window.parent !== window) for (const name of ["localStorage", "sessionStorage", "indexedDB"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("blocked", "SecurityError"); } });
}"""

# By how much the frame's content is wider or taller than the frame, and how much room is left under it.
OVERHANG = """() => {
  const { scrollWidth, scrollHeight, clientWidth, clientHeight } = document.documentElement;
  const { height } = document.querySelector(".page").getBoundingClientRect();
  return [scrollWidth - clientWidth, scrollHeight - clientHeight, Math.floor(clientHeight - height)];
}"""
FITS = f"() => ({OVERHANG})().join() === '0,0,0'"
FITTED = "border: 0; width: 100%"  # in the snippets for pages that allow the script
PICTURE = "() => [...document.querySelectorAll('.js-line, .hm image, .bars path')].map((one) => one.getAttribute('d') ?? one.getAttribute('href')).join()"
FOCUSED = "() => document.activeElement.closest('.control')?.id ?? document.activeElement.textContent"


@pytest.fixture(scope="module")
def course(address: str) -> Iterator[Course]:
    site = Course(address)
    yield site
    site.server.shutdown()


@pytest.fixture(scope="module")
def reader(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody with a tall window: what is off the screen is not drawn."""
    context = browser.new_context(viewport={"width": 800, "height": 3200}, color_scheme="light")
    context.add_init_script(BLOCKED)
    yield context
    context.close()


def watched(context: BrowserContext, course: Course) -> Iterator[Page]:
    """A page that must not complain, nor ask anybody but the course and the lab."""
    page = context.new_page()
    page.set_default_timeout(MOST_MILLISECONDS)
    watch = Watch(page, course.lab)
    yield page
    page.close()
    assert [said for said in watch.complaints if course.address not in said] == []


@pytest.fixture
def page(reader: BrowserContext, course: Course) -> Iterator[Page]:
    yield from watched(reader, course)


@pytest.fixture
def phone(browser: Browser, course: Course) -> Iterator[Page]:
    """A page on a phone."""
    options: dict[str, Any] = {"viewport": {"width": 360, "height": 700}, "has_touch": True, "is_mobile": True}
    context = browser.new_context(**options)
    context.add_init_script(BLOCKED)
    yield from watched(context, course)
    context.close()


def frame_of(panel: str, query: str = "", style: str = "width: 100%; height: 600px") -> str:
    return f'<iframe src="{EXAMPLE}/embed/{panel}?{query}" title="A part" loading="lazy" style="border: 0; {style}"></iframe>'


def middle(frame: Frame | Page, selector: str) -> tuple[float, float]:
    box = frame.locator(selector).first.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, frame: Frame, selector: str, pixels: int) -> None:
    x, y = middle(frame, selector)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(x + pixels * step / 8, y)
        page.evaluate("() => new Promise(requestAnimationFrame)")
    page.mouse.up()


def swipe(page: Page, start: tuple[float, float], right: int = 0, down: int = 0) -> None:
    """A finger on the screen."""
    session = page.context.new_cdp_session(page)
    for kind, share in [("touchStart", 0.0), *(("touchMove", step / 10) for step in range(1, 11)), ("touchEnd", 1.0)]:
        point = {"x": start[0] + right * share, "y": start[1] + down * share}
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [] if kind == "touchEnd" else [point]})
        page.wait_for_timeout(20)


# The guide


def test_the_guide_shows_every_panel_and_the_script_that_is_copied() -> None:
    sources = [re.findall('src="([^"]*)"', snippet)[0] for snippet in SNIPPETS]
    assert [urlsplit(source).path.removeprefix("/embed/") for source in sources] == [
        "backward", "heatmap", "forward", "critical", "layer",
    ]  # fmt: skip
    for snippet in SNIPPETS:
        assert 'title="' in snippet
        assert 'loading="lazy"' in snippet or "gradient-flow-lab" in snippet  # Jupyter Book 2 leaves it out
    assert SCRIPT.strip() == embedding.SCRIPT
    assert {panel: heights[740] for panel, heights in HEIGHTS.items()} == {
        panel: height for panel, (_, height) in EMBEDS.items()
    }


def test_snippets_with_the_script_draw_drag_fit_and_lead_to_the_full_page(page: Page, course: Course) -> None:
    frames = course.show(page, SCRIPT + "".join(one for one in SNIPPETS if FITTED in one), 740)
    assert [panel_of(frame) for frame in frames] == ["backward", "heatmap", "critical"]
    for frame, field in zip(frames, ("depth", "weight_scale", "weight_scale"), strict=True):
        with pytest.raises(Exception, match=r"SecurityError|blocked"):
            frame.evaluate("() => localStorage")
        picture = frame.evaluate(PICTURE)
        drag(page, frame, f"#control-{field} [role=slider]", -30)
        frame.wait_for_function(f"(before) => ({PICTURE})() !== before", arg=picture)
        settle(frame)
        assert field in dict(parse_qsl(query_of(frame)))
    with page.context.expect_page() as opened:
        frames[0].get_by_role("link", name="Open in Gradient Flow Lab").click()
    serving.settle(opened.value)
    asked = dict(parse_qsl(query_of(frames[0])))
    assert dict(parse_qsl(query_of(opened.value))) == {"depth": asked["depth"]}
    assert opened.value.locator("#headline").inner_text() == frames[0].locator("#headline").inner_text()
    opened.value.close()
    for width in WIDTHS:
        page.evaluate("(width) => { document.querySelector('main').style.width = `${width}px`; }", width)
        for frame in frames:
            frame.wait_for_function(FITS)
    heights = "() => [...document.querySelectorAll('iframe')].map((frame) => frame.style.height)"
    before = page.evaluate(heights)
    page.evaluate(
        "() => postMessage({ type: 'gradient-flow-lab:height', height: 9 }, '*')"
    )  # not from a frame of the page
    page.wait_for_timeout(50)
    assert page.evaluate(heights) == before


def test_snippets_without_a_script_fit_by_their_heights(page: Page, course: Course) -> None:
    frames = course.show(page, STYLE + "".join(one for one in SNIPPETS if FITTED not in one), 740)
    assert [panel_of(frame) for frame in frames] == ["forward", "layer"]
    for frame in frames:
        assert frame.evaluate(OVERHANG)[:2] == [0, 0], panel_of(frame)
        field, picture = {"forward": "depth", "layer": "layer"}[panel_of(frame)], frame.evaluate(PICTURE)
        drag(page, frame, f"#control-{field} [role=slider]", 150)
        frame.wait_for_function(f"(before) => ({PICTURE})() !== before", arg=picture)


@pytest.mark.parametrize(
    ("panels", "query", "more"),
    [(list(EMBEDS), "", 0), (["backward", "critical"], "remedies=he,relu&pin=depth%3D20", 130)],
    ids=["one network", "three networks"],
)
def test_the_heights_of_the_table_suffice(page: Page, course: Course, panels: list[str], query: str, more: int) -> None:
    column = "<div style='float: left; width: {width}px; margin-right: 4px'>{frames}</div>"
    body = "".join(
        column.format(width=width, frames="".join(frame_of(panel, query, f"width: 100%; height: {HEIGHTS[panel][width] + more}px") for panel in panels))
        for width in WIDTHS
    )  # fmt: skip
    page.set_viewport_size({"width": 1720, "height": 6500})
    frames = course.show(page, body)
    found = {(panel_of(frame), frame.evaluate("() => innerWidth")): frame.evaluate(OVERHANG) for frame in frames}
    assert len(found) == len(WIDTHS) * len(panels)
    assert {key: value for key, value in found.items() if value[:2] != [0, 0] or value[2] > 240} == {}


# The hand


def test_a_part_below_the_fold_starts_when_it_is_scrolled_to(phone: Page, course: Course) -> None:
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(urlsplit(request.url).path))
    course.open(phone, SCRIPT + "<div style='height: 9000px'></div>" + frame_of("forward"))
    phone.wait_for_timeout(200)
    assert "/embed/forward" not in asked
    phone.locator("iframe").scroll_into_view_if_needed()
    (frame,) = phone.main_frame.child_frames
    frame.wait_for_url("**/embed/**", wait_until="commit")
    settle(frame)
    frame.wait_for_function(FITS)


def test_a_finger_moves_sliders_and_scrolls_the_page(phone: Page, course: Course) -> None:
    (frame,) = course.show(
        phone, SCRIPT + frame_of("backward", "controls=depth") + "<div style='height: 3000px'></div>"
    )
    picture = frame.evaluate(PICTURE)
    swipe(phone, middle(frame, "#control-depth [role=slider]"), right=120)
    settle(frame)
    assert int(dict(parse_qsl(query_of(frame)))["depth"]) > 100
    assert frame.evaluate(PICTURE) != picture
    assert phone.evaluate("() => scrollY") == 0
    swipe(phone, middle(frame, "#chart-backward-delta"), down=-200)
    phone.wait_for_function("() => scrollY > 100")


def test_what_is_locked_stays(page: Page, course: Course) -> None:
    lock = "lock=weight_scale,layer,activation"
    critical, layer, backward = course.show(
        page, frame_of("critical", lock) + frame_of("layer", lock) + frame_of("backward", f"{lock}&controls=activation,depth,weight_scale")
    )  # fmt: skip
    for frame in (critical, layer, backward):
        before = query_of(frame)
        drag(page, frame, "#control-weight_scale .dash-slider-root", -60)
        assert not frame.locator("#control-weight_scale [role=slider]").is_visible()
        assert frame.locator("#value-weight_scale").is_disabled()
        assert frame.locator("#value-weight_scale").input_value() == "1"
        assert query_of(frame) == before
    drag(page, critical, "#chart-critical .nsewdrag", 60)
    critical.evaluate("() => new Promise((done) => setTimeout(done, 400))")
    settle(critical)
    assert "weight_scale" not in parse_qsl(query_of(critical))[0]
    assert critical.locator("[data-field=weight_scale]:visible").count() == 0
    assert layer.locator(".stepper button:visible").count() == 0
    assert backward.locator("#control-activation").inner_text().splitlines()[:2] == ["Activation", "sigmoid"]


@pytest.mark.parametrize("panel", EMBEDS)
def test_axe_finds_nothing_and_the_keys_go_from_top_to_bottom(page: Page, course: Course, panel: str) -> None:
    page.set_viewport_size({"width": 600, "height": 1800})
    for query in ("lock=depth&depth=junk", "theme=dark"):
        page.goto(f"{course.lab}/embed/{panel}?{query}")
        settle(page)
        found = Axe().run(page, context={"exclude": [[".chart"]]})  # Plotly's own
        assert not found.violations_count, found.generate_report()
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
    page.locator("#value-depth").focus()
    stops = [page.evaluate(FOCUSED)]
    while "Open in" not in stops[-1] and len(stops) < 25:
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUSED))
    assert stops[:4] == ["control-depth", "control-depth", "control-weight_scale", "control-weight_scale"]
    assert "Open in" in stops[-1], stops
    tops = page.evaluate(
        "() => [...document.querySelectorAll('a[href], button, input, [role=slider]')].filter((one) => one.checkVisibility()).length"
    )
    assert len(stops) <= tops


@pytest.mark.parametrize("panel", EMBEDS)
def test_paper_is_light_and_says_everything(page: Page, course: Course, panel: str) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": 1000, "height": 1400})
    page.goto(f"{course.lab}/embed/{panel}?activation=tanh&depth=7&remedies=he&print=1&theme=dark")
    settle(page)
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".control:visible, button:visible, [role=slider]:visible").count() == 0
    words = page.locator("main").inner_text()
    assert f"{course.lab}/?depth=7&activation=tanh&remedies=he" in words
    for said in ("Depth 7", "Activation tanh", "Weight scale 1", "Seed 0", "Remedies He init"):
        assert said in words
    widest = page.evaluate(
        "() => Math.max(...[...document.querySelectorAll('main *')].map((one) => one.getBoundingClientRect().width))"
    )
    assert widest <= 690, "wider than A4 and Letter with their margins"
    pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
    assert pages == (2 if panel == "layer" else 1)
