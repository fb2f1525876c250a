"""What a person does on the Train page: start, steer, compare, look into a step, take it away."""

import json
import math
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zipfile import ZipFile

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from app.training.stories import STORIES
from tests.browser.conftest import MOST_MILLISECONDS, Watch
from tests.browser.lab import TWO_FRAMES
from tests.browser.serving import SETTLED, served, trainers
from tests.browser.training import LENGTH, READY, Training

SHORT = "depth=4&width=8&batch=16&activation=tanh&data=moons&steps=60"
LONG = "depth=4&width=8&batch=16&activation=tanh&data=moons&steps=20000"
Open = Callable[..., Training]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("runs")
    with trainers(RUNS=str(folder)), served(RUNS=str(folder)) as started:
        yield started


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Open]:
    """visit(query, **context options) -> Training, on a page of its own that must not complain."""
    opened: list[tuple[Page, Watch]] = []

    def open_page(query: str = "", **options: Any) -> Training:
        context = browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | options))
        page = context.new_page()
        page.set_default_timeout(2 * MOST_MILLISECONDS)  # two cores train, serve and draw
        opened.append((page, Watch(page, address)))
        training = Training(page, address)
        training.go(query)
        return training

    yield open_page
    complaints = [complaint for _, watch in opened for complaint in watch.complaints]
    for page, _ in opened:
        page.context.close()
    assert not complaints


def test_the_first_run(visit: Open) -> None:
    training = visit()
    assert training.text("train-headline").startswith("Press Start")
    training.start()
    training.until_step(20)
    early = training.page.evaluate(LENGTH, "chart-train-loss")
    training.until_ended()
    assert 0 < early < training.page.evaluate(LENGTH, "chart-train-loss")
    assert training.text("train-headline").startswith("Learned.")
    assert "ln 2 = 0.6931" in training.text("train-first")
    assert training.words == {"depth": "10", "activation": "tanh", "data": "spirals", "optimizer": "momentum", "learning_rate": "0.02", "steps": "1000"}  # fmt: skip


def test_the_charts_are_what_was_recorded(visit: Open) -> None:
    training = visit(SHORT)
    training.start()
    training.until_ended()
    records = training.records()["records"]
    loss, held_out, *_ = training.lines("chart-train-loss")
    assert loss["x"] == records["step"]
    assert loss["y"] == pytest.approx([math.log10(value) for value in records["loss"]], rel=1e-4)
    assert held_out["x"] == [step for step, value in zip(records["step"], records["validation_loss"], strict=True) if value != "NaN"]  # fmt: skip
    drawn = training.page.evaluate(
        "() => document.querySelector('#chart-train-heatmap .js-plotly-plot').data[0].z.map((row) => [...row])"
    )
    measured = [list(column) for column in zip(*records["log10_weight_grad_norm"], strict=True)]
    assert drawn == [pytest.approx(row, rel=1e-3) for row in measured]


# The pixels of a heatmap as Plotly draws it, then as charts.js does: its columns' colors in one row of cells.
COLUMNS = """async () => {
  const plot = document.querySelector('#chart-train-heatmap .js-plotly-plot');
  const { figure } = window.gradientFlowGrowing.figures['chart-train-heatmap'];
  const row = async () => {
    const shown = plot.querySelector('.hm image'), image = new Image();
    image.src = shown.getAttribute('href') ?? shown.getAttributeNS('http://www.w3.org/1999/xlink', 'href');
    await image.decode();
    const [width, height] = ['width', 'height'].map((side) => Math.round(shown.getAttribute(side)));
    const canvas = Object.assign(document.createElement('canvas'), { width, height }), pen = canvas.getContext('2d');
    pen.imageSmoothingEnabled = false;
    pen.drawImage(image, 0, 0, width, height);
    return [...pen.getImageData(0, height >> 1, width, 1).data];
  };
  await window.Plotly.react(plot, figure.data, { ...structuredClone(figure.layout), autosize: true });
  const exact = await row();
  const before = { ...figure, data: figure.data.map((trace) => ({ ...trace, z: trace.z.map((cells) => cells.map((value) => value && value + 1)) })) };
  window.gradientFlowCharts.draw(plot, before, figure);
  return [exact, await row()];
}"""


