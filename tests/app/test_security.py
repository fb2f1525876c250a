"""What answers tell the browser, what bodies are let through to Dash, and who may ask how much."""

import json
import logging

import orjson
import pytest

from app import guard, limiting
from app.server import create_app
from app.settings import Settings

PAGES = ("/", "/train", "/embed/backward", "/nowhere")
OTHERS = ("/api/v1/trace", "/live", "/panel/factors", "/healthz", "/assets/lab.js")
OUTPUT = ".._pages_content.children..._pages_store.data.."
OUTPUTS = [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}]
INPUTS = [
    {"id": "_pages_location", "property": "pathname", "value": "/"},
    {"id": "_pages_location", "property": "search", "value": ""},
]
GOOD = {"output": OUTPUT, "outputs": OUTPUTS, "inputs": INPUTS, "changedPropIds": ["_pages_location.pathname"], "state": []}  # fmt: skip


@pytest.fixture(scope="module")
def application(tmp_path_factory):
    app = create_app(Settings(runs=str(tmp_path_factory.mktemp("runs"))))
    app.server.test_client().get("/")
    return app


@pytest.fixture(scope="module")
def client(application):
    return application.server.test_client()


@pytest.mark.parametrize("path", OTHERS)
def test_what_is_no_page_is_never_taken_for_one(client, path):
    answer = client.get(path)
    assert answer.mimetype != "text/html"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", PAGES)
def test_scripts_from_here_alone_and_no_cookie(client, path):
    answer = client.get(path)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert "unsafe" not in policy["script-src"]
    assert policy["default-src"] == policy["script-src"].split()[0] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == "'none'"
    assert policy["frame-ancestors"] == ("*" if path.startswith("/embed") else "'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Set-Cookie" not in answer.headers
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert "Set-Cookie" not in answer.headers


def test_the_settings_say_who_may_frame(tmp_path):
    client = create_app(Settings(runs=str(tmp_path), embed_ancestors="https://course.example")).server.test_client()
    assert "frame-ancestors https://course.example" in client.get("/embed/backward").headers["Content-Security-Policy"]


def test_what_a_browser_sends_is_let_through(client):
    answer = client.post(guard.PATH, json=GOOD)
    assert answer.status_code == 200, answer.text


def changed(**parts):
    return {**GOOD, **parts}


BAD = {
    "nothing": {}, "a list": [], "null": None, "a number": 7, "no outputs": changed(outputs=None),
    "unknown output": changed(output="nobody.knows"), "a client's output": changed(output="live.data", outputs={"id": "live", "property": "data"}),
    "a list as output": changed(output=["a"]), "no inputs": changed(inputs=[]), "one missing": changed(inputs=INPUTS[:1]),
    "swapped": changed(inputs=INPUTS[::-1]), "a number as path": changed(inputs=[{**INPUTS[0], "value": 3}, INPUTS[1]]),
    "an object as search": changed(inputs=[INPUTS[0], {**INPUTS[1], "value": {"a": 1}}]), "inputs as words": changed(inputs=["a", "b"]),
    "nested": changed(inputs=[[INPUTS[0]], [INPUTS[1]]]), "changed as number": changed(changedPropIds=4),
    "changed of numbers": changed(changedPropIds=[1]), "a state": changed(state=[{"id": "x", "property": "y"}]),
    "more": changed(inputs=[{**INPUTS[0], "more": 1}, INPUTS[1]]),
}  # fmt: skip


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_what_no_browser_sends_is_refused(client, body):
    answer = client.post(guard.PATH, data=json.dumps(body), content_type="application/json")
    assert answer.status_code == 400
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"output":' + b"[" * 20_000])
def test_what_is_no_json_is_refused(client, content):
    assert client.post(guard.PATH, data=content, content_type="application/json").status_code == 400


@pytest.mark.parametrize("path", [guard.PATH, "/api/v1/train", "/live", "/"])
def test_a_body_of_ten_megabytes_is_refused(client, path):
    assert client.post(path, data=bytes(10_000_000)).status_code == 413


@pytest.mark.parametrize("path", [guard.PATH, "/api/v1/train", "/api/v1/train/abc/stop"])
def test_no_other_site_starts_anything(client, path):
    for site in ("cross-site", "same-site"):
        assert client.post(path, headers={"Sec-Fetch-Site": site}).status_code == 403
    for site in ("same-origin", "none"):
        assert client.post(path, headers={"Sec-Fetch-Site": site}).status_code != 403


def test_slow_answers_are_counted_for_each_address_and_quick_ones_are_not(tmp_path):
    client = create_app(Settings(runs=str(tmp_path), expensive_per_minute=2, proxies=1)).server.test_client()

    def asks(path, of):
        return client.get(path, headers={"X-Forwarded-For": f"10.9.9.9, {of}"}).status_code

    slow = "/api/v1/ensemble?depth=2&width=4&batch=2&networks=2"
    assert [asks(slow, "10.0.0.1") for _ in range(3)] == [200, 200, 429]
    assert asks(slow, "10.0.0.2") == 200  # the last address was written by the proxy in front; the first by anybody
    for path in ("/api/v1/trace?depth=2", "/api/v1/factors?depth=2", "/live", "/"):
        assert [asks(path, "10.0.0.1") for _ in range(4)] == [200] * 4


def test_all_that_is_counted_is_there(application):
    assert set(limiting.EXPENSIVE) <= set(application.server.view_functions)


def test_without_trusted_proxies_nobody_can_pretend_to_be_another(tmp_path):
    client = create_app(Settings(runs=str(tmp_path), expensive_per_minute=1)).server.test_client()
    slow = "/api/v1/ensemble?depth=2&width=4&batch=2&networks=2"
    codes = [client.get(slow, headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(2)]
    assert codes == [200, 429]


def test_a_line_for_each_request(tmp_path, caplog):
    client = create_app(Settings(runs=str(tmp_path), log_requests=True)).server.test_client()
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(orjson.loads(record.getMessage()))
    logging.getLogger("requests").addHandler(handler)
    for path in ("/live?state=depth%3D3", "/live?state=depth%3D3", "/nowhere"):
        client.get(path)
    logging.getLogger("requests").removeHandler(handler)
    assert [(line["route"], line["status"], line["cache"]) for line in lines] == [
        ("/live", 200, "miss"), ("/live", 200, "hit"), ("/<path:path>", 404, None),
    ]  # fmt: skip
    assert lines[0]["compute_ms"] > lines[1]["compute_ms"] == 0
    assert all(line["ms"] >= line["compute_ms"] and line["method"] == "GET" for line in lines)


def test_ready_unless_the_store_of_runs_is_away(tmp_path):
    assert create_app(Settings(runs=str(tmp_path))).server.test_client().get("/readyz").status_code == 200
    away = create_app(Settings(redis_url="redis://127.0.0.1:1")).server.test_client()  # nobody listens there
    assert away.get("/readyz").status_code == 503
    assert away.get("/healthz").status_code == 200
