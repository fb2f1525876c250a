"""Figures by their properties: the axes cover the values, zeros are marked, formats end where they do."""

import base64
import json
from dataclasses import replace
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.captions import TITLES, caption, columns, description
from components.figures.axes import SMALLEST_SPAN, decade_axis, decade_range, end_labels, layer_axis, tick_step, typed
from components.figures.ensemble import seed_band
from components.figures.heatmap import density_heatmap
from components.figures.layer import activation_chart
from components.figures.signals import Signal, signal_lines
from components.figures.units import unit_shares
from components.theme import PALETTES, transparent
from simulation import NetworkConfig, SignalTrace, simulate
from simulation.diagnosis import diagnose
from simulation.network import draw_network
from simulation.presets import PRESETS
from simulation.probe import probe
from simulation.trace import Density

LIGHT = PALETTES["light"]
unhurried = settings(deadline=None)


def numbers(encoded) -> np.ndarray:
    data = np.frombuffer(base64.b64decode(encoded["bdata"]), dtype=encoded["dtype"])
    return data.reshape([int(n) for n in encoded["shape"].split(",")]) if "shape" in encoded else data


def plain(figure) -> str:
    """The figure as strict JSON: no NaN, no infinity."""
    return json.dumps(figure, allow_nan=False)


@unhurried
@given(st.lists(st.floats(-3000, 3000) | st.just(-inf), min_size=1, max_size=50))
def test_the_range_covers_every_size_and_four_decades(sizes):
    low, high, step = decade_range([np.array(sizes)])
    finite = [size for size in sizes if size > -inf]
    assert all(low < size < high for size in finite)
    assert high - low >= SMALLEST_SPAN
    assert 1 <= (high - low) / step <= 9
    assert low * 2 / step == int(low * 2 / step)  # ends on the grid of half steps
    assert high * 2 / step == int(high * 2 / step)


def test_a_healthy_network_looks_flat():
    low, high, _ = decade_range([np.array([0.1, -0.1]), np.array([0.0])])
    assert low <= -2
    assert high >= 2


@given(st.floats(0.1, 1e6))
def test_ticks_are_round_and_few(span):
    step = tick_step(span)
    assert span / step <= 7
    assert str(step).rstrip("0") in ("1", "2", "5")


def test_ticks_are_powers_of_ten():
    axis = decade_axis(-3.5, 2, 1)
    assert (axis["tickprefix"], axis["ticksuffix"], axis["dtick"]) == ("10<sup>", "</sup>", 1)
    assert axis["range"] == [-3.5, 2]
    assert "type" not in axis  # linear: a log axis drops zeros


@given(st.integers(1, 1000))
def test_the_layer_axis_names_the_first_and_the_last(depth):
    axis = layer_axis(depth)
    low, high = axis["range"]
    assert low < 1 <= depth < high
    assert {1, depth} <= set(axis["tickvals"])
    assert axis["tickvals"] == sorted(axis["tickvals"])
    assert len(axis["tickvals"]) <= 9


@pytest.mark.parametrize("array", [np.arange(5.0), np.arange(6).reshape(2, 3)])
def test_typed_arrays_come_back(array):
    assert numbers(typed(array)).tolist() == array.tolist()


def lines_of(*sizes, role="baseline", formats=None, in_words=True):
    signals = [Signal(f"s{k}", np.array(size, float), role) for k, size in enumerate(sizes)]
    return signal_lines(LIGHT, signals, decade_range(s.log10_size for s in signals), in_words, formats)


def test_a_line_with_an_exact_zero():
    figure = lines_of([-inf, -5, 0])
    plain_text = plain(figure)
    assert "Infinity" not in plain_text
    line, mark = figure["data"]
    y = numbers(line["y"])
    assert np.isnan(y[0])
    assert y[1:].tolist() == [-5, 0]
    assert line["connectgaps"] is False
    assert line["customdata"][0][0] == "exactly 0"
    assert mark["x"] == [1]
    assert mark["text"] == ["exactly 0"]
    low, high = figure["layout"]["yaxis"]["range"]
    assert low < mark["y"][0] < -5 - 0.3
    assert high > 0


def test_one_label_for_many_zeros():
    mark = lines_of([-inf] * 9)["data"][1]
    assert mark["x"] == list(range(1, 10))
    assert [text for text in mark["text"] if text] == ["exactly 0"]
    assert mark["text"][4] == "exactly 0"


def test_hover_says_the_size_and_the_ratio():
    line = lines_of([-7.49, -3, 0])["data"][0]
    assert line["customdata"] == [
        ["3.24 × 10<sup>−8</sup>", "30.9 million times smaller than at layer 3"],
        ["1.00 × 10<sup>−3</sup>", "1 thousand times smaller than at layer 3"],
        ["1.00", "as large as at layer 3"],
    ]
    assert "customdata" not in lines_of([-7.5, 0], in_words=False)["data"][0]