@pytest.mark.parametrize("steps", [1000, 5000])
def test_the_quick_drawing_of_uneven_steps_is_plotlys(visit: Open, steps: int) -> None:
    """The first 50 steps have a column each, then every second, or tenth: in both drawings at the same pixels."""
    training = visit(f"depth=5&width=8&batch=16&activation=tanh&data=moons&steps={steps}")
    training.start()
    training.until_ended()
    exact, quick = training.page.evaluate(COLUMNS)
    assert len(exact) == len(quick) > 3000
    assert len({*zip(*[iter(exact)] * 4, strict=True)}) > 20  # there is something to be seen
    assert max(abs(one - other) for one, other in zip(exact, quick, strict=True)) <= 8


def test_a_run_that_broke_shows_each_of_its_steps_and_leaves_the_other_its_colors(visit: Open) -> None:
    query = "depth=10&activation=relu&initializer=he_normal&residual=plain&data=blobs&features=64&head_initializer=same&steps=600"
    training = visit(f"{query}&beside={quote(f'{query}&branch_scale=0.3')}")
    training.start()
    training.until_ended()
    beside, broke = (training.records(role)["records"]["step"] for role in ("beside", "run"))
    assert broke == list(range(len(broke)))
    drawn = [training.page.evaluate("(chart) => { const [{ x, zmax }] = window.gradientFlowGrowing.figures[chart].figure.data; return [x, zmax]; }", f"chart-train-heatmap{which}")
             for which in ("", "-beside")]  # fmt: skip
    assert [x for x, _ in drawn] == [broke, beside]
    assert drawn[0][1] == drawn[1][1] <= 4
    assert "or more" in training.text("train-key")


def test_pause_step_continue_stop(visit: Open) -> None:
    training = visit(LONG)
    page = training.page
    training.start()
    training.until_step(2)
    assert training.main.inner_text() == "Pause"
    training.main.click()
    page.wait_for_function("() => document.querySelector('#train-main').textContent === 'Continue'")
    before = training.records()["step"]
    page.locator("#train-step").click()
    page.wait_for_function(
        "(text) => document.querySelector('#train-status').textContent.includes(text)", arg=f"{before + 1:,} of"
    )
    training.main.click()
    page.wait_for_function("() => document.querySelector('#train-main').textContent === 'Pause'")
    page.locator("#train-stop").click()
    training.until_ended()
    assert "Stopped" in training.text("train-status")
    assert training.records()["step"] > before


def test_the_charts_grow_while_the_run_goes_on(visit: Open) -> None:
    training = visit("depth=30&width=64&activation=tanh&data=spirals&steps=20000")
    training.start()
    for _ in range(5):
        training.until_longer("chart-train-loss")
    assert training.page.evaluate("() => window.gradientFlowTrain.runs.run.going")
    training.page.locator("#train-stop").click()
    training.until_ended()


def test_the_rate_is_changed_under_way_and_the_address_says_when(visit: Open) -> None:
    training = visit(LONG)
    training.start()
    training.until_step(2)
    training.enter("learning_rate", "0.5")
    training.page.wait_for_function("() => location.search.includes('changes=')")
    step, name, value = training.words["changes"].split(":")
    assert (name, value) == ("learning_rate", "0.5")
    assert "learning_rate" not in training.words
    training.page.locator("#train-stop").click()
    training.until_ended()
    assert f"at step {step}" in training.text("train-changed")
    assert training.records()["changes"] == [[int(step), "learning_rate", 0.5]]


def test_a_rate_beyond_its_bounds_is_the_nearest_for_the_run_the_box_and_the_address(visit: Open) -> None:
    training = visit("depth=30&width=64&activation=tanh&data=spirals&steps=20000")
    training.start()
    training.until_step(2)
    for typed, taken in (("0.01", "0.01"), ("1e9", "10")):
        training.enter("learning_rate", typed)
        training.page.wait_for_function(
            "(rate) => new URLSearchParams(location.search).get('changes')?.endsWith(`learning_rate:${rate}`)",
            arg=taken,
        )
    training.page.locator("#train-stop").click()
    training.until_ended()
    assert training.page.locator("#value-train-learning_rate").input_value() == "10"
    assert "Learning rate 1e9 is not a number" in training.text("train-notes")
    changes = [part.split(":")[1:] for part in training.words["changes"].split(",")]
    assert changes == [["learning_rate", "0.01"], ["learning_rate", "10"]]
    assert [change[1:] for change in training.records()["changes"]] == [["learning_rate", 0.01], ["learning_rate", 10]]


