"""The panel of the factors: the API's names are the core's numbers, and what is drawn adds up."""

import base64
from dataclasses import replace

import numpy as np
import orjson
import pytest

from app.live import _plain
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
    return {t["name"]: t for t in components[ids.chart("factors-delta")]["figure"]["data"] if t["type"] == "bar"}


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
    text = orjson.dumps(components, default=_plain).decode()
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
    stacked = sum(numbers(bar["y"]).astype(float) for bar in bars.values())
    np.testing.assert_allclose(stacked, delta[:-1] - delta[1:], atol=1e-6)
    total = next(t for t in components[ids.chart("factors-delta")]["figure"]["data"] if t["name"] == "total")
    np.testing.assert_allclose(numbers(total["y"]), delta[:-1] - delta[1:], atol=1e-6)
    assert components[ids.chart("factors-delta")]["figure"]["layout"]["barmode"] == "relative"  # signs stack apart
    low, high = components[ids.chart("factors-delta")]["figure"]["layout"]["yaxis"]["range"]
    ends = [np.clip(numbers(bar["y"]), None, 0) for bar in bars.values()], [np.clip(numbers(bar["y"]), 0, None) for bar in bars.values()]  # fmt: skip
    assert low <= np.sum(ends[0], axis=0).min()
    assert np.sum(ends[1], axis=0).max() <= high


def test_only_parts_that_are_there_are_drawn():
    assert list(bars_of(shown(State(SMALL)))) == ["weights", "sigmoid's slope", "correlation"]
    linear = bars_of(shown(State(replace(SMALL, activation="linear"))))
    assert list(linear) == ["weights"]
    colors = [bar["marker"]["color"] for bar in bars_of(shown(STATES[2])).values()]
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
    assert np.isnan(numbers(traces["ReLU's slope"]["y"])[at - 1]).all()


def test_one_layer_says_that_there_is_no_step():
    figure = shown(State(CORNERS[0]))[ids.chart("factors-delta")]["figure"]
    assert "no step" in figure["layout"]["annotations"][0]["text"]


def test_the_weight_gradient_is_the_traces():
    figure = shown(State(SMALL))[ids.chart("factors-weights")]["figure"]
    (line,) = (trace for trace in figure["data"] if trace["name"] == "dW")
    np.testing.assert_allclose(numbers(line["y"]), simulate(SMALL).log10_weight_grad_norm, atol=1e-6)
