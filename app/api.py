"""GET /api/v1/<panel>?<state>: every number drawn can be asked for. Strict: what is not allowed is named."""

import csv
import io
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
from flask import Flask, Response, request

from app import manners
from app.cache import TraceCache
from app.manners import json_response, refusal
from app.panels import PANELS, code, stream
from app.panels.panel import Panel
from app.state import State, StateError, pairs_of, strict
from simulation import NetworkConfig, SignalTrace
from simulation.diagnosis import diagnose
from simulation.sentences import describe
from simulation.trace import ARRAYS

Reply = Callable[[State, TraceCache], dict[str, Any]]
Table = Callable[[State, TraceCache], str]
NULLS = "null stands for the log of an exact zero; in diagnosis for an infinite ratio or for no such layer"


def _network(config: NetworkConfig, trace: SignalTrace) -> dict[str, Any]:
    """One network's part of the reply: its arrays, its verdict, and the numbers of the diagnosis."""
    verdict = diagnose(trace)
    return {
        "config": asdict(config),
        **{name: getattr(trace, name) for name in ARRAYS},
        "verdict": verdict.state,
        "sentence": str(describe(verdict)),
        "diagnosis": asdict(verdict),
    }


def trace_reply(state: State, traces: TraceCache) -> dict[str, Any]:
    """The `trace` panel: SignalTrace by its names, for the network as set and once more with the remedies."""
    reply = {"query": state.query, "nulls": NULLS, **_network(state.config, traces.trace(state.config))}
    if state.remedies:
        reply["remedied"] = _network(state.remedied, traces.trace(state.remedied))
    return reply


def trace_table(state: State, traces: TraceCache) -> str:
    """The same arrays as CSV, a row per layer; -inf is the log of an exact zero."""
    columns = {name: getattr(traces.trace(state.config), name) for name in ARRAYS}
    if state.remedies:
        columns |= {f"remedied_{name}": getattr(traces.trace(state.remedied), name) for name in ARRAYS}
    layers = range(1, state.config.depth + 1)
    return table_text({"layer": layers, **{name: map(repr, column.tolist()) for name, column in columns.items()}})


def trace_file(state: State, traces: TraceCache) -> bytes:
    """The same arrays as NumPy's .npz, with the query that they belong to."""
    arrays: dict[str, Any] = {name: getattr(traces.trace(state.config), name) for name in ARRAYS}
    if state.remedies:
        arrays |= {f"remedied_{name}": getattr(traces.trace(state.remedied), name) for name in ARRAYS}
    file = io.BytesIO()
    np.savez(file, query=np.array(state.query), **arrays)
    return file.getvalue()


def panel_reply(panel: Panel, state: State, traces: TraceCache) -> dict[str, Any]:
    """A panel's numbers by the API's names, for the network as set, and once more with the remedies."""
    bare, remedied = State(state.config, (), state.options), State(state.remedied, (), state.options)
    result = _whole(panel, bare if panel.both else state, traces)
    reply = {"query": state.query, "nulls": NULLS, "config": asdict(state.config), **panel.reply(state, result)}
    if panel.both and state.remedies:
        reply["remedied"] = {
            "config": asdict(state.remedied), **panel.reply(remedied, _whole(panel, remedied, traces))
        }  # fmt: skip
    return reply


def panel_table(panel: Panel, state: State, traces: TraceCache) -> str:
    """A panel's columns as CSV, for the network on the screen."""
    assert panel.table
    return table_text(panel.table(state, _whole(panel, state, traces)))


def _whole(panel: Panel, state: State, traces: TraceCache) -> Any:
    return deque(stream.results(panel, state, traces), maxlen=1).pop()


def table_text(columns: Mapping[str, Iterable[Any]]) -> str:
    """Columns as CSV; numbers to all their digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()


def register(app: Flask, traces: TraceCache) -> None:
    """The routes of the API, and the manners of all its paths."""
    manners.register(app)
    replies: dict[str, Reply] = {"trace": trace_reply} | {
        key: partial(panel_reply, panel) for key, panel in PANELS.items()
    }
    tables: dict[str, Table] = {"trace": trace_table} | {
        key: partial(panel_table, panel) for key, panel in PANELS.items() if panel.table
    }

    @app.get("/api/v1/trace.npz")
    def file() -> Response:
        content = trace_file(strict(pairs_of(request.query_string)), traces)
        disposition = {"Content-Disposition": "attachment; filename=trace.npz"}
        return Response(content, mimetype="application/octet-stream", headers=disposition)

    @app.get("/api/v1/code")
    def program() -> Response:
        return Response(code.text(strict(pairs_of(request.query_string))), mimetype="text/plain")

    @app.get("/api/v1/<path:panel>")
    def panel(panel: str) -> Response:
        name = panel.removesuffix(".csv")
        if panel in replies:
            return json_response(replies[panel](strict(pairs_of(request.query_string)), traces))
        if panel != name and name in tables:
            response = Response(tables[name](strict(pairs_of(request.query_string)), traces), mimetype="text/csv")
            response.headers["Content-Disposition"] = f"attachment; filename={panel}"
            return response
        known = [*replies, *(f"{table}.csv" for table in tables)]
        return refusal("panel", panel, ", ".join(known), "There is no such panel.")

    @app.errorhandler(StateError)
    def refuse(error: StateError) -> Response:
        """422: understood, but not allowed; says which field, what it was and what is allowed."""
        return refusal(error.field, error.value, error.allowed, str(error), 422)
