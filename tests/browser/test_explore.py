"""A hand, a keyboard and an eye on the Explore page."""

import re
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from simulation.config import FIELDS
from simulation.initializers import INITIALIZERS
from simulation.presets import PRESETS
from tests.browser.conftest import Visit
from tests.browser.lab import DELTA, Lab, as_drawn

pytestmark = pytest.mark.browser

SIZES = {"wide": (1440, 900), "laptop": (1024, 768), "tablet": (768, 1024), "phone": (360, 780)}
VIEWPORTS = {name: {"width": width, "height": height} for name, (width, height) in SIZES.items()}

# Answers of /live take the longer the more are asked for in a row, as on a slow line; some overtake others.
SLOW = """(() => {
  const real = window.fetch;
  let asked = 0;
  window.fetch = async (...what) => {
    const answer = await real(...what);
    if (String(what[0]).startsWith("/live")) await new Promise((done) => setTimeout(done, asked++ % 2 ? 60 : 150));
    return answer;
  };
})()"""


def assert_picture_is_that_of_the_address(lab: Lab) -> None:
    """The sentence and the lines say what the API says about the address."""
    reply = lab.trace()
    assert lab.spoken("#headline").startswith(reply["sentence"].split(" The gradients")[0])
    assert lab.spoken("#announce").startswith(reply["sentence"])
    networks = [reply, reply["remedied"]] if "remedied" in reply else [reply]
    for chart, name in ((DELTA, "log10_delta_rms"), ("chart-backward-weights", "log10_weight_grad_norm")):
        lines = lab.lines(chart)
        assert len(lines) == len(networks)
        for line, network in zip(lines, networks, strict=True):
            np.testing.assert_array_equal(as_drawn(line["y"]), as_drawn(network[name]))


def layers_painted(lab: Lab, held: bool | None = None) -> list[int]:
    """The depths of the painted states, in order of time."""
    return [state["layers"] for state in lab.painted() if held is None or state["held"] == held]


# Dragging


def test_the_charts_move_while_the_slider_is_dragged(visit: Visit) -> None:
    lab = visit()
    lab.record()
    lab.drag("depth", 120, moves=40, release=False)
    lab.page.wait_for_function("() => new Set(window.painted.map((state) => state.path)).size > 5")
    during = layers_painted(lab)
    assert len(set(during)) > 5
    lab.page.mouse.up()
    lab.settle()
    depths = layers_painted(lab)
    assert depths == sorted(depths), "an older state was painted after a newer one"
    assert depths[-1] == int(lab.value("depth")) > 150
    assert lab.query == f"depth={lab.value('depth')}"
    assert_picture_is_that_of_the_address(lab)


def test_a_slow_server_delays_the_picture_but_never_turns_it_back(visit: Visit) -> None:
    lab = visit(script=SLOW)
    lab.record()
    lab.drag("depth", 120, moves=50)
    lab.settle()
    assert len(set(layers_painted(lab, held=True))) >= 3
    depths = layers_painted(lab)
    assert depths == sorted(depths)
    assert depths[-1] == int(lab.value("depth"))
    assert_picture_is_that_of_the_address(lab)


def test_axes_never_shrink_while_a_slider_is_held(visit: Visit) -> None:
    lab = visit()
    lab.record()
    lab.drag("depth", -40, release=False)
    lab.page.wait_for_function("() => new Set(window.painted.map((state) => state.layers)).size > 3")
    held = lab.painted()
    for axis in ("x", "y"):
        ranges = np.array([state[axis] for state in held])
        assert (np.diff(ranges[:, 0]) <= 0).all()
        assert (np.diff(ranges[:, 1]) >= 0).all()
    lab.page.mouse.up()
    lab.settle()
    lab.page.wait_for_function("(low) => window.painted.at(-1).y[0] > low", arg=held[-1]["y"][0])


@pytest.mark.parametrize(
    ("query", "pixels"),
    [
        ("", 60),
        ("depth=40&remedies=batch_norm", 120),
    ],
)
def test_nothing_jumps_while_a_slider_is_dragged(visit: Visit, query: str, pixels: int) -> None:
    lab = visit(query)
    lab.drag("depth", 2, moves=2)  # the hint makes room for the line of the last change
    lab.settle()
    lab.page.evaluate(
        """() => {
          window.tops = new Set();
          const look = () => { window.tops.add(document.querySelector(".charts").getBoundingClientRect().top); requestAnimationFrame(look); };
          look();
        }"""
    )
    lab.drag("depth", pixels)
    lab.settle()
    assert len(lab.page.evaluate("() => [...window.tops]")) == 1


