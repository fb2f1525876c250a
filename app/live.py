"""GET /live: what the page draws next. One request is in flight at a time; the newest state goes next."""

from typing import Any

import orjson
from flask import Flask, Response, request

from app import frames
from app.cache import TraceCache
from app.state import lenient, pairs_of
from components.theme import PALETTES


def _plain(value: Any) -> Any:
    """Dash components as the browser wants them."""
    return value.to_plotly_json()


def register(app: Flask, traces: TraceCache) -> None:
    """The live route: `state` and `since` are query strings, `theme` a palette, `dragging` 1 while a hand moves."""

    @app.get("/live")
    def live() -> Response:
        asked = dict(pairs_of(request.query_string))
        pairs = pairs_of(asked.get("state", "").encode())
        state, notes = lenient(pairs)
        since = asked.get("since")
        theme = asked.get("theme", "")
        dragging = asked.get("dragging") == "1"
        components = frames.frame(
            state,
            notes,
            lenient(pairs_of(since.encode()))[0] if since is not None else None,
            theme if theme in PALETTES else "light",
            dragging,
            traces,
        )
        if not dragging:
            components |= frames.corrections(pairs, state)
        return Response(
            orjson.dumps({"query": state.query, "components": components}, default=_plain), mimetype="application/json"
        )
