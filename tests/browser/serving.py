"""The real application behind gunicorn, and a real Chromium: shared by the tests and the screenshots."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or ""
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
SECONDS_TO_START = 30

# True once the newest state is drawn with all its words and nothing is under way.
SETTLED = """() => {
  const lab = window.gradientFlowLab;
  return Boolean(lab) && lab.wanted !== null && !lab.busy && !lab.held && lab.drawn !== null
    && lab.drawn.startsWith(lab.wanted + "|") && lab.drawn.endsWith("|rested");
}"""

# True once Plotly has drawn every chart of the live loop (panels draw theirs when they come into view).
DRAWN = """() => {
  const all = [...document.querySelectorAll(".chart")], charts = all.filter((chart) => !chart.closest("[data-panel]"));
  return all.length > 0 && charts.every((chart) => chart.querySelector(".js-plotly-plot .main-svg .xtick"));
}"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(application: str = "app.server:server", **environment: str) -> Iterator[str]:
    """The address of the application, started as `make run` starts it, until the context is left."""
    address = f"http://127.0.0.1:{(port := _free_port())}"
    command = [
        sys.executable, "-m", "gunicorn", "--workers", "1", "--threads", "4", "--bind", f"127.0.0.1:{port}",
        "--no-control-socket", "--log-level", "warning", application,
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "OPENBLAS_NUM_THREADS": "1", **environment})
    try:
        _wait_for(f"{address}/healthz", process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def trainers(**environment: str) -> Iterator[None]:
    """What trains runs, until the context is left."""
    command = [sys.executable, "-m", "app.runs"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "TRAINERS": "2", **environment})
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            with urllib.request.urlopen(address, timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            if process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"no server at {address}") from None
            time.sleep(0.05)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def settle(page: Page) -> None:
    """Waits until the newest state is on the screen, with all its words and charts."""
    page.wait_for_function(SETTLED)
    page.wait_for_function(DRAWN)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
