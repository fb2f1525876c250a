"""What a person does with the page, and what is on it."""

from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Error, Locator, Page

from tests.browser.serving import settle

DELTA = "chart-backward-delta"

# Notes each state that a chart is painted in, frame by frame: the layers it has (where its line ends), its lines'
# paths, and whether the pointer was down; and its axes.
_RECORD = """(id) => {
  const chart = document.querySelector(`#${id} .js-plotly-plot`), painted = window.painted = [];
  const look = () => {
    const paths = [...chart.querySelectorAll(".js-line")].map((line) => line.getAttribute("d")), path = paths.join();
    const last = painted[painted.length - 1];
    if (!last || last.path !== path) {
      const { xaxis, yaxis } = chart._fullLayout, end = path.match(/[\\d.-]+(?=,[\\d.-]+$)/);
      painted.push({ layers: end ? Math.round(xaxis.p2l(Number(end[0]))) : 1, path, x: xaxis.range.slice(), y: yaxis.range.slice(), held: gradientFlowLab.held });
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""

# The text of an element as the API writes it: 10^x for a superscript, x for the multiplication sign.
_SPOKEN = """(element) => {
  const copy = element.cloneNode(true);
  for (const sup of copy.querySelectorAll("sup")) sup.replaceWith("^" + sup.textContent);
  return copy.textContent.replaceAll("×", "x").replaceAll("−", "-").replaceAll("²", "^2").replace(/\\s+/g, " ").trim();
}"""

_LINES = """(id) => {
  const chart = document.querySelector(`#${id} .js-plotly-plot`);
  return chart._fullData.filter((trace) => trace.visible && trace.type === "scatter" && trace.mode !== "markers+text")
    .map((trace) => ({ y: Array.from(trace.y, (y) => Number.isFinite(y) ? y : null), color: trace.line?.color, dash: trace.line?.dash, width: trace.line?.width }));
}"""

TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


class Lab:
    """The Explore page in a browser."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address

    def go(self, query: str = "") -> None:
        self.page.goto(f"{self.address}/{query and '?' + query}")
        self.settle()

    def start_again(self) -> None:
        """Back to the first network by Reset, or by a new page if that does not help."""
        self.page.mouse.move(0, 0)
        self.page.evaluate("() => scrollTo(0, 0)")
        try:
            self.page.locator("#reset").click(timeout=2000)
            self.page.wait_for_function("() => location.search === ''", timeout=5000)
        except Error:
            self.go()
        self.settle()

    def settle(self, **wanted: str) -> None:
        """Waits until the controls say these values, and everything on the page shows them."""
        self.page.wait_for_function(
            """(wanted) => {
              const now = new URLSearchParams(window.gradientFlowLab?.wanted);
              return Object.entries(wanted).every(([name, value]) => now.get(name) === value);
            }""",
            arg=wanted,
        )
        settle(self.page)

    def settle_in(self, theme: str) -> None:
        """The same, in these colors."""
        self.page.wait_for_function("(theme) => window.gradientFlowLab?.drawn?.includes(`|${theme}|`)", arg=theme)
        self.settle()

    @property
    def query(self) -> str:
        return urlsplit(self.page.url).query

    def value(self, field: str) -> str:
        """What the number box says."""
        return self.page.locator(f"#value-{field}").input_value()

    def chosen(self, field: str) -> list[str]:
        """The keys that are checked among the chips."""
        return self.page.locator(f"#value-{field} input:checked").evaluate_all("(all) => all.map((one) => one.value)")

    def chip(self, field: str, key: str) -> Locator:
        return self.page.locator(f"#value-{field} label:has(input[value='{key}'])")

    def thumb(self, field: str) -> Locator:
        return self.page.locator(f"#control-{field} [role=slider]")

    def enter(self, field: str, text: str) -> None:
        """Types into the number box and presses Enter."""
        box = self.page.locator(f"#value-{field}")
        box.fill(text)
        box.press("Enter")

    def search(self, text: str) -> None:
        """Searches in the box on top and takes the first that is found."""
        self.page.locator("#search").click()
        self.page.locator("input.dash-dropdown-search").fill(text)
        self.page.evaluate(TWO_FRAMES)  # they are put in order
        self.page.locator(".dash-dropdown-option").first.click()

    def spoken(self, selector: str) -> str:
        text: str = self.page.locator(selector).first.evaluate(_SPOKEN)
        return text

    def trace(self) -> dict[str, Any]:
        """What the API says about the address."""
        answer = self.page.request.get(f"{self.address}/api/v1/trace?{self.query}")
        assert answer.ok, answer.text()
        reply: dict[str, Any] = answer.json()
        return reply

    def lines(self, chart: str = DELTA) -> list[dict[str, Any]]:
        """The lines of a chart (one mark each at depth 1): their y as drawn, color, dash and width."""
        found: list[dict[str, Any]] = self.page.evaluate(_LINES, chart)
        return found

    def record(self) -> None:
        """Starts to note what is painted in the chart of the error signal."""
        self.page.evaluate(_RECORD, DELTA)

    def painted(self) -> list[dict[str, Any]]:
        noted: list[dict[str, Any]] = self.page.evaluate("() => window.painted")
        return noted

    def drag(self, field: str, pixels: int, moves: int = 20, release: bool = True) -> None:
        """Drags the slider in that many small moves, one for each frame that the browser paints."""
        box = self.thumb(field).bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        for move in range(1, moves + 1):
            self.page.mouse.move(x + pixels * move / moves, y)
            self.page.evaluate("() => new Promise(requestAnimationFrame)")
        if release:
            self.page.mouse.up()


def as_drawn(logs: list[float | None]) -> NDArray[np.float32]:
    """An array of the API as a chart has it: float32, NaN for the log of an exact zero."""
    return np.array(logs, dtype=float).astype(np.float32)
