"""The chain rule of one unit and of one weight, written out with its numbers."""

from typing import Any

from dash import html

from components.figures.layer import given_symbol
from components.text import number
from simulation.chain import ChainRule, WeightGrad
from simulation.histograms import Tens
from simulation.probe import LayerView

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
        others = f"{'smaller term' if chain.terms[0].product.mantissa else 'other'}{'s' * (chain.other_terms > 1)}"
        rows.append(("+", [f"{chain.other_terms} {others}"], number(chain.others)))
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
