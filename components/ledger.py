"""The remedy ledger as a table: what each change recovers, what becomes of the signal, what it costs, a button."""

from collections.abc import Callable
from math import inf, isinf

from dash import html

from components.text import minus, rich
from simulation.ledger import IDLE, Ledger, Row
from simulation.sentences_ledger import HARDLY_DECADES, describe_cost, describe_row, label

_HEADS = ("change", "error signal", "dW", "activation", "what becomes of it, and what it costs")


def ledger_table(result: Ledger, query: Callable[[Row], str]) -> html.Div:
    """A row per change, the most helpful first; `query` is the state that a row's button brings."""
    pair = result.best_pair
    helps = pair is not None and pair.delta_decades is not None and pair.delta_decades >= HARDLY_DECADES
    rows = [*([pair] if pair and helps else []), *result.rows]
    known = [abs(row.delta_decades) for row in rows if row.delta_decades is not None and not isinf(row.delta_decades)]
    longest = max(known, default=0.0) or 1.0
    body = [_row(row, result, longest, query(row), pair=row is pair) for row in rows]
    heads = [*_HEADS, html.Span("apply", className="unseen")]
    head = html.Tr([html.Th(text, scope="col") for text in heads])
    table = html.Table([html.Thead(head), html.Tbody(body)], className="ledger")
    more = html.Button(f"all {len(rows)} changes", className="chip more", type="button", **{"aria-expanded": "false"})
    return html.Div(
        [table, more], className="ledger-view", role="region", tabIndex="0", **{"aria-label": "Every remedy, tried"}
    )


def _row(row: Row, result: Ledger, longest: float, query: str, pair: bool) -> html.Tr:
    name = [html.Span("best pair ", className="tag"), label(row)] if pair else label(row)
    numbers = (row.delta_decades, row.weight_grad_decades, row.activation_decades)
    words = html.Td([html.Span(rich(describe_row(row, result))), " ", html.Span(rich(describe_cost(row, result)), className="cost")], className="words")  # fmt: skip
    button = html.Button("Apply", className="chip", type="button", **{"data-query": query, "aria-label": f"Apply: {label(row)}"})  # fmt: skip
    idle = row.unchanged or row.key in IDLE
    return html.Tr(
        [
            html.Th(name, scope="row"),
            html.Td([html.Span(_decades(row.delta_decades)), _bar(row.delta_decades, longest)], className="bar-cell", **{"data-head": _HEADS[1]}),
            *(html.Td(_decades(value), className="figure", **{"data-head": head}) for value, head in zip(numbers[1:], _HEADS[2:4], strict=True)),
            words,
            html.Td([] if idle else button),
        ],
        className="idle" if idle else "pair" if pair else "",
    )  # fmt: skip


def _decades(value: float | None) -> str:
    """With its sign; in words where an exact zero has no decades."""
    if value is None:
        return "exactly 0"
    if value == inf:
        return "comes alive"
    return minus(f"{value:+.1f}") if abs(value) >= 0.05 else "0"


def _bar(value: float | None, longest: float) -> html.Span:
    """To the right what is recovered, to the left what gets worse."""
    share = 0.0 if value is None else min(max(value / longest, -1.0), 1.0)
    side = "worse" if share < 0 else "better"
    return html.Span(html.I(className=side, style={"width": f"{50 * abs(share):.1f}%"}), className="bar")
