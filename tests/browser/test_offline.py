"""Offline files from a file: address, in a browser that has no network: sliders by mouse and keys, numbers, both themes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from app.export import file, grid
from app.state import pairs_of
from simulation import NetworkConfig, simulate
from simulation.diagnosis import diagnose
from simulation.sentences import describe
from tests.browser.conftest import MOST_MILLISECONDS, Visit, Watch

pytestmark = pytest.mark.browser

QUERIES = {
    "backward": "depth=12&width=8&batch=8",
    "forward": "depth=20&width=3&activation=relu&initializer=he_normal&sliders=seed",
    "heatmap": "depth=10&width=8&batch=8&activation=relu&sliders=weight_scale",
}
SAID = "() => { window.said = []; new MutationObserver(() => said.push(document.getElementById('announce').textContent)).observe(document.getElementById('announce'), { childList: true }); }"
INK = """() => { const canvas = document.querySelector("canvas"), data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200) return data[at]; }"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An offline file of each part."""
    folder = tmp_path_factory.mktemp("offline")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grid, "MOST_WORK", 2e9)  # coarse ones
        for part, query in QUERIES.items():
            (folder / f"{part}.html").write_text(file.html(part, *file.read(pairs_of(query.encode()))))
    return {part: folder / f"{part}.html" for part in QUERIES}


@pytest.fixture
def browse(browser: Browser) -> Iterator[Any]:
    """browse(file, **context options) -> the page, settled; it must not complain, nor ask anybody for anything."""
    opened: list[tuple[Page, Watch]] = []

    def visit(path: Path, **options: Any) -> Page:
        page = browser.new_context(offline=True, **options).new_page()
        page.set_default_timeout(MOST_MILLISECONDS)
        opened.append((page, Watch(page, "nobody")))
        page.goto(path.as_uri())
        page.wait_for_selector("[data-settled]")
        return page

    yield visit
    for page, watch in opened:
        page.context.close()
        assert watch.complaints == []


def settled(page: Page) -> str:
    """The state that the file shows, once it has said so."""
    page.wait_for_function("() => document.querySelector('#query').textContent.replace(/^\\/\\??/, '') === document.documentElement.dataset.settled")  # fmt: skip
    return page.locator("#query").inner_text().removeprefix("/").removeprefix("?")


def network(page: Page, query: str) -> NetworkConfig:
    """The network of the state, whose values must be those that stand beside the sliders."""
    config = file.read(pairs_of(query.encode()))[0].config
    for slider in page.locator(".slider").all():
        shown = slider.locator("output").inner_text()
        assert slider.get_by_role("slider").get_attribute("aria-valuetext") == shown
        assert getattr(config, str(slider.get_by_role("slider").get_attribute("name"))) == float(shown)
    return config


def column(page: Page, chart: str, index: int) -> np.ndarray[Any, Any]:
    """A column of the chart's table, as logs; an exact zero is -inf."""
    cells = page.locator(f"#table-{chart} tbody tr td:nth-of-type({index + 1})").all_inner_texts()
    return np.array([-np.inf if cell == "0 exactly" else float(cell.removeprefix("10").replace("−", "-")) for cell in cells])  # fmt: skip


def agree(page: Page, chart: str, name: str, index: int = 0) -> None:
    """The table, the sentence and the picture are those of the network that the sliders say."""
    config = network(page, settled(page))
    trace = simulate(config)
    true, shown = getattr(trace, name), column(page, chart, index)
    assert (np.isneginf(shown) == np.isneginf(true)).all()
    alive = np.isfinite(true)
    step = (np.ptp(true[alive]) if alive.any() else 0) / 65534
    places = min(max(int(np.floor(-np.log10(step or 1e-9))), 0), 3)  # as many as such steps allow
    np.testing.assert_allclose(shown[alive], true[alive], atol=0.5 * 10.0**-places + 0.51 * step + 1e-6)
    assert page.locator("#headline").inner_text().startswith(describe(diagnose(trace)).word)
    crosses = page.locator(f"#chart-{chart} .zero").count()
    assert bool(crosses) == bool((~alive).any())


def test_the_keys_move_a_slider_and_everything_follows(browse: Any, files: dict[str, Path]) -> None:
    page = browse(files["backward"])
    for chart in ("backward-delta", "backward-weights"):
        page.locator(f"#table-{chart} summary").click()
    page.keyboard.press("Control+Home")
    for name in ("weight_scale", "depth"):
        slider = page.locator(f"input[name={name}]")
        slider.focus()
        for key in ("ArrowLeft", "ArrowLeft", "PageUp", "End", "Home"):
            before = page.locator("#chart-backward-delta .line").get_attribute("d")
            page.keyboard.press(key)
            assert page.locator("#chart-backward-delta .line").get_attribute("d") != before
            agree(page, "backward-delta", "log10_delta_rms")
            agree(page, "backward-weights", "log10_weight_grad_norm")


