"""Drawing while a hand moves: what is written into the charts is what Plotly would draw, and at rest nothing is left of it."""

import json
import random
import re
from typing import Any

from tests.browser.conftest import Visit
from tests.browser.lab import DELTA, Lab

WIDE = {"width": 1440, "height": 900}
CHARTS = ("backward-delta", "backward-weights", "forward", "heatmap-delta", "heatmap-activation", "units")

# Everything that a chart shows: its data, its axes, shapes and notes, with arrays as lists.
PICTURE = """(charts) => charts.map((name) => {
  const plot = document.querySelector(`#chart-${name} .js-plotly-plot`), { xaxis, yaxis, shapes, annotations, margin } = plot.layout;
  const axis = ({ range, tickvals, ticktext, tick0, dtick }) => ({ range, tickvals, ticktext, tick0, dtick });
  const plain = (key, value) => ArrayBuffer.isView(value) ? Array.from(value) : value;
  return JSON.stringify({ data: plot.data, x: axis(xaxis), y: axis(yaxis), shapes, annotations, margin }, plain);
})"""
PATHS = f"""() => [...document.querySelectorAll("#{DELTA} .js-line")].map((line) => line.getAttribute("d"))"""
IMAGE = """() => {
  const image = document.querySelector("#chart-heatmap-delta .hm image");
  return ["x", "y", "width", "height"].map((name) => Number(image.getAttribute(name)));
}"""
REDRAW = """async () => {
  for (const [id, { figure }] of Object.entries(gradientFlowLab.charts)) {
    const plot = document.querySelector(`#${id} .js-plotly-plot`);
    await Plotly.newPlot(plot, figure.data, { ...structuredClone(figure.layout), autosize: true });
  }
}"""


def picture(lab: Lab) -> list[dict[str, Any]]:
    return [json.loads(text) for text in lab.page.evaluate(PICTURE, list(CHARTS))]


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)]


def test_a_settled_picture_is_that_of_a_fresh_load(visit: Visit) -> None:
    chance = random.Random(5)
    lab = visit("activation=tanh&remedies=layer_norm&width=24&batch=16", viewport=WIDE)
    for _ in range(3):
        for field in chance.sample(["depth", "weight_scale", "width"], 2):
            lab.drag(field, chance.randint(-40, 60), moves=8)
        lab.settle()
        dragged, words = picture(lab), lab.spoken("#headline")
        fresh = visit(lab.query, viewport=WIDE)
        assert picture(fresh) == dragged
        assert fresh.spoken("#headline") == words


def test_lines_and_pictures_are_where_plotly_draws_them(visit: Visit) -> None:
    lab = visit("activation=tanh&depth=40&width=24&batch=16", viewport=WIDE)
    lab.drag("weight_scale", 25, moves=12, release=False)
    lab.page.wait_for_function("() => !gradientFlowLab.busy")
    lab.page.wait_for_timeout(300)  # what is owed of the last state comes, too
    ours, image = [points(path) for path in lab.page.evaluate(PATHS)], lab.page.evaluate(IMAGE)
    lab.page.evaluate(REDRAW)
    theirs, its_image = [points(path) for path in lab.page.evaluate(PATHS)], lab.page.evaluate(IMAGE)
    lab.page.mouse.up()
    assert len(ours) == len(theirs) > 0
    for line, expected in zip(ours, theirs, strict=True):
        assert len(line) == 40
        for x, y in expected:  # Plotly leaves out points that lie on a line; those that it has are ours
            assert min(abs(x - a) + abs(y - b) for a, b in line) < 0.05
    assert max(abs(a - b) for a, b in zip(image, its_image, strict=True)) < 1.5  # Plotly rounds pictures to pixels


def test_where_a_chart_is_not_as_expected_plotly_draws_and_says_so(visit: Visit) -> None:
    lab = visit("activation=tanh&depth=20&width=16&batch=8", viewport=WIDE)
    said: list[str] = []
    lab.page.on("console", lambda message: said.append(message.text))
    lab.page.evaluate(f"() => document.querySelector('#{DELTA} .js-line').remove()")
    lab.drag("weight_scale", 20, moves=10, release=False)
    lab.page.wait_for_function(f"() => document.querySelector('#{DELTA} .js-line')")
    lab.page.mouse.up()
    lab.settle()
    assert [text for text in said if "Plotly redraws it" in text]


def test_a_drag_is_frames_of_arrays_and_ends_in_one_full_frame(visit: Visit) -> None:
    lab = visit("depth=20&width=16&batch=8", viewport=WIDE)
    kinds: list[str] = []
    lab.page.on("response", lambda answer: kinds.append(answer.headers["content-type"]) if "/live" in answer.url else None)  # fmt: skip
    lab.drag("weight_scale", 30, moves=15)
    lab.settle()
    assert kinds[-1] == "application/json"
    assert kinds.count("application/json") == 1
    assert kinds.count("application/octet-stream") >= 3
