"""Panels: questions about the network on the screen, each with its answer, its charts and its numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html

from components import cards, ids
from components.controls import control
from simulation.parameters import Parameter


@dataclass(frozen=True)
class Chart:
    """A chart of a panel: `by_layer`: its x axis is the layers; `sets`: the field that a press on it sets.

    title: where there are several, each has its own, and under it a line of its own, `ids.line(name)`.
    """

    name: str
    by_layer: bool = True
    sets: str = ""
    title: str = ""


def panel_card(
    key: str, title: str, question: str, charts: Sequence[Chart], controls: Mapping[str, tuple[Parameter, Any]],
    tabular: bool, quick: bool,
) -> html.Details:  # fmt: skip
    """A panel that folds: title, question, controls; caption, lead, charts and body are filled when it is asked."""
    foot: list[Any] = [
        html.A("JSON", className="quiet quiet-link", href=f"/api/v1/{key}", **{"data-follow": f"/api/v1/{key}"})
    ]
    if tabular:
        foot.append(
            html.A(
                "CSV", className="quiet quiet-link", href=f"/api/v1/{key}.csv", **{"data-follow": f"/api/v1/{key}.csv"}
            )
        )
    for chart in charts:
        foot += (
            []
            if chart.title
            else [cards.numbers_button(chart.name), *cards.picture_buttons(chart.name), cards.numbers_place(chart.name)]
        )
    return html.Details(
        [
            html.Summary([html.H2(title), html.Span(question, className="question")]),
            html.Div([control(name, parameter, value) for name, (parameter, value) in controls.items()], className="panel-controls"),
            html.P(id=ids.caption(key), className="caption"),
            html.Div(id=ids.lead(key), className="panel-lead"),
            html.Div([_chart(chart, key) for chart in charts], className=f"panel-charts of-{len(charts)}"),
            html.Div(id=ids.body(key), className="panel-body"),
            html.Div(foot, className="card-foot"),
        ],
        open=True, className="card panel", id=ids.panel(key), **{"data-panel": key, **({"data-quick": "1"} if quick else {})},
    )  # fmt: skip


def _chart(chart: Chart, key: str) -> html.Div:
    if not chart.title:
        return cards.frame(chart.name, ids.caption(key), chart.by_layer, chart.sets)
    title, words = ids.title(chart.name), ids.line(chart.name)
    return html.Div(
        [
            html.Div(
                [html.H3(chart.title, id=title), cards.numbers_button(chart.name), *cards.picture_buttons(chart.name)],
                className="chart-head",
            ),
            html.P(id=words, className="caption"),
            cards.frame(chart.name, f"{title} {words}", chart.by_layer, chart.sets, ids.caption(key)),
            cards.numbers_place(chart.name),
        ]
    )


def section(title: str, lead: str, panels: Sequence[html.Details], **more: Any) -> html.Section:
    """A part of the page: its heading, one line, its panels."""
    heading = [html.H2(title, className="section-title"), html.P(lead, className="section-lead")]
    return html.Section([*heading, html.Div(list(panels), className="panels")], className="part", **more)
