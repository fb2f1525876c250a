"""Worksheets: the state of the address on paper, with its own numbers."""

import json

import pytest

from app.pages import explore
from app.server import create_app
from app.state import WORDS
from components import ids, worksheet
from simulation import NetworkConfig, simulate
from simulation.worksheet import layers


def parts(tree):
    """All components in it, with their properties."""
    tree = json.loads(json.dumps(tree, default=lambda part: part.to_plotly_json()))
    found, waiting = [], [tree]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict) and "props" in one:
            found.append(one)
            waiting.append(one["props"].get("children"))
    return found


def page(**query):
    return parts(explore.layout(**query))


def present(tree):
    return {part["props"].get("id") for part in tree}


def text(tree):
    return json.dumps(tree, ensure_ascii=False)


def test_print_1_is_the_worksheet_with_every_word_of_the_state():
    sheet = page(print="1", depth="30", activation="relu")
    assert {ids.SHEET, ids.HEADLINE, ids.LEGEND, ids.SETTLED, *(ids.chart(chart) for chart in worksheet.CHARTS)} <= present(sheet)  # fmt: skip
    assert {ids.value(word) for word in WORDS} <= present(sheet)
    assert '"data-keep": "print=1"' in text(sheet)
    assert "/?depth=30&activation=relu" in text(sheet)
    assert {ids.THEME, ids.SEARCH}.isdisjoint(present(sheet))


@pytest.mark.parametrize("query", [{}, {"print": "0"}, {"print": "yes"}])
def test_else_it_is_the_page(query):
    assert ids.SHEET not in present(page(**query))
    assert ids.SEARCH in present(page(**query))


def test_what_is_wrong_is_said_and_junk_does_not_break_it():
    assert "1000 is shown" in text(page(print="1", depth="5000"))
    assert ids.SHEET in present(page(print=["1", "2"], pin="pin=a", remedies="x"))


@pytest.mark.parametrize("query", ["depth=30&width=8", "depth=30&width=8&remedies=he,relu"])
def test_the_table_has_the_network_s_numbers(query):
    client = create_app().server.test_client()
    wiring = next(each for each in client.get("/_dash-dependencies").get_json() if each["output"] == "sheet.children")
    body = {
        "output": "sheet.children", "outputs": {"id": "sheet", "property": "children"}, "changedPropIds": ["settled.data"],
        "inputs": [{**wiring["inputs"][0], "value": query}], "state": [],
    }  # fmt: skip
    reply = client.post("/_dash-update-component", json=body)
    assert reply.status_code == 200
    found = parts(reply.get_json()["response"]["sheet"]["children"])
    rows = [part["props"]["children"] for part in found if part["type"] == "Tr"]
    shown = {int(row[0]["props"]["children"]): row for row in rows if row[0]["props"].get("scope") == "row"}
    assert sorted(shown) == list(layers(30))
    true = 10 ** simulate(NetworkConfig(depth=30, width=8)).log10_delta_rms
    for layer, row in shown.items():
        assert float(row[1]["props"]["children"]) == pytest.approx(true[layer - 1], rel=1e-3)
    heads = text([part for part in found if part["props"].get("scope") == "col"])
    assert ("with remedies" in heads) == ("remedies" in query)
    assert len([part for part in found if part["type"] == "Li"]) == 4


def test_the_page_offers_worksheet_and_offline_files():
    offered = text(page())
    assert '"data-follow": "/?print=1"' in offered
    for part in ("backward", "forward", "heatmap"):
        assert f'"data-follow": "/export/{part}.html"' in offered