# The address


def test_the_address_holds_what_differs_and_reloads_to_the_same_numbers(lab: Lab) -> None:
    assert lab.query == ""
    lab.enter("depth", "20")
    lab.chip("activation", "tanh").click()
    lab.chip("remedies", "layer_norm").click()
    lab.settle(depth="20", activation="tanh", remedies="layer_norm")
    assert lab.query == "depth=20&activation=tanh&remedies=layer_norm"
    before = [lab.spoken("#headline"), lab.spoken("#tiles"), lab.lines()]
    lab.page.reload()
    lab.settle()
    assert [lab.spoken("#headline"), lab.spoken("#tiles"), lab.lines()] == before
    assert_picture_is_that_of_the_address(lab)


def test_dragging_does_not_fill_the_history(visit: Visit, address: str) -> None:
    lab = visit("depth=10")
    lab.go()
    entries = lab.page.evaluate("() => history.length")
    lab.drag("depth", 60, moves=10)
    lab.settle()
    assert "depth=" in lab.query
    assert lab.page.evaluate("() => history.length") == entries
    lab.page.go_back()
    lab.settle(depth="10")
    assert lab.page.url == f"{address}/?depth=10"


def test_a_page_that_the_router_builds_anew_is_drawn_anew(visit: Visit) -> None:
    lab = visit("depth=20")
    lab.enter("depth", "30")
    lab.settle(depth="30")
    lab.page.evaluate("() => { window.old = document.getElementById('headline'); location.hash = 'elsewhere'; }")
    lab.page.wait_for_function(
        "() => { const now = document.getElementById('headline'); return now && now !== window.old && now.textContent; }"
    )
    lab.settle(depth="30")
    assert lab.query == "depth=30"
    assert_picture_is_that_of_the_address(lab)


def test_the_link_to_what_is_left_out_opens_it(lab: Lab) -> None:
    lab.chip("activation", "tanh").click()
    lab.settle(activation="tanh")
    sentence = lab.spoken("#headline")
    lab.page.get_by_role("link", name="what is left out").click()
    lab.page.wait_for_selector("#simplifications dl", state="visible")
    assert lab.page.locator("#simplifications").evaluate("(fold) => fold.getBoundingClientRect().top < innerHeight")
    assert lab.spoken("#headline") == sentence


def test_a_junk_address_says_what_it_was_changed_to(visit: Visit) -> None:
    lab = visit("depth=999999&activation=nonsense&nosuch=1&weight_scale=%F0%9F%98%80&remedies=he,junk")
    notes = lab.spoken("#notes")
    for said in ("999999", "nonsense", "nosuch", "Weight scale", "Remedies"):
        assert said in notes
    assert lab.chosen("remedies") == ["he"]
    assert lab.query == "depth=1000&remedies=he"
    assert_picture_is_that_of_the_address(lab)


# Numbers


def test_the_weight_scale_slider_is_logarithmic(lab: Lab) -> None:
    box = lab.page.locator("#slider-weight_scale").bounding_box()
    assert box
    lab.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    lab.page.wait_for_function("() => document.getElementById('value-weight_scale').value !== '1'")
    lab.settle()
    middle = float(lab.value("weight_scale"))
    assert middle == pytest.approx((0.001 * 20) ** 0.5, rel=0.1)
    assert lab.trace()["config"]["weight_scale"] == middle


def test_a_number_box_keeps_what_is_off_the_grid(lab: Lab) -> None:
    for text in ("1.1", "0.0015", "1.41421356"):
        lab.enter("weight_scale", text)
        lab.settle(weight_scale=text)
        assert lab.value("weight_scale") == text
        assert lab.query == f"weight_scale={text}"
    lab.page.reload()
    lab.settle(weight_scale=text)
    assert lab.value("weight_scale") == text
    assert_picture_is_that_of_the_address(lab)


def test_junk_in_a_number_box_does_not_lose_the_state(visit: Visit) -> None:
    lab = visit("depth=30&activation=tanh")
    for junk in ("abc", "", "1e400"):
        lab.enter("depth", junk)
        lab.page.wait_for_function("() => document.getElementById('value-depth').value === '30'")
        lab.settle(depth="30")
        assert lab.query == "depth=30&activation=tanh"
    for beyond, nearest in (("-5", "1"), ("12.5", "12")):
        lab.enter("depth", beyond)
        lab.page.wait_for_function(f"() => location.search === '?depth={nearest}&activation=tanh'")
        lab.settle()
        assert f"Depth {beyond} is not" in lab.spoken("#notes").replace("−", "-")
        assert_picture_is_that_of_the_address(lab)


