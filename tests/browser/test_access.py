"""Everyone can use it: by keyboard, by voice, by a finger, in other colors, enlarged, without motion."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser import course
from tests.browser.conftest import MOST_MILLISECONDS, Watch
from tests.browser.lab import DELTA, Lab
from tests.browser.serving import served, settle, trainers
from tests.browser.training import READY, Training

pytestmark = pytest.mark.browser

SMALL = "depth=9&width=8&batch=4"
SHORT = "depth=4&width=8&batch=16&activation=tanh&data=moons&steps=60"
LONG = "depth=4&width=8&batch=16&activation=tanh&data=moons&steps=20000"
MISSING = "the server responded with a status of 404"
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
Browse = Callable[..., Page]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("runs")
    with trainers(RUNS=str(folder), TRAINERS="1"), served(RUNS=str(folder)) as started:
        yield started


@pytest.fixture
def browse(browser: Browser, address: str) -> Iterator[Browse]:
    """browse(path, **context options) -> Page, drawn, that must not complain."""
    opened: list[tuple[Page, Watch]] = []

    def open_page(path: str, expected: str = "", **options: Any) -> Page:
        context = browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | options))
        page = context.new_page()
        page.set_default_timeout(MOST_MILLISECONDS)
        opened.append((page, Watch(page, address, expected)))
        page.goto(address + path)
        if path.startswith("/train"):
            page.wait_for_function(READY)
        elif not expected and not path.startswith("/api"):
            (course.settle if path.startswith("/embed") else settle)(page)
        return page

    yield open_page
    complaints = [complaint for _, watch in opened for complaint in watch.complaints]
    for page, _ in opened:
        page.context.close()
    assert not complaints


def assert_axe_finds_nothing(page: Page) -> None:
    found = Axe().run(page)
    assert not found.violations_count, found.generate_report()


# Checked by rule: every page, every width, both themes; inside the charts, too


@pytest.mark.parametrize("width", [1440, 360])
@pytest.mark.parametrize("path", ["/", f"/?{SMALL}&print=1", "/embed/critical", "/api", "/nowhere", "/embed/nowhere"])
def test_axe_finds_nothing_on_any_page(browse: Browse, path: str, width: int) -> None:
    expected = MISSING if "nowhere" in path else ""
    page = browse(path, expected, viewport={"width": width, "height": 900}, color_scheme="light")
    assert_axe_finds_nothing(page)
    page.emulate_media(color_scheme="dark")
    if not expected:
        page.wait_for_function("() => !window.gradientFlowLab || gradientFlowLab.drawn !== null")
    page.wait_for_timeout(200)
    assert_axe_finds_nothing(page)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (360, "light")])
def test_axe_finds_nothing_before_during_and_after_a_run(browse: Browse, width: int, scheme: str, address: str) -> None:
    page = browse(f"/train?{LONG}", viewport={"width": width, "height": 900}, color_scheme=scheme)
    training = Training(page, address)
    assert_axe_finds_nothing(page)
    training.start()
    training.until_step(20)
    assert_axe_finds_nothing(page)
    page.locator("#train-stop").click()
    training.until_ended()
    assert_axe_finds_nothing(page)


# By keyboard alone

# What has the focus, and whether that is to be seen: on it, or on what stands for it.
FOCUS = """() => {
  const at = document.activeElement, shown = [at, at.closest("label"), at.closest(".box")].filter(Boolean);
  const seen = shown.some((one) => { const { outlineStyle, outlineWidth } = getComputedStyle(one); return outlineStyle !== "none" && parseFloat(outlineWidth) >= 1; });
  const box = shown.at(-1).getBoundingClientRect();
  return { name: at === document.body ? "BODY" : at.id || at.getAttribute("aria-label") || at.textContent.trim().slice(0, 40) || at.tagName, seen, inside: box.bottom > 0 && box.top < innerHeight };
}"""


@pytest.mark.parametrize("path", [f"/?{SMALL}&pin=depth%3D7", "/train"])
def test_tab_goes_through_everything_and_is_always_seen(browse: Browse, path: str) -> None:
    page = browse(path)
    stops: list[dict[str, Any]] = []
    page.keyboard.press("Tab")
    while (at := page.evaluate(FOCUS))["name"] != "BODY" and len(stops) < 300:
        stops.append(at)
        page.keyboard.press("Tab")
        if at["name"].startswith("Keys") and len(stops) > 10:
            break  # the last of the page
    names = [stop["name"] for stop in stops]
    assert names[:2] == ["Skip to the result", "Keys of this page"]
    assert names[-1].startswith("Keys")
    assert len(stops) > 40
    assert [stop for stop in stops if not stop["seen"] or not stop["inside"]] == []
    before = names[-2]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(FOCUS)["name"] in (before, names[-3])  # and back again


def tab_to(page: Page, selector: str, key: str = "Tab", most: int = 150) -> None:
    """Presses Tab, or Shift Tab, until what the selector names has the focus."""
    for _ in range(most):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press(key)
    raise AssertionError(f"Tab does not come to {selector}")


def test_the_main_task_on_explore_by_keyboard(browse: Browse, address: str) -> None:
    page = browse("/?depth=20")
    lab = Lab(page, address)
    assert lab.spoken("#headline").startswith("Vanishing.")
    tab_to(page, ".skip[href='#main']")
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"
    tab_to(page, "#control-weight_scale [role=slider]", "Shift+Tab")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("() => Number(new URLSearchParams(gradientFlowLab.wanted).get('weight_scale')) > 1")
    lab.settle()
    tab_to(page, "#value-remedies input[value=batch_norm]")
    page.keyboard.press("Space")
    lab.settle(remedies="batch_norm")
    assert lab.spoken("#announce").count("With batch norm:") == 1
    page.keyboard.press("Space")
    lab.settle(remedies="")
    page.wait_for_selector("#fix:not([data-busy]) button")
    tab_to(page, "#fix button")
    before = page.evaluate("() => new URLSearchParams(location.search).toString()")
    page.keyboard.press("Enter")
    page.wait_for_function("(before) => new URLSearchParams(location.search).toString() !== before", arg=before)
    lab.settle()
    reply = lab.trace()
    assert reply.get("remedied", reply)["verdict"] == "stable"
    page.keyboard.press("Control+z")
    page.wait_for_function("(before) => new URLSearchParams(location.search).toString() === before", arg=before)
    tab_to(page, "#table-button-backward-delta")
    page.keyboard.press("Enter")
    page.wait_for_selector("#table-backward-delta tbody tr")
    tab_to(page, "#pin", "Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("() => location.search.includes('pin=')")
    assert "Unpin" in page.locator("#comparison").inner_text()


def test_a_run_by_keyboard(browse: Browse, address: str) -> None:
    page = browse(f"/train?{LONG}")
    training = Training(page, address)
    tab_to(page, ".skip[href='#main']")
    page.keyboard.press("Enter")
    tab_to(page, "#train-main")
    page.keyboard.press("Enter")
    training.until_step(5)
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('#train-main').textContent === 'Continue'")
    before = training.records()["step"]
    tab_to(page, "#train-step")
    page.keyboard.press("Enter")
    page.wait_for_function("(text) => document.querySelector('#train-status').textContent.includes(text)", arg=f"{before + 1:,} of")  # fmt: skip
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('#train-main').textContent === 'Pause'")
    tab_to(page, "#control-train-learning_rate [role=slider]", "Shift+Tab")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => location.search.includes('changes=')")
    tab_to(page, "#train-stop")
    page.keyboard.press("Space")
    training.until_ended()
    tab_to(page, "#step [role=slider]")
    page.keyboard.press("Home")
    page.wait_for_function("() => document.querySelector('#train-scrub-line').textContent.startsWith('After 0 of')")
    page.wait_for_function("() => document.querySelector('#train-announce').textContent.startsWith('After 0 of')")


def test_the_keys_are_on_the_page(browse: Browse) -> None:
    page = browse(f"/?{SMALL}")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#keys table").is_visible()
    assert page.evaluate("() => document.activeElement.closest('#keys') !== null")


# By voice

CHARTS = """() => [...document.querySelectorAll(".frame")].filter((frame) => frame.checkVisibility()).map((frame) => {
  const words = (name) => (frame.getAttribute(name) ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join(" ").trim();
  return [frame.querySelector(".chart").id, frame.getAttribute("role"), `${words("aria-labelledby")} ${words("aria-describedby")}`];
})"""
# Presses every button for a chart's numbers, and counts the rows that come.
TABLES = """() => Object.fromEntries([...document.querySelectorAll("[data-numbers]")].filter((button) => button.checkVisibility()).map((button) => {
  button.click();
  return [button.dataset.numbers, document.getElementById(button.getAttribute("aria-controls")).querySelectorAll("tbody tr").length];
}))"""
CELLS = "(id) => [...document.querySelectorAll(`#${id} tbody tr`)].map((row) => [...row.children].map((cell) => cell.textContent))"


def tables_of(page: Page) -> dict[str, int]:
    """By chart, how many rows its table has, once all of them are open."""
    first = page.locator("[data-numbers]:visible").first
    first.click()  # brings the script
    page.wait_for_function("(id) => document.querySelector(`#${id} tr`)", arg=first.get_attribute("aria-controls"))
    first.click()
    counted: dict[str, int] = page.evaluate(TABLES)
    return counted


def show_all(page: Page) -> None:
    """Scrolls through the page, so that every panel is asked and every chart drawn."""
    page.set_viewport_size({"width": 1440, "height": 9000})
    page.wait_for_function("() => [...document.querySelectorAll('.frame')].every((frame) => !frame.checkVisibility() || frame.querySelector('.js-plotly-plot')?._fullData?.length)")  # fmt: skip
    page.wait_for_function("() => ![...document.querySelectorAll('[data-panel]')].some((panel) => panel.dataset.busy)")


def test_every_chart_of_explore_has_words_with_numbers_and_a_table(browse: Browse, address: str) -> None:
    page = browse(f"/?{SMALL}&remedies=he")
    show_all(page)
    charts = page.evaluate(CHARTS)
    tables = tables_of(page)
    for button in page.locator("[id^=table-button-]").all():
        button.click()
    page.wait_for_function("() => [...document.querySelectorAll('[id^=table-button-]')].every((one) => document.querySelector(`#${one.getAttribute('aria-controls')} tbody tr`))")  # fmt: skip
    assert len(charts) > 15
    for chart, role, words in charts:
        assert role == "figure"
        assert any(letter.isdigit() for letter in words), (chart, words)
        assert tables.get(chart, 0) >= 2 or page.locator(f"#table-{chart.removeprefix('chart-')} tbody tr").count() == 9
    said = [
        float(cell.split("^")[1].split(" ")[0].replace("−", "-")) for _, cell, _ in page.evaluate(CELLS, "table-clip")
    ]
    answer = page.request.get(f"{address}/api/v1/trace?{SMALL}&remedies=he").json()["remedied"]
    assert said == pytest.approx(answer["log10_weight_grad_norm"], rel=1e-2)
    page.locator("#value-depth").fill("12")
    page.locator("#value-depth").press("Enter")
    page.wait_for_function("() => document.querySelectorAll('#table-clip tbody tr').length === 12")  # it follows


def test_every_chart_of_train_has_words_with_numbers_and_a_table(browse: Browse, address: str) -> None:
    page = browse(f"/train?{SHORT}")
    training = Training(page, address)
    training.start()
    training.until_ended()
    page.set_viewport_size({"width": 1440, "height": 5000})
    page.wait_for_function("() => document.querySelector('#chart-step-units .js-plotly-plot')?._fullData?.length")
    tables = tables_of(page)
    for chart, role, words in page.evaluate(CHARTS):
        assert role == "figure"
        assert any(letter.isdigit() for letter in words), (chart, words)
        assert tables[chart] >= 4, chart
    records = training.records()["records"]
    cells = page.evaluate(CELLS, "table-train-loss")
    assert [int(row[0]) for row in cells] == [*range(0, 60, 2), 59]  # one in two of 60, and the last
    assert [float(row[1]) for row in cells] == pytest.approx([records["loss"][int(row[0])] for row in cells], rel=1e-2)
    assert page.locator("#table-train-loss p").inner_text() == "One row in 2 of 60, and the last."


HEAR = """() => {
  window.heard = [];
  for (const live of document.querySelectorAll("[aria-live], [role=status], [role=alert]")) {
    new MutationObserver(() => heard.push(`${live.id}: ${live.textContent}`)).observe(live, { childList: true, characterData: true, subtree: true });
  }
}"""


def test_a_settled_change_is_announced_once(browse: Browse, address: str) -> None:
    page = browse(f"/?{SMALL}")
    lab = Lab(page, address)
    page.set_viewport_size({"width": 1440, "height": 9000})  # all panels answer, and none of them says so
    page.wait_for_function("() => ![...document.querySelectorAll('[data-panel]')].some((panel) => panel.dataset.busy)")

    def heard(act: Callable[[], object]) -> list[str]:
        page.wait_for_timeout(700)
        page.evaluate(HEAR)
        act()
        page.wait_for_timeout(300)
        course.settle(page)
        page.wait_for_timeout(900)
        said: list[str] = page.evaluate("() => [...new Set(heard)]")
        return said

    def step_layer() -> None:
        lab.thumb("layer").focus()
        page.keyboard.press("ArrowRight")

    assert len(heard(lambda: lab.drag("depth", 60))) == 1
    assert len(heard(lambda: lab.chip("remedies", "batch_norm").click())) == 1
    assert len(heard(lambda: page.keyboard.press("Control+z"))) == 1
    (layer,) = heard(step_layer)
    assert layer.startswith("announce: Layer 2")


# In other colors, without motion

BACKGROUNDS = """() => {
  const of = (selector) => { const element = document.querySelector(selector); return element && getComputedStyle(element).backgroundColor; };
  return {
    ground: getComputedStyle(document.body).backgroundColor,
    track: of("#control-depth .dash-slider-track"), range: of("#control-depth .dash-slider-range"),
    chosen: of("#value-activation label:has(input:checked)"), other: of("#value-activation label:not(:has(input:checked))"),
  };
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_reader_s_own_colors_keep_what_is_said_by_a_fill(browse: Browse, address: str, scheme: str) -> None:
    page = browse(f"/?{SMALL}&remedies=he&pin=depth%3D7", forced_colors="active", color_scheme=scheme)
    page.evaluate("() => localStorage.setItem('theme', 'light')")  # chosen before: the ground is the reader's now
    page.reload()
    settle(page)
    assert page.evaluate("() => document.documentElement.dataset.theme") == scheme
    page.wait_for_selector("#control-depth .dash-slider-range", state="attached")
    found = page.evaluate(BACKGROUNDS)
    assert found["track"] not in (found["ground"], "rgba(0, 0, 0, 0)")
    assert found["range"] not in (found["ground"], found["track"])
    assert found["chosen"] not in (found["ground"], found["other"])
    thumb = "() => getComputedStyle(document.querySelector('#control-depth [role=slider]')).borderTopWidth"
    assert page.evaluate(thumb) != "0px"
    for control in (".plain", ".chip", ".box", "#value-remedies label"):
        assert page.locator(control).first.evaluate("(one) => parseFloat(getComputedStyle(one).borderTopWidth)") >= 1
    page.goto(f"{address}/train?{SHORT}&networks=20")
    page.wait_for_function(READY)
    training = Training(page, address)
    training.start()
    training.until_ended()
    page.wait_for_selector("button.seed")
    assert page.locator(".train .progress").evaluate("(one) => parseFloat(getComputedStyle(one).borderTopWidth)") >= 1
    ground = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert page.locator(".train .progress i").evaluate("(one) => getComputedStyle(one).backgroundColor") != ground
    assert page.locator("button.seed").first.evaluate("(one) => parseFloat(getComputedStyle(one).borderTopWidth)") >= 1


# The contrast of every text of the charts with the ground it stands on.
CHART_TEXTS = """() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => numbers(color).slice(0, 3).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const panel = getComputedStyle(document.querySelector(".card")).backgroundColor;
  return [...document.querySelectorAll(".chart svg text")].filter((text) => text.checkVisibility() && text.textContent).map((text) => {
    const [one, other] = [light(getComputedStyle(text).fill), light(panel)].sort((a, b) => b - a);
    return [text.textContent, (one + 0.05) / (other + 0.05), getComputedStyle(text).opacity, numbers(getComputedStyle(text).fill)[3] ?? 1];
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_charts_texts_stand_out(browse: Browse, scheme: str) -> None:
    page = browse("/?activation=relu&initializer=he_normal&width=4", color_scheme=scheme)
    show_all(page)
    texts = page.evaluate(CHART_TEXTS)
    assert len(texts) > 150
    assert [text for text in texts if text[1] < 4.5 or float(text[2]) < 1 or float(text[3]) < 1] == []


def test_less_motion_is_none(browse: Browse) -> None:
    page = browse(f"/?{SMALL}", reduced_motion="reduce")
    moving = """() => [...document.querySelectorAll("*")].filter((one) => {
      const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(one);
      return transitionDuration.split(", ").some((time) => parseFloat(time)) || animationName !== "none" || scrollBehavior !== "auto";
    }).length"""
    page.locator("#search").click()
    page.wait_for_selector(".dash-dropdown-content")
    assert page.evaluate(moving) == 0


# Enlarged

# What is cut off: wider than the window outside of anything that scrolls, or text that its own box hides.
CUT = """() => [...document.querySelectorAll("body *")].filter((one) => one.checkVisibility() && !one.closest(".unseen, .skip, svg, .chart, .dash-options-list-option-wrapper")).filter((one) => {
  const { overflowX, overflowY } = getComputedStyle(one), scrolls = (value) => value === "auto" || value === "scroll";
  for (let up = one; up; up = up.parentElement) if (up !== one && scrolls(getComputedStyle(up).overflowX)) return false;
  if (one.getBoundingClientRect().right > innerWidth + 1) return true;
  if (!one.textContent.trim() || scrolls(overflowY)) return false;
  return overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1 || overflowY !== "visible" && one.scrollHeight > one.clientHeight + 1;
}).map((one) => `${one.id || one.className || one.tagName}: ${one.textContent.slice(0, 40)}`)"""


@pytest.mark.parametrize("path", [f"/?{SMALL}&remedies=he", f"/train?{SHORT}", "/api", "/embed/layer"])
@pytest.mark.parametrize(("width", "height"), [(320, 256), (640, 450)], ids=["400 %", "200 %"])
def test_enlarged_nothing_is_lost(browse: Browse, path: str, width: int, height: int) -> None:
    """1280 x 1024 enlarged to four times is 320 x 256: read by scrolling down alone."""
    page = browse(path, viewport={"width": width, "height": height})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT) == []
    if height < 420 and "embed" not in path and "api" not in path:
        page.locator("[data-fold]").click()  # the controls give their place to what they move
        room = page.evaluate("() => document.getElementById('rail').getBoundingClientRect().top")
        assert room > 0.7 * height


# By a finger


def finger(
    page: Page, start: tuple[float, float], right: float = 0, down: float = 0, up: bool = True
) -> Callable[[], object]:
    """Goes there; returns what lifts it, where it is still down."""
    session = page.context.new_cdp_session(page)

    def lift() -> object:
        return session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    for kind, share in [("touchStart", 0.0), *(("touchMove", step / 12) for step in range(1, 13))]:
        point = {"x": start[0] + right * share, "y": start[1] + down * share}
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        page.evaluate("() => new Promise(requestAnimationFrame)")
    if up:
        lift()
    return lift


def on(page: Page, slider: str, share: float) -> tuple[float, float]:
    box = page.locator(slider).bounding_box()
    assert box
    return box["x"] + share * box["width"], box["y"] + box["height"] / 2


@pytest.mark.parametrize(
    ("path", "tab", "field", "chart"),
    [("/", "network", "depth", DELTA), ("/train", "optimizer", "train-learning_rate", "chart-train-loss")],
)
def test_on_a_phone_sliders_and_scrolling_do_not_meet(
    browse: Browse, path: str, tab: str, field: str, chart: str
) -> None:
    page = browse(path, **PHONE)
    page.locator(f"[data-tab={tab}]").tap()
    slider, box = f"#control-{field} .dash-slider-root", page.locator(f"#value-{field}")
    before = box.input_value()
    finger(page, on(page, slider, 0.7), down=-60)
    page.wait_for_timeout(300)
    assert box.input_value() == before
    assert page.evaluate("() => scrollY + document.getElementById('rail').scrollTop") > 20
    page.evaluate("() => { scrollTo(0, 0); document.getElementById('rail').scrollTo(0, 0); }")
    page.locator(f"[data-tab={tab}]").tap()  # brings the chart back into sight
    page.locator(slider).scroll_into_view_if_needed()
    lift = finger(page, on(page, slider, 0.4), right=90, up=False)
    sheet, drawn = page.locator("#rail").bounding_box(), page.locator(f"#{chart} .nsewdrag").bounding_box()
    assert sheet
    assert drawn
    assert min(sheet["y"], drawn["y"] + drawn["height"]) - max(drawn["y"], 0) > 0.5 * drawn["height"]
    lift()
    page.wait_for_function(
        "([id, before]) => document.getElementById(id).value !== before", arg=[f"value-{field}", before]
    )
    moved = box.input_value()
    page.touchscreen.tap(*on(page, slider, 0.2))
    page.wait_for_function(
        "([id, before]) => document.getElementById(id).value !== before", arg=[f"value-{field}", moved]
    )
    assert page.evaluate("() => scrollX") == 0


def test_the_main_task_on_a_phone(browse: Browse, address: str) -> None:
    page = browse("/", **PHONE)
    lab = Lab(page, address)
    picture = lab.lines()[0]["y"]
    finger(page, on(page, "#control-depth .dash-slider-root", 0.2), right=60)
    page.wait_for_function("() => !/depth=50\\b/.test(gradientFlowLab.wanted)")
    lab.settle()
    assert lab.lines()[0]["y"] != picture
    page.locator("[data-tab=remedies]").tap()
    assert page.locator("[data-tab=remedies]").get_attribute("aria-pressed") == "true"
    lab.chip("remedies", "batch_norm").tap()
    lab.settle(remedies="batch_norm")
    assert lab.trace()["remedied"]["verdict"] == "stable"
    page.locator("#undo").tap()
    lab.settle(remedies="")
