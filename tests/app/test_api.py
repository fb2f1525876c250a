"""The API: every number drawn can be asked for, and what is not allowed is refused in words, never with a 500."""

import csv
import io
import json
from dataclasses import asdict

import numpy as np
import pytest

from app.server import create_app
from app.state import WORDS
from simulation import NetworkConfig, simulate
from simulation.diagnosis import diagnose
from simulation.sentences import describe
from simulation.trace import ARRAYS

SMALL = "depth=6&width=8&batch=4"
TRACE, LIVE = "/api/v1/trace", "/live"


@pytest.fixture(scope="module")
def client():
    return create_app().server.test_client()


def raw(client, path, query: bytes):
    """A request with these very bytes as its query, which no client would send."""
    return client.get(path, environ_overrides={"QUERY_STRING": query.decode("latin-1")})


def test_healthz(client):
    reply = client.get("/healthz")
    assert (reply.status_code, reply.text) == (200, "ok\n")


@pytest.mark.parametrize(
    "config",
    [
        NetworkConfig(depth=6, width=8, batch=4),
        NetworkConfig(depth=9, width=4, batch=2, activation="relu", initializer="he_normal"),
        NetworkConfig(depth=7, width=6, batch=4, activation="tanh", normalization="batch", bias_scale=0.5),
        NetworkConfig(depth=1, width=1, batch=1),
    ],
)
def test_trace_is_what_simulate_says(client, config):
    query = "&".join(f"{name}={value}" for name, value in asdict(config).items())
    reply = client.get(f"{TRACE}?{query}")
    assert reply.status_code == 200
    assert reply.mimetype == "application/json"
    content, trace = reply.get_json(), simulate(config)
    assert content["config"] == asdict(config)
    assert content["verdict"] == diagnose(trace).state
    assert content["sentence"] == str(describe(diagnose(trace)))
    assert "null" in content["nulls"]
    assert "zero" in content["nulls"]
    assert "remedied" not in content
    for name in ARRAYS:
        wanted = getattr(trace, name)
        assert len(content[name]) == config.depth
        assert [-np.inf if value is None else value for value in content[name]] == wanted.tolist()
    assert client.get(f"{TRACE}?{content['query']}").get_json() == content


def test_exact_zeros_are_null(client):
    content = client.get(f"{TRACE}?{SMALL}&initializer=zeros&activation=relu").get_json()
    assert content["log10_delta_rms"] == [None] * 6
    assert content["verdict"] == "dead"


def test_defaults(client):
    content = client.get(TRACE).get_json()
    assert content["config"] == asdict(NetworkConfig())
    assert content["query"] == ""
    assert content["verdict"] == "vanishing"
    assert content["diagnosis"]["delta"]["decades"] == content["log10_delta_rms"][0] - content["log10_delta_rms"][-1]


def test_remedied_stands_beside(client):
    content = client.get(f"{TRACE}?{SMALL}&remedies=he,relu").get_json()
    plain = client.get(f"{TRACE}?{SMALL}").get_json()
    alone = client.get(f"{TRACE}?{SMALL}&activation=relu&initializer=he_normal").get_json()
    assert {name: content[name] for name in ARRAYS} == {name: plain[name] for name in ARRAYS}
    assert content["query"] == f"{SMALL}&remedies=he,relu"
    for name in (*ARRAYS, "config", "verdict", "sentence", "diagnosis"):
        assert content["remedied"][name] == alone[name]


@pytest.mark.parametrize("remedies", ["", "&remedies=he,relu"])
def test_csv(client, remedies):
    reply = client.get(f"{TRACE}.csv?{SMALL}{remedies}")
    assert reply.mimetype == "text/csv"
    assert "attachment" in reply.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(reply.text)))
    content = client.get(f"{TRACE}?{SMALL}{remedies}").get_json()
    assert [row["layer"] for row in rows] == [str(layer) for layer in range(1, 7)]
    for name in ARRAYS:
        values = [-np.inf if value is None else value for value in content[name]]
        assert [float(row[name]) for row in rows] == values
        if remedies:
            values = [-np.inf if value is None else value for value in content["remedied"][name]]
            assert [float(row[f"remedied_{name}"]) for row in rows] == values


