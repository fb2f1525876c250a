"""/api/v1/train: runs by HTTP. POST submits and commands, GET asks: to ask is to keep the run alive."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
from flask import Flask, Response, request

from app.manners import json_response, refusal
from app.runs.desk import Desk, Refused, Seen, steps_of
from app.runs.limits import LONGEST_LEASE, MOST_NUMBERS
from app.runs.paths import METHODS, TOLD, not_there
from app.runs.queue import Queue
from app.runs.records import NULLS, OF_RATES, Array, told
from app.runs.store import UnreachableError
from app.settings import Settings
from app.training import state as train_state
from app.words import StateError, pairs_of, parsed
from simulation.options import Option
from simulation.parameters import Choice, Number
from simulation.registry import Registry
from simulation.training.changes import CHANGEABLE
from simulation.training.records import LAYERED, SCALARS

LEASE = Number("Lease", "Seconds that the asker may be silent.", 10, LONGEST_LEASE, integer=True)
KINDS = Registry(
    Option("training", "A training", "Steps with the learning rate that is set."),
    Option("rates", "A range test", "A short run for each of 19 learning rates."),
)
OWN_WORDS = {"lease": LEASE, "kind": Choice("Kind", "What is to be done.", KINDS)}
AFTER = Number("After", "How many records are known already.", 0, 10**6, integer=True)


class UnknownRunError(Exception):
    """There is no run of this id."""


def answer(desk: Desk, seen: Seen, after: int, most: float) -> dict[str, Any]:
    """The run as it is now, with the records from the one numbered `after`."""
    run, progress = seen.run, seen.progress
    steps = steps_of(run)
    chunks = list(desk.records(seen, after, most))
    columns = {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]} if chunks else {}
    answers = {name: desk.part(seen, name) for name in ("boundary", "fit")}
    pace = progress.steps_per_second
    return {
        "id": run.id, "kind": run.kind, "query": run.query, "lease": run.lease, "state": seen.state, "place": seen.place,
        "message": progress.message, "step": progress.step, "steps": steps, "steps_per_second": pace,
        "seconds_left": (steps - progress.step) / pace if pace and seen.state == "running" else None,
        "changes": progress.changes, "crashes": progress.crashes, "checkpoints": progress.checkpoints,
        **{name: orjson.loads(drawn) if drawn else None for name, drawn in answers.items()},
        "next": after + len(next(iter(columns.values()), ())), "records": told(columns), "nulls": NULLS,
    }  # fmt: skip


def table(desk: Desk, seen: Seen) -> Iterator[str]:
    """All records as CSV: a row for each step, network and layer, or for each rate."""
    text, of_rates = io.StringIO(), seen.run.kind == "rates"
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(OF_RATES if of_rates else ("step", "network", "layer", *SCALARS, *LAYERED))
    for columns in desk.records(seen, 0):
        writer.writerows(
            zip(*(column.tolist() for column in columns.values()), strict=True) if of_rates else _rows(columns)
        )
        yield text.getvalue()
        text.seek(0)
        text.truncate()
    yield text.getvalue()


def _rows(columns: dict[str, Array]) -> Iterator[tuple[Any, ...]]:
    _, networks, depth = columns[LAYERED[0]].shape
    for record, step in enumerate(columns["step"].tolist()):
        for network in range(networks):
            scalars = [columns[name][record, network].item() for name in SCALARS]
            layered = np.stack([columns[name][record, network] for name in LAYERED], axis=1).tolist()
            for layer in range(depth):
                yield step, network, layer + 1, *scalars, *layered[layer]


def register(app: Flask, settings: Settings) -> None:
    """The routes of /api/v1/train."""
    desk = Desk(Queue(settings))

    def found(run_id: str) -> Seen:
        if seen := desk.look(run_id):
            return seen
        raise UnknownRunError

    @app.post("/api/v1/train")
    def submit() -> Response:
        pairs = _posted()
        own = parsed([pair for pair in pairs if pair[0] in OWN_WORDS], OWN_WORDS)
        state = train_state.strict([pair for pair in pairs if pair[0] not in OWN_WORDS])
        seen = desk.submit(state, request.remote_addr or "", **own)
        return json_response(
            {"id": seen.run.id, "query": seen.run.query, "lease": seen.run.lease, "place": seen.place}, 202
        )

    @app.get("/api/v1/train/<run_id>")
    def look(run_id: str) -> Response:
        after = parsed(pairs_of(request.query_string), {"after": AFTER}).get("after", 0)
        return json_response(answer(desk, found(run_id), after, MOST_NUMBERS))

    @app.get("/api/v1/train/<run_id>.json")
    def everything(run_id: str) -> Response:
        return json_response(answer(desk, found(run_id), 0, float("inf")))

    @app.get("/api/v1/train/<run_id>.csv")
    def rows(run_id: str) -> Response:
        disposition = {"Content-Disposition": f"attachment; filename=training-{run_id}.csv"}
        return Response(table(desk, found(run_id)), mimetype="text/csv", headers=disposition)

    @app.get("/api/v1/train/<run_id>/checkpoint/<step>")
    def checkpoint(run_id: str, step: str) -> Response:
        seen = found(run_id)
        kept = [str(one) for one in seen.progress.checkpoints]
        content = desk.part(seen, f"checkpoint:{step}") if step in kept else None
        if content is None:
            return refusal("step", step, ", ".join(kept), "There is no checkpoint of this step.")
        return Response(content, mimetype="application/octet-stream")

    @app.post("/api/v1/train/<run_id>/<verb>")
    def command(run_id: str, verb: str) -> Response:
        if verb not in TOLD:
            raise StateError("verb", verb, ", ".join(TOLD))
        words = _posted()
        name, value = _change(dict(words)) if verb == "change" else ("", None)
        return json_response({"id": run_id, "state": desk.command(found(run_id), verb, name, value)})

    @app.route("/api/v1/train", methods=METHODS)
    @app.route("/api/v1/train/", methods=METHODS)
    @app.route("/api/v1/train/<path:rest>", methods=METHODS)
    def elsewhere(rest: str = "") -> Response:
        """Whatever is none of the above, which come first: they are more particular."""
        return not_there(request.path)

    @app.errorhandler(Refused)
    def refuse(refused: Refused) -> Response:
        error = {"reason": refused.reason, "message": refused.message, "place": refused.place}
        return json_response({"error": error}, 409 if refused.reason == "state" else 429)

    @app.errorhandler(UnknownRunError)
    def unknown(error: UnknownRunError) -> Response:
        asked, said = (request.view_args or {}).get("run_id", ""), "There is no such run: it may have been forgotten."
        return refusal("id", asked, "an id that POST answered", said)

    @app.errorhandler(UnreachableError)
    def away(error: UnreachableError) -> Response:
        message = "The store of runs cannot be reached, or has no room, for the moment. Runs under way go on."
        return json_response({"error": {"reason": "store", "message": message}}, 503)


def _posted() -> list[tuple[str, str]]:
    """The words of a POST, which stand in its query string; StateError where a body brings others, that nobody would read."""
    if body := request.stream.read(80):
        raise StateError("body", body.decode("ascii", "backslashreplace"), "none: the query string carries the words")
    return pairs_of(request.query_string)


def _change(asked: dict[str, str]) -> tuple[str, Any]:
    """The setting that is to be altered, and to what."""
    name = asked.get("field", "")
    if name not in CHANGEABLE:
        raise StateError("field", name, ", ".join(CHANGEABLE))
    return name, parsed([(name, asked.get("value", ""))], CHANGEABLE)[name]
