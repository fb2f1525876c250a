"""GET /live: what the page draws next. While a hand moves, few requests are in flight; the newest state goes next.

An answer is a function of its query and of the program's version, which the page sends as `v`: so it is kept, here and
by every proxy on the way, and one that was asked for by an older page is kept by nobody else.
"""

from hashlib import blake2b
from time import perf_counter

import orjson
from flask import Flask, Response, request

from app import binary, frames
from app.admission import Admission
from app.cache import TraceCache, version
from app.state import lenient, pairs_of
from components import ids
from components.captions import TITLES
from components.theme import PALETTES

PLACES, SECONDS = 2, 0.5  # frames that are computed at once in a process, and how long one waits for that
SECONDS_KEPT = 24 * 3600  # by proxies and browsers


def moving(asked: dict[str, str], traces: TraceCache) -> bytes:
    """A binary frame of the `charts` asked for, with the words where `words` is 1, and without the skeletons whose
    hashes the browser says it `has`."""
    state, _ = lenient(pairs_of(asked.get("state", "").encode()))
    wanted = asked.get("charts", "").split(",")
    charts = {panel for panel in TITLES if ids.chart(panel) in wanted}
    components = frames.frame(state, [], None, _theme(asked), True, traces, charts, asked.get("words") == "1")
    return binary.encode(state.query, components, asked.get("has", "").split(","))


def rested(asked: dict[str, str], traces: TraceCache) -> bytes:
    """Everything, as JSON; `since` is the state of the last one."""
    pairs = pairs_of(asked.get("state", "").encode())
    state, notes = lenient(pairs)
    since = asked.get("since")
    before = lenient(pairs_of(since.encode()))[0] if since is not None else None
    components = frames.frame(state, notes, before, _theme(asked), False, traces) | frames.corrections(pairs, state)
    return orjson.dumps({"query": state.query, "components": components}, default=binary.plain)


def _theme(asked: dict[str, str]) -> str:
    return asked["theme"] if asked.get("theme") in PALETTES else "light"


def register(app: Flask, traces: TraceCache) -> None:
    """The live route: `state` and `since` are query strings, `theme` is a palette, `dragging` is 1 while a hand moves."""
    admission = Admission(PLACES, SECONDS)

    @app.get("/live")
    def live() -> Response:
        began = perf_counter()
        query = request.query_string.decode("latin-1")
        asked = dict(pairs_of(request.query_string))
        answer = Response()
        answer.set_etag(blake2b(f"{version()} {query}".encode(), digest_size=12).hexdigest())
        answer.cache_control.public, answer.cache_control.max_age = True, SECONDS_KEPT
        if asked.get("v") != version():
            answer.cache_control.clear()
            answer.cache_control.no_cache = True
        if request.if_none_match.contains(answer.get_etag()[0]):
            answer.status_code = 304
            return answer
        make = moving if asked.get("dragging") == "1" else rested

        with admission.place():
            answer.set_data(traces.kept(f"live {query}", lambda: make(asked, traces)))
        answer.mimetype = "application/octet-stream" if make is moving else "application/json"
        answer.headers["Server-Timing"] = f"frame;dur={1000 * (perf_counter() - began):.1f}"
        return answer
