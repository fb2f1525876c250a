"""What comes to Dash's callback endpoint is looked at before Dash does, which takes every body for one of its own.

A body has the shape that the browser's part of Dash sends for one of this application's callbacks, or is answered 400.
"""

from typing import Any

import dash
import orjson
from dash._utils import split_callback_id
from flask import Response, request

from components import ids
from components.training import ids as training_ids

PATH = "/_dash-update-component"
HERE, BY_HAND = "same-origin", "none"  # what browsers say of a request that no other site makes
MOST_BYTES = 64_000  # of any request's body: the longest is a state
CLICKED = (ids.RESTORE, training_ids.RESTORE)  # stores that nothing but a click fills


def fits(body: Any, callbacks: dict[str, dict[str, Any]]) -> bool:
    """Whether it is for one of these callbacks, by output, with the inputs and states that it was declared with."""
    if not (isinstance(body, dict) and isinstance(body.get("output"), str)):
        return False
    callback = callbacks.get(body["output"], {})
    if "callback" not in callback:  # unknown, or one that the browser alone runs
        return False
    parts = [body.get(name, []) for name in ("inputs", "state")]
    changed, outputs = body.get("changedPropIds"), body.get("outputs")
    written = split_callback_id(body["output"])
    return (
        all(_are(part, callback[name]) for part, name in zip(parts, ("inputs", "state"), strict=True))
        and _names(changed)
        and (_are(outputs, written) if isinstance(written, list) else _are([outputs], [written]))
    )


def _are(given: Any, declared: list[dict[str, Any]]) -> bool:
    """Whether these are those properties, in their order, with values as they may have them."""
    return (
        isinstance(given, list)
        and len(given) == len(declared)
        and all(
            isinstance(one, dict)
            and one.get("id") == wanted["id"]
            and str(one.get("property", "")).split("@")[0] == wanted["property"].split("@")[0]
            and set(one) <= {"id", "property", "value"}
            and _may_be(wanted, one.get("value"))
            for one, wanted in zip(given, declared, strict=True)
        )
    )


def _names(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(name, str) for name in given)


def _may_be(place: dict[str, Any], value: Any) -> bool:
    """Whether the property of this place may have the value: one that a callback of the server is given."""
    name = place["property"]
    if name == "pathname":
        return isinstance(value, str) and value.startswith("/")
    if place["id"] in CLICKED:
        return isinstance(value, dict) and _is_click(value)
    return value is None or isinstance(value, int if name.startswith("n_") else str)


def _is_click(value: dict[str, Any]) -> bool:
    """What asks for a state: its query, and when."""
    return set(value) == {"query", "at"} and isinstance(value["query"], str) and isinstance(value["at"], int | float)


def _json() -> Any:
    """The body; None where it is no JSON. Python's own reader would run out of stack in a deep one."""
    try:
        return orjson.loads(request.get_data())
    except orjson.JSONDecodeError:
        return None


def register(app: dash.Dash) -> None:
    """Before every request: bodies are short, no other site sends them, and those for callbacks fit."""
    app.server.config["MAX_CONTENT_LENGTH"] = MOST_BYTES

    @app.server.before_request
    def guard() -> Response | None:
        if (request.content_length or 0) > MOST_BYTES:
            return Response(f"A request may bring {MOST_BYTES:,} bytes.\n", 413, mimetype="text/plain")
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site", HERE) not in (HERE, BY_HAND):
            return Response("Another site may read the API, and start nothing.\n", 403, mimetype="text/plain")
        if request.path == PATH and request.method == "POST" and not fits(_json(), app.callback_map):
            return Response("This is not a request of these pages.\n", 400, mimetype="text/plain")
        return None
