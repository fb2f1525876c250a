"""The panel of the factors: the API's names are the core's numbers, and what is drawn adds up."""

import base64
from dataclasses import replace

import numpy as np
import orjson
import pytest

from app.binary import plain
from app.panels.factors import PANEL
from app.state import State
from components import ids
from components.theme import PALETTES
from simulation import NetworkConfig, draw_network, simulate
from simulation.factors import PARTS, factors
from tests.app.test_explore import CORNERS, SMALL, words

STATES = [
    State(SMALL),
    State(replace(SMALL, depth=2)),
    State(replace(SMALL, normalization="layer", residual="pre_activation", block=2)),
    State(SMALL, ("batch_norm", "residual_v1", "relu", "he")),
    *(State(config) for config in CORNERS),
]


def shown(state, theme="light"):
    (result,) = PANEL.compute(state)
    return PANEL.show(state, result, PALETTES[theme])


def numbers(typed):
    return np.frombuffer(base64.b64decode(typed["bdata"]), dtype=typed["dtype"])


def bars_of(components):
    return {t["name"]: t for t in components[ids.chart("factors-delta")]["figure"]["data"] if "fill" in t}


def ends_of(bar):
    """(left, right, bottom, top) of each bar, from the one outline around them all."""
    x, y = (numbers(bar[axis]).astype(float).reshape(2, -1, 2) for axis in "xy")
    assert (x[1][::-1, ::-1] == x[0]).all()
    assert (y[:, :, 0] == y[:, :, 1]).all()
    return x[0, :, 0], x[0, :, 1], y[1, ::-1, 0], y[0, :, 0]


@pytest.mark.parametrize("state", STATES)
def test_the_reply_has_the_names_and_the_numbers(state):
    (result,) = PANEL.compute(state)
    reply = PANEL.reply(state, result)
    expected = factors(draw_network(state.remedied))
    names = {f"log10_{part}" for part in (*PARTS, "total")}
    assert set(reply) == names | {f"log10_weight_grad_{part}" for part in ("delta", "input", "alignment")}
    for name, values in reply.items():
        np.testing.assert_array_equal(values, getattr(expected, name))
        assert len(values) == state.config.depth - (name in names)
    read = orjson.loads(orjson.dumps(reply, option=orjson.OPT_SERIALIZE_NUMPY))
    for name, values in read.items():
        for value, number in zip(values, reply[name], strict=True):
            assert (value is None) == (not np.isfinite(number))


@pytest.mark.parametrize("state", STATES)
def test_the_table_has_a_row_for_each_layer(state):
    (result,) = PANEL.compute(state)
    columns = PANEL.table(state, result)
    assert {len(column) for column in columns.values()} == {state.config.depth}
    assert columns["log10_total"][-1] == ""
    assert "" not in [str(value) for value in columns["log10_weight_grad_delta"]]


@pytest.mark.parametrize("state", STATES)
def test_what_is_shown_is_plain_json_in_words(state):
    components = shown(state, "dark")
    text = orjson.dumps(components, default=plain).decode()
    said = words([part["children"] for part in components.values() if "children" in part])
    for junk in ("nan", "inf ", "None", "inf<"):
        assert junk not in said
        assert junk not in text.replace("information", "")
    assert set(components) == {ids.caption("factors"), ids.lead("factors"), *(f"{kind}-factors-{chart}" for kind in ("chart", "line") for chart in ("delta", "weights"))}  # fmt: skip


def test_the_bars_add_up_to_the_trace():
    state = State(replace(SMALL, activation="tanh", normalization="layer", residual="plain", depth=30))
    components = shown(state)
    bars = bars_of(components)
    assert list(bars) == ["weights", "tanh's slope", "layer norm", "skip connection", "correlation"]
    delta = simulate(state.config).log10_delta_rms
    change = delta[:-1] - delta[1:]
    up, down = np.zeros(29), np.zeros(29)
    for bar in bars.values():  # each begins where the one before it ends, apart by sign
        left, right, bottom, top = ends_of(bar)
        assert left.tolist() == (np.arange(1, 30) - 0.5).tolist()
        assert right.tolist() == (np.arange(1, 30) + 0.5).tolist()
        above = bottom >= -1e-7
        np.testing.assert_allclose(np.where(above, bottom, top), np.where(above, up, down), atol=1e-6)
        up, down = np.where(above, top, up), np.where(above, down, bottom)
    np.testing.assert_allclose(up + down, change, atol=1e-5)
    total = next(t for t in components[ids.chart("factors-delta")]["figure"]["data"] if t["name"] == "total")
    np.testing.assert_allclose(numbers(total["y"]), change, atol=1e-6)
    low, high = components[ids.chart("factors-delta")]["figure"]["layout"]["yaxis"]["range"]
    assert low <= down.min() <= up.max() <= high


def test_hover_says_every_part():
    result = factors(draw_network(STATES[2].config))
    traces = {t["name"]: t for t in shown(STATES[2])[ids.chart("factors-delta")]["figure"]["data"]}
    for step, row in enumerate(traces["parts"]["customdata"]):
        expected = [*(result.part(name)[step] for name in PARTS), result.log10_total[step]]
        assert [float(text.replace("−", "-")) for text in row] == pytest.approx(expected, abs=6e-4)


def test_only_parts_that_are_there_are_drawn():
    assert list(bars_of(shown(State(SMALL)))) == ["weights", "sigmoid's slope", "correlation"]
    linear = bars_of(shown(State(replace(SMALL, activation="linear"))))
    assert list(linear) == ["weights"]
    bars = bars_of(shown(STATES[2])).values()
    colors = [bar["fillpattern"]["fgcolor"] if "fillpattern" in bar else bar["fillcolor"] for bar in bars]
    assert len(set(colors)) == 5
    assert not {PALETTES["light"]["vanishing"], PALETTES["light"]["exploding"]} & set(colors)


def test_the_row_says_the_average_layer():
    row = words(shown(State(NetworkConfig()))[ids.lead("factors")]["children"])
    average = factors(draw_network(NetworkConfig())).average()
    assert row == (
        f"weights {average['weights']:+.2f}sigmoid's slope −{-average['slope']:.2f}"
        f"correlation 0.00together, a layer −{-average['total']:.2f}"
    )


def test_exact_zeros_are_marked_with_the_part_that_made_them():
    dying = replace(SMALL, activation="relu", width=2, batch=1, depth=20, seed=3)
    result = factors(draw_network(dying))
    at = np.flatnonzero(np.isneginf(result.log10_slope)) + 1
    assert at.size
    traces = {t["name"]: t for t in shown(State(dying))[ids.chart("factors-delta")]["figure"]["data"]}
    assert traces["ReLU's slope, exactly 0"]["x"] == at.tolist()
    nothing = traces["nothing to split"]["x"]
    assert sorted({*at.tolist(), *nothing}) == (np.flatnonzero(~result.whole) + 1).tolist()
    _, _, bottom, top = ends_of(traces["ReLU's slope"])
    assert (top - bottom)[at - 1].tolist() == [0] * at.size


def test_one_layer_says_that_there_is_no_step():
    figure = shown(State(CORNERS[0]))[ids.chart("factors-delta")]["figure"]
    assert "no step" in figure["layout"]["annotations"][0]["text"]


def test_the_weight_gradient_is_the_traces():
    figure = shown(State(SMALL))[ids.chart("factors-weights")]["figure"]
    (line,) = (trace for trace in figure["data"] if trace["name"] == "dW")
    np.testing.assert_allclose(numbers(line["y"]), simulate(SMALL).log10_weight_grad_norm, atol=1e-6)
