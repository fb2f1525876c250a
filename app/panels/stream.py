"""GET /panel/<key>?state=&theme=: a panel's elements as a stream of JSON lines, each more complete than the last.

Whoever asks stops reading when the state has moved on; the work stops at the next line that cannot be sent.
"""

from collections.abc import Iterator
from dataclasses import astuple
from itertools import chain
from time import monotonic
from typing import Any

import orjson
from flask import Flask, Response, abort, request

from app.admission import Admission
from app.binary import plain
from app.cache import TraceCache
from app.panels import PANELS
from app.panels.panel import Panel
from app.state import State, lenient, pairs_of
from components.theme import PALETTES

SECONDS_BETWEEN_LINES = 0.15
SLOW = Admission(2, 5.0)  # places in a process for what takes long, and how long one waits for the first step


def results(panel: Panel, state: State, traces: TraceCache) -> Iterator[Any]:
    """What the panel computes for the state; of what takes long the last result is kept."""
    if panel.quick:
        return panel.compute(state)
    asked = [getattr(state.options, word) for word in panel.words]
    key = f"{panel.key} {astuple(state.config.effective())} {state.remedies} {asked}"
    return traces.results(key, lambda: panel.compute(state), SLOW)


def paced(items: Iterator[Any], seconds: float = SECONDS_BETWEEN_LINES) -> Iterator[tuple[Any, bool]]:
    """(item, whether it is the last): the last one always, others no more often than that."""
    sent, held = monotonic(), None
    for item in items:
        if held is not None and monotonic() - sent >= seconds:
            yield held, False
            sent = monotonic()
        held = item
    yield held, True


def register(app: Flask, traces: TraceCache) -> None:
    """The route of all panels."""

    @app.get("/panel/<key>")
    def answer(key: str) -> Response:
        if key not in PANELS:
            abort(404)
        asked = dict(pairs_of(request.query_string))
        state, _ = lenient(pairs_of(asked.get("state", "").encode()))
        palette = PALETTES[asked["theme"] if asked.get("theme") in PALETTES else "light"]

        found = results(PANELS[key], state, traces)
        first = next(found)  # a server that is busy says so before it begins

        def lines() -> Iterator[bytes]:
            for result, last in paced(chain([first], found)):
                components = PANELS[key].show(state, result, palette)
                done = 1.0 if last else result.done / max(result.total, 1)
                yield orjson.dumps({"done": done, "components": components}, default=plain) + b"\n"

        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # a proxy is not to hold lines back
        return Response(lines(), mimetype="application/x-ndjson", headers=headers)
