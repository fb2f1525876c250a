"""The critical region's charts: drawn where the sweep's numbers are, the same axis from the first result to the last."""

import base64
from math import log10

import numpy as np
import pytest

from components.critical import critical_body
from components.figures.critical import MOST_DECADES, activation_curve, gradient_curve
from components.theme import PALETTES
from simulation import NetworkConfig
from simulation.axes import OVER
from simulation.sweep import sweep

LIGHT = PALETTES["light"]
CONFIG = NetworkConfig(depth=12, width=16, batch=8, activation="relu", initializer="he_normal")


def results(config=CONFIG, over="weight_scale", remedies=()):
    return list(sweep(config, over, remedies))


def numbers(typed):
    return np.frombuffer(base64.b64decode(typed["bdata"]), dtype=typed["dtype"])


def named(figure, kind, name):
    return [mark for mark in figure["layout"][kind] if mark.get("name") == name]


def lines(figure):
    return [trace for trace in figure["data"] if "line" in trace]


@pytest.fixture(scope="module")
def course():
    return results()


@pytest.mark.parametrize(
    ("over", "position"),
    [("weight_scale", np.log10), ("depth", np.asarray), ("width", np.log2), ("batch", np.log2)],
)
def test_the_lines_are_the_sweep(over, position):
    *_, whole = results(over=over, remedies=("leaky_relu",))
    present = getattr(CONFIG, over)
    for draw, name in (
        (gradient_curve, "log10_gradient_ratio"),
        (activation_curve, "log10_activation_rms_last"),
    ):
        drawn = lines(draw(LIGHT, whole, present))
        for trace, curve in zip(drawn, (whole.baseline, whole.remedied), strict=True):
            np.testing.assert_allclose(numbers(trace["x"]), position(whole.axis), rtol=1e-6)
            values = getattr(curve, name)
            expected = np.where(np.isinf(values), np.nan, values)
            np.testing.assert_allclose(numbers(trace["y"]), expected, rtol=1e-6, atol=1e-6)
        assert [trace["line"]["color"] for trace in drawn] == [LIGHT["baseline"], LIGHT["ink"]]
        assert [trace["line"].get("dash") for trace in drawn] == ["dash", None]


@pytest.mark.parametrize("over", OVER)
def test_the_axis_does_not_move_while_the_curve_fills_in(over):
    figures = [gradient_curve(LIGHT, result, getattr(CONFIG, over)) for result in results(over=over)]
    axes = [figure["layout"]["xaxis"] for figure in figures]
    assert all(axis == axes[0] for axis in axes)
    assert all(axes[0]["range"][0] < tick < axes[0]["range"][1] for tick in axes[0]["tickvals"])
    ranges = np.array([figure["layout"]["yaxis"]["range"] for figure in figures])
    assert (np.diff(ranges[:, 0]) <= 0).all()
    assert (np.diff(ranges[:, 1]) >= 0).all()


def test_the_mark_stands_on_the_curve_of_the_network_on_the_screen(course):
    curve = course[-1].baseline.log10_gradient_ratio
    for scale in (0.5, 1.0, 7.3):
        figure = gradient_curve(LIGHT, course[-1], scale)
        (line,), (handle,), (words,) = (named(figure, *what) for what in (("shapes", "here"), ("shapes", "handle"), ("annotations", "here")))  # fmt: skip
        assert line["x0"] == line["x1"] == handle["xanchor"] == words["x"] == pytest.approx(log10(scale))
        assert handle["yanchor"] == pytest.approx(np.interp(log10(scale), np.log10(course[-1].axis), curve), abs=1e-6)
        xs, ys = figure["layout"]["meta"]["along"]
        assert np.interp(log10(scale), xs, ys) == pytest.approx(handle["yanchor"])


@pytest.mark.parametrize("over", OVER)
def test_only_the_axis_of_a_slider_is_dragged_along(over):
    *_, whole = results(over=over)
    layout = gradient_curve(LIGHT, whole, getattr(CONFIG, over))["layout"]
    assert ("meta" in layout) == (over == "weight_scale")


