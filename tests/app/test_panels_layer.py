"""Looking into a layer: the API's numbers are the core's, the walk visits every stop, the words are about what is there."""

import base64
import json
from dataclasses import replace

import numpy as np
import orjson
import pytest

from app.binary import plain
from app.panels.layer import PANEL
from app.state import State, lenient, pairs_of
from components import ids
from components.figures.layer import given_symbol
from components.layer import walk
from components.theme import PALETTES
from simulation import draw_network, simulate
from simulation.activations import ACTIVATIONS
from simulation.normalizations import NORMALIZATIONS
from simulation.options import RESIDUALS
from simulation.probe import probe
from tests.app.test_comparison import queries
from tests.app.test_explore import CORNERS, SMALL, words

DIRECTIONS = ("forward", "backward")


def shown(state, theme="light"):
    (view,) = PANEL.compute(state)
    return view, PANEL.show(state, view, PALETTES[theme])


def numbers(typed):
    return np.frombuffer(base64.b64decode(typed["bdata"]), dtype=typed["dtype"])


def figure_of(components, chart):
    return components[ids.chart(chart)]["figure"]


@pytest.mark.parametrize("config", CORNERS)
def test_the_reply_has_the_names_and_the_numbers(config):
    state = State(config).asking(layer=config.depth)
    (view,) = PANEL.compute(state)
    reply = json.loads(orjson.dumps(PANEL.reply(state, view), option=orjson.OPT_SERIALIZE_NUMPY))
    trace = simulate(config)
    for name in ("saturated_fraction", "dead_fraction", "inactive_fraction"):
        assert reply[name] == getattr(trace, name)[-1]
    entries = {"pre_activation": config.batch * config.width, "delta": config.batch * config.width, "weight_grad": config.width**2}  # fmt: skip
    for name, size in entries.items():
        histogram = reply[name]
        assert len(histogram["edges"]) == len(histogram["counts"]) + 1
        assert sum(histogram["counts"]) + histogram["zeros"] + histogram["below"] + histogram["above"] == size
    assert set(reply["chain"]["grad"]) == {"mantissa", "exponent"}
    assert (reply["layer"], reply["depth"]) == (config.depth, config.depth)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("config", CORNERS)
def test_what_is_shown_is_plain_json_in_words(config, direction):
    for layer, theme in ((1, "light"), (config.depth, "dark")):
        _, components = shown(State(config).asking(layer=layer, direction=direction), theme)
        text = orjson.dumps(components, default=plain).decode()
        said = words([part["children"] for part in components.values() if "children" in part])
        for junk in ("nan", "inf ", "None", "e+", "e-"):
            assert junk not in said
        assert "NaN" not in text


KINDS = [("none", "none", key) for key in ACTIVATIONS] + [(a, b, "relu") for a in RESIDUALS for b in NORMALIZATIONS]


@pytest.mark.parametrize(("residual", "normalization", "activation"), KINDS)
def test_every_kind_of_layer_is_shown(residual, normalization, activation):
    config = replace(SMALL, depth=3, activation=activation, residual=residual, normalization=normalization, branch_scale=0.5)  # fmt: skip
    for layer, direction in ((2, "forward"), (2, "backward"), (3, "backward")):
        view, components = shown(State(config).asking(layer=layer, direction=direction))
        said = words(components[ids.body("layer")]["children"])
        assert ("φ′(z" in said) == (given_symbol(view) == "z")
        assert view.chain.is_delta == ("δ" in said.split("Through the activation")[1].split("=")[0])
        steps = view.forward if direction == "forward" else view.backward
        flow = words(components[ids.lead("layer")]["children"][1])
        assert all(step.label in flow for step in steps)


def test_the_walk_visits_every_stop_once_and_comes_back():
    """Next leads forward through all layers, turns at the output's gradient, and back again; previous undoes it."""
    state = State(SMALL).asking(layer=1, direction="forward")
    seen = []
    for _ in range(2 * SMALL.depth):
        seen.append((state.options.direction, state.options.layer))
        _, components = shown(state)
        before, after = [None, *(lenient(pairs_of(query.encode()))[0] for query in queries(components[ids.lead("layer")]["children"]))][-2:]  # fmt: skip
        if len(seen) > 1:
            assert (before.options.direction, before.options.layer) == seen[-2]
        else:
            assert before is None
        assert after.network == state.network
        state = after
    assert seen == walk(SMALL.depth)
    assert (state.options.direction, state.options.layer) == ("forward", 1)