def test_other_settings_wait_for_the_next_run(visit: Open) -> None:
    training = visit(SHORT)
    training.start()
    training.until_ended()
    training.enter("depth", "5")
    training.page.wait_for_function(
        "() => document.querySelector('#train-changed').textContent.includes('Depth 4 → 5')"
    )
    assert len(training.records()["records"]["log10_delta_rms"][0]) == 4
    training.start()
    training.page.wait_for_function("() => document.querySelector('#train-changed').textContent === ''")
    training.until_ended()
    assert len(training.records()["records"]["log10_delta_rms"][0]) == 5


@pytest.mark.parametrize(("key", "word"), [("plateau", "Plateau."), ("explodes", "Crashed.")])
def test_a_story_trains_at_a_click(visit: Open, key: str, word: str) -> None:
    training = visit()
    training.page.locator(f"#story-{key}").click()
    training.until_ended()
    assert training.text("train-headline").startswith(word)
    assert training.page.locator(f"#story-{key}").get_attribute("aria-current") == "true"
    remedies = training.page.locator("#train-remedies [data-train]")
    assert remedies.count() > 2
    assert all(remedy.get_attribute("title") for remedy in remedies.all())


def test_a_remedy_is_trained_beside(visit: Open) -> None:
    training = visit()
    training.page.locator("#story-explodes").click()
    training.until_ended()
    first = training.page.evaluate("() => window.gradientFlowTrain.runs.run.id")
    training.page.locator("#train-remedies [data-train]", has_text="clip").click()
    training.page.wait_for_function("() => window.gradientFlowTrain.runs.beside")
    training.until_ended()
    assert training.page.evaluate("() => window.gradientFlowTrain.runs.beside.id") == first  # not trained again
    assert training.words["clip"] == "norm"
    assert "beside" in training.words
    assert training.page.locator("#train-tiles .other").first.inner_text().startswith("beside: ")
    names = [line["name"] for line in training.lines("chart-train-loss")]
    assert "loss, the other run" in names
    assert training.page.locator("#card-train-heatmap-beside").is_visible()
    training.page.get_by_role("button", name="Without the run beside it").click()
    training.page.wait_for_function("() => !window.gradientFlowTrain.runs.beside")
    training.until_ended()
    assert training.page.locator("#card-train-heatmap-beside").is_hidden()


def test_a_preset_trains_both_its_runs_and_another_beside(visit: Open) -> None:
    training = visit()
    page = training.page
    page.locator("#train-search").click()
    page.locator("input.dash-dropdown-search").fill("h + relu")  # found by what it shows, too
    page.locator(".dash-dropdown-option", has_text="Skips without a norm").click()
    page.wait_for_function("() => window.gradientFlowTrain.runs.beside")
    training.until_ended()
    assert training.words["residual"] == "plain"
    assert page.locator("#train-search").inner_text().strip() == "Skips without a norm"
    assert "A report of h + relu(W h)" in training.text("train-story")
    first, other = page.evaluate("() => ['run', 'beside'].map((role) => window.gradientFlowTrain.runs[role].id)")
    page.locator("#train-story button", has_text="30 layers").click()
    page.wait_for_function("(other) => window.gradientFlowTrain.runs.beside?.id !== other", arg=other)
    training.until_ended()
    assert page.evaluate("() => window.gradientFlowTrain.runs.run.id") == first  # not trained again
    assert "depth=30" in training.words["beside"]
    assert training.records("beside")["state"] == "crashed"
    assert page.locator("#train-notes").inner_text() == ""


def test_both_runs_start_from_an_address(visit: Open) -> None:
    story = next(story for story in STORIES if story.key == "recovers")
    training = visit(story.query)
    training.start()
    training.page.wait_for_function("() => window.gradientFlowTrain.runs.beside")
    training.until_ended()
    assert training.records("beside")["state"] == "crashed"
    assert training.text("train-headline").startswith("Learned.")


