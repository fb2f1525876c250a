"""The parts of a layer's change as a row of signed numbers, which is the key of the chart below it as well."""

from collections.abc import Mapping
from math import isnan
from typing import Any

from dash import html

from components.figures.factors import COLORS
from components.text import signed


def short(names: Mapping[str, str]) -> dict[str, str]:
    """The parts' names without article and complement: "the correlation of ..." is "correlation"."""
    return {part: name.removeprefix("the ").partition(" of ")[0] for part, name in names.items()}


def factor_row(average: Mapping[str, float], present: tuple[str, ...], names: Mapping[str, str]) -> list[Any]:
    """Each part with its color and its decades in an average layer, and their sum; no numbers where there are none."""
    largest = max(abs(average[name]) for name in present)
    places = 2 if abs(average["total"]) >= 0.1 else 3 if largest >= 0.1 else 4  # enough to tell the sum from 0

    def item(name: str, words: str, color: str) -> html.Li:
        number = "" if isnan(average[name]) else signed(average[name], places)
        return html.Li([html.I(className=f"swatch {name}", style={"--part": color}), f"{words} ", html.B(number)])

    items = [item(name, names[name], f"var(--{COLORS[name]})") for name in present]
    total = item("total", "together, a layer", "var(--ink)")
    return [html.Ul([*items, total], className="factor-row")]