def test_a_number_box_says_what_is_shown(lab: Lab) -> None:
    lab.enter("depth", "2000")
    lab.page.wait_for_function("() => location.search === '?depth=1000'")
    lab.settle()
    assert lab.value("depth") == "1000"
    lab.page.locator("#sigma-box").fill("abc")
    lab.page.locator("#sigma-box").press("Enter")
    lab.page.wait_for_function("() => document.getElementById('sigma-box').value === '0.125'", timeout=2000)


def test_the_sigma_box_sets_the_weight_scale(lab: Lab) -> None:
    assert lab.page.locator("#sigma-box").input_value() == "0.125"  # Xavier at width 64: 1/8
    lab.page.locator("#sigma-box").fill("0.25")
    lab.page.locator("#sigma-box").press("Enter")
    lab.settle(weight_scale="2")
    assert lab.value("weight_scale") == "2"
    assert lab.query == "weight_scale=2"
    assert "2" in lab.spoken("#sigma-line")  # sigma_w = 0.25 * 8


# Remedies and presets


def test_one_click_on_batch_norm_cures_the_first_network(lab: Lab) -> None:
    alone = lab.spoken("#headline")
    assert alone.startswith("Vanishing.")
    lab.chip("remedies", "batch_norm").click()
    lab.settle(remedies="batch_norm")
    assert lab.spoken("#headline").startswith(alone + " With batch norm:")
    assert lab.page.locator("#headline .verdict.stable").count() == 1
    assert lab.trace()["remedied"]["verdict"] in ("stable", "mixed")
    baseline, remedied = lab.lines()
    ink, grey = lab.page.evaluate(
        """() => ["--ink", "--baseline"].map((name) => {
          const probe = document.body.appendChild(document.createElement("i"));
          probe.style.color = `var(${name})`;
          const color = getComputedStyle(probe).color;
          probe.remove();
          return "#" + color.match(/\\d+/g).map((part) => Number(part).toString(16).padStart(2, "0")).join("");
        })"""
    )
    assert (baseline["color"], baseline["dash"]) == (grey, "dash")
    assert (remedied["color"], remedied["dash"]) == (ink, "solid")
    assert remedied["width"] > baseline["width"]
    assert lab.spoken("#remedy-help").startswith("batch norm:")
    assert_picture_is_that_of_the_address(lab)
    lab.chip("remedies", "batch_norm").click()
    lab.settle(remedies="")
    assert lab.spoken("#headline") == alone
    assert len(lab.lines()) == 1


def test_a_preset_sets_all_controls_and_tells_its_lesson(visit: Visit) -> None:
    lab = visit("normalization=batch&remedies=he&seed=7")
    lab.search("1.5 I")
    lab.settle(depth="150", width="2", seed="0", remedies="", normalization="none")
    assert (lab.value("depth"), lab.value("width"), lab.value("batch")) == ("150", "2", "1")
    assert (lab.value("weight_scale"), lab.value("seed")) == ("1.5", "0")
    assert (lab.chosen("activation"), lab.chosen("normalization"), lab.chosen("remedies")) == (["linear"], ["none"], [])
    assert "10^26" in lab.spoken("#story")
    assert lab.spoken("#headline").startswith("Exploding.")
    assert_picture_is_that_of_the_address(lab)


def test_an_activation_and_an_initialization_are_found_by_search(lab: Lab) -> None:
    lab.search("mish")
    lab.settle(activation="mish")
    assert lab.chosen("activation") == ["mish"]
    lab.search("orthogonal")
    lab.settle(activation="mish", initializer="orthogonal")
    assert lab.query == "activation=mish&initializer=orthogonal"
    assert lab.page.locator("#story").inner_text()


def test_reset_goes_back_to_the_first_network(lab: Lab) -> None:
    lab.search("but narrow")
    lab.chip("remedies", "he").click()
    lab.settle(width="4", remedies="he")
    lab.page.locator("#reset").click()
    lab.settle(width="64", activation="sigmoid", remedies="")
    assert lab.query == ""
    assert_picture_is_that_of_the_address(lab)