def test_a_step_is_looked_into(visit: Open) -> None:
    training = visit(SHORT)
    training.start()
    training.until_ended()
    training.page.locator("#train-scrub-line").scroll_into_view_if_needed()
    training.page.wait_for_function(
        "() => document.querySelector('#train-scrub-line').textContent.startsWith('After 60 of 60 ')"
    )
    thumb = training.page.locator("#step [role=slider]")
    thumb.focus()
    training.page.keyboard.press("Home")
    training.page.wait_for_function(
        "() => document.querySelector('#train-scrub-line').textContent.startsWith('After 0 of 60 ')"
    )
    kept = training.page.evaluate("() => window.gradientFlowTrain.step.kept")
    for step in kept[1:3]:  # one press, one step that is kept
        training.page.keyboard.press("ArrowRight")
        training.page.wait_for_function(
            f"() => document.querySelector('#train-scrub-line').textContent.startsWith('After {step} of 60 ')"
        )
        assert thumb.get_attribute("aria-valuetext") == f"step {step}"
    names = training.page.evaluate(
        "() => document.querySelector('#chart-step-delta .js-plotly-plot').data.map((trace) => trace.name)"
    )
    assert names[:2] == ["δ, step 0", f"δ, step {kept[2]}"]
    plot = training.page.locator("#chart-train-loss .nsewdrag")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box
    training.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    training.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    training.page.wait_for_function(
        "() => /^After (29|30) of 60/.test(document.querySelector('#train-scrub-line').textContent)"
    )
    assert training.page.locator("#card-train-loss .step-mark").is_visible()
    nearest = min(kept, key=lambda step: abs(step - 30))
    assert int(thumb.get_attribute("aria-valuenow") or -1) in (kept.index(nearest), kept.index(nearest) - 1)


TRIED = "() => document.querySelector('#chart-train-rates .js-plotly-plot')?.data?.[0]?.x.length ?? 0"


def test_rates_are_tried_and_a_press_sets_one(visit: Open) -> None:
    training = visit(SHORT)
    page = training.page
    page.locator("[data-rates]").click()
    page.wait_for_function(
        "() => document.querySelector('#train-rates-line').textContent.includes('largest stable rate')"
    )
    assert page.evaluate(TRIED) == 19
    plot = page.locator("#chart-train-rates .nsewdrag").bounding_box()
    assert plot
    page.mouse.click(plot["x"] + plot["width"] / 2, plot["y"] + plot["height"] / 2)
    page.wait_for_function("() => location.search.includes('learning_rate=')")
    assert 1e-3 < float(training.words["learning_rate"]) < 0.1
    for depth, line, dimmed in (("5", "Of the network before: ", "attached"), ("4", "After", "detached")):
        training.enter("depth", depth)
        page.locator("#train-rates-line", has_text=line).wait_for()
        page.locator("#rates .stale").wait_for(state=dimmed)


def test_trying_rates_is_stopped_by_a_press_and_by_another_network(visit: Open) -> None:
    training = visit("depth=20&width=64&data=moons")
    page, button = training.page, training.page.locator("[data-rates]")
    for stop in (button.click, lambda: training.enter("depth", "3")):
        button.click()
        page.wait_for_function(
            "() => /^[1-9].* of 19 rates tried, 100 steps/.test(document.querySelector('#train-rates-line').textContent)"
        )
        assert button.inner_text() == "Stop"
        stop()
        page.wait_for_function("() => !window.gradientFlowTrain.rates.going")
        assert training.text("train-rates-line").startswith("Stopped")
        assert 0 < page.evaluate(TRIED) < 19
        assert button.inner_text() == "Try them"
    assert training.text("train-rates-line").endswith("of the network before")


def test_a_square_of_the_strip_trains_its_seed(visit: Open) -> None:
    training = visit("depth=3&width=3&batch=4&activation=relu&data=xor&steps=50&networks=20")
    training.start()
    training.until_ended()
    squares = training.page.locator(".seeds button")
    assert squares.count() == 20
    seed = squares.last.get_attribute("aria-label").split()[1].rstrip(":")
    squares.last.click()
    training.page.wait_for_function("() => !location.search.includes('networks') && !document.querySelector('.seeds')")
    training.until_ended()
    assert training.words.get("seed", "0") == seed


