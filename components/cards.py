"""The page's building blocks: headline, tiles, legend, chart cards, tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from dash import dcc, html
from numpy.typing import NDArray

from components import ids
from components.text import power, rich
from simulation.diagnosis import Change, Verdict
from simulation.sentences import describe, describe_remedied, percent


def headline(baseline: Verdict, remedied: Verdict | None, remedies: str) -> list[Any]:
    """The sentence: what happens, and what the remedies make of it."""
    sentence = describe(baseline)
    children: list[Any] = [html.Span(sentence.word, className=f"verdict {baseline.state}"), " ", *rich(sentence.text)]
    if remedied:
        text = f"With {remedies}: {describe_remedied(remedied)}"
        children += [" ", html.Span(rich(text), className=f"verdict {remedied.state}")]
    return children


def announcement(baseline: Verdict, remedied: Verdict | None, remedies: str) -> str:
    """The same for a screen reader."""
    return str(describe(baseline)) + (f" With {remedies}: {describe_remedied(remedied)}" if remedied else "")


def tiles(baseline: Verdict, remedied: Verdict | None) -> list[html.Div]:
    """Five numbers: three ratios over the depth, two shares."""
    last = baseline.depth

    def ratio(label: str, name: str) -> html.Div:
        before: Change = getattr(baseline, name)
        after: Change | None = getattr(remedied, name) if remedied else None
        return _tile(label, power(before.decades), before.state, power(after.decades) if after else None)

    def share(label: str, name: str) -> html.Div:
        after = [percent(getattr(remedied, name))] if remedied else None
        return _tile(label, [percent(getattr(baseline, name))], "", after)

    return [
        ratio(f"Error signal, 1 / {last}", "delta"),
        ratio(f"Weight gradient, 1 / {last}", "weight_grad"),
        ratio(f"Activation, {last} / 1", "activation"),
        share("Saturated entries", "saturated_fraction"),
        share("Dead units", "dead_fraction"),
    ]


def _tile(label: str, before: list[Any], state: str, after: list[Any] | None) -> html.Div:
    value: list[Any] = [html.Span(before, className=f"number {state}")]
    if after:
        value += [" ", html.Span(["→ ", *after], className="after")]
    return html.Div([html.Div(label, className="label"), html.Div(value, className="value")], className="tile")


def fix(label: str, outcome: str, query: str) -> list[Any]:
    """The smallest fix as a button, and what it would do."""
    button = html.Button(["Smallest fix: ", label], className="chip fix-button", type="button", **{"data-query": query})
    return [button, html.Span(rich(outcome), title=outcome)]


def no_fix(reason: str) -> list[Any]:
    """Why there is no button."""
    return [html.Span(rich(reason))]


def fix_search(done: int, total: int) -> list[Any]:
    """How far the search for it is."""
    return [html.Span(f"Looking for the smallest fix: {done} of about {total} networks tried …")]


def legend(as_set: str, remedies: str, pinned: str | None = None) -> list[Any]:
    """What grey and dashed is, what ink and solid is, and what the pinned network's thin line."""
    entries: list[Any] = [html.Span([html.I(className="key dashed"), f"as set: {as_set}"])]
    if remedies:
        entries.append(html.Span([html.I(className="key solid"), f"with remedies: {remedies}"]))
    if pinned:
        entries.append(html.Span([html.I(className="key pinned"), f"pinned: {pinned}"]))
    return entries


# Before its first figure a chart shows nothing, in any colors.
BLANK = {
    "data": [],
    "layout": {
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": {"visible": False}, "yaxis": {"visible": False},
    },
}  # fmt: skip


def frame(chart: str, named_by: str, by_layer: bool = True, sets: str = "", described_by: str = "") -> html.Div:
    """A chart's place; `by_layer`: its x axis is the layers; `sets`: the field that a press on it sets.

    named_by, described_by: the elements with its words, for those who do not see it.
    """
    graph = dcc.Graph(
        id=ids.chart(chart), className="chart", responsive=True, figure=BLANK,
        config={"displaylogo": False, "showTips": False, "displayModeBar": "hover", "modeBarButtonsToRemove": ["sendChartToCloud", "lasso2d", "select2d", "zoomIn2d", "zoomOut2d", "autoScale2d"],
                "toImageButtonOptions": {"filename": chart, "scale": 2}},
    )  # fmt: skip
    more = {"data-by-layer": "1"} if by_layer else {"data-sets": sets} if sets else {}
    more |= {"aria-describedby": described_by} if described_by else {}
    return html.Div(graph, className="frame", role="figure", **{"aria-labelledby": named_by}, **more)


def numbers_button(chart: str) -> html.Button:
    """Shows the chart's numbers in `numbers_place`: numbers.js makes the table of what is drawn."""
    return html.Button(
        "Table", className="quiet", type="button",
        **{"data-numbers": ids.chart(chart), "aria-expanded": "false", "aria-controls": ids.table(chart)},
    )  # fmt: skip