@pytest.mark.parametrize("query", ["activation=relu&initializer=he_normal&width=4", "initializer=zeros"])
def test_an_exact_zero_has_its_own_labeled_mark(visit: Visit, query: str) -> None:
    lab = visit(query)
    assert lab.spoken("#headline").startswith("Dead.")
    marks = lab.page.evaluate(
        f"""() => document.querySelector("#{DELTA} .js-plotly-plot")._fullData
          .filter((trace) => trace.mode === "markers+text").map((trace) => Array.from(trace.x))"""
    )
    zeros = [layer for layer, size in enumerate(lab.trace()["log10_delta_rms"], 1) if size is None]
    assert marks == [zeros]
    assert "exactly 0" in lab.page.locator(f"#{DELTA} .textpoint").all_text_contents()
    assert "exactly 0" in lab.spoken("#tiles")
    assert "0" in lab.spoken("#description-backward-delta")


# What can be taken away


def test_the_table_behind_a_chart_follows_the_state(lab: Lab) -> None:
    rows = lab.page.locator("#table-backward-delta tbody tr")
    assert rows.count() == 0
    lab.page.locator("#table-button-backward-delta").click()
    lab.page.wait_for_function("() => document.querySelectorAll('#table-backward-delta tbody tr').length === 50")
    first = rows.first.inner_text()
    lab.enter("depth", "9")
    lab.page.wait_for_function("() => document.querySelectorAll('#table-backward-delta tbody tr').length === 9")
    assert rows.first.inner_text() != first
    lab.page.locator("#table-button-backward-delta").click()
    lab.page.wait_for_function("() => document.querySelectorAll('#table-backward-delta tbody tr').length === 0")


def test_the_csv_link_is_that_of_the_address(lab: Lab) -> None:
    lab.enter("depth", "12")
    lab.chip("remedies", "he").click()
    lab.settle(depth="12", remedies="he")
    link = lab.page.locator(".files a", has_text="CSV").get_attribute("href")
    assert link == f"/api/v1/trace.csv?{lab.query}"
    table = lab.page.request.get(lab.address + link).text().splitlines()
    assert len(table) == 1 + 12
    assert table[0].startswith("layer,")


def test_a_chart_can_be_saved_as_svg(lab: Lab) -> None:
    with lab.page.expect_download() as saved:
        lab.page.locator("#card-backward-delta [data-picture=svg]").click()
    assert saved.value.suggested_filename.endswith(".svg")
    assert "<svg" in Path(saved.value.path()).read_text()


# Looks


def colors(lab: Lab) -> tuple[str, str, str]:
    """Of the page's ground, of its ink, and of the charts' tick texts."""
    ground, ink = lab.page.evaluate(
        "() => { const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]; }"
    )
    ticks = f"() => document.querySelector('#{DELTA} .js-plotly-plot')._fullLayout.xaxis.tickfont.color"
    return ground, ink, lab.page.evaluate(ticks)


def test_the_system_preference_is_followed_and_the_switch_overrides_it(visit: Visit) -> None:
    lab = visit(color_scheme="light", viewport=VIEWPORTS["wide"])
    light = colors(lab)
    lab.page.emulate_media(color_scheme="dark")
    lab.settle_in("dark")
    assert all(one != other for one, other in zip(light, colors(lab), strict=True))
    lab.page.locator("#theme").click()
    lab.settle_in("light")
    assert colors(lab) == light
    lab.page.reload()
    lab.settle_in("light")
    assert colors(lab) == light


def test_nothing_scrolls_sideways(visit: Visit) -> None:
    lab = visit("remedies=he,relu,batch_norm,residual_v2,scaled_branch&activation=tanh", viewport=VIEWPORTS["wide"])
    lab.page.locator("#table-button-forward").click()
    lab.page.wait_for_selector("#table-forward tbody tr", state="attached")
    lab.page.locator("#simplifications summary").click()
    for name, (width, _) in SIZES.items():
        lab.page.set_viewport_size(VIEWPORTS[name])
        lab.page.wait_for_function(
            "(width) => innerWidth === width && document.documentElement.scrollWidth <= width", arg=width
        )
        assert lab.page.locator("#table-forward").is_visible()


@pytest.mark.parametrize("query", ["", "remedies=he,relu"])
def test_the_first_screen_shows_headline_controls_and_the_backward_charts(visit: Visit, query: str) -> None:
    lab = visit(query)
    for selector in ("#headline", "#control-depth", "#control-activation", "#control-weight_scale", "#chart-backward-delta", "#chart-backward-weights"):  # fmt: skip
        box = lab.page.locator(selector).bounding_box()
        assert box
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 900, selector