def test_a_drag_paints_as_it_goes_and_says_one_sentence(browse: Any, files: dict[str, Path]) -> None:  # fmt: skip
    page = browse(files["backward"])
    page.locator("#table-backward-delta summary").click()
    page.evaluate(SAID)
    box = page.locator("input[name=weight_scale]").bounding_box()
    y, outputs = box["y"] + box["height"] / 2, set()
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    for step in range(1, 21):
        page.mouse.move(box["x"] + box["width"] * (0.5 - step * 0.024), y)
        outputs.add(page.locator("output").nth(1).inner_text())
    page.mouse.up()
    assert len(outputs) > 3
    agree(page, "backward-delta", "log10_delta_rms")
    assert page.evaluate("() => said") == [page.locator("#announce").inner_text()]
    assert page.locator("#announce").inner_text().split(".")[0] == page.locator("#headline").inner_text().split(".")[0]


def test_exact_zeros_are_marked_and_told(browse: Any, files: dict[str, Path]) -> None:
    page = browse(files["forward"])
    page.locator("#table-forward summary").click()
    page.locator("input[name=seed]").focus()
    dead = 0
    for _ in range(8):
        page.keyboard.press("ArrowRight")
        agree(page, "forward", "log10_activation_rms", 1)
        dead += page.locator("#chart-forward .zero").count() > 0
    assert dead > 0
    assert "exactly 0" in page.locator("#chart-forward").text_content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1000, 360])
@pytest.mark.parametrize("part", QUERIES)
def test_axe_finds_nothing_and_nothing_is_cut_off(browse: Any, files: dict[str, Path], part: str, width: int, scheme: str) -> None:  # fmt: skip
    page = browse(files[part], viewport={"width": width, "height": 740}, color_scheme=scheme)
    for summary in page.locator("summary").all():
        summary.click()
    page.wait_for_selector("td")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert found.response["violations"] == [], found.generate_report()
    channels = re.findall(r"\d+", page.evaluate("() => getComputedStyle(document.body).backgroundColor"))
    assert (int(channels[0]) > 128) == (scheme == "light")
    for chart in page.locator("[role=img]").all():
        assert chart.bounding_box()["height"] >= 240
        described = page.locator(f"#{chart.get_attribute('aria-labelledby')}").text_content()
        assert "at layer 1" in described


def test_a_picture_is_in_ink_of_the_reader_s_theme(browse: Any, files: dict[str, Path]) -> None:
    page = browse(files["heatmap"], color_scheme="light")
    assert page.evaluate(INK) < 100
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"() => ({INK})() > 150")


def test_it_works_in_a_frame_that_may_do_nothing_but_run_scripts(browse: Any, files: dict[str, Path]) -> None:
    """As learning platforms put uploaded files into their pages; the page around it is told the height."""
    outer = files["backward"].parent / "course.html"
    outer.write_text("<script>addEventListener('message', ({ data }) => { if (data.height) window.told = data.height; });</script>"
                     "<iframe src='backward.html' sandbox='allow-scripts' title='A part' style='width: 700px; height: 300px'></iframe>"
                     "<p data-settled>The course</p>")  # fmt: skip
    page = browse(outer)
    page.wait_for_function("() => window.told > 400")
    frame = page.frames[1]
    before = frame.locator("#headline").inner_text()
    frame.locator("input[name=weight_scale]").focus()
    page.keyboard.press("Home")
    assert frame.locator("#headline").inner_text() != before


def test_forced_colors_and_paper_show_everything(browse: Any, files: dict[str, Path]) -> None:
    page = browse(files["backward"], forced_colors="active")
    color = "() => getComputedStyle(document.querySelector('#chart-backward-delta text')).fill"
    assert page.evaluate(color) == page.evaluate("() => getComputedStyle(document.body).color")
    page = browse(files["backward"], viewport={"width": 1300, "height": 800})
    page.evaluate(
        "() => { addEventListener('beforeprint', () => { window.widths = [...document.querySelectorAll('.chart svg')].map((svg) => svg.clientWidth); }); }"
    )
    page.pdf(format="A4")
    assert max(page.evaluate("() => window.widths")) <= 640
    page.wait_for_function("() => document.querySelector('main').clientWidth > 1000")


def test_a_finger_moves_a_slider(browse: Any, files: dict[str, Path]) -> None:
    page = browse(files["backward"], viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    slider = page.locator("input[name=depth]")
    box, before = slider.bounding_box(), slider.input_value()
    page.touchscreen.tap(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2)
    assert slider.input_value() != before
    assert network(page, settled(page)).depth > 12


def test_the_page_offers_the_file_of_its_network(visit: Visit, browse: Any, tmp_path: Path) -> None:
    lab = visit("depth=5&width=8&batch=4")
    with lab.page.expect_download() as download:
        lab.page.get_by_role("link", name="Activations by layer").click()
    assert download.value.suggested_filename == "gradient-flow-forward.html"
    download.value.save_as(tmp_path / "saved.html")
    page = browse(tmp_path / "saved.html")
    assert network(page, settled(page)) == NetworkConfig(depth=5, width=8, batch=4)
    assert page.locator("#headline").inner_text() == lab.page.locator("#headline").inner_text()


def test_files_are_small(files: dict[str, Path]) -> None:
    assert max(path.stat().st_size for path in files.values()) <= 2 * 1024 * 1024
