"""A step through backpropagation: the way so far, what goes into the layer and out of it, one unit's chain rule."""

from collections.abc import Sequence
from typing import Any

from dash import html

from components.figures.layer import given_symbol
from components.text import number, power, rich
from simulation.chain import ChainRule, WeightGrad
from simulation.histograms import Tens
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


Row = tuple[str, list[Any], list[Any]]


def equations(view: LayerView) -> list[Any]:
    """One sample's gradient through one unit, and into one weight, with the numbers."""
    chain, weight = view.chain, view.weight
    unit = chain.unit + 1
    size = "Its gradient is of middle size" if chain.result.mantissa else "All gradients of that sample are exactly 0"
    about = f"The chain rule at unit {unit}, for sample {chain.sample + 1} of {weight.samples}. {size}; {given_symbol(view)} is what φ is given."
    return [
        html.P(about, className="caption"),
        html.Div([_arrival(view, chain), _passage(view, chain), _into_weight(chain, weight)], className="equations"),
    ]


def _equation(title: str, formula: list[Any], rows: list[Row]) -> html.Div:
    """The formula, its factors or terms one below the other, and the result under a rule."""
    cells = [html.Tr([html.Td(sign), html.Td(words), html.Td(value)]) for sign, words, value in rows]
    cells[-1].className = "result"
    return html.Div([html.H4(title), html.P(formula, className="formula"), html.Table(html.Tbody(cells))])


def _sub(symbol: str, *indices: int) -> list[Any]:
    return [html.I(symbol), html.Sub(", ".join(str(index + 1) for index in indices))]


def _grad(chain: ChainRule) -> list[Any]:
    """The gradient of what phi returns: h, unless the weights come after it."""
    return ["d", html.I("S"), "/d", *_sub("h" if chain.is_delta else "φ", chain.unit)]


def _arrival(view: LayerView, chain: ChainRule) -> html.Div:
    """The sum over the units behind the weights, or one number where no weights follow at once."""
    total = ("=", _grad(chain), number(chain.grad))
    if not chain.terms:
        last = chain.is_delta and view.layer == view.depth
        source = "put in at the output" if last else "by way of the skip and of what follows"
        return _equation("What arrives", [*_grad(chain), f", {source}"], [total])
    where = f"layer {view.layer + 1}" if chain.is_delta else "this layer"
    rows: list[Row] = [
        ("+" if index else "", [*_plain(term.weight), " × ", *_bracketed(term.delta), html.Small([" ", html.I("k"), f" = {term.unit + 1}"])], number(term.product))
        for index, term in enumerate(chain.terms)
    ]  # fmt: skip
    if chain.other_terms:
        rows.append(("+", [f"{chain.other_terms} smaller term{'s' * (chain.other_terms > 1)}"], number(chain.others)))
    formula = [*_grad(chain), " = Σ", html.Sub(html.I("k")), " ", html.I("W"), html.Sub([f"{chain.unit + 1}, ", html.I("k")]), " ", html.I("δ"), html.Sub(html.I("k")), f", δ of {where}"]  # fmt: skip
    return _equation("What arrives", formula, [*rows, total])


def _plain(value: float) -> list[Any]:
    return [f"{value:.3g}".replace("-", "−")]


def _bracketed(value: Tens) -> list[Any]:
    return ["(", *number(value), ")"] if value.mantissa < 0 else number(value)


def _passage(view: LayerView, chain: ChainRule) -> html.Div:
    """The gradient times the slope, times what a norm or a scale makes of it."""
    result = _sub("δ", chain.unit) if chain.is_delta else ["d", html.I("S"), "/d", *_sub("h", chain.unit)]
    given = _sub(given_symbol(view), chain.unit)
    rows: list[Row] = [
        ("", _grad(chain), number(chain.grad)),
        ("×", ["φ′(", *given, ") at ", *given, " = ", *number(chain.given)], number(chain.slope)),
    ]
    names = " and ".join(chain.between)
    if chain.factor is None:
        rows.append(("+", [f"by way of {names}, from others"], number(chain.result)))
    elif names:
        rows.append(("×", [f"by way of {names}"], number(chain.factor)))
    formula = [*result, " = ", *_grad(chain), " × φ′(", *given, ")", f" × {names}" if names else ""]
    return _equation("Through the activation", formula, [*rows, ("=", result, number(chain.result))])


def _into_weight(chain: ChainRule, weight: WeightGrad) -> html.Div:
    """One entry of dW: the sample's share of it, and the whole."""
    row, column = _sub("h" if chain.is_delta else "φ", weight.row), _sub("δ", weight.column)
    entry = ["d", *_sub("W", weight.row, weight.column)]
    rows: list[Row] = [
        ("", [*row, ", what the weight is given"], number(weight.activation)),
        ("×", column, number(weight.delta)),
        ("=", ["from this sample"], number(weight.product)),
        ("Σ", [*entry, f", all {weight.samples} samples" if weight.samples > 1 else ", the only sample"], number(weight.value)),
    ]  # fmt: skip
    return _equation("Into one weight", [*entry, " = Σ ", *row, " ", *column, ", over the samples"], rows)