def test_the_heatmap_shows_another_quantity(visit: Open) -> None:
    training = visit(SHORT)
    training.start()
    training.until_ended()
    training.page.locator("#value-train-shows label:has(input[value='dead'])").click()
    training.page.wait_for_function(
        "() => window.gradientFlowGrowing.figures['chart-train-heatmap'].figure.data[0].name === 'dead units'"
    )
    assert training.words["shows"] == "dead"
    assert "100" in training.text("train-key")


def test_a_reload_finds_its_run_again(visit: Open) -> None:
    training = visit(SHORT)
    training.start()
    training.until_ended()
    before = training.page.evaluate("() => window.gradientFlowTrain.runs.run.id")
    training.page.reload()
    training.page.wait_for_function("(id) => window.gradientFlowTrain?.runs.run?.id === id", arg=before)
    training.until_ended()
    assert len(training.lines("chart-train-loss")[0]["x"]) == 60


def test_a_page_that_is_left_pauses_its_run_and_one_that_is_back_goes_on(visit: Open, address: str) -> None:
    training = visit(LONG)
    page = training.page
    training.start()
    training.until_step(2)
    run = page.evaluate("() => window.gradientFlowTrain.runs.run.id")

    def becomes(state: str) -> dict[str, Any]:
        for _ in range(100):
            told: dict[str, Any] = page.request.get(f"{address}/api/v1/train/{run}?after=999").json()
            if told["state"] == state:
                break
            page.wait_for_timeout(100)
        assert told["state"] == state
        return told

    page.goto("about:blank")
    left = becomes("paused")["step"]
    page.go_back()
    page.wait_for_function("(id) => window.gradientFlowTrain?.runs.run?.id === id", arg=run)
    page.wait_for_function("() => document.querySelector('#train-main').textContent === 'Pause'")
    assert becomes("running")["step"] >= left
    page.locator("#train-stop").click()
    training.until_ended()


def test_a_start_whose_view_is_overtaken_starts_all_the_same(visit: Open) -> None:
    """A click brings new settings, which are looked at again a moment later: on a busy server that answer comes first."""
    training = visit()
    training.page.evaluate("""() => {
      const ask = window.fetch;
      let views = 0;
      window.fetch = async (address, ...more) => {
        const answer = await ask(address, ...more);
        if (String(address).startsWith("/train/view") && views++ === 0) await new Promise((go) => { setTimeout(go, 1500); });
        return answer;
      };
    }""")
    training.page.locator("#story-plateau").click()
    training.page.wait_for_function("() => window.gradientFlowTrain.runs.run?.next > 3")
    assert "optimizer=momentum" in training.page.evaluate("() => window.gradientFlowTrain.runs.run.query")


def test_from_explore_and_back_with_the_same_network(visit: Open, address: str) -> None:
    training = visit(SHORT)
    training.page.goto(f"{address}/?depth=7&activation=relu&remedies=he")
    training.page.wait_for_function("() => document.querySelector('#to-train')?.href.includes('depth=7')")
    training.page.locator("#to-train").click()
    training.page.wait_for_function("() => window.gradientFlowTrain.look")
    told = {"data": "moons", "steps": "60"}  # as Train was asked before
    assert training.words == {"depth": "7", "activation": "relu", "remedies": "he", **told}
    training.page.locator("#to-explore").click()
    training.page.wait_for_function(
        "() => location.pathname === '/' && window.gradientFlowLab?.drawn?.endsWith('rested')"
    )
    assert training.words == {"depth": "7", "activation": "relu", "remedies": "he"}


def test_by_keyboard_alone(visit: Open) -> None:
    training = visit(SHORT)
    training.main.focus()
    training.page.keyboard.press("Enter")
    training.page.wait_for_function("() => window.gradientFlowTrain.runs.run")
    training.until_ended()
    assert training.text("train-announce").startswith("The run has ended. ")


