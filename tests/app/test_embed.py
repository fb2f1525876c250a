"""Embedded parts: each is a page, what is wrong is said on it, and nothing keeps another site from framing it."""

import json

import pytest

from app.pages import embed
from app.server import create_app
from components.embedding import EMBEDS


@pytest.fixture(scope="module")
def client():
    return create_app().server.test_client()


@pytest.mark.parametrize("panel", EMBEDS)
def test_each_is_a_page_that_may_be_framed(client, panel):
    reply = client.get(f"/embed/{panel}?depth=9&controls=depth&lock=depth&theme=dark&print=1")
    assert reply.status_code == 200
    assert "X-Frame-Options" not in reply.headers
    assert "frame-ancestors" not in reply.headers.get("Content-Security-Policy", "")


def test_an_unknown_one_names_those_there_are(client):
    reply = client.get("/embed/nothing")
    assert reply.status_code == 404
    assert all(panel in reply.text for panel in EMBEDS)


@pytest.mark.parametrize("panel", EMBEDS)
@pytest.mark.parametrize(
    "query", [{"controls": "depth,nothing"}, {"theme": "pink"}, {"depth": "many"}, {"lock": "x"}, {"pin": "y=1"}]
)
def test_what_is_wrong_is_said(panel, query):
    asked, plain = (
        json.dumps(embed.layout(panel, **given), default=lambda part: part.to_plotly_json()) for given in (query, {})
    )
    assert asked.count('"type": "P"') > plain.count('"type": "P"')  # a note
