"""The panel of gradient clipping: the API's names are the core's numbers, and it says what clipping cannot do."""

import base64
from dataclasses import replace

import numpy as np
import orjson
import pytest

from app.binary import plain
from app.options import OPTIONS
from app.panels.clip import PANEL
from app.state import State
from components import ids
from components.theme import PALETTES
from simulation import NetworkConfig, draw_network, simulate
from simulation.clipping import CLIPPINGS, clip
from tests.app.test_explore import CORNERS, SMALL, words

THRESHOLDS = (1e-6, 0.5)


def shown(state, theme="light"):
    (result,) = PANEL.compute(state)
    return result, PANEL.show(state, result, PALETTES[theme])


def numbers(typed):
    return np.frombuffer(base64.b64decode(typed["bdata"]), dtype=typed["dtype"])


def test_the_kinds_are_the_core_s():
    assert OPTIONS["clip"].options is CLIPPINGS


@pytest.mark.parametrize("kind", CLIPPINGS)
@pytest.mark.parametrize("config", CORNERS)
def test_the_reply_has_the_names_and_the_numbers(config, kind):
    state = State(config).asking(clip=kind, threshold=0.5)
    (result,) = PANEL.compute(state)
    reply, expected = PANEL.reply(state, result), clip(draw_network(config), kind, 0.5)
    names = ("norm_before", "norm_after", "coefficient", "cosine", "touched_fraction", "cosine_by_layer", "log10_weight_grad_norm_clipped")  # fmt: skip
    for name in names:
        np.testing.assert_array_equal(reply[name], getattr(expected, name))
    np.testing.assert_allclose(reply["log10_weight_grad_norm"], simulate(config).log10_weight_grad_norm, atol=1e-12)
    orjson.dumps(reply, option=orjson.OPT_SERIALIZE_NUMPY)
    assert {len(column) for column in PANEL.table(state, result).values()} == {config.depth}


@pytest.mark.parametrize("threshold", THRESHOLDS)
@pytest.mark.parametrize("kind", CLIPPINGS)
@pytest.mark.parametrize("config", [SMALL, *CORNERS])
def test_what_is_shown_is_plain_json_in_words(config, kind, threshold):
    _, components = shown(State(config).asking(clip=kind, threshold=threshold))
    text = orjson.dumps(components, default=plain).decode()
    said = words([part["children"] for part in components.values() if "children" in part])
    for junk in ("nan", "inf ", "None", "e+", "e-"):
        assert junk not in said
    assert "NaN" not in text


def test_norm_clipping_shifts_all_layers_alike():
    result, components = shown(State(NetworkConfig(depth=20, width=16, batch=8)).asking(clip="norm", threshold=0.01))
    lines = {trace["name"]: trace for trace in components[ids.chart("clip")]["figure"]["data"]}
    shift = numbers(lines["after"]["y"]) - numbers(lines["before"]["y"])
    np.testing.assert_allclose(shift, result.log10_coefficient, atol=1e-5)
    cosine = components[ids.chart("clip-cosine")]["figure"]["data"][0]
    assert set(numbers(cosine["y"])) == {1.0}
    assert "every ratio between layers" in words(components[ids.caption("clip")]["children"])
    assert "Coefficient" in words(components[ids.lead("clip")]["children"])


def test_value_clipping_turns_the_gradient():
    result, components = shown(State(replace(SMALL, activation="relu")).asking(clip="value", threshold=0.001))
    cosine, touched = components[ids.chart("clip-cosine")]["figure"]["data"][:2]
    np.testing.assert_allclose(numbers(cosine["y"]), result.cosine_by_layer, atol=1e-6)
    np.testing.assert_allclose(numbers(touched["y"]), result.touched_fraction_by_layer, atol=1e-6)
    assert result.cosine < 1
    assert "Coefficient" not in words(components[ids.lead("clip")]["children"])


def test_dead_layers_are_marked():
    _, components = shown(State(replace(SMALL, activation="relu", initializer="zeros")))
    marks = components[ids.chart("clip-cosine")]["figure"]["data"][2]
    assert marks["x"] == list(range(1, SMALL.depth + 1))
    assert "nothing to clip" in words(components[ids.caption("clip")]["children"])
