"""A step through backpropagation: the way so far, and what goes into the layer and out of it."""

from collections.abc import Sequence
from typing import Any

from dash import html

from components.text import power, rich
from simulation.probe import LayerView, Step
from simulation.sentences import percent

FORWARD, BACKWARD = "forward", "backward"
Stop = tuple[str, int]  # a direction and a layer


def chart_lines(view: LayerView) -> list[list[Any]]:
    """What each of the three charts says under its title."""
    dead = f" {percent(view.dead_fraction)} of the units are dead." if view.dead_fraction else ""
    return [
        rich(f"Gray: the entries. The gradient passes as φ′ (dashed) lets it.{dead}"),
        ["One for each sample and unit. Their rms is ", *power(view.log10_delta_rms), "."],
        ["One for each weight, summed over the samples. Their norm is ", *power(view.log10_weight_grad_norm), "."],
    ]


def walk(depth: int) -> list[Stop]:
    """All stops of backpropagation: forward from layer 1, then backward from the last."""
    return [(FORWARD, layer) for layer in range(1, depth + 1)] + [(BACKWARD, layer) for layer in range(depth, 0, -1)]


def stepper(at: int, depth: int, before: str | None, after: str) -> html.Div:
    """Where the walk is, and buttons that bring the states before and after; after the end it starts again."""
    stops = walk(depth)
    direction, layer = stops[at]
    goal = stops[(at + 1) % len(stops)]
    turning = direction == FORWARD and layer == depth
    words = [html.B("Next"), " the output's gradient" if turning else f" layer {goal[1]}"]
    if at + 1 == len(stops):
        words = [html.B("Again"), " from the start"]
    back = {"data-query": before} if before is not None else {"disabled": True}
    position = html.Div(
        html.I(style={"left": f"{100 * (at + 0.5) / len(stops):.2f}%"}), className="walk",
        title=f"Step {at + 1} of {len(stops)}", **{"aria-hidden": "true"},
    )  # fmt: skip
    return html.Div(
        [
            html.Button("←", className="chip", type="button", title="The step before", **{"aria-label": "The step before"}, **back),
            html.Button([*words, " →"], className="chip next", type="button", **{"data-query": after}),
            html.Span(f"{direction}, layer {layer} of {depth}", className="stop"),
            html.Div([position, html.Div([html.Span("forward"), html.Span("loss"), html.Span("backward")], className="walk-words")], className="walk-frame"),
        ],
        className="stepper",
    )  # fmt: skip


def flow(view: LayerView, direction: str) -> html.Ol:
    """What goes in, what each operation makes of it, what comes out; backward it runs from right to left."""
    first, *steps = view.forward if direction == FORWARD else view.backward
    symbols = _forward_symbols(view, steps) if direction == FORWARD else _backward_symbols(view, steps)
    start, end = _ends(view, direction)
    items = [_value(symbols[0], first.log10_rms, start)]
    for step, symbol in zip(steps, symbols[1:], strict=True):
        slope = "slope of " if direction == BACKWARD and step.kind == "activation" else ""
        items.append(html.Li(html.Span(f"{slope}{step.label}"), className="operation"))
        items.append(_value(symbol, step.log10_rms, end if step is steps[-1] else ""))
    return html.Ol(items, className=f"flow {direction}")


def _ends(view: LayerView, direction: str) -> tuple[str, str]:
    below = "the inputs" if view.layer == 1 else f"layer {view.layer - 1}"
    above = "the output" if view.layer == view.depth else f"layer {view.layer + 1}"
    if direction == FORWARD:
        return f"from {below}", "the output" if view.layer == view.depth else f"to {above}"
    return "the loss signal" if view.layer == view.depth else f"from {above}", f"to {below}"


def _forward_symbols(view: LayerView, steps: Sequence[Step]) -> list[str]:
    names = ["x" if view.layer == 1 else "h", *("z" if step.kind == "weights" else "" for step in steps)]
    names[-1] = names[-1] or "h"
    return names


def _backward_symbols(view: LayerView, steps: Sequence[Step]) -> list[str]:
    names = ["dS/dh", *[""] * len(steps)]
    names[[step.kind for step in steps].index("weights")] = "δ"  # what reaches the weights
    names[-1] = "dS/dx" if view.layer == 1 else "dS/dh"
    return names


def _value(symbol: str, log10_rms: float, place: str) -> html.Li:
    return html.Li(
        [html.Span(symbol, className="symbol"), html.B(power(log10_rms)), html.Span(place, className="place")],
        className="value",
    )