def test_the_critical_scale_and_its_interval_are_marked(course):
    figure = gradient_curve(LIGHT, course[-1], 1)
    critical = course[-1].baseline.critical
    dotted = [shape for shape in figure["layout"]["shapes"] if shape["line"].get("dash") == "dot"]
    assert [shape["x0"] for shape in dotted] == pytest.approx([log10(critical.weight_scale)])
    (bar,) = (shape for shape in figure["layout"]["shapes"] if shape["type"] == "rect" and shape.get("yref") == "paper")
    assert (bar["x0"], bar["x1"]) == pytest.approx(tuple(map(log10, critical.interval)))
    assert f"critical {critical.weight_scale:.3g}" in [note["text"] for note in figure["layout"]["annotations"]]
    band = [shape for shape in figure["layout"]["shapes"] if (shape["y0"], shape["y1"]) == (-1, 1)]
    assert len(band) == 1


def test_near_critical_scales_share_their_label():
    *_, whole = results(remedies=("leaky_relu",))
    texts = [note["text"] for note in gradient_curve(LIGHT, whole, 1)["layout"]["annotations"] if "critical" in note["text"]]  # fmt: skip
    assert len(texts) == 1
    assert "as set" in texts[0]
    assert "with remedies" in texts[0]


def test_exact_zeros_are_marked_at_the_foot():
    config = NetworkConfig(depth=20, width=3, batch=2, activation="relu", initializer="he_normal")
    *_, whole = results(config)
    dead = np.isneginf(whole.baseline.log10_gradient_ratio)
    assert dead.any()
    figure = gradient_curve(LIGHT, whole, 1)
    (marks,) = (trace for trace in figure["data"] if trace["name"] == "layer 1, exactly 0")
    assert marks["x"] == pytest.approx(np.log10(whole.axis[dead]).tolist())
    low, high = figure["layout"]["yaxis"]["range"]
    assert {*marks["y"]} == {figure["layout"]["yaxis"]["tickvals"][0]}
    assert low < marks["y"][0] < high
    assert np.isnan(numbers(lines(figure)[0]["y"])).tolist() == dead.tolist()


def test_a_last_layer_that_hears_nothing_is_marked_at_the_top():
    """Skips carry the error signal past a last layer whose units are all off: the ratio is infinite."""
    config = NetworkConfig(depth=8, width=2, batch=1, activation="relu", initializer="he_normal", residual="plain")
    *_, whole = results(config)
    infinite = np.isposinf(whole.baseline.log10_gradient_ratio)
    assert 0 < infinite.sum() < len(infinite)
    figure = gradient_curve(LIGHT, whole, 1)
    (marks,) = (trace for trace in figure["data"] if trace["name"] == "last layer, exactly 0")
    assert marks["x"] == pytest.approx(np.log10(whole.axis[infinite]).tolist())
    assert [text for text in marks["text"] if text] == ["0 at the last layer"]
    low, high = figure["layout"]["yaxis"]["range"]
    assert (low + high) / 2 < marks["y"][0] < high


def test_it_is_said_how_far_a_curve_goes_that_leaves_the_picture():
    *_, whole = results(NetworkConfig(depth=40, width=8, batch=4))
    figure = gradient_curve(LIGHT, whole, 1)
    low, _ = figure["layout"]["yaxis"]["range"]
    least = whole.baseline.log10_gradient_ratio.min()
    assert least < -MOST_DECADES - 10 < low
    assert f"↓ to 10<sup>−{-least:.0f}</sup>" in [note["text"] for note in figure["layout"]["annotations"]]


def test_the_button_sets_the_critical_scale_of_the_network_on_the_screen(course):
    button = critical_body(course[-1])[0]
    set_to = float(getattr(button, "data-value"))
    assert getattr(button, "data-field") == "weight_scale"
    assert set_to == pytest.approx(course[-1].baseline.critical_weight_scale, rel=1e-4)
    *_, fixed = results(remedies=("he",))  # draws the weights anew: the slider does nothing
    assert not [part for part in critical_body(fixed) if hasattr(part, "data-value")]


def test_the_table_has_a_row_for_each_depth(course):
    *_, table = critical_body(course[-1])
    _, body = table.children.children
    depths = [row.children[0].children for row in body.children]
    assert depths == sorted(course[-1].critical_by_depth)
    assert [row.className for row in body.children].count("present") == 1
    for row, critical in zip(body.children, course[-1].critical_by_depth.values(), strict=True):
        assert float(row.children[1].children) == pytest.approx(critical.weight_scale, rel=6e-3)
