"""What a person does with the panels under the charts: undo, pin, apply, choose a layer, press on a curve, copy."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from app.panels import PANELS
from tests.browser.conftest import Visit
from tests.browser.lab import DELTA, Lab

WIDE = {"width": 1440, "height": 900}
ANSWERED = """(key) => {
  const panel = document.querySelector(`[data-panel="${key}"]`);
  return panel && panel.dataset.busy === undefined && panel.querySelector(".caption, .chip, span")?.textContent.trim().length > 0;
}"""


def open_panel(page: Page, key: str) -> None:
    """Scrolls to the panel and waits until it has answered for the state on the screen."""
    page.locator(f'[data-panel="{key}"]').scroll_into_view_if_needed()
    page.wait_for_function(ANSWERED, arg=key)


def test_undo_and_redo_by_buttons_and_keys(lab: Lab) -> None:
    page = lab.page
    depth = lab.value("depth")
    lab.enter("depth", "33")
    lab.settle(depth="33")
    lab.chip("remedies", "he").click()
    lab.settle(depth="33", remedies="he")
    page.locator("#undo").click()
    lab.settle(depth="33", remedies="")
    assert lab.chosen("remedies") == []
    page.locator("#headline").click()  # the keys belong to the page, not to a text box
    page.keyboard.press("Control+z")
    lab.settle(depth=depth)
    assert lab.value("depth") == depth
    page.keyboard.press("Control+Shift+z")
    lab.settle(depth="33", remedies="")
    page.locator("#redo").click()
    lab.settle(depth="33", remedies="he")
    assert lab.query == "depth=33&remedies=he"
    assert page.locator("#redo").is_disabled()


def test_a_new_edit_forgets_what_was_undone(lab: Lab) -> None:
    lab.enter("depth", "21")
    lab.settle(depth="21")
    lab.page.locator("#undo").click()
    lab.settle(depth="50")
    lab.enter("depth", "22")
    lab.settle(depth="22")
    assert lab.page.locator("#redo").is_disabled()


def test_pin_swap_unpin_and_reload(lab: Lab) -> None:
    page = lab.page
    lab.chip("activation", "relu").click()
    lab.settle(activation="relu")
    before = lab.lines()
    page.locator("#pin").click()
    lab.settle(pin="activation=relu")
    lab.enter("depth", "40")
    lab.settle(depth="40", pin="activation=relu")
    ghost, now = lab.lines()
    assert ghost["dash"] == "longdashdot"
    assert ghost["y"] == before[0]["y"]
    assert "pin=activation%3Drelu" in lab.query
    page.locator("#comparison summary").click()
    assert "Depth" in page.locator("#comparison table").inner_text()
    page.reload()
    lab.settle()
    assert lab.lines() == [ghost, now]
    page.locator("#comparison button", has_text="Swap").click()
    lab.settle(depth="50", pin="depth=40&activation=relu")
    page.locator("#comparison button", has_text="Unpin").click()
    lab.page.wait_for_function("() => !location.search.includes('pin=')")
    lab.settle(depth="50")
    assert len(lab.lines()) == 1


def test_the_smallest_fix_makes_the_network_stable(lab: Lab) -> None:
    lab.page.wait_for_selector("#fix .fix-button")
    lab.page.locator("#fix .fix-button").click()
    lab.page.wait_for_function("() => location.search.includes('weight_scale=')")
    lab.settle()
    assert lab.trace()["verdict"] == "stable"
    lab.page.wait_for_selector("#fix:has-text('Nothing needs a fix')")


def test_a_row_of_the_ledger_is_applied_by_a_click(visit: Visit) -> None:
    lab = visit("depth=20&width=32&batch=16", viewport=WIDE)
    open_panel(lab.page, "ledger")
    row = lab.page.locator(".ledger tbody tr", has_text="Add ReLU").first
    row.locator("button").click()
    lab.page.wait_for_function("() => location.search.includes('remedies=')")
    lab.settle()
    assert "relu" in lab.chosen("remedies")
    open_panel(lab.page, "ledger")
    assert lab.page.locator(".ledger tbody th", has_text="Remove ReLU").count() >= 1


def test_a_click_in_a_chart_looks_into_that_layer(visit: Visit) -> None:
    lab = visit("depth=21&width=16&batch=8", viewport=WIDE)
    box = lab.page.locator(f"#{DELTA} .nsewdrag").bounding_box()
    assert box
    lab.page.mouse.move(box["x"] + box["width"] / 2 - 3, box["y"] + box["height"] / 2)
    lab.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    lab.page.wait_for_selector(f"#{DELTA} .hoverlayer *", state="attached")
    lab.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    lab.page.wait_for_function("() => location.search.includes('layer=11')")
    lab.settle(layer="11")
    open_panel(lab.page, "layer")
    assert "11" in lab.page.locator("#caption-layer").inner_text()


def test_a_press_on_the_critical_curve_moves_the_weight_scale(visit: Visit) -> None:
    lab = visit("depth=12&width=16&batch=8", viewport=WIDE)
    open_panel(lab.page, "critical")
    box = lab.page.locator("#chart-critical .nsewdrag").bounding_box()
    assert box
    before = lab.value("weight_scale")
    lab.page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
    lab.page.mouse.down()
    lab.page.mouse.move(box["x"] + 0.85 * box["width"], box["y"] + box["height"] / 2, steps=4)
    lab.page.mouse.up()
    lab.page.wait_for_function("() => location.search.includes('weight_scale=')")
    lab.settle()
    scale = float(lab.value("weight_scale"))
    assert scale != float(before)
    assert 1 < scale < 20


def test_the_sliders_do_not_wait_for_the_panels(visit: Visit) -> None:
    """While a ledger of many slow networks is under way, a drag is painted, and the old question is given up."""
    lab = visit("depth=300&width=96&batch=64", viewport=WIDE)
    page = lab.page
    page.evaluate("() => document.querySelector('[data-panel=ledger]').scrollIntoView()")
    page.wait_for_function(
        "() => document.querySelector('[data-panel=ledger]').style.getPropertyValue('--done')"
    )  # it has begun to answer
    asked: list[str] = []
    page.on("requestfailed", lambda request: asked.append(request.url))
    frames = page.evaluate("() => gradientFlowLab.frames")
    lab.drag("depth", 30, moves=8)
    page.wait_for_function("(before) => gradientFlowLab.frames > before", arg=frames)
    page.wait_for_function("() => !gradientFlowLab.held")
    assert [url for url in asked if "/panel/ledger?state=depth%3D300" in url]


def test_the_program_is_copied_and_follows_the_network(visit: Visit) -> None:
    lab = visit("depth=5&width=8&batch=4", viewport=WIDE, permissions=["clipboard-read", "clipboard-write"])
    open_panel(lab.page, "code")
    lab.page.locator("[data-panel=code] [data-copy]").click()
    text = lab.page.evaluate("() => navigator.clipboard.readText()")
    assert text == lab.page.request.get(f"{lab.address}/api/v1/code?{lab.query}").text()
    lab.chip("language", "numpy").click()
    lab.settle(language="numpy")
    lab.page.wait_for_function("() => !document.getElementById('program').textContent.includes('import torch')")


def test_citation_and_embed_code_hold_the_address(visit: Visit) -> None:
    lab = visit("depth=7&width=8", viewport=WIDE, permissions=["clipboard-read", "clipboard-write"])
    assert f"{lab.address}/?depth=7&width=8" in lab.page.locator(".files code").inner_text()
    lab.page.locator(".files [data-copy-template]", has_text="Activations").click()
    text = lab.page.evaluate("() => navigator.clipboard.readText()")
    assert text.startswith(f'<iframe src="{lab.address}/embed/forward?depth=7&width=8"')


def test_a_folded_panel_asks_nothing(visit: Visit) -> None:
    asked: list[str] = []
    lab = visit("depth=6&width=8&batch=4", viewport=WIDE)
    open_panel(lab.page, "ensemble")
    lab.page.locator("[data-panel=ensemble] > summary").click()
    lab.page.on("request", lambda request: asked.append(request.url))
    lab.enter("depth", "7")
    lab.settle(depth="7")
    open_panel(lab.page, "ledger")
    assert not [url for url in asked if "/panel/ensemble" in url]
    lab.page.locator("[data-panel=ensemble] > summary").click()
    open_panel(lab.page, "ensemble")
    assert [url for url in asked if "/panel/ensemble" in url]


# Where the mark of the critical region and the handle on its curve are, and where the curve is there, in pixels.
_MARK = """() => {
  const chart = document.querySelector("#chart-critical .js-plotly-plot"), { xaxis, yaxis } = chart._fullLayout;
  const frame = chart.getBoundingClientRect(), [xs, ys] = chart.layout.meta.along;
  const middle = (name) => {
    const index = chart.layout.shapes.findIndex((shape) => shape.name === name);
    const { left, top, width, height } = chart.querySelector(`.shape-group[data-index="${index}"] > path`).getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2 };
  };
  const line = middle("here").x, handle = middle("handle"), at = xaxis.p2l(line - frame.left - xaxis._offset);
  const right = xs.findIndex((x) => x >= at), share = (at - xs[right - 1]) / (xs[right] - xs[right - 1]);
  const height = ys[right - 1] + share * (ys[right] - ys[right - 1]);
  return { line, handle: handle.x, above: handle.y - (frame.top + yaxis._offset + yaxis.l2p(height)), scale: 10 ** at };
}"""


def test_the_mark_is_under_the_pointer_and_follows_the_slider(visit: Visit) -> None:
    lab = visit("depth=12&width=16&batch=8", viewport=WIDE)
    open_panel(lab.page, "critical")
    box = lab.page.locator("#chart-critical .nsewdrag").bounding_box()
    assert box
    lab.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + box["height"] / 2)
    lab.page.mouse.down()
    for share in (0.6, 0.7, 0.8):
        x = box["x"] + share * box["width"]
        lab.page.mouse.move(x, box["y"] + box["height"] / 2)
        lab.page.evaluate("() => new Promise(requestAnimationFrame)")
        mark = lab.page.evaluate(_MARK)
        assert mark["line"] == pytest.approx(x, abs=1)
        assert mark["handle"] == pytest.approx(x, abs=1)
        assert mark["above"] == pytest.approx(0, abs=1)
    lab.page.mouse.up()
    lab.settle()
    assert lab.page.evaluate(_MARK)["scale"] == pytest.approx(float(lab.value("weight_scale")), rel=0.02)
    lab.thumb("weight_scale").focus()
    before = lab.value("weight_scale")
    for _ in range(4):
        lab.page.keyboard.press("ArrowLeft")
    lab.page.wait_for_function("(before) => document.querySelector('#value-weight_scale').value !== before", arg=before)
    lab.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    mark = lab.page.evaluate(_MARK)
    assert mark["scale"] == pytest.approx(float(lab.value("weight_scale")), rel=0.02)
    assert mark["above"] == pytest.approx(0, abs=1)


@pytest.mark.parametrize("width", [1440, 360])
def test_axe_finds_nothing_in_any_panel(visit: Visit, width: int) -> None:
    query = "depth=9&width=8&batch=4&remedies=he&pin=depth%3D7"
    lab = visit(query, color_scheme="light", viewport={"width": width, "height": 900})
    lab.page.locator("#comparison summary").click()
    for scheme in ("light", "dark"):
        lab.page.emulate_media(color_scheme=scheme)
        lab.settle_in(scheme)
        for key in PANELS:
            open_panel(lab.page, key)
        found = Axe().run(lab.page, context={"exclude": [[".chart"]]})  # Plotly's own
        assert not found.violations_count, found.generate_report()


def test_on_a_phone_the_ledger_shows_its_first_rows_and_all_at_a_touch(visit: Visit) -> None:
    lab = visit("depth=9&width=8&batch=4", viewport={"width": 360, "height": 780})
    open_panel(lab.page, "ledger")
    rows, more = lab.page.locator(".ledger tbody tr"), lab.page.locator(".ledger-view .more")
    assert sum(row.is_visible() for row in rows.all()) == 6
    more.click()
    assert all(row.is_visible() for row in rows.all())
    assert more.get_attribute("aria-expanded") == "true"


def test_on_a_phone_the_sheet_folds_below_the_charts_and_opens_again_above(visit: Visit) -> None:
    lab = visit("depth=9&width=8&batch=4", viewport={"width": 360, "height": 780})
    slider = lab.page.locator("#control-depth")
    assert slider.is_visible()
    lab.page.locator("#panel-layer").scroll_into_view_if_needed()
    slider.wait_for(state="hidden")
    lab.page.evaluate("() => scrollTo(0, 0)")
    slider.wait_for(state="visible")
