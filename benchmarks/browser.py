"""What a drag looks like: a scripted mouse on the real page and on a plain Dash page, in turn, in one run.

`python -m benchmarks.browser` prints Markdown: frames painted a second (the display's frames in which the lines
differ from those before), and the time from a mouse event to the end of the frame that shows its value.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from statistics import median
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page

from benchmarks.propagate import machine, row
from tests.browser.serving import DRAWN, chromium, served

SECONDS, EVENTS_PER_SECOND, PIXELS = 3.0, 60, 45
SIZE = {"width": 1440, "height": 900}
ROUNDS = 3

# (title, the slider, the network, network latency in ms, frames a second aimed at)
DRAGS: list[tuple[str, str, dict[str, Any], int, int]] = [
    ("weight scale, depth 50", "weight_scale", {"depth": 50}, 0, 30),
    ("weight scale, depth 150", "weight_scale", {"depth": 150}, 0, 25),
    ("weight scale, depth 150, batch norm as remedy", "weight_scale", {"depth": 150, "remedies": "batch_norm"}, 0, 15),
    ("weight scale, depth 50, 60 ms of network latency", "weight_scale", {"depth": 50}, 60, 15),
    ("depth, around 50", "depth", {}, 0, 30),
]

# Notes, for each frame that the display shows: when it ended, and which value its charts show, if they changed.
# A mouse event belongs to the value that the slider takes next.
PROBE = """(field) => {
  const probe = window.probe = { frames: [], events: 0, moves: new Map() };
  const thumb = document.querySelector(`#control-${field} [role=slider]`);
  const logarithmic = thumb.closest(".slider").classList.contains("logarithmic");
  const value = (position) => logarithmic ? Number((10 ** position).toPrecision(3)) : Number(position);
  const charts = ["backward-delta", "backward-weights", "forward"].map((panel) => document.querySelector(`#chart-${panel} .js-plotly-plot`));
  const shown = () => {
    const lab = window.gradientFlowLab;
    return lab ? Number(new URLSearchParams(lab.drawn?.split("|")[0]).get(field)) : charts[0].layout.meta[field];
  };
  const lines = () => charts.map((chart) => [...chart.querySelectorAll(".js-line")].map((line) => line.getAttribute("d")).join()).join();
  let moved = 0, before = lines();
  addEventListener("pointermove", (event) => { moved = event.timeStamp; probe.events += 1; }, true);
  new MutationObserver(() => probe.moves.set(value(thumb.ariaValueNow), moved)).observe(thumb, { attributeFilter: ["aria-valuenow"] });
  const channel = new MessageChannel();  // its message comes when the frame is done
  channel.port1.onmessage = () => {
    const now = lines();
    if (now !== before) probe.frames.push({ at: performance.now(), latency: performance.now() - probe.moves.get(shown()) });
    before = now;
  };
  const frame = () => { if (window.probe !== probe) return; channel.port2.postMessage(0); requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
}"""


@dataclass
class Drag:
    """What one drag gave: events that reached the page and frames painted, a second; latencies in ms."""

    events: float
    frames: float
    latencies: list[float]


def drag(page: Page, field: str) -> Drag:
    """Drags to and fro, a pixel an event, for SECONDS."""
    page.evaluate(PROBE, field)
    box = page.locator(f"#control-{field} [role=slider]").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    start = time.perf_counter()
    while (now := time.perf_counter() - start) < SECONDS:
        step = int(now * EVENTS_PER_SECOND) + 1
        away = step % (4 * PIXELS)
        page.mouse.move(
            x + (away if away <= PIXELS else 2 * PIXELS - away if away <= 3 * PIXELS else away - 4 * PIXELS), y
        )
        time.sleep(max(0.0, start + step / EVENTS_PER_SECOND - time.perf_counter()))
    seen = page.evaluate("() => ({ events: probe.events, frames: probe.frames })")
    page.mouse.up()
    page.evaluate("() => { window.probe = null; }")
    latencies = [frame["latency"] for frame in seen["frames"] if isfinite(frame["latency"])]
    return Drag(seen["events"] / SECONDS, len(seen["frames"]) / SECONDS, latencies)


@contextmanager
def opened(browser: Browser, address: str, network: dict[str, Any], latency: int) -> Iterator[Page]:
    """A page that has come to rest, then with this network latency."""
    page = browser.new_page(viewport=SIZE)
    page.goto(f"{address}/?{urlencode(network)}")
    page.wait_for_function(DRAWN)
    page.wait_for_timeout(1000)
    conditions = {"offline": False, "latency": latency, "downloadThroughput": -1, "uploadThroughput": -1}
    if latency:
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.send("Network.emulateNetworkConditions", conditions)
    yield page
    page.close()


def measure(browser: Browser, address: str, field: str, network: dict[str, Any], latency: int) -> Drag:
    with opened(browser, address, network, latency) as page:
        drag(page, field)  # the first one warms up
        page.wait_for_timeout(700)
        return drag(page, field)


def joined(drags: list[Drag]) -> Drag:
    """The median drag; the latencies of all."""
    middle = sorted(drags, key=lambda one: one.frames)[len(drags) // 2]
    return Drag(middle.events, middle.frames, sorted(latency for one in drags for latency in one.latencies))


def cells(one: Drag) -> list[str]:
    times = one.latencies or [float("nan")]
    return [
        f"{one.events:.0f}",
        f"{one.frames:.1f}",
        f"{median(times):.0f}",
        f"{times[int(0.95 * (len(times) - 1))]:.0f}",
    ]


def main() -> None:
    print(machine(), "\n")
    heads = ["events/s", "frames/s", "median ms", "95 % ms"]
    print(
        row("drag", [*heads, "frames/s aimed at", *(f"plain Dash: {head}" for head in heads[1:]), "times plain Dash"])
    )
    print(row("---", ["---:"] * 9))
    with served() as ours, served("benchmarks.plain:server") as plain, chromium() as browser:
        for title, field, network, latency, aim in DRAGS:
            pairs = [
                [measure(browser, address, field, network, latency) for address in (ours, plain)] for _ in range(ROUNDS)
            ]
            lab, reference = (joined([pair[side] for pair in pairs]) for side in (0, 1))
            ratio = f"{lab.frames / reference.frames:.1f}" if reference.frames else "∞"
            print(row(title, [*cells(lab), f"{aim}", *cells(reference)[1:], ratio]), flush=True)


if __name__ == "__main__":
    main()