def test_on_a_phone_a_sheet_holds_one_group_below_the_chart(visit: Visit) -> None:
    lab = visit(viewport=VIEWPORTS["phone"], has_touch=True, is_mobile=True)
    page = lab.page
    assert page.locator("#control-depth").is_visible()
    assert not page.locator("#control-remedies").is_visible()
    page.locator("[data-tab=remedies]").tap()
    assert page.locator("#control-remedies").is_visible()
    assert not page.locator("#control-depth").is_visible()
    lab.chip("remedies", "batch_norm").tap()
    lab.settle(remedies="batch_norm")
    sheet, chart = page.locator("#rail").bounding_box(), page.locator(f"#{DELTA} .nsewdrag").bounding_box()
    assert sheet
    assert chart
    seen = min(sheet["y"], chart["y"] + chart["height"]) - chart["y"]
    assert seen > 0.5 * chart["height"], "the sheet hides the chart that its sliders move"
    page.locator("[data-tab=network]").tap()
    page.locator("[data-tab=remedies]").tap()
    chosen = lab.chip("remedies", "batch_norm").bounding_box()
    assert chosen
    assert 0 <= chosen["x"] <= SIZES["phone"][0] - chosen["width"], "the chosen chip is out of sight"
    page.locator("[data-fold]").tap()
    assert not page.locator("#control-remedies").is_visible()


