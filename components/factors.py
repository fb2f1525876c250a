"""The parts of a layer's change as a row of signed numbers, which is the key of the chart below it as well."""

from collections.abc import Mapping
from math import isnan
from typing import Any

from dash import html

from components.figures.factors import COLORS
from components.text import signed


def factor_row(average: Mapping[str, float], present: tuple[str, ...], names: Mapping[str, str]) -> list[Any]:
    """Each part with its color and its decades in an average layer, and their sum."""
    sizes = [abs(average[name]) for name in present]
    places = 2 if isnan(sum(sizes)) or max(sizes) >= 0.1 else 3 if max(sizes) >= 0.01 else 4
    items = [
        html.Li(
            [html.I(className=f"swatch {name}", style={"--part": f"var(--{COLORS[name]})"}), _number(names[name], average[name], places)]
        )
        for name in present
    ]  # fmt: skip
    total = html.Li([html.I(className="swatch total"), _number("together", average["total"], places), " decades a layer"])
    return [html.Ul([*items, total], className="factor-row")]


def _number(name: str, value: float, places: int) -> html.Span:
    return html.Span([f"{name} ", html.B("–" if isnan(value) else signed(value, places))])