# The query, the field that is named, and a part of what is allowed.
HOSTILE = [
    (b"depth=abc", "depth", "a whole number from 1 to 1000"),
    (b"depth=1.5", "depth", "a whole number from 1 to 1000"),
    (b"depth=true", "depth", "a whole number from 1 to 1000"),
    (b"depth=[50]", "depth", "a whole number from 1 to 1000"),
    (b"depth=", "depth", "a whole number from 1 to 1000"),
    (b"depth", "depth", "a whole number from 1 to 1000"),
    (b"depth=0", "depth", "a whole number from 1 to 1000"),
    (b"depth=-1", "depth", "a whole number from 1 to 1000"),
    (b"depth=1001", "depth", "a whole number from 1 to 1000"),
    (b"depth=NaN", "depth", "a whole number from 1 to 1000"),
    (b"weight_scale=nan", "weight_scale", "a number from 0.001 to 20"),
    (b"weight_scale=inf", "weight_scale", "a number from 0.001 to 20"),
    (b"weight_scale=-Infinity", "weight_scale", "a number from 0.001 to 20"),
    (b"weight_scale=1e999", "weight_scale", "a number from 0.001 to 20"),
    (b"weight_scale=1e-999", "weight_scale", "a number from 0.001 to 20"),
    (b"weight_scale=0x10", "weight_scale", "a number from 0.001 to 20"),
    (b"weight_scale=1+", "weight_scale", "a number from 0.001 to 20"),
    (b"seed=" + b"9" * 400, "seed", "a whole number from 0 to 9999"),
    (b"depth=" + "٣".encode(), "depth", "a whole number from 1 to 1000"),
    (b"depth=%EF%BC%93", "depth", "a whole number from 1 to 1000"),
    (b"depth=5%00", "depth", "a whole number from 1 to 1000"),
    (b"depth=5%0A", "depth", "a whole number from 1 to 1000"),
    (b"activation=TANH", "activation", "one of linear, relu"),
    (b"activation=__class__", "activation", "one of linear, relu"),
    (b"remedies=he,prayer", "remedies", "a comma list of gain_matched"),
    (b"depth=5&depth=5", "depth", "once"),
    (b"depht=5", "depht", "depth, width"),
    (b"layers=5", "layers", "depth, width"),
    (b"=5", "", "depth, width"),
    (b"width=1024&batch=1024&depth=4", "depth", "at most 3 layers"),
    (b"width=1024", "depth", "at most 38 layers"),
    (b"normalization=group&groups=7", "groups", "a divisor of the width"),
    (b"depth=\xff", "depth", "UTF-8"),
    (b"depth=%FF", "depth", "UTF-8"),
    (b"\xc3\x28=1", "\\xc3(", "UTF-8"),
    (b"depth=%ED%A0%80", "depth", "UTF-8"),
    (b"&".join(b"a%d=1" % i for i in range(5000)), "query", "at most 100"),
    (b"pin=depth%3D9999", "pin", "within it, for depth: a whole number from 1 to 1000"),
    (b"depth=" + b"7" * 100_000, "depth", "a whole number"),
    (b"x" * 100_000 + b"=1", "x" * 80, "depth, width"),
    (b"activation=<script>alert(1)</script>", "activation", "one of"),
    (b"<img/onerror>=1", "<img/onerror>", "depth, width"),
]


@pytest.mark.parametrize("suffix", ["", ".csv"])
@pytest.mark.parametrize(("query", "field", "allowed"), HOSTILE, ids=[repr(query[:40]) for query, *_ in HOSTILE])
def test_refusal_names_the_field_and_what_is_allowed(client, suffix, query, field, allowed):
    reply = raw(client, TRACE + suffix, query)
    assert reply.status_code in (400, 422)
    assert reply.mimetype == "application/json"  # nothing in it is read as HTML
    error = reply.get_json()["error"]
    assert error["field"] == field
    assert allowed in error["allowed"]
    assert len(reply.data) < 2000


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("junk", ["", "junk", "nan", "-1e400", "٣", "1e999", "'; DROP TABLE", "{}", "null"])
def test_junk_in_any_field_is_refused_by_name(client, word, junk):
    if word in ("remedies", "pin") and not junk:
        return  # no remedies; the first network pinned
    reply = client.get(TRACE, query_string={word: junk})
    assert reply.status_code == 422
    error = reply.get_json()["error"]
    assert (error["field"], error["value"]) == (word, junk)


@pytest.mark.parametrize(
    "panel", ["nothing", "trace.xml", "trace.csv.csv", "Trace", "<b>", "%FF", "..%2Ftrace", "trace/1", "%00"]
)
def test_unknown_panel(client, panel):
    reply = client.get(f"/api/v1/{panel}")
    assert reply.status_code == 404
    assert "trace" in reply.get_json()["error"]["allowed"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", [TRACE, LIVE])
def test_only_reading(client, method, path):
    assert client.open(path, method=method).status_code == 405


def header(frame: bytes) -> dict:
    """What a binary frame says before its arrays."""
    return json.loads(frame[4 : 4 + int.from_bytes(frame[:4], "little")])


JUNK_STATES = [
    "",
    "depth=abc",
    "depth=1e999&width=nan&activation=%F0%9F%92%A9",
    "normalization=group&groups=999&width=7",
    "remedies=he,he,prayer",
    "depth=" + "9" * 1000,
    "<script>=<script>",
    "&&&===",
]


@pytest.mark.parametrize("state", JUNK_STATES)
@pytest.mark.parametrize("dragging", ["0", "1", "junk"])
def test_live_draws_the_nearest_state(client, state, dragging):
    reply = client.get(LIVE, query_string={"state": state, "since": state, "theme": "<b>", "dragging": dragging})
    assert reply.status_code == 200
    content = header(reply.data) if dragging == "1" else reply.get_json()
    assert client.get(f"{TRACE}?{content['query']}").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        b"\xff",
        b"state=\xff",
        b"state=%FF",
        b"state=depth%3D%25FF",
        b"since=%25FF&state=",
        b"state=" + b"a%3D1%26" * 500,
        b"a=1&" * 500,
        b"state=depth%3D%25ED%25A0%2580",
    ],
)
def test_live_refuses_what_is_no_text(client, query):
    reply = raw(client, LIVE, query)
    assert reply.status_code == 422
    assert reply.get_json()["error"]["allowed"] in ("text encoded as UTF-8", "at most 100 name=value pairs")
