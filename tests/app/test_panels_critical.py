"""Critical region on the page and in the API: the core's numbers by the API's names, for any network."""

import json
from dataclasses import replace

import numpy as np
import orjson
import pytest

from app.panels.critical import ARRAYS, PANEL
from app.server import create_app
from app.state import State
from components import ids
from components.theme import PALETTES
from simulation import NetworkConfig
from simulation.axes import OVER
from simulation.sweep import sweep

SMALL = NetworkConfig(depth=6, width=8, batch=4)
QUERY = "depth=6&width=8&batch=4"
CORNERS = [
    NetworkConfig(depth=1, width=1, batch=1),
    replace(SMALL, activation="relu", initializer="zeros"),
    replace(SMALL, inputs="zeros"),
    replace(SMALL, inputs="digits", width=12, residual="pre_activation", normalization="group"),
    replace(SMALL, normalization="batch", batch=1),
    replace(SMALL, normalization="group", groups=4, norm_position="after"),
    replace(SMALL, activation="linear", initializer="standard_normal", weight_scale=20, depth=100),
    replace(SMALL, activation="relu", residual="plain", initializer="he_normal", width=2, batch=1, seed=2),
]


@pytest.fixture(scope="module")
def client():
    return create_app().server.test_client()


def api(client, query):
    return json.loads(client.get(f"/api/v1/critical?{query}").text, parse_constant=pytest.fail)


def as_sent(array):
    return [None if np.isinf(value) else value for value in array]


@pytest.mark.parametrize("over", OVER)
def test_the_reply_is_the_core_s(client, over):
    *_, core = sweep(SMALL, over, ("he", "relu"))
    reply = api(client, f"{QUERY}&over={over}&remedies=he,relu")
    assert reply["over"] == over
    assert reply["axis"] == core.axis.tolist()
    for name in ARRAYS:
        assert reply[name] == as_sent(getattr(core.baseline, name))
        assert reply["remedied"][name] == as_sent(getattr(core.remedied, name))
    assert reply["config"]["activation"] == "sigmoid"
    assert reply["remedied"]["config"]["activation"] == "relu"
    assert ("critical_weight_scale" in reply) == ("stable_interval" in reply) == (over == "weight_scale")


def test_the_critical_scale_and_interval_are_the_core_s(client):
    *_, core = sweep(replace(SMALL, activation="relu", initializer="he_normal", width=16), "weight_scale")
    reply = api(client, "depth=6&width=16&batch=4&activation=relu&initializer=he_normal")
    assert reply["critical_weight_scale"] == core.baseline.critical_weight_scale > 0
    assert reply["stable_interval"] == list(core.baseline.stable_interval)
    assert [line["depth"] for line in reply["critical_by_depth"]] == list(core.critical_by_depth)
    assert "remedied" not in reply


def test_no_crossing_is_null(client):
    reply = api(client, QUERY)
    assert max(reply["log10_gradient_ratio"]) < 0
    assert reply["critical_weight_scale"] is reply["stable_interval"] is None
    assert "No critical scale" in reply["sentence"]


def test_what_is_dead_is_null(client):
    reply = api(client, f"{QUERY}&initializer=zeros")
    assert {*reply["log10_gradient_ratio"]} == {None}
    assert reply["fixed"]


def test_the_table_has_the_axis_and_both_curves(client):
    head, *rows = client.get(f"/api/v1/critical.csv?{QUERY}&over=batch&remedies=batch_norm").text.splitlines()
    assert head.split(",") == ["batch", *ARRAYS, *(f"remedied_{name}" for name in ARRAYS)]
    *_, core = sweep(SMALL, "batch", ("batch_norm",))
    assert [float(row.split(",")[3]) for row in rows] == core.remedied.log10_gradient_ratio.tolist()


@pytest.mark.parametrize("config", CORNERS)
@pytest.mark.parametrize("remedies", [(), ("batch_norm", "residual_v2")], ids=["bare", "two"])
@pytest.mark.parametrize("over", OVER)
def test_every_result_on_the_way_has_its_picture(config, remedies, over):
    state = State(config, remedies).asking(over=over)
    results = list(PANEL.compute(state))
    for result in (*results[:3], results[-1]):
        components = PANEL.show(state, result, PALETTES["dark"])
        text = orjson.dumps(components, default=lambda part: part.to_plotly_json()).decode()
        for junk in ("NaN", "nan", "Infinity", ">inf<", "None", "10^"):
            assert junk not in text
        assert {ids.chart(chart.name) for chart in PANEL.charts} <= set(components)
    assert results[-1].done == results[-1].total


def test_the_mark_is_where_the_slider_is_though_it_has_no_effect():
    """The cache knows networks by what has an effect; the mark is of the state."""
    config = replace(SMALL, initializer="zeros")
    *_, result = PANEL.compute(State(config))
    components = PANEL.show(State(replace(config, weight_scale=10)), result, PALETTES["light"])
    figure = components[ids.chart("critical")]["figure"]
    (line,) = (shape for shape in figure["layout"]["shapes"] if shape.get("name") == "here")
    assert (line["x0"], line["type"]) == (1, "line")