@pytest.mark.parametrize("width", [1440, 1024, 360])
def test_nothing_overflows_and_axe_finds_nothing(visit: Open, width: int) -> None:
    story = next(story for story in STORIES if story.key == "recovers")
    training = visit(story.query, viewport={"width": width, "height": 900}, color_scheme="light")
    page = training.page
    training.start()
    training.until_ended()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function("(scheme) => document.documentElement.dataset.theme === scheme", arg=scheme)
        for top in range(0, page.evaluate("() => document.body.scrollHeight"), 700):
            page.evaluate("(top) => window.scrollTo(0, top)", top)
            page.wait_for_timeout(150)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        found = Axe().run(page, context={"exclude": [[".chart"]]})  # Plotly's own
        assert not found.violations_count, found.generate_report()


def test_what_was_recorded_can_be_taken_away(visit: Open) -> None:
    training = visit(SHORT)
    training.start()
    training.until_ended()
    links = training.page.locator("#train-files a").evaluate_all("(all) => all.map((one) => one.href)")
    answers = [training.page.request.get(link) for link in links]
    assert all(answer.ok for answer in answers)
    assert json.loads(answers[1].text())["steps"] == 60
    assert set(ZipFile(BytesIO(answers[2].body())).namelist()) == {"training.py", "training_start.npz"}


def test_the_way_to_explore_and_back_keeps_what_train_was_asked(visit: Open) -> None:
    own = {"data": "moons", "optimizer": "adam", "learning_rate": "0.005", "steps": "60", "shows": "dead"}
    training = visit("depth=4&width=8&batch=16&activation=tanh&" + "&".join(f"{word}={own[word]}" for word in own))
    page, address = training.page, training.page.url
    training.start()
    training.until_ended()
    assert page.url == address

    def go(title: str, ready: str) -> None:
        page.locator(".header nav a", has_text=title).click()
        page.wait_for_function(ready)

    go("Explore", SETTLED)
    assert training.words == {"depth": "4", "width": "8", "batch": "16", "activation": "tanh"}
    go("Train", READY)
    assert page.url == address  # and with it the run
    page.wait_for_function("() => window.gradientFlowTrain.runs.run?.next > 0")
    go("Explore", SETTLED)
    page.locator("#value-depth").fill("7")
    page.locator("#value-depth").press("Enter")
    page.wait_for_function("() => document.querySelector('.header a[href^=\"/train\"]').href.includes('depth=7')")
    go("Train", READY)
    assert training.words == {"depth": "7", "width": "8", "batch": "16", "activation": "tanh", **own}
    assert training.text("train-headline").startswith("Press Start")


def test_what_a_name_says_is_found_before_what_is_said_about_it(visit: Open) -> None:
    page = visit().page
    page.locator("#train-search").click()
    for typed, first in (("skips", "56 plain layers against skips"), ("relu", "It explodes"), ("nine xor", "XOR with nine layers")):  # fmt: skip
        page.locator("input.dash-dropdown-search").fill(typed)
        page.evaluate(TWO_FRAMES)
        page.wait_for_function(
            "(first) => document.querySelector('.dash-dropdown-option')?.textContent.includes(first)", arg=first
        )
    page.locator("input.dash-dropdown-search").fill("")
    page.wait_for_function("(count) => document.querySelectorAll('.dash-dropdown-option').length >= count", arg=10)


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (360, 740)])
def test_the_first_chart_is_on_the_screen_and_stays_there(visit: Open, width: int, height: int) -> None:
    training = visit(viewport={"width": width, "height": height})
    page = training.page
    page.evaluate("""() => {
      window.tops = new Set();
      const note = () => {
        tops.add(Math.round(document.querySelector("#chart-train-loss").getBoundingClientRect().top + scrollY));
        requestAnimationFrame(note);
      };
      note();
    }""")
    page.locator("#story-plateau").click()
    page.wait_for_function("() => window.gradientFlowTrain.runs.run?.next > 0")
    training.until_ended()
    (top,) = page.evaluate("() => [...tops]")
    frame = page.locator("#chart-train-loss").bounding_box()
    assert frame
    sheet = page.evaluate("() => innerWidth > 760 ? innerHeight : document.querySelector('#rail').getBoundingClientRect().top")  # fmt: skip
    assert top + (frame["height"] if width > 760 else 100) < sheet
    assert all(box.bounding_box()["height"] <= 56 for box in page.locator(".stories button").all())
