"""A worksheet: one network on paper, its charts, its numbers, its settings in words, and questions with room to write."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from dash import html
from numpy.typing import NDArray

from components import cards, ids
from components.embedding import link, settings_line
from components.shell import NAME
from components.text import rich
from simulation.worksheet import layers

CHARTS = ("backward-delta", "backward-weights", "forward", "heatmap-delta")
LINES = 3  # to write on, under each question


def page(
    charts: Mapping[str, str], notes: Sequence[str], legend: Sequence[Any], settings: Sequence[tuple[str, str]],
    holders: Sequence[Any], query: str, locked: Sequence[str],
) -> html.Div:  # fmt: skip
    """The sheet; its numbers and questions come into `ids.SHEET` once the network is known. charts: their titles by name."""
    button = html.Button("Print", className="chip", type="button", **{"data-print": "1"})
    head = [html.B(f"{NAME}: worksheet"), html.Span("Name"), html.Span("Date"), button]
    return html.Div(
        html.Main(
            [
                html.Div(head, className="sheet-head"),
                html.H1(id=ids.HEADLINE),
                html.P(id=ids.ANNOUNCE, className="unseen", role="status", **{"aria-live": "polite"}),
                html.Div([html.P(note) for note in notes], id=ids.NOTES, className="notes", role="status"),
                html.P(list(legend), id=ids.LEGEND, className="legend"),
                html.Div([cards.chart_card(chart, title, "") for chart, title in charts.items()], className="charts"),
                settings_line(settings),
                html.P(link(query, spelled=True), className="embed-foot"),
                html.Div(id=ids.SHEET),
                *holders,
            ],
            className="main",
        ),
        className="page embed printed worksheet",
        **{"data-keep": "print=1", "data-locked": " ".join(locked)},
    )  # fmt: skip


def sheet(columns: Mapping[str, NDArray[np.float64]], questions: Sequence[str]) -> list[Any]:
    """The table, thinned where the network is deep, and the questions, each with lines to write on."""
    shown = layers(len(next(iter(columns.values()))))
    picked = {head: values[[layer - 1 for layer in shown]] for head, values in columns.items()}
    lines = html.Div([html.Div() for _ in range(LINES)], className="lines")
    return [
        html.H2("Numbers by layer"), cards.trace_table(picked, shown),
        html.H2("Questions"), html.Ol([html.Li([html.Span(rich(question)), lines]) for question in questions]),
    ]  # fmt: skip
