"""GET /live: what the page draws next. While a hand moves, few requests are in flight; the newest state goes next."""

from time import perf_counter

import orjson
from flask import Flask, Response, request

from app import binary, frames
from app.cache import TraceCache
from app.state import lenient, pairs_of
from components import ids
from components.captions import TITLES
from components.theme import PALETTES


def register(app: Flask, traces: TraceCache) -> None:
    """The live route: `state` and `since` are query strings, `theme` is a palette.

    `dragging` is 1 while a hand moves. Then a binary frame of the `charts` asked for comes back, with the words where
    `words` is 1, and without the skeletons whose hashes the browser says it `has`. Else everything comes, as JSON.
    """

    @app.get("/live")
    def live() -> Response:
        asked = dict(pairs_of(request.query_string))
        pairs = pairs_of(asked.get("state", "").encode())
        state, notes = lenient(pairs)
        theme = asked["theme"] if asked.get("theme") in PALETTES else "light"
        if asked.get("dragging") == "1":
            began = perf_counter()
            wanted = asked.get("charts", "").split(",")
            charts = {panel for panel in TITLES if ids.chart(panel) in wanted}
            moving = frames.frame(state, [], None, theme, True, traces, charts, asked.get("words") == "1")
            content = binary.encode(state.query, moving, asked.get("has", "").split(","))
            timing = f"frame;dur={1000 * (perf_counter() - began):.1f}"
            return Response(content, mimetype="application/octet-stream", headers={"Server-Timing": timing})
        since = asked.get("since")
        before = lenient(pairs_of(since.encode()))[0] if since is not None else None
        components = frames.frame(state, notes, before, theme, False, traces) | frames.corrections(pairs, state)
        content = orjson.dumps({"query": state.query, "components": components}, default=binary.plain)
        return Response(content, mimetype="application/json")
