"""Panels: streams that end whole, replies by the API's names, elements that the page has, for any network."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest

from app.pages import explore
from app.panels import PANELS
from app.panels.stream import paced
from app.server import create_app
from app.state import State
from components import ids
from simulation import NetworkConfig, simulate
from simulation.ensemble import ensemble
from simulation.fix import smallest_fix
from simulation.ledger import IDLE, ledger
from simulation.programs import LANGUAGES, program
from simulation.remedies import REMEDIES
from simulation.trace import ARRAYS

SMALL = "depth=6&width=8&batch=4"
CORNERS = [
    "depth=1&width=1&batch=1",
    f"{SMALL}&activation=relu&initializer=zeros",
    f"{SMALL}&inputs=zeros",
    f"{SMALL}&inputs=digits&residual=pre_activation&normalization=group&groups=2",
    f"{SMALL}&normalization=batch&batch=1".replace("&batch=4", ""),
    f"{SMALL}&activation=linear&initializer=standard_normal&weight_scale=20&depth=300".replace("depth=6&", ""),
    f"{SMALL}&activation=relu&initializer=he_normal&residual=plain&remedies=layer_norm,residual_v2",
    f"{SMALL}&activation=tanh&weight_scale=20&input_scale=1000",
]


@pytest.fixture(scope="module")
def client():
    return create_app().server.test_client()


def lines(client, panel, state=SMALL, theme="light"):
    reply = client.get(f"/panel/{panel}", query_string={"state": state, "theme": theme})
    assert reply.status_code == 200
    return [json.loads(line, parse_constant=pytest.fail) for line in reply.text.splitlines()]


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("state", CORNERS)
def test_every_panel_answers_for_any_network(client, panel, state):
    *_, last = lines(client, panel, state)
    assert last["done"] == 1
    reply = client.get(f"/api/v1/{panel}?{state}")
    assert reply.status_code == 200
    if panel != "code":
        content = json.loads(reply.text, parse_constant=pytest.fail)
        assert {"query", "config", "nulls"} <= set(content)


@pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS)
def test_a_panel_fills_elements_that_the_page_has(client, panel):
    page = json.dumps(explore.layout(), default=lambda component: component.to_plotly_json())
    *_, last = lines(client, panel.key, f"{SMALL}&remedies=relu")
    given = set(last["components"])
    assert {ids.chart(chart.name) for chart in panel.charts} <= given
    body = json.dumps(last["components"].get(ids.body(panel.key)))
    assert [element for element in given if f'"{element}"' not in page + body] == []


@pytest.mark.parametrize("panel", [key for key, panel in PANELS.items() if panel.table])
def test_tables_have_a_head_and_rows(client, panel):
    rows = client.get(f"/api/v1/{panel}.csv?{SMALL}").text.splitlines()
    assert len(rows) > 3
    assert len({row.count(",") for row in rows if '"' not in row}) == 1


def test_an_unknown_panel_is_not_found(client):
    assert client.get("/panel/nothing").status_code == 404
    assert client.get("/api/v1/nothing").status_code == 404


def test_paced_streams_end_with_the_last_and_only_the_last_is_whole():
    assert list(paced(iter(range(5)), seconds=9)) == [(4, True)]
    assert list(paced(iter(range(3)), seconds=0)) == [(0, False), (1, False), (2, True)]


def test_a_long_stream_shows_progress_and_the_second_is_at_once_whole(client):
    state = "depth=40&width=64&batch=32&seed=77"
    done = [line["done"] for line in lines(client, "ledger", state)]
    assert done == sorted(done)
    assert done[-1] == 1
    assert [line["done"] for line in lines(client, "ledger", state)] == [1]


def test_remedies_are_in_the_api_twice_where_a_panel_is_of_one_network(client):
    both = client.get(f"/api/v1/ensemble?{SMALL}&networks=3&remedies=relu").get_json()
    config = NetworkConfig(depth=6, width=8, batch=4)
    for reply, network in ((both, config), (both["remedied"], replace(config, activation="relu"))):
        *_, whole = ensemble(network, 3)
        assert reply["dead_share"] == whole.dead_share
        expected = [None if x == -np.inf else x for x in whole.median["log10_delta_rms"]]
        assert reply["log10_delta_rms"]["median"] == pytest.approx(expected)


def test_the_ledger_is_the_core_s(client):
    *_, whole = ledger(NetworkConfig(depth=6, width=8, batch=4), ("he",))
    reply = client.get(f"/api/v1/ledger?{SMALL}&remedies=he").get_json()
    assert [(row["remedy"], row["action"]) for row in reply["rows"]] == [(row.key, row.action) for row in whole.rows]
    assert {row["remedy"] for row in reply["rows"]} == {*REMEDIES, *IDLE}
    for row, line in zip(whole.rows, reply["rows"], strict=True):
        assert line["delta_decades"] == (row.delta_decades if row.delta_decades not in (np.inf,) else None)
        assert line["multiply_adds"] == row.multiply_adds
    assert {line["delta_decades"] for line in reply["rows"] if line["remedy"] in IDLE} == {0}


def test_a_row_of_the_ledger_brings_its_remedies(client):
    *_, last = lines(client, "ledger", f"{SMALL}&remedies=he&layer=2")
    text = json.dumps(last["components"][ids.body("ledger")])
    assert "remedies=he,relu" in text
    assert '"depth=6&width=8&batch=4&layer=2"' in text  # he taken away again; what is looked at stays


def test_the_fix_does_what_it_says(client):
    reply = client.get("/api/v1/fix?depth=30&width=32").get_json()
    *_, found = smallest_fix(NetworkConfig(depth=30, width=32))
    assert reply["fix"]["sentence"] == str(found.fix)
    after = client.get(f"/api/v1/trace?{reply['fix']['query']}").get_json()
    assert after["verdict"] == "stable"
    nothing = client.get("/api/v1/fix?depth=30&width=32&activation=relu&initializer=he_normal").get_json()
    assert nothing["fix"] is None
    assert nothing["reason"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_program_is_of_the_network_on_the_screen(client, language):
    reply = client.get(f"/api/v1/code?{SMALL}&remedies=relu&language={language}")
    assert reply.mimetype == "text/plain"
    assert reply.text == program(State(NetworkConfig(depth=6, width=8, batch=4), ("relu",)).remedied, language)


def test_the_file_of_arrays_holds_the_trace(client):
    arrays = np.load(io.BytesIO(client.get(f"/api/v1/trace.npz?{SMALL}&remedies=relu").data))
    config = NetworkConfig(depth=6, width=8, batch=4)
    for prefix, network in (("", config), ("remedied_", replace(config, activation="relu"))):
        trace = simulate(network)
        for name in ARRAYS:
            np.testing.assert_array_equal(arrays[prefix + name], getattr(trace, name))
    assert str(arrays["query"]) == f"{SMALL}&remedies=relu"


def test_the_two_versions_are_one():
    import tomllib
    from pathlib import Path

    from app.settings import VERSION

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