def numbers_place(chart: str) -> html.Div:
    """Where the table of a chart comes."""
    return html.Div(id=ids.table(chart), className="numbers-view")


def picture_buttons(chart: str) -> list[html.Button]:
    """Saves the chart as SVG or PNG."""
    return [
        html.Button(
            kind.upper(), className="quiet", type="button", title=f"Save this chart as {kind.upper()}",
            **{"data-chart": ids.chart(chart), "data-picture": kind},
        )
        for kind in ("svg", "png")
    ]  # fmt: skip


def chart_card(panel: str, title: str, text: str) -> html.Section:
    """A chart with its title, its caption, its words for screen readers, and what can be taken away."""
    foot = html.Div(
        [
            html.Button("Table", id=ids.table_button(panel), className="quiet", type="button", **{"aria-expanded": "false", "aria-controls": ids.table(panel)}),
            *picture_buttons(panel),
        ],
        className="card-foot",
    )  # fmt: skip
    return html.Section(
        [
            html.H2(title),
            html.P(text, id=ids.caption(panel), className="caption"),
            frame(panel, ids.description(panel)),
            html.P(id=ids.description(panel), className="unseen"),
            foot,
            html.Div(id=ids.table(panel)),
        ],
        className="card", id=f"card-{panel}",
    )  # fmt: skip


def log_text(value: float) -> str:
    """A log10 size in a table: the number itself in powers of ten, or "0" for an exact zero."""
    if value == float("-inf"):
        return "0 exactly"
    exponent = int(value // 1)
    mantissa = f"{10 ** (value - exponent):.3f}"
    if mantissa == "10.000":
        mantissa, exponent = "1.000", exponent + 1
    return f"{mantissa}e{exponent:+03d}"


def trace_table(columns: Mapping[str, NDArray[np.float64]], layers: Sequence[int] = ()) -> html.Div:
    """The chart's numbers as a table, a row per layer, or for these layers; heads starting with "log10" hold logs, the others shares."""
    heads = ["layer", *(head.removeprefix("log10 ") for head in columns)]
    cells = [
        [(log_text if head.startswith("log10") else percent)(value) for value in column.tolist()]
        for head, column in columns.items()
    ]
    rows = [
        html.Tr([html.Th(layer, scope="row"), *(html.Td(cell) for cell in row)])
        for layer, row in zip(layers or range(1, len(cells[0]) + 1), zip(*cells, strict=True), strict=True)
    ]
    table = html.Table([html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])), html.Tbody(rows)])
    return html.Div(
        table, className="table-view", role="region", tabIndex="0", **{"aria-label": "The numbers of this chart"}
    )


def comparison(
    settings: list[tuple[str, str, str]], signals: list[tuple[str, float, float, str]], swapped: str, without: str
) -> html.Div:
    """Pinned against present in a line; unfolded, the settings that differ and the signals; buttons for both states."""
    rows = [html.Tr([html.Th(label, scope="row"), html.Td(a), html.Td(b), html.Td("")]) for label, a, b in settings]
    rows += [
        html.Tr([html.Th(label, scope="row"), html.Td(power(a)), html.Td(power(b)), html.Td(change)])
        for label, a, b, change in signals
    ]
    heads = [html.Span("setting or signal", className="unseen"), "pinned", "now", "difference"]
    head = html.Tr([html.Th(head, scope="col") for head in heads])
    table = html.Div(
        html.Table([html.Thead(head), html.Tbody(rows)]),
        className="table-view", role="region", tabIndex="0", **{"aria-label": "Pinned and present"},
    )  # fmt: skip
    count = f"{len(settings)} setting{'' if len(settings) == 1 else 's'} differ{'s' if len(settings) == 1 else ''}"
    said = f"Against the pinned network the error signal is {signals[0][3]}; {count}."
    if not settings:
        said = "The pinned network is the one on the screen: change something, and its lines stay."
    buttons = [
        html.Button(label, className="chip", type="button", **{"data-query": query})
        for label, query in (("Swap", swapped), ("Unpin", without))
    ]
    return html.Div([html.Details([html.Summary(said), table]), *buttons], className="card comparison")


def sigma_line(sigma_w: float, gain: float, activation: str, critical: bool) -> list[Any]:
    """sigma_w beside the activation's gain, called critical where that is what it is for this network."""
    named = f"{activation}'s {'critical' if critical else 'gain'} {gain:.4g}{' (infinitely wide)' if critical else ''}"
    return ["σ", html.Sub("w"), f" = {sigma_w:.4g}, {sigma_w / gain:.3g} of {named}" if sigma_w else f" = 0; {named}"]
