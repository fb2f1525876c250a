"""The snippets of docs/embedding.md as the HTML that they make, in a course page on another origin, storage blocked."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page

from components.embedding import EMBEDS
from tests.browser.conftest import MOST_MILLISECONDS, Watch
from tests.browser.serving import DRAWN, ROOT, SETTLED

pytestmark = pytest.mark.browser

GUIDE = (ROOT / "docs" / "embedding.md").read_text()
BLOCK = re.compile(r"^(`{3,})(\w+)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
EXAMPLE = "https://lab.example"
WIDTHS = (360, 600, 740)

# A browser that keeps other sites' storage away throws at the first touch; Chromium's own setting leaves indexedDB.
BLOCKED = """for (const name of ["localStorage", "sessionStorage", "indexedDB"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("blocked", "SecurityError"); } });
}"""

# Panels answer a little later than the charts of the first screen.
ANSWERED = "() => ![...document.querySelectorAll('[data-panel]')].some((panel) => panel.dataset.busy)"

# By how much the frame's content is wider or taller than the frame, and how much room is left under it.
OVERHANG = """() => {
  const { scrollWidth, scrollHeight, clientWidth, clientHeight } = document.documentElement;
  const { height } = document.querySelector(".page").getBoundingClientRect();
  return [scrollWidth - clientWidth, scrollHeight - clientHeight, Math.floor(clientHeight - height)];
}"""
FITS = f"() => {{ const [wide, tall, room] = ({OVERHANG})(); return wide === 0 && tall === 0 && room === 0; }}"

# What Jupyter Book 2's theme makes of the iframe directive, with the classes' meaning in place of its style sheet.
BOOK_2 = """<div class="{class}" style="text-align: center; line-height: 0"><div
  style="position: relative; display: inline-block; padding-bottom: 60%; width: min(max({width}, 500px), 100%)"><iframe
  width="100%" height="100%" src="{src}" title="{title}" allowfullscreen allow="autoplay"
  style="width: 100%; height: 100%; position: absolute; top: 0; left: 0; border: none"></iframe></div></div>"""


def made(language: str, text: str) -> str:
    """The HTML that the tool makes of a block: raw blocks stand as they are, Jupyter Book 2's directive is drawn by its theme."""
    if language == "css":
        return f"<style>{text}</style>"
    if language == "html":
        return text
    head, *lines = text.strip().strip("`").strip().splitlines()
    if head in ("{raw} html", "{=html}"):
        return "\n".join(lines)
    options = dict(re.findall(r"^:(\w+): (.*)$", text, re.MULTILINE))
    return BOOK_2.format(src=head.removeprefix("{iframe} "), **options)


BLOCKS = [made(language, text) for _, language, text in BLOCK.findall(GUIDE)]
SNIPPETS = [block for block in BLOCKS if "<iframe" in block]
SCRIPT = next(block for block in BLOCKS if block.startswith("<script"))
FITTED = "border: 0; width: 100%"  # in the snippets for pages that allow the script
STYLE = next(block for block in BLOCKS if block.startswith("<style"))
# The rows of the table of heights: panel -> height by width.
HEIGHTS = {
    panel: dict(zip(WIDTHS, map(int, numbers.split("|")), strict=True))
    for panel, numbers in re.findall(r"^\| `(\w+)` \|[^|]*\|([\d| ]+\d) \|$", GUIDE, re.MULTILINE)
}


