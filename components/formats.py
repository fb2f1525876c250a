"""Number formats in words: what the colors mean, what each format loses, and the loss scale that helps."""

from typing import Any

from dash import html

from components.figures.formats import KINDS, shares
from components.text import rich
from simulation.diagnosis import FORMATS
from simulation.precision import FormatRuns, Tally, fate
from simulation.sentences import percent


def format_key() -> html.Ul:
    """The colors of the strips."""
    entries = [html.Li([html.I(className=f"swatch kind-{kind}"), name]) for kind, (name, *_) in KINDS.items()]
    return html.Ul(entries, className="factor-row")


def ways(loss_scale: int) -> dict[str, str]:
    """In which direction each strip is read."""
    scaled = f" times 2^{loss_scale}" if loss_scale else ""
    return {
        "activation": "From left to right: the inputs enter at layer 1.",
        "delta": f"From right to left: it starts at the last layer, as the output gradient{scaled}.",
    }


def rescue_button(result: FormatRuns) -> list[Any]:
    """Sets the smallest loss scale that brings float16's error signal through, where there is one and it is not set."""
    power = result.rescue
    if power is None or power == result.loss_scale:
        return []
    field = {"data-field": "loss_scale", "data-value": str(power)}
    text = (
        f"Use 2^{power}, the smallest that rescues float16" if power else "Back to 2^0: float16 needs no loss scaling"
    )
    return [html.Button(html.Span(rich(text)), className="chip", type="button", **field)]


def format_table(result: FormatRuns) -> html.Div:
    """A row for each format: its range, and what becomes of activations and error signal."""
    rows = []
    for key, kind in FORMATS.items():
        name = html.Th([html.Strong(kind.label), html.Span(kind.summary)], scope="row")
        run = result.runs.get(key)
        cells = [
            html.Td(rich(_cell(getattr(run, signal), result, signal, direction)) if run else "…")
            for signal, direction in (("activation", 1), ("delta", -1))
        ]
        rows.append(html.Tr([name, *cells]))
    heads = ("format", "activations, forward", "error signal, backward")
    return html.Div(
        html.Table([html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])), html.Tbody(rows)]),
        className="table-view", role="region", tabIndex="0", **{"aria-label": "What each format loses"},
    )  # fmt: skip


def _cell(tally: Tally, result: FormatRuns, signal: str, direction: int) -> str:
    parts = shares(tally, result.exact_zeros[signal])
    worst = {kind: float(parts[kind].max()) for kind in ("zero", "subnormal")}
    at_worst = [f"{percent(worst[kind])} {word}" for kind, word in (("zero", "rounded to 0"), ("subnormal", "subnormal")) if worst[kind]]  # fmt: skip
    happens = fate(tally, direction)
    if happens:
        return happens
    return f"no layer is lost; in the worst {', '.join(at_worst)}" if at_worst else "fits"
