"""document(): the API as OpenAPI 3.1, from the words, the panels and the runs that there are."""

from functools import cache
from typing import Any

from app import schemas
from app.api import NULLS
from app.openapi import runs
from app.openapi.answers import ERROR, REFUSED, Answers, content, json, kept
from app.openapi.parameters import declared, of_panel, schema
from app.panels import PANELS
from app.panels.panel import Panel
from app.schemas import CONFIG, Schema, members, record, reference, said_of, text
from app.settings import VERSION
from simulation.config import BUDGET, FIELDS, compact
from simulation.diagnosis import Verdict
from simulation.trace import ARRAYS, SignalTrace

TAG = "networks"
EXAMPLE = "depth=20&activation=tanh"
NAME = "Gradient Flow Lab"
SAME = "The same numbers."


@cache
def document() -> dict[str, Any]:
    """The whole document; nothing in it changes while the application runs."""
    paths = _trace() | {path: found for panel in PANELS.values() for path, found in _panel(panel).items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": NAME, "version": VERSION, "summary": "Every number that is drawn can be asked for.", "description": _manners()},
        "servers": [{"url": "/"}],
        "tags": [
            {"name": TAG, "description": "A network at its start, simulated: a pure function of the query."},
            {"name": runs.TAG, "description": "A network in training: started, watched, told what to do."},
        ],
        "paths": paths | runs.paths(),
        "components": {"parameters": declared(), "schemas": _schemas()},
    }  # fmt: skip


def _manners() -> str:
    budget = "; ".join(f"{counted} at most {compact(most)}" for counted, _, most in BUDGET)
    return (
        "Nothing is rounded, clamped or left out: what is not allowed is refused with the name of the field. Words that are "
        "left out have their defaults; `query` in a reply is the shortest query of the same state, and, put behind the "
        f"address of the Explore page, shows it. One budget holds for all networks: {budget}. Arrays by layer begin with "
        f"layer 1. In JSON {NULLS}; in CSV and .npz it is -inf. "
        "GET and HEAD may be sent from pages of any origin; without a run they answer with an ETag, and may be held for an hour."
    )


def _operation(name: str, summary: str, said: str, panel: Panel | None, body: Answers, path: str) -> dict[str, Any]:
    asked = "".join(f"&{word}={declared()[word]['schema']['default']}" for word in (panel.words if panel else ()))
    return {
        "get": {
            "operationId": name, "summary": summary, "description": said, "tags": [TAG], "parameters": of_panel(panel),
            "responses": kept(body), "x-example": f"{path}?{EXAMPLE}{asked}",
        }
    }  # fmt: skip


def _trace() -> dict[str, Any]:
    path, said = "/api/v1/trace", said_of(SignalTrace)
    octets = content(
        "NumPy's .npz: the arrays and the query.", "application/octet-stream", {"type": "string", "format": "binary"}
    )
    table = content(
        "A row per layer; `remedied_` before the names of the second network.", "text/csv", {"type": "string"}
    )
    return {
        path: _operation("getTrace", "Magnitudes by layer, and the verdict", said, None, json("The network, and with remedies once more.", reference("trace")), path),
        f"{path}.csv": _operation("getTraceAsCsv", "Magnitudes by layer as a table", SAME, None, table, f"{path}.csv"),
        f"{path}.npz": _operation("getTraceAsNpz", "Magnitudes by layer as arrays", SAME, None, octets, f"{path}.npz"),
    }  # fmt: skip


def _panel(panel: Panel) -> dict[str, Any]:
    path, title = f"/api/v1/{panel.key}", panel.key.title()
    body = content("The program.", "text/plain", {"type": "string"})
    if panel.answer:
        body = json("The answer.", reference(panel.key))
    found = {path: _operation(f"get{title}", panel.title, panel.question, panel, body, path)}
    if panel.table:
        table = content("The same names as columns.", "text/csv", {"type": "string"})
        found[f"{path}.csv"] = _operation(f"get{title}AsCsv", f"{panel.title} as a table", SAME, panel, table, f"{path}.csv")  # fmt: skip
    return found


def _schemas() -> dict[str, Schema]:
    """Everything that replies hold, by name. Those of panels have the panel's key."""
    sentences = {"verdict": text("Of the network."), "sentence": text("The verdict in words.")}
    trace = record(
        members(SignalTrace, ARRAYS) | sentences | members(Verdict, ()) | {"diagnosis": schemas.of(Verdict)},
        said=said_of(SignalTrace),
    )
    parts = _reply("trace", trace, both=True)
    for panel in PANELS.values():
        if panel.answer:
            parts |= _reply(panel.key, panel.answer, panel.both)
    config = record({name: schema(parameter) for name, parameter in FIELDS.items()}, said="The settings of a network.")
    return {"Error": ERROR, "Refused": REFUSED, CONFIG: config, **schemas.NAMED, **parts, **runs.schemas()}


def _reply(key: str, answer: Schema, both: bool) -> dict[str, Schema]:
    """A reply as a whole; what it says of each of two networks has a name of its own."""
    asked = {"query": text("The canonical query."), "nulls": text("What null stands for.")}
    network = answer | {"properties": {"config": reference(CONFIG), **answer["properties"]}, "required": ["config", *answer["required"]]}  # fmt: skip
    if not both:
        return {key: network | {"properties": asked | network["properties"], "required": [*asked, *network["required"]]}}  # fmt: skip
    whole = record(asked | {"remedied": reference(f"{key}_network")}, ("remedied",))
    return {f"{key}_network": network, key: {"allOf": [whole, reference(f"{key}_network")]}}
