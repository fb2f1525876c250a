"""The remedy ledger: every remedy added, every active one removed, and the best pair, by what they recover."""

from dataclasses import replace
from typing import Any

from app.panels.panel import Components, Palette, Panel
from app.schemas import members, or_null, record, said_of, text
from app.state import State
from components import ids
from components.ledger import ledger_table
from components.text import rich
from simulation.diagnosis import Change
from simulation.ledger import Ledger, Row, ledger
from simulation.sentences_ledger import describe_cost, describe_ledger, describe_row

_FIELDS = (
    "delta_decades", "weight_grad_decades", "activation_decades", "unchanged", "multiply_adds", "multiply_adds_ratio",
    "batch_dependent", "output_scale",
)  # fmt: skip


def _line(row: Row, result: Ledger) -> dict[str, Any]:
    numbers = {name: getattr(row, name) for name in _FIELDS}
    return {
        "remedy": row.key, "action": row.action, "remedies": row.remedies, "verdict": row.after.state,
        "factor_per_layer": row.after.delta.factor_per_layer, **numbers,
        "sentence": describe_row(row, result), "cost": describe_cost(row, result),
    }  # fmt: skip


def _reply(state: State, result: Ledger) -> dict[str, Any]:
    pair = result.best_pair and _line(result.best_pair, result)
    return {"sentence": describe_ledger(result), "rows": [_line(row, result) for row in result.rows], "best_pair": pair}


def _table(state: State, result: Ledger) -> dict[str, Any]:
    lines = [_line(row, result) for row in result.rows]
    names = ("remedy", "action", "verdict", "factor_per_layer", *_FIELDS, "sentence", "cost")
    return {name: [line[name] for line in lines] for name in names}


def _show(state: State, result: Ledger, palette: Palette) -> Components:
    said = describe_ledger(result) or f"Tried so far: {result.done} of about {result.total} networks."
    table = ledger_table(result, lambda row: replace(state, remedies=row.remedies).query)
    return {ids.caption("ledger"): {"children": rich(said)}, ids.body("ledger"): {"children": table}}


_ROW = record(
    {
        "remedy": text("The keys of what is added or removed, with + between two."),
        "action": text("What is done with each of them: add or remove; none where nothing comes of it."),
        **members(Row, ("remedies",)), "verdict": text("Of the network afterwards."), **members(Change, ("factor_per_layer",)),
        **members(Row, _FIELDS), "sentence": text("What it does, in words."), "cost": text("What it costs, in words."),
    },
    said=said_of(Row),
)  # fmt: skip
_ANSWER = record(
    {"sentence": text("What helps most."), "rows": {"type": "array", "items": _ROW}, "best_pair": or_null(_ROW)}
)

PANEL = Panel(
    key="ledger", section="help", title="Remedy ledger",
    question="Each remedy tried on this very network. Decades recovered: how much nearer to steady a signal gets.",
    compute=lambda state: ledger(state.config, state.remedies), reply=_reply, table=_table, show=_show, both=False,
    answer=_ANSWER,
)  # fmt: skip
