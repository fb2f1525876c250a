"""The manners of the API over HTTP: held by its tag, read from everywhere, refused in one form."""

import gzip

import pytest
from flask import Flask, abort

from app import manners
from app.server import create_app
from app.settings import Settings

SMALL = "depth=6&width=8&batch=4"
TRACE = f"/api/v1/trace?{SMALL}"
# One of each kind: arrays, table, file, quick panel, slow panel, text, what says what there is.
HELD = [TRACE, f"/api/v1/trace.csv?{SMALL}", f"/api/v1/trace.npz?{SMALL}", f"/api/v1/factors?{SMALL}", f"/api/v1/ledger?{SMALL}",
        f"/api/v1/code?{SMALL}", "/api/openapi.json", "/api"]  # fmt: skip
ORIGIN = "Access-Control-Allow-Origin"
ELSEWHERE = {"Origin": "https://course.example"}


def served(folder):
    return create_app(Settings(runs=str(folder))).server.test_client()


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    return served(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def another(tmp_path_factory):
    """Another server of the same version, which has answered nothing yet."""
    return served(tmp_path_factory.mktemp("runs"))


@pytest.fixture
def run(client):
    started = client.post("/api/v1/train?depth=3&width=8").get_json()["id"]
    yield started
    client.post(f"/api/v1/train/{started}/stop")


@pytest.fixture
def no_computing(monkeypatch):
    def compute(*_, **__):
        raise AssertionError("this was to be answered without computing")

    for name in ("trace_reply", "trace_table", "trace_file", "panel_reply", "panel_table", "strict"):
        monkeypatch.setattr(f"app.api.{name}", compute)
    monkeypatch.setattr("app.cache.TraceCache.trace", compute)
    monkeypatch.setattr("app.cache.TraceCache.results", compute)


@pytest.mark.parametrize("address", HELD)
def test_an_answer_may_be_held_for_an_hour(client, address):
    reply = client.get(address)
    assert reply.status_code == 200
    assert reply.get_etag()[0]
    assert not reply.get_etag()[1]  # strong: it stands for these very bytes
    assert (reply.cache_control.public, reply.cache_control.max_age) == (True, 3600)
    assert reply.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("address", HELD)
def test_the_tag_stands_for_the_bytes(client, another, address):
    one, two = client.get(address), another.get(address)
    assert one.headers["ETag"] == two.headers["ETag"]
    assert one.data == two.data


def test_another_query_path_or_version_has_another_tag(client, monkeypatch):
    tags = [client.get(address).headers["ETag"] for address in (*HELD, f"{TRACE}&seed=1", "/api/v1/trace")]
    monkeypatch.setattr(manners, "version", lambda: "the next one")
    tags += [client.get(address).headers["ETag"] for address in HELD]
    assert len(set(tags)) == len(tags)


@pytest.mark.parametrize("encoding", ["identity", "gzip", "br", "zstd"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("address", HELD)
def test_who_has_it_hears_so_without_computing(client, another, request, address, method, encoding):
    asked = {"Accept-Encoding": encoding}
    first = client.get(address, headers=asked)
    etag = first.headers["ETag"]
    request.getfixturevalue("no_computing")
    reply = another.open(address, method=method, headers=asked | {"If-None-Match": f'"other", {etag}'})
    assert (reply.status_code, reply.data, reply.headers["ETag"]) == (304, b"", etag)
    for name in ("Cache-Control", "Vary", ORIGIN):
        assert reply.headers[name] == first.headers[name]


def test_a_proxy_may_have_weakened_the_tag(client, no_computing):
    etag = client.head("/api").headers["ETag"]
    assert client.get("/api", headers={"If-None-Match": f"W/{etag}"}).status_code == 304


@pytest.mark.parametrize("known", ['"other"', "other", '"', "*", '"other:gzip"', ":"])
@pytest.mark.parametrize("address", [TRACE, "/api/v1/trace?depth=0", "/api/v1/nothing"])
def test_who_has_something_else_is_answered(client, known, address):
    reply = client.get(address, headers={"If-None-Match": known})
    assert reply.status_code == client.get(address).status_code


def test_encodings_of_an_answer_have_tags_of_their_own(client):
    plain, small = client.get(TRACE), client.get(TRACE, headers={"Accept-Encoding": "gzip"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert plain.headers["ETag"] != small.headers["ETag"]
    assert gzip.decompress(small.data) == plain.data


@pytest.mark.parametrize("address", HELD)
def test_head_is_get_without_the_content(client, address):
    full, head = client.get(address), client.head(address)
    assert (head.status_code, head.data) == (200, b"")
    assert dict(head.headers) == dict(full.headers)


@pytest.mark.parametrize("path", ["", ".json", ".csv", "/checkpoint/0", "/dance"])
def test_runs_are_never_held(client, run, path):
    reply = client.get(f"/api/v1/train/{run}{path}")
    assert reply.cache_control.no_store
    assert "ETag" not in reply.headers
    assert reply.headers[ORIGIN] == "*"


@pytest.mark.parametrize("address", ["/api/v1/trace?depth=0", "/api/v1/nothing", "/api/nothing", "/api/v1/", "/api/v1/train/nobody"])  # fmt: skip
def test_refusals_are_never_held_and_can_be_read_from_everywhere(client, address):
    reply = client.get(address, headers=ELSEWHERE)
    assert reply.status_code in (404, 422)
    assert reply.cache_control.no_store
    assert "ETag" not in reply.headers
    assert reply.headers[ORIGIN] == "*"


@pytest.mark.parametrize("address", [TRACE, "/api/openapi.json", "/api", "/api/v1/train", "/api/v1/train/x/pause"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_from_elsewhere_nothing_but_reading(client, address, method):
    asked = ELSEWHERE | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "X-Any"}
    reply = client.open(address, method=method, headers=asked)
    assert not [name for name in reply.headers.keys() if name.startswith("Access-Control-")]  # noqa: SIM118
    assert reply.cache_control.no_store
    if address == "/api/v1/train" and method == "POST":
        client.post(f"/api/v1/train/{reply.get_json()['id']}/stop")


@pytest.mark.parametrize("address", ["/", "/train", "/live", "/panel/factors", "/panel/nothing", "/embed/backward", "/embed/nothing", "/train/view",
                                     "/_dash-layout", "/_dash-dependencies", "/healthz", "/apis", "/api-docs"])  # fmt: skip
def test_everything_else_is_for_its_own_pages(client, address):
    reply = client.get(address, headers=ELSEWHERE)
    assert not [name for name in reply.headers.keys() if name.startswith("Access-Control-")]  # noqa: SIM118


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
@pytest.mark.parametrize("address", [TRACE, "/api/v1/nothing", "/api/openapi.json", "/api", "/api/nothing", "/api/v1/trace.npz", "/api/v1/code"])  # fmt: skip
def test_another_method_is_refused_in_json(client, address, method):
    reply = client.open(address, method=method)
    assert (reply.status_code, reply.mimetype) == (405, "application/json")
    error = reply.get_json()["error"]
    assert (error["field"], error["value"]) == ("method", method)
    assert set(error["allowed"].split(", ")) == {"GET", "HEAD", "OPTIONS"} == set(reply.headers["Allow"].split(", "))
    assert "GET" in error["message"]


@pytest.mark.parametrize(
    "path", ["/api/nothing", "/api/v1", "/api/v2/trace", "/api/<b>", "/api/%FF", "/api/" + "x" * 5000]
)
def test_a_path_that_is_not_there_is_refused_in_json(client, path):
    reply = client.get(path)
    assert (reply.status_code, reply.mimetype) == (404, "application/json")
    error = reply.get_json()["error"]
    assert list(error) == ["field", "value", "allowed", "message"]
    assert error["field"] == "path"
    assert len(reply.data) < 500


@pytest.fixture(scope="module")
def failing():
    """Routes that fail, within the API and elsewhere."""
    app = Flask("failing")
    manners.register(app)

    @app.route("/api/v1/fails/<int:status>", methods=["GET", "POST"])
    @app.route("/elsewhere/<int:status>")
    def fails(status):
        if status == 500:
            raise RuntimeError("a secret")
        abort(status)

    return app.test_client()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 414, 415, 429, 500, 503])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_whatever_refuses_does_so_in_one_form(failing, status, method):
    reply = failing.open(f"/api/v1/fails/{status}", method=method)
    assert (reply.status_code, reply.mimetype) == (status, "application/json")
    error = reply.get_json()["error"]
    assert list(error) == ["field", "value", "allowed", "message"]
    assert error["message"].endswith(".")
    assert "secret" not in reply.text
    assert reply.headers.get(ORIGIN) == ("*" if method == "GET" else None)
    assert ("Retry-After" in reply.headers) == (status in (429, 503))
    assert reply.cache_control.no_store


def test_other_pages_fail_in_their_own_way(failing):
    reply = failing.get("/elsewhere/404")
    assert reply.mimetype == "text/html"
    assert ORIGIN not in reply.headers
    assert "Cache-Control" not in reply.headers


def test_what_goes_wrong_here_is_refused_in_json(client, monkeypatch):
    def fails(*_, **__):
        raise RuntimeError("a secret")

    monkeypatch.setattr("app.cache.simulate", fails)
    reply = client.get(f"{TRACE}&seed=77", headers=ELSEWHERE)
    assert (reply.status_code, reply.get_json()["error"]["field"], reply.headers[ORIGIN]) == (500, "request", "*")
    assert "secret" not in reply.text
    assert reply.cache_control.no_store
