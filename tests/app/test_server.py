"""The application as a whole: two in one process, every callback wired to the page, and a new activation from one entry."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
from dash.development.base_component import Component

from app.pages import explore
from app.server import PAGES, create_app
from app.state import WORDS, State, lenient, strict
from components import ids
from simulation import NetworkConfig, simulate
from simulation.activations import ACTIVATIONS, Activation
from simulation.presets import PRESETS


@pytest.fixture(scope="module")
def apps():
    return [create_app(), create_app()]


def components(root: Component) -> Iterator[Component]:
    yield root
    yield from (component for component in root._traverse() if isinstance(component, Component))


def by_id(root: Component, wanted: str) -> Component:
    return next(component for component in components(root) if getattr(component, "id", None) == wanted)


def update(app, output: str, inputs: dict, state: dict | None = None, changed: str = "") -> dict:
    """What the browser does when a callback is due: posts the values, and reads what the page is to show."""
    client = app.server.test_client()
    wiring = next(each for each in client.get("/_dash-dependencies").get_json() if each["output"] == output)

    def filled(places, values):
        return [{**place, "value": values.get(place["id"])} for place in places]

    outputs = [dict(zip(("id", "property"), each.split("@")[0].rsplit(".", 1), strict=True)) for each in output.strip(".").split("...")]  # fmt: skip
    body = {
        "output": output,
        "outputs": outputs if output.startswith("..") else outputs[0],
        "inputs": filled(wiring["inputs"], inputs),
        "state": filled(wiring["state"], state or {}),
        "changedPropIds": [changed],
    }
    reply = client.post("/_dash-update-component", json=body)
    assert reply.status_code == 200, reply.text
    return reply.get_json()["response"]


def output_of(app, place: str) -> str:
    """The output of the server's callback that writes to this place."""
    wirings = app.server.test_client().get("/_dash-dependencies").get_json()
    return next(each["output"] for each in wirings if place in each["output"] and not each["clientside_function"])


def page(app, search: str = "") -> str:
    """The page that Dash serves for this address, as the text of its JSON."""
    client = app.server.test_client()
    wiring = next(w for w in client.get("/_dash-dependencies").get_json() if "_pages_content" in w["output"])
    values = {"pathname": "/", "search": search}
    inputs = [{**each, "value": values[each["property"]]} for each in wiring["inputs"]]
    outputs = [
        {"id": "_pages_content", "property": "children"},
        {"id": "_pages_store", "property": "data"},
    ]
    body = {"output": wiring["output"], "outputs": outputs, "inputs": inputs, "changedPropIds": [], "state": []}
    reply = client.post("/_dash-update-component", json=body)
    assert reply.status_code == 200, reply.text
    return json.dumps(reply.get_json()["response"]["_pages_content"]["children"])


def test_the_page_has_a_language_and_fits_phones(apps):
    for app in apps:
        reply = app.server.test_client().get("/")
        assert reply.status_code == 200
        assert '<html lang="en" data-version=' in reply.text
        assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in reply.text
        for name in ("viewport", "description"):
            assert reply.text.count(f'name="{name}"') == 1
        assert "exploding gradients" in reply.text


def test_two_applications_serve_the_page(apps):
    pages = [page(app) for app in apps]
    assert pages[0] == pages[1]
    assert f'"id": "{ids.HEADLINE}"' in pages[0]


def test_two_applications_answer(apps):
    for app in apps:
        client = app.server.test_client()
        assert client.get("/live?state=depth%3D4").get_json()["query"] == "depth=4"
        assert client.get("/healthz").status_code == 200
        chosen = update(app, output_of(app, "search.value"), {ids.SEARCH: "preset relu_he"}, changed="search.value")
        assert chosen[ids.value("activation")]["value"] == "relu"
        table = update(
            app, output_of(app, "table-units.children"), {ids.table_button("units"): 1, ids.SETTLED: "depth=3"}
        )
        assert "inactive" in json.dumps(table)


def test_the_address_fills_the_controls(apps):
    text = page(apps[0], "?depth=77&activation=relu&remedies=he&activatoin=tanh")
    assert '"value": "77"' in text
    assert '"value": "relu"' in text
    assert '"value": ["he"]' in text
    assert "activatoin" in text


@pytest.mark.parametrize("search", ["?depth=%FF&weight_scale=nan", "?" + "&".join(f"a{i}=1" for i in range(500)), "?depth=1&depth=2", "?&&=", "?self=1&query=2"])  # fmt: skip
def test_junk_in_the_address_still_opens_the_page(apps, search):
    assert f'"id": "{ids.NOTES}"' in page(apps[0], search)