def test_a_single_layer_is_a_dot():
    assert lines_of([0.5])["data"][0]["mode"] == "markers"


def test_as_set_and_remedied_differ_by_color_and_dash():
    as_set, remedied = (lines_of([0, 1], role=role)["data"][0]["line"] for role in ("baseline", "remedied"))
    assert (as_set["color"], as_set["dash"]) == (LIGHT["baseline"], "dash")
    assert (remedied["color"], remedied.get("dash", "solid")) == (LIGHT["ink"], "solid")


@pytest.mark.parametrize(
    ("far", "named"),
    [
        (-3, []),
        (-9, ["float16 rounds to 0"]),
        (-50, ["float16 rounds to 0", "float32 rounds to 0"]),
        (-400, ["float16 rounds to 0", "float32 rounds to 0", "float64 rounds to 0"]),
        (4, []),
        (40, ["float16 overflows", "float32 overflows"]),
    ],
)
def test_where_formats_end_is_marked_where_a_line_gets_there(far, named):
    layout = lines_of([far, 0], formats="")["layout"]
    assert sorted(note["text"] for note in layout["annotations"]) == named
    assert len(layout["shapes"]) == 2 * len(named)
    assert lines_of([far, 0])["layout"]["shapes"] == []


def density(counts, zeros) -> Density:
    counts, zeros = np.array(counts, np.uint32), np.array(zeros, np.uint32)
    return Density(-2.0, 0.5, counts, np.zeros_like(zeros), zeros)


def test_the_heatmap_shows_shares_at_their_sizes():
    figure = density_heatmap(LIGHT, density([[1, 3], [3, 1]], [0, 0]), "the entries")
    plain(figure)
    cells, marks = figure["data"]
    assert numbers(cells["z"]).tolist() == [[0.25, 0.75], [0.75, 0.25]]
    assert (cells["x0"], cells["dx"], cells["y0"], cells["dy"]) == (1, 1, -1.75, 0.5)
    assert cells["colorscale"][0][1] == transparent(LIGHT["ink"], 0.0)
    assert marks["x"] == []
    assert figure["layout"]["annotations"] == []


def test_the_heatmap_marks_exact_zeros():
    figure = density_heatmap(LIGHT, density([[1, 0, 0], [1, 2, 0]], [2, 2, 4]), "the entries")
    plain(figure)
    marks = figure["data"][1]
    assert marks["x"] == [1, 2, 3]
    assert marks["customdata"] == [0.5, 0.5, 1]
    low, high = figure["layout"]["yaxis"]["range"]
    assert all(low < y < -2 for y in marks["y"])
    assert high > -1
    assert [note["text"] for note in figure["layout"]["annotations"]] == ["exactly 0"]


def test_the_units_are_three_lines_told_apart_by_dashes():
    trace = simulate(NetworkConfig(depth=6, width=8, batch=4, activation="hardtanh", weight_scale=4))
    figure = unit_shares(LIGHT, [("baseline", trace)])
    plain(figure)
    assert [line["name"] for line in figure["data"]] == ["inactive", "dead", "saturated"]
    assert len({line["line"]["dash"] for line in figure["data"]}) == 3
    for line in figure["data"]:
        assert numbers(line["y"]) == pytest.approx(getattr(trace, f"{line['name']}_fraction"), abs=1e-6)
    notes = figure["layout"]["annotations"]
    assert sorted("<br>".join(note["text"] for note in notes).split("<br>")) == ["dead", "inactive", "saturated"]
    assert np.diff(sorted(note["y"] for note in notes)).min() >= 0.09 - 1e-9
    both = unit_shares(LIGHT, [("baseline", trace), ("remedied", trace)])
    assert len(both["data"]) == 6
    assert len(both["layout"]["annotations"]) == len(notes)


def test_lines_that_end_together_share_a_label():
    assert end_labels({"a": 0.0, "b": 0.0, "c": 0.03, "d": 1.0}, 0.09) == [("a<br>b", 0.0), ("c", 0.135), ("d", 1.0)]


TRACES = {
    "vanishing": NetworkConfig(depth=12, width=8, batch=4),
    "dead": NetworkConfig(depth=12, width=8, batch=4, activation="relu", initializer="zeros"),
    "one layer": NetworkConfig(depth=1, width=8, batch=4),
    "far": NetworkConfig(depth=300, width=4, batch=2, activation="linear", weight_scale=0.001),
}