def test_a_finger_on_a_chart_scrolls_the_page(visit: Visit) -> None:
    lab = visit(viewport=VIEWPORTS["phone"], has_touch=True, is_mobile=True)
    lab.page.locator("[data-fold]").tap()
    box = lab.page.locator(f"#{DELTA} .nsewdrag").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    finger = lab.page.context.new_cdp_session(lab.page)
    for kind, up in (("touchStart", 0), *(("touchMove", 20 * step) for step in range(1, 10)), ("touchEnd", 0)):
        points = [] if kind == "touchEnd" else [{"x": x, "y": y - up}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        lab.page.evaluate("() => new Promise(requestAnimationFrame)")
    lab.page.wait_for_function("() => scrollY > 50", timeout=2000)


def test_no_button_sends_anything_away(lab: Lab) -> None:
    lab.page.locator(f"#{DELTA}").hover()
    titles = lab.page.locator(".modebar-btn").evaluate_all("(all) => all.map((one) => one.dataset.title)")
    assert titles
    assert not [title for title in titles if "Share" in title or "Cloud" in title]


def test_the_hint_goes_with_the_first_drag_and_stays_away(visit: Visit) -> None:
    lab = visit(viewport=VIEWPORTS["wide"])
    assert lab.page.locator("#hint").is_visible()
    lab.drag("depth", 30, moves=5)
    lab.settle()
    assert not lab.page.locator("#hint").is_visible()
    lab.page.reload()
    lab.settle()
    assert not lab.page.locator("#hint").is_visible()


# Notes where every chart of the first screen is, whenever that changes.
_PLACES = """() => {
  window.places = new Set();
  const look = () => {
    places.add([...document.querySelectorAll(".charts .chart")].map((chart) => Math.round(chart.getBoundingClientRect().top)).join());
    requestAnimationFrame(look);
  };
  look();
}"""


@pytest.mark.parametrize("query", ["", "remedies=he"])
@pytest.mark.parametrize("size", ["wide", "laptop", "phone"])
def test_no_chart_moves_while_a_slider_is_dragged_for_the_first_time(visit: Visit, query: str, size: str) -> None:
    lab = visit(query, viewport=VIEWPORTS[size])
    lab.page.evaluate(_PLACES)
    lab.drag("depth", 40, release=False)
    lab.page.evaluate("() => new Promise((done) => setTimeout(done, 400))")
    lab.page.mouse.up()
    lab.settle()
    assert lab.page.evaluate("() => places.size") == 1


# Without a mouse, without eyes, without a server


def test_a_slider_is_reached_by_tab_and_moved_by_arrows(lab: Lab) -> None:
    lab.page.locator("#value-depth").focus()
    lab.page.keyboard.press("Tab")
    assert lab.thumb("depth").evaluate("(thumb) => thumb === document.activeElement")
    assert lab.thumb("depth").get_attribute("aria-label") == "Depth"
    for _ in range(3):
        lab.page.keyboard.press("ArrowRight")
    lab.settle(depth="53")
    assert lab.query == "depth=53"
    assert_picture_is_that_of_the_address(lab)


def test_chips_are_operated_by_keyboard(lab: Lab) -> None:
    lab.page.locator("#value-remedies input").first.focus()
    lab.page.keyboard.press("Space")
    lab.settle(remedies="gain_matched")
    lab.page.locator("#value-activation input:checked").focus()
    lab.page.keyboard.press("ArrowUp")
    lab.page.wait_for_function("() => !gradientFlowLab.wanted.includes('activation=sigmoid')")
    lab.settle()
    assert lab.chosen("activation") != ["sigmoid"]
    assert f"activation={lab.chosen('activation')[0]}" in lab.query


def test_every_control_is_reached_by_tab_and_has_a_name(lab: Lab) -> None:
    reached = set()
    lab.page.locator(".brand").focus()
    for _ in range(40):
        lab.page.keyboard.press("Tab")
        reached.add(
            lab.page.evaluate("() => document.activeElement.closest('.control[id]')?.id || document.activeElement.id")
        )
    for field in ("depth", "width", "activation", "initializer", "weight_scale", "remedies"):
        assert f"control-{field}" in reached
    assert {"reset", "theme", "search", "sigma-box"} <= reached
    for role, name in (
        ("button", f"Start from {PRESETS['sigmoid_xavier'].label}"), ("button", f"{FIELDS['initializer'].label} {INITIALIZERS['xavier_normal'].label}"), ("slider", "Weight scale"),
        ("textbox", "Weight scale"), ("radiogroup", "Activation"), ("radio", "ReLU"), ("group", "Remedies"), ("checkbox", "He init"),
    ):  # fmt: skip
        assert lab.page.get_by_role(role, name=name, exact=True).count() == 1, (role, name)
    assert lab.thumb("weight_scale").get_attribute("aria-valuetext") == "1"


def test_axe_finds_nothing(visit: Visit) -> None:
    lab = visit("remedies=he&depth=junk", color_scheme="light", viewport=VIEWPORTS["wide"])
    lab.page.locator("#simplifications summary").click()
    lab.page.locator("#table-button-backward-delta").click()
    lab.page.wait_for_selector("#table-backward-delta tbody tr")
    for scheme in ("light", "dark"):
        lab.page.emulate_media(color_scheme=scheme)
        lab.settle_in(scheme)
        found = Axe().run(lab.page, context={"exclude": [[".chart"]]})  # Plotly's own
        assert not found.violations_count, found.generate_report()


def test_a_screen_reader_hears_one_sentence_a_change(visit: Visit) -> None:
    lab = visit()
    assert lab.page.locator("#announce").get_attribute("aria-live") == "polite"
    assert lab.page.locator("[aria-live=assertive]").count() == 0
    lab.page.evaluate(
        """() => {
          window.heard = [];
          new MutationObserver(() => heard.push(document.getElementById("announce").textContent))
            .observe(document.getElementById("announce"), { childList: true, characterData: true, subtree: true });
        }"""
    )
    lab.drag("depth", 60)
    lab.settle()
    heard = lab.page.evaluate("() => [...new Set(window.heard)]")
    assert len(heard) == 1
    assert heard[0].startswith("Vanishing.")


def test_a_server_that_goes_away_is_told_and_forgiven(visit: Visit) -> None:
    lab = visit(expected="Failed to load resource")
    lab.page.route(re.compile(r"/live\?"), lambda route: route.abort())
    lab.enter("depth", "33")
    lab.page.wait_for_selector("#trouble", state="visible")
    assert "tried again" in lab.page.locator("#trouble").inner_text()
    assert len(lab.lines()[0]["y"]) == 50
    lab.page.unroute(re.compile(r"/live\?"))
    lab.settle(depth="33")
    assert not lab.page.locator("#trouble").is_visible()
    assert_picture_is_that_of_the_address(lab)


@pytest.mark.parametrize("width", [1440, 360])
def test_charts_stay_where_they_are_when_what_was_corrected_makes_room_for_the_edit(visit: Visit, width: int) -> None:
    lab = visit("depth=9999", viewport={"width": width, "height": 740})
    top = "() => document.querySelector('#chart-backward-delta').getBoundingClientRect().top + scrollY"
    assert "Depth 9999 is not" in lab.page.locator("#notes").inner_text()
    before = lab.page.evaluate(top)
    lab.enter("depth", "40")
    lab.settle(depth="40")
    assert lab.page.locator("#notes").inner_text() == ""
    assert "Depth 1000 → 40" in lab.page.locator("#change").inner_text()
    assert lab.page.evaluate(top) == pytest.approx(before, abs=1)