def test_every_callback_is_wired_to_what_is_there(apps):
    dash_own = {"_pages_content", "_pages_store", "_pages_location", "_pages_dummy"}
    layouts = [*(page.layout() for page in PAGES), explore.layout(print="1")]
    pages = [{each.id for each in components(layout) if getattr(each, "id", None)} | dash_own for layout in layouts]
    for app in apps:
        for wiring in app.server.test_client().get("/_dash-dependencies").get_json():
            outputs = [each.rsplit(".", 1)[0] for each in wiring["output"].strip(".").split("...")]
            read = [each["id"] for each in (*wiring["inputs"], *wiring["state"])]
            assert any({*outputs, *read} <= present for present in pages)


@pytest.mark.parametrize("page", PAGES, ids=[page.TITLE for page in PAGES])
def test_ids_are_given_once(page):
    given = [component.id for component in components(page.layout()) if getattr(component, "id", None)]
    assert len(given) == len(set(given))


def test_every_setting_has_its_control_and_every_panel_its_chart():
    present = {component.id for component in components(explore.layout()) if getattr(component, "id", None)}
    assert {ids.control(word) for word in WORDS} <= present
    assert {ids.value(word) for word in WORDS} <= present
    assert {f"chart-{panel}" for panel in ids.PANELS} <= present


def test_presets_write_every_control(apps):
    output = output_of(apps[0], "search.value")
    chosen = update(apps[0], output, {ids.SEARCH: "preset gelu_he"}, changed="search.value")
    pairs = [
        (word, ",".join(value) if isinstance(value, list) else value)
        for word in WORDS
        if ids.value(word) in chosen  # what is looked at stays
        for value in [chosen[ids.value(word)]["value"]]
    ]
    assert strict(pairs) == State(PRESETS["gelu_he"].config)
    again = update(apps[0], output, {ids.RESET: 1}, changed="reset.n_clicks")
    assert again[ids.value("depth")]["value"] == "50"
    one = update(apps[0], output, {ids.SEARCH: "activation mish"}, changed="search.value")
    assert {key: each["value"] for key, each in one.items() if key != ids.SEARCH} == {ids.value("activation"): "mish"}


def _bent(z, slope, out):
    np.arctan(z, out=out)
    return out


def _bent_derivative(z, h, slope, out):
    np.divide(1.0, 1.0 + z * z, out=out)
    return out


@pytest.fixture
def bent():
    """An activation nobody knew of before, registered and taken out again."""
    entry = Activation(
        "bent", "arc tangent", "Levels off slowly, at plus and minus pi / 2.", "atan(z)", _bent, _bent_derivative,
        lambda negative_slope: 1.0, flat=(-19**0.5, 19**0.5),
    )  # fmt: skip
    ACTIVATIONS.add(entry)
    try:
        yield entry
    finally:
        ACTIVATIONS.remove("bent")


def test_adding_an_activation_is_one_entry(bent):
    """Config, address, API, controls, search, captions and charts know it, without any other change."""
    config = NetworkConfig(activation="bent", depth=6, width=8, batch=4)
    trace = simulate(config)
    assert np.isfinite(trace.log10_delta_rms).all()

    state, notes = lenient([("activation", "bent"), ("depth", "6"), ("width", "8"), ("batch", "4")])
    assert (state.config, notes) == (config, [])
    assert strict([("activation", "bent")]).query == "activation=bent"
    assert State(config, ("xavier",)).remedied.activation == "bent"

    layout = explore.layout(activation="bent")
    value = by_id(layout, ids.value("activation"))
    assert value.value == "bent"
    assert {"label": "arc tangent", "value": "bent", "title": bent.summary} in value.options
    assert by_id(layout, ids.summary("activation")).children == bent.summary
    found = [option for option in by_id(layout, ids.SEARCH).options if option["value"] == "activation bent"]
    assert "arc tangent" in found[0]["label"]
    assert bent.summary in found[0]["search"]

    app = create_app()
    client = app.server.test_client()
    content = client.get(f"/api/v1/trace?{state.query}").get_json()
    assert content["log10_delta_rms"] == trace.log10_delta_rms.tolist()
    assert "bent" in client.get("/api/v1/trace?activation=no").get_json()["error"]["allowed"]
    drawn = client.get("/live", query_string={"state": state.query}).get_json()["components"]
    assert "z above 4.36" in json.dumps(drawn[ids.caption("units")])
    assert "arc tangent" in json.dumps(drawn[ids.LEGEND])
    assert "arc tangent" in json.dumps(drawn[ids.SIGMA_LINE])
    chosen = update(app, output_of(app, "search.value"), {ids.SEARCH: "activation bent"}, changed="search.value")
    assert chosen[ids.value("activation")]["value"] == "bent"


def test_afterwards_it_is_gone():
    assert "bent" not in ACTIVATIONS
    assert lenient([("activation", "bent")])[0].config == NetworkConfig()


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/?depth=3", 200), ("/nonsense", 404), ("/embed/x", 404), ("/api/v1/", 404), ("/healthz", 200)],
)
def test_unknown_addresses_are_not_found(path, status):
    assert create_app().server.test_client().get(path).status_code == status
