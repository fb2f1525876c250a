"""Number formats on the page and in the API: the core's counts, and the loss scale that a button sets."""

import json

import numpy as np
import pytest

from app.binary import plain
from app.panels.formats import KINDS, PANEL, SIGNALS
from app.state import State
from components import ids
from components.theme import PALETTES
from simulation import NetworkConfig, draw_network
from simulation.diagnosis import FORMATS
from simulation.precision import run_in_formats

STATE = State(NetworkConfig(depth=16, width=16, batch=8))


def whole(state):
    *_, last = PANEL.compute(state)
    return last


def test_the_reply_is_the_core_s():
    *_, core = run_in_formats(draw_network(STATE.config))
    reply = PANEL.reply(STATE, whole(STATE))
    for key in FORMATS:
        for signal in SIGNALS:
            tally = getattr(core.runs[key], signal)
            for kind in KINDS:
                np.testing.assert_array_equal(reply[key][signal][kind], getattr(tally, kind))
            assert reply[key][signal]["first_zero"] == tally.first_zero
            assert reply[key][signal]["first_overflow"] == tally.first_overflow
    assert sum(reply["float16"]["delta"][kind] for kind in KINDS).tolist() == [16 * 8] * 16


def test_the_button_sets_the_scale_that_rescues():
    result = whole(STATE)
    assert result.rescue
    shown = json.dumps(PANEL.show(STATE, result, PALETTES["light"]), default=plain)
    assert '"data-field": "loss_scale"' in shown
    assert f'"data-value": "{result.rescue}"' in shown
    rescued = whole(STATE.asking(loss_scale=result.rescue))
    assert rescued.runs["float16"].delta.first_zero is None
    assert rescued.runs["float16"].delta.first_overflow is None


@pytest.mark.parametrize("theme", PALETTES)
@pytest.mark.parametrize(
    "config",
    [
        NetworkConfig(depth=1, width=1, batch=1),
        NetworkConfig(depth=6, width=4, batch=2, activation="relu", initializer="zeros"),
        NetworkConfig(depth=60, width=4, batch=2, activation="linear", initializer="standard_normal", weight_scale=20),
    ],
)
def test_every_network_has_its_picture(config, theme):
    components = PANEL.show(State(config), whole(State(config)), PALETTES[theme])
    json.loads(json.dumps(components, default=plain), parse_constant=pytest.fail)
    assert {ids.chart(chart.name) for chart in PANEL.charts} <= set(components)


def test_a_nan_says_what_it_was_born_of():
    state = State(
        NetworkConfig(depth=50, width=8, batch=8, activation="linear", initializer="identity", weight_scale=1.5)
    )
    result = whole(state)
    tally = result.runs["float16"].activation
    assert tally.nan_from.startswith("0 x inf")
    figure = PANEL.show(state, result, PALETTES["light"])[ids.chart("formats-activation")]["figure"]
    (hover,) = (trace["hovertemplate"] for trace in figure["data"] if trace["name"] == "float16")
    assert "0 × inf" in hover
    labels = [mark["text"] for mark in figure["layout"]["annotations"]]
    assert labels == [f"inf at {tally.first_overflow}, NaN at {tally.first_nan}"]
