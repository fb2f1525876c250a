"""Embedded parts: each is a page, what is wrong is said on it, and nothing keeps another site from framing it."""

import json
from urllib.parse import parse_qs

import pytest

from app.pages import embed
from app.server import create_app
from app.state import WORDS
from components import ids
from components.embedding import EMBEDS


@pytest.fixture(scope="module")
def client():
    return create_app().server.test_client()


def page(panel, **query):
    """The part's page for the query, as what the browser is sent."""
    return json.loads(json.dumps(embed.layout(panel, **query), default=lambda part: part.to_plotly_json()))


def parts(tree):
    """All components in it, with their properties."""
    if isinstance(tree, list):
        for child in tree:
            yield from parts(child)
    elif isinstance(tree, dict) and "props" in tree:
        yield tree["props"]
        yield from parts(tree["props"].get("children"))


def by_id(tree, wanted):
    return next(props for props in parts(tree) if props.get("id") == wanted)


def of_class(tree, wanted):
    return [props for props in parts(tree) if wanted in str(props.get("className", "")).split()]


def notes(tree):
    return [note["props"]["children"] for note in by_id(tree, ids.NOTES)["children"]]


def shown(tree):
    """The settings whose controls stand above the charts."""
    return [control["props"]["id"].removeprefix("control-") for row in of_class(tree, "panel-controls")[:1] for control in row["children"]]  # fmt: skip


@pytest.mark.parametrize("panel", EMBEDS)
def test_each_is_a_page_that_may_be_framed(client, panel):
    reply = client.get(f"/embed/{panel}?depth=9&controls=depth&lock=depth&theme=dark&print=1")
    assert reply.status_code == 200
    assert "X-Frame-Options" not in reply.headers
    assert reply.headers["Content-Security-Policy"].endswith("frame-ancestors *")
    assert "Set-Cookie" not in reply.headers


@pytest.mark.parametrize("path", ["/embed/nothing", "/embed/", "/embed", "/embed/backward/x"])
def test_an_unknown_one_names_those_there_are(client, path):
    reply = client.get(path)
    assert reply.status_code == 404
    assert all(f"/embed/{panel}" in reply.text for panel in EMBEDS)


@pytest.mark.parametrize("panel", EMBEDS)
@pytest.mark.parametrize(
    "search",
    ["?panel=x&self=1", "?controls=%00,%F0%9F%98%80&lock=,,&theme=&print=", "?depth=1e99&layer=-3&over=x&pin=pin%3Da", "?depth=%FF", "?controls=depth&controls=width"],
)  # fmt: skip
def test_no_address_breaks_it(client, panel, search):
    """As Dash asks for the page: by a callback of its own."""
    wiring = next(each for each in client.get("/_dash-dependencies").get_json() if "_pages_content" in each["output"])
    values = {"pathname": f"/embed/{panel}", "search": search}
    body = {
        "output": wiring["output"], "changedPropIds": [], "state": [],
        "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
        "inputs": [{**each, "value": values[each["property"]]} for each in wiring["inputs"]],
    }  # fmt: skip
    reply = client.post("/_dash-update-component", json=body)
    assert reply.status_code == 200
    assert f'"id":"{ids.HEADLINE}"' in reply.text.replace('": ', '":')


@pytest.mark.parametrize("panel", EMBEDS)
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"controls": "depth,nothing"}, "nothing"),
        ({"controls": "pin"}, "pin"),
        ({"lock": "x"}, "'x'"),
        ({"theme": "pink"}, "pink"),
        ({"print": "yes"}, "Print"),
        ({"depth": "many"}, "many"),
        ({"depth": "5000"}, "1000 is shown"),
        ({"pin": "y=1"}, "pinned network"),
        ({"nosuch": "1"}, "nosuch"),
    ],
)
def test_what_is_wrong_is_said(panel, query, said):
    (note,) = notes(page(panel, **query))
    assert said in note
    assert notes(page(panel)) == []


@pytest.mark.parametrize("panel", EMBEDS)
def test_every_word_of_the_state_is_held_once(panel):
    """Whether its control is shown or not: the live loop reads them all."""
    for query in ({}, {"controls": ""}, {"controls": "width,seed,remedies,layer"}, {"print": "1"}):
        given = [props["id"] for props in parts(page(panel, **query)) if "id" in props]
        assert len(given) == len(set(given))
        assert {ids.value(word) for word in WORDS} | {ids.SETTLED, ids.LIVE, ids.RESTORE} <= set(given)


def test_the_controls_are_those_asked_for_in_their_order():
    assert shown(page("backward")) == ["depth", "weight_scale"]
    assert shown(page("layer")) == ["depth", "weight_scale", "layer", "direction"]
    assert shown(page("backward", controls="seed,,depth,seed,no,layer")) == ["seed", "depth", "layer"]
    assert of_class(page("backward", controls=""), "panel-controls") == []
    assert of_class(page("backward", print="1", controls="depth"), "panel-controls") == []


def test_what_is_locked_takes_no_value():
    tree = page("critical", controls="depth,activation,over", lock="depth,activation,weight_scale")
    assert by_id(tree, ids.value("depth"))["disabled"]
    assert by_id(tree, ids.slider("depth"))["disabled"]
    assert all(option["disabled"] for option in by_id(tree, ids.value("activation"))["options"])
    assert not any(option.get("disabled") for option in by_id(tree, ids.value("over"))["options"])
    assert [props for props in parts(tree) if "data-sets" in props] == []
    free = page("critical", lock="depth")
    assert {props["data-sets"] for props in parts(free) if "data-sets" in props} == {"weight_scale"}
    assert tree["props"]["data-locked"] == "depth activation weight_scale"


def test_what_was_chosen_stays_in_the_address_and_the_link_leads_to_the_state():
    tree = page("forward", depth="7", controls="depth,no", lock="depth", theme="dark", remedies="he")
    assert parse_qs(tree["props"]["data-keep"]) == {"controls": ["depth"], "lock": ["depth"], "theme": ["dark"]}
    (link,) = of_class(tree, "quiet-link")[-1:]
    assert link["href"] == "/?depth=7&remedies=he"
    assert link["target"] == "_blank"


def test_paper_states_every_setting_that_matters():
    tree = page("layer", print="1", activation="leaky_relu", pin="depth=20&seed=3", layer="4")
    said = [child["props"]["children"] for child in of_class(tree, "settings")[0]["children"]]
    told = {label.strip(): bold["props"]["children"] for label, bold in said}
    assert told["Depth"] == "50"
    assert told["Negative slope"] == "0.01"
    assert "Groups" not in told
    assert told["Layer"] == "4"
    assert (told["Depth (pinned)"], told["Seed (pinned)"]) == ("20", "3")
    assert of_class(page("layer", activation="leaky_relu"), "settings") == []