@pytest.mark.parametrize("config", TRACES.values(), ids=TRACES)
@pytest.mark.parametrize("panel", TITLES)
def test_captions_descriptions_and_tables(panel, config):
    trace = simulate(config, densities=True)
    verdict = diagnose(trace)
    for text in (caption(panel, verdict, config), description(panel, trace, verdict)):
        assert text.endswith(".")
        assert not any(word in text for word in ("nan", "inf ", "None", "_"))
    table = columns(panel, trace)
    assert all(len(column) == config.depth for column in table.values())
    assert not any(np.isnan(column).any() for column in table.values())


@pytest.mark.parametrize(
    ("panel", "key", "said"),
    [
        ("backward-delta", "sigmoid_xavier", "about x 0.24"),
        ("backward-delta", "relu_he", "Nearly flat"),
        ("backward-delta", "zero_init", "from layer 50 down"),
        ("backward-weights", "s0_exploding", "alike in all layers, near 10^26"),
        ("backward-weights", "sigmoid_xavier", "same story"),
        ("forward", "sigmoid_xavier", "looking only at activations would miss the problem"),
        ("forward", "relu_he", "keeps its size, too"),
        ("forward", "relu_xavier", "shrinks by about x 0.73 a layer"),
        ("forward", "s0_exploding", "grows by about x 1.50 a layer"),
        ("forward", "zero_init", "nothing of the input reaches the output"),
        ("units", "tanh_xavier", "z below −2.18 or z above 2.18"),
        ("units", "relu_he", "no flat zone"),
    ],
)
def test_captions_are_about_this_network(panel, key, said):
    config = PRESETS[key].config
    assert said in caption(panel, diagnose(simulate(config)), config)


def test_of_one_sample_batch_norm_leaves_nothing():
    config = NetworkConfig(activation="sigmoid", depth=3, normalization="batch", batch=1)
    said = caption("forward", diagnose(simulate(config)), config)
    assert "nothing of the input goes through" in said
    skips = replace(config, residual="plain")
    assert "nothing of the input" not in caption("forward", diagnose(simulate(skips)), skips)


def swinging(**signals) -> SignalTrace:
    flat = np.zeros(5)
    sizes = {"delta": flat, "activation": flat} | {name: np.array(size, float) for name, size in signals.items()}
    return SignalTrace(flat, sizes["activation"], sizes["delta"], flat, flat, flat, flat, flat, flat)


@pytest.mark.parametrize(
    ("panel", "trace", "said"),
    [
        ("backward-delta", swinging(delta=[0, 5, 9, 5, 0]), "swings by 9.0 decades"),
        ("backward-delta", swinging(delta=[0, -inf, 0, 0, 0]), "exactly 0 in layers on the way"),
        ("backward-delta", swinging(delta=[0, 0, 0, 0, -inf]), "exactly 0 at the last layer, but not at layer 1"),
        ("forward", swinging(activation=[0, 5, 9, 5, 0]), "swings by 9.0 decades"),
        ("forward", swinging(activation=[0, -inf, -inf, 0, 0]), "is exactly 0 in layers on the way"),
        ("forward", swinging(activation=[-inf, 0, 0, 0, 0]), "only biases"),
        ("forward", swinging(activation=[0, 0, 0, 0, -inf]), "end at exactly 0"),
    ],
)
def test_captions_look_between_the_ends(panel, trace, said):
    assert said in caption(panel, diagnose(trace), NetworkConfig())


def test_palettes_have_the_same_names_and_are_not_the_same():
    assert set(PALETTES) == {"light", "dark"}
    assert PALETTES["light"].keys() == PALETTES["dark"].keys()
    assert {"ink", "baseline", "vanishing", "exploding", "hairline", "mute", "panel"} <= set(LIGHT)
    assert PALETTES["light"] != PALETTES["dark"]


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "elu", "linear"])
def test_the_bars_stand_on_the_zero_of_the_curves(activation):
    view = probe(draw_network(NetworkConfig(depth=3, width=8, batch=4, activation=activation)), 2)
    layout = activation_chart(LIGHT, view)["layout"]
    (low, high), (bottom, top) = layout["yaxis"]["range"], layout["yaxis2"]["range"]
    assert -low / (high - low) == pytest.approx(-bottom / (top - bottom))


def test_a_band_of_dead_networks_says_so():
    dead = np.full(5, -np.inf)
    notes = [note["text"] for note in seed_band(LIGHT, dead, dead, dead, dead)["layout"]["annotations"]]
    assert any("exactly 0" in text for text in notes)
    assert any("median" in text and "this seed" in text for text in notes)
    alive = seed_band(LIGHT, np.zeros(5), dead, np.zeros(5), np.zeros(5))["layout"]["annotations"]
    assert not any("exactly 0" in note["text"] for note in alive)
