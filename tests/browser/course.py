"""A course page on another origin, with the snippets of docs/embedding.md as the HTML that each tool makes of them."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Frame, Page

from tests.browser.serving import DRAWN, ROOT, SETTLED

GUIDE = (ROOT / "docs" / "embedding.md").read_text()
EXAMPLE = "https://lab.example"
WIDTHS = (360, 600, 740)
_BLOCK = re.compile(r"^(`{3,})(\w+)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)

# What Jupyter Book 2's theme makes of the iframe directive, with the classes' meaning in place of its style sheet.
_BOOK_2 = """<div class="{class}" style="text-align: center; line-height: 0"><div
  style="position: relative; display: inline-block; padding-bottom: 60%; width: min(max({width}, 500px), 100%)"><iframe
  width="100%" height="100%" src="{src}" title="{title}" allowfullscreen allow="autoplay"
  style="width: 100%; height: 100%; position: absolute; top: 0; left: 0; border: none"></iframe></div></div>"""

# Panels answer a little later than the charts of the first screen.
_ANSWERED = "() => ![...document.querySelectorAll('[data-panel]')].some((panel) => panel.dataset.busy)"


def _made(language: str, text: str) -> str:
    """Raw blocks stand in the page as they are, Jupyter Book 2's directive is drawn by its theme."""
    if language == "css":
        return f"<style>{text}</style>"
    if language == "html":
        return text
    head, *lines = text.strip().strip("`").strip().splitlines()
    if head in ("{raw} html", "{=html}"):
        return "\n".join(lines)
    options = dict(re.findall(r"^:(\w+): (.*)$", text, re.MULTILINE))
    return _BOOK_2.format(src=head.removeprefix("{iframe} "), **options)


BLOCKS = [_made(language, text) for _, language, text in _BLOCK.findall(GUIDE)]
SNIPPETS = [block for block in BLOCKS if "<iframe" in block]
SCRIPT = next(block for block in BLOCKS if block.startswith("<script"))
STYLE = next(block for block in BLOCKS if block.startswith("<style"))
# The rows of the table of heights: panel -> height by width.
HEIGHTS = {
    panel: dict(zip(WIDTHS, map(int, numbers.split("|")), strict=True))
    for panel, numbers in re.findall(r"^\| `(\w+)` \|[^|]*\|([\d| ]+\d) \|$", GUIDE, re.MULTILINE)
}


class Course:
    """Somebody else's web site: another origin, and another site than the lab's 127.0.0.1."""

    def __init__(self, lab: str) -> None:
        self.lab, self.content = lab, ""
        course = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(course.content.encode())

            def log_message(self, *words: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def open(self, page: Page, body: str, width: int | None = None) -> None:
        """Opens a page with this body, in a column of that width."""
        head = '<!DOCTYPE html><html lang="en"><title>A course</title><link rel="icon" href="data:,"><meta name="viewport" content="width=device-width">'
        column = f"main {{ width: {width}px }}" if width else ""
        self.content = f"{head}<style>body {{ margin: 0 }} iframe {{ display: block }} {column}</style><main>{body.replace(EXAMPLE, self.lab)}</main>"
        page.goto(self.address)

    def show(self, page: Page, body: str, width: int | None = None) -> list[Frame]:
        """The same; the frames in it, once all of them are drawn."""
        self.open(page, body, width)
        frames = page.main_frame.child_frames
        for frame in frames:  # a lazy one is empty until the browser comes to it
            frame.wait_for_url("**/embed/**", wait_until="commit")
        for frame in frames:
            settle(frame)
        return frames


def settle(frame: Frame | Page) -> None:
    """Waits until the newest state is drawn, with the panel's answer."""
    for done in (SETTLED, DRAWN, _ANSWERED):
        frame.wait_for_function(done)
    frame.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def panel_of(frame: Frame) -> str:
    return urlsplit(frame.url).path.removeprefix("/embed/")


def query_of(frame: Frame | Page) -> str:
    """The state in the address, which is written without a navigation."""
    query: str = frame.evaluate("() => location.search.slice(1)")
    return query
