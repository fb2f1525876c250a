"""A sample of `make fuzz`, and what it found."""

import pytest

from app.guard import PATH, fits
from app.server import create_app
from app.settings import Settings
from tests.fuzz.answers import Fuzz, wrong
from tests.fuzz.hostile import MARK, Hostile

SAMPLE = 600
SEARCHED = {"id": "search", "property": "value"}
RESET = {"id": "reset", "property": "n_clicks", "value": 1}
RESTORED = {"id": "restore", "property": "data"}


@pytest.fixture(scope="module")
def fuzz(tmp_path_factory):
    return Fuzz(tmp_path_factory.mktemp("runs"), seed=6)


def test_hostile_requests_are_answered_as_they_are_to_be(fuzz):
    seen = fuzz.run(range(SAMPLE))
    assert not seen.wrong, "\n".join(seen.wrong)
    assert {200, 400, 404, 405, 422} <= set(seen.statuses)  # they come through to all that there is


def test_the_same_number_is_the_same_request(fuzz):
    assert [fuzz.requests[n] for n in range(50)] == [fuzz.requests[n] for n in range(50)]


def test_what_is_wrong_is_seen():
    """The checks themselves, on an answer that has all faults at once."""
    page = f"Traceback (most recent call last): {MARK}".encode()
    answer = {"Content-Type": "text/html; charset=utf-8", "X-Injected": "1", "Set-Cookie": "a=b"}
    assert len(wrong(Hostile("GET", b"/api/v1/trace", b""), 500, answer, page)) == 8


@pytest.mark.parametrize("text", [1.5, True, ["relu"], {"query": "", "at": 1}])
def test_a_text_on_the_page_is_a_text(fuzz, text):
    output = next(one for one in fuzz.app.callback_map if one.endswith("search.value.."))
    body = {"output": output, "changedPropIds": [], "inputs": [{**SEARCHED, "value": text}, RESET]}
    body["outputs"] = [{"id": place["id"], "property": place["property"]} for place in _written(output)]
    assert not fits(body, fuzz.app.callback_map)
    body["inputs"][0]["value"] = "activation relu"
    assert fits(body, fuzz.app.callback_map)
    assert fuzz.server.test_client().post(PATH, json=body).status_code == 200


@pytest.mark.parametrize("store", [{}, {"value": None}, {"value": "depth=3"}, {"value": {"query": 3, "at": 1}}])
def test_a_state_is_brought_by_a_click_alone(fuzz, store):
    for output, callback in fuzz.app.callback_map.items():
        if [place["id"] for place in callback["inputs"]] == ["restore"]:
            body = {"output": output, "outputs": _written(output), "changedPropIds": [], "inputs": [{**RESTORED, **store}]}  # fmt: skip
            assert fuzz.server.test_client().post(PATH, json=body).status_code == 400
            body["inputs"][0]["value"] = {"query": "depth=3", "at": 1.5}
            assert fuzz.server.test_client().post(PATH, json=body).status_code == 200


def _written(output):
    return [dict(zip(("id", "property"), one.split("@")[0].rsplit(".", 1), strict=True)) for one in output.strip(".").split("...")]  # fmt: skip


@pytest.mark.parametrize("path", ["dash/nothing.js", "plotly/plotly.js", "nobody/index.js", "os/path.py"])
def test_a_script_that_is_not_there_is_missing(fuzz, path):
    assert fuzz.server.test_client().get(f"/_dash-component-suites/{path}").status_code == 404


def test_a_script_is_not_asked_for_in_another_encoding(fuzz):
    assert fuzz.ask(Hostile("GET", b"/assets/lab.js", b"m=\xff"))[0] == 200


def test_where_nobody_counts_all_is_answered(tmp_path):
    client = create_app(Settings(runs=str(tmp_path), expensive_per_minute=0)).server.test_client()
    codes = [client.get("/api/v1/ensemble?depth=2&width=4&batch=2&networks=2").status_code for _ in range(3)]
    assert codes == [200] * 3
