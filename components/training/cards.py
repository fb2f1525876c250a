"""Blocks of the Train page that change while a run goes on."""

from collections.abc import Mapping
from typing import Any

from dash import html


def tiles(numbers: Mapping[str, list[Any]], other: Mapping[str, list[Any]] | None) -> list[html.Div]:
    """The numbers of the run; where there is one beside it, its numbers first."""
    made = []
    for label, number in numbers.items():
        value = [html.Span(number, className="number")]
        if other:
            value = [html.Span([*other.get(label, ["–"]), " → "], className="after"), *value]
        made.append(
            html.Div([html.Div(label, className="label"), html.Div(value, className="value")], className="tile")
        )
    return made


def legend(run: str, beside: str) -> list[Any]:
    """Which line is which run."""
    if not beside:
        return [html.Span([html.I(className="key solid"), run])]
    return [
        html.Span([html.I(className="key dashed"), f"beside: {beside}"]),
        html.Span([html.I(className="key solid"), f"this run: {run}"]),
    ]


def files(run_id: str) -> list[Any]:
    """Everything that was recorded, as files."""
    return [
        html.Span("Everything recorded of this run:"),
        *(html.A(kind.upper(), href=f"/api/v1/train/{run_id}.{kind}", className="quiet-link", download=f"training.{kind}") for kind in ("csv", "json")),
        html.Span("Its address above trains it again, to the bit."),
    ]  # fmt: skip