def test_at_the_last_layer_forward_comes_the_output_s_gradient():
    _, components = shown(State(SMALL).asking(layer=SMALL.depth, direction="forward"))
    assert "Next the output's gradient" in words(components[ids.lead("layer")]["children"])
    _, turned = shown(State(SMALL).asking(layer=SMALL.depth, direction="backward"))
    assert "the loss signal" in words(turned[ids.lead("layer")]["children"])


def test_the_slider_ends_at_the_depth():
    _, components = shown(State(SMALL).asking(layer=2))
    assert components[ids.slider("layer")] == {"max": SMALL.depth}


def test_the_flow_says_the_sizes_of_the_trace():
    trace = simulate(SMALL)
    _, components = shown(State(SMALL).asking(layer=4, direction="forward"))
    flow = components[ids.lead("layer")]["children"][1]
    sizes = [words(item.children[1]) for item in flow.children if item.className == "value"]
    logs = [trace.log10_activation_rms[2], trace.log10_pre_activation_rms[3], trace.log10_activation_rms[3]]
    assert sizes == [f"10{log + 0.0:.1f}".replace("-", "−") for log in logs]


def test_the_histograms_and_curves_are_the_core_s():
    state = State(replace(SMALL, activation="hardtanh", weight_scale=4)).asking(layer=3)
    view, components = shown(state)
    expected = probe(draw_network(state.config), 3)
    for chart, histogram in (("layer", expected.given), ("layer-delta", expected.delta), ("layer-weights", expected.weight_grad)):  # fmt: skip
        bars = figure_of(components, chart)["data"][0]
        assert numbers(bars["y"]).tolist() == histogram.counts.tolist()
        np.testing.assert_allclose(numbers(bars["x"]), (histogram.edges[1:] + histogram.edges[:-1]) / 2, rtol=1e-5, atol=1e-6)  # fmt: skip
    lines = {trace["name"]: trace for trace in figure_of(components, "layer")["data"][1:]}
    np.testing.assert_allclose(numbers(lines["φ"]["y"]), np.clip(expected.curve.x, -1, 1), atol=1e-6)
    assert set(numbers(lines["φ′"]["y"])) == {0.0, 1.0}
    layout = figure_of(components, "layer")["layout"]
    boxes = sorted((shape["x0"], shape["x1"]) for shape in layout["shapes"])
    assert boxes == [(float(expected.curve.x[0]), -1.0), (1.0, float(expected.curve.x[-1]))]
    assert any(f"{100 * view.inactive_fraction:.0f}" in note["text"] for note in layout["annotations"])


def test_exact_zeros_are_marked():
    state = State(replace(SMALL, activation="relu", initializer="he_normal")).asking(layer=3)
    view, components = shown(state)
    mark = figure_of(components, "layer-delta")["data"][1]
    assert (mark["x"], mark["name"]) == ([0], "exactly 0")
    assert f"{view.delta.zeros}" in mark["hovertemplate"]
    _, dead = shown(State(replace(SMALL, activation="relu", initializer="zeros")))
    for chart in ("layer-delta", "layer-weights"):
        assert "exactly 0" in figure_of(dead, chart)["layout"]["annotations"][0]["text"]
    assert "All gradients of that sample are exactly 0" in words(dead[ids.body("layer")]["children"])


def test_the_chain_rule_is_written_with_its_numbers():
    view, components = shown(State(SMALL).asking(layer=3))
    said = words(components[ids.body("layer")]["children"])
    chain = view.chain
    for part in (chain.grad, chain.slope, chain.result, view.weight.value):
        assert f"{abs(part.mantissa):.2f}".rstrip("0").replace(".", "")[:2] in said.replace(".", "")
    assert f"δ of layer {view.layer + 1}" in said
    assert f"{chain.other_terms} smaller terms" in said
    assert f"all {SMALL.batch} samples" in said