class Course:
    """A web site of somebody else's, on another origin."""

    def __init__(self, lab: str) -> None:
        self.lab, self.page = lab, ""
        course = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(course.page.encode())

            def log_message(self, *words: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://localhost:{self.server.server_port}"  # another site than 127.0.0.1, too
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def show(self, page: Page, body: str, width: int = 740) -> list[Frame]:
        """Opens a page with this body in a column of that width; the frames in it."""
        head = '<!DOCTYPE html><html lang="en"><title>A course</title><link rel="icon" href="data:,"><meta name="viewport" content="width=device-width">'
        style = f"<style>body {{ margin: 0 }} main {{ width: {width}px }} iframe {{ display: block }}</style>"
        self.page = f"{head}{style}<main>{body.replace(EXAMPLE, self.lab)}</main>"
        page.goto(self.address)
        frames = page.main_frame.child_frames
        for frame in frames:  # a lazy one is empty until the browser comes to it
            frame.wait_for_url("**/embed/**", wait_until="commit")
        return frames


@pytest.fixture(scope="module")
def course(address: str) -> Iterator[Course]:
    site = Course(address)
    yield site
    site.server.shutdown()


@pytest.fixture(scope="module")
def reader(browser: Browser) -> Iterator[BrowserContext]:
    """Somebody with a tall window, so that all frames are on the screen."""
    context = browser.new_context(viewport={"width": 800, "height": 6000})
    context.add_init_script(f"if (window.parent !== window) {{ {BLOCKED} }}")
    yield context
    context.close()


@pytest.fixture
def page(reader: BrowserContext, course: Course) -> Iterator[Page]:
    page = reader.new_page()
    page.set_default_timeout(MOST_MILLISECONDS)
    watch = Watch(page, course.lab)
    yield page
    page.close()
    assert [said for said in watch.complaints if course.address not in said] == []


def settle(frame: Frame) -> None:
    for done in (SETTLED, DRAWN, ANSWERED):
        frame.wait_for_function(done)
    frame.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def panel_of(frame: Frame) -> str:
    return urlsplit(frame.url).path.removeprefix("/embed/")


def picture(frame: Frame) -> list[str]:
    """What is drawn in the frame's charts."""
    paths: list[str] = frame.evaluate(
        "() => [...document.querySelectorAll('.js-line, .hm image, .bars path')].map((one) => one.getAttribute('d') ?? one.getAttribute('href'))"
    )
    return paths


def drag(page: Page, frame: Frame, field: str, pixels: int) -> None:
    box = frame.locator(f"#control-{field} [role=slider]").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(x + pixels * step / 8, y)
        page.evaluate("() => new Promise(requestAnimationFrame)")
    page.mouse.up()


# The guide


def test_the_guide_shows_every_panel_and_tool() -> None:
    assert [urlsplit(re.search('src="([^"]*)"', snippet)[1]).path for snippet in SNIPPETS] == [  # type: ignore[index]
        f"/embed/{panel}" for panel in ("backward", "heatmap", "forward", "critical", "layer")
    ]
    for snippet in SNIPPETS:
        assert 'title="' in snippet
        assert 'loading="lazy"' in snippet or "gradient-flow-lab" in snippet  # Jupyter Book 2 leaves it out
    assert set(HEIGHTS) == set(EMBEDS)
    for panel, (_, height) in EMBEDS.items():
        assert HEIGHTS[panel][600] == height, "the code that the Explore page copies has another height"


def test_snippets_with_the_script_draw_drag_and_fit(page: Page, course: Course) -> None:
    frames = course.show(page, SCRIPT + "".join(snippet for snippet in SNIPPETS if FITTED in snippet))
    assert [panel_of(frame) for frame in frames] == ["backward", "heatmap", "critical"]
    for frame in frames:
        settle(frame)
        with pytest.raises(Exception, match=r"SecurityError|blocked"):
            frame.evaluate("() => localStorage")
        field, before = ("depth", "weight_scale")[panel_of(frame) != "backward"], picture(frame)
        drag(page, frame, field, -30)
        frame.wait_for_function("(before) => !location.search.includes(before)", arg=urlsplit(frame.url).query + "&")
        settle(frame)
        assert picture(frame) != before
        assert field in dict(parse_qsl(urlsplit(frame.evaluate("() => location.href")).query))
    for width in WIDTHS:
        page.evaluate("(width) => { document.querySelector('main').style.width = `${width}px`; }", width)
        for frame in frames:
            frame.wait_for_function(FITS)


def test_snippets_without_a_script_fit_by_their_heights(page: Page, course: Course) -> None:
    frames = course.show(page, STYLE + "".join(snippet for snippet in SNIPPETS if FITTED not in snippet))
    assert [panel_of(frame) for frame in frames] == ["forward", "layer"]
    for frame in frames:
        settle(frame)
        wide, tall, room = frame.evaluate(OVERHANG)
        assert (wide, tall) == (0, 0), panel_of(frame)
        assert 0 <= room < 200, panel_of(frame)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_heights_of_the_table_suffice(page: Page, course: Course, width: int) -> None:
    found = {}
    for panel, heights in HEIGHTS.items():
        style = f"border: 0; width: {width}px; height: {heights[width]}px"
        (frame,) = course.show(page, f'<iframe src="{EXAMPLE}/embed/{panel}" style="{style}"></iframe>')
        settle(frame)
        found[panel] = frame.evaluate(OVERHANG)
    assert all((wide, tall) == (0, 0) and room < 160 for wide, tall, room in found.values()), found
