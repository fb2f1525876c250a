"""Training: the Train page as a person has it, and what the browser knows of it."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Locator, Page

READY = (
    "() => Boolean(window.gradientFlowTrain?.look) && document.querySelectorAll('.js-plotly-plot .main-svg').length > 3"
)
ENDED = """() => {
  const runs = Object.values(window.gradientFlowTrain.runs);
  return runs.length > 0 && runs.every((run) => run.next > 0 && !run.going);
}"""
LENGTH = "(chart) => document.querySelector(`#${chart} .js-plotly-plot`)?.data?.[0]?.x?.length ?? 0"
# The path of a chart's first line, as it is on the screen.
LINE = "(chart) => document.querySelector(`#${chart} .js-line`)?.getAttribute('d') ?? ''"


class Training:
    """Drives the page; `address` is the server's."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address

    def go(self, query: str = "") -> None:
        self.page.goto(f"{self.address}/train{'?' if query else ''}{query}")
        self.page.wait_for_function(READY)

    @property
    def words(self) -> dict[str, str]:
        """Those of the address."""
        return dict(parse_qsl(urlsplit(self.page.url).query))

    @property
    def main(self) -> Locator:
        return self.page.locator("#train-main")

    def start(self) -> None:
        self.main.click()
        self.page.wait_for_function("() => window.gradientFlowTrain.runs.run")

    def until_ended(self) -> None:
        self.page.wait_for_function(ENDED, timeout=60_000)
        self.page.wait_for_function("() => document.querySelector('#train-main').dataset.verb === 'start'")

    def until_step(self, step: int) -> None:
        """Waits until so many records are on the page."""
        self.page.wait_for_function(
            "(step) => window.gradientFlowTrain.runs.run?.next > step", arg=step, timeout=60_000
        )

    def until_longer(self, chart: str) -> None:
        """Waits until the chart's first line goes further than now."""
        before = self.page.evaluate(LINE, chart)
        self.page.wait_for_function(f"([chart, length]) => ({LINE})(chart).length > length", arg=[chart, len(before)])

    def lines(self, chart: str) -> list[dict[str, Any]]:
        """The traces of a chart as they were received and grew: name, x and y."""
        found: list[dict[str, Any]] = self.page.evaluate(
            "(chart) => window.gradientFlowGrowing.figures[chart].figure.data.map(({ name, x, y }) => ({ name, x, y }))",
            chart,
        )
        return found

    def text(self, element: str) -> str:
        return self.page.locator(f"#{element}").inner_text()

    def enter(self, word: str, text: str) -> None:
        """Types into the number box and presses Enter."""
        box = self.page.locator(f"#value-train-{word}")
        box.fill(text)
        box.press("Enter")

    def records(self, role: str = "run") -> dict[str, Any]:
        """What the API has recorded of the run."""
        run = self.page.evaluate("(role) => window.gradientFlowTrain.runs[role].id", role)
        answer = self.page.request.get(f"{self.address}/api/v1/train/{run}.json")
        assert answer.ok, answer.text()
        reply: dict[str, Any] = answer.json()
        return reply
