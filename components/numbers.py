"""A few numbers in a row, each under its name."""

from collections.abc import Sequence
from typing import Any

from dash import html


def number_row(numbers: Sequence[tuple[str, list[Any]]]) -> html.Dl:
    """(name, number) pairs, side by side."""
    return html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in numbers], className="numbers")
