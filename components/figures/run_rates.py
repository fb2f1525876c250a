"""The range test: the loss after some steps against the learning rate, each rate from the same start."""

from math import inf, log10
from typing import Any

import numpy as np

from components.figures.axes import Array
from components.figures.run_axes import finite_range, level, reference, size_axis, size_in_words, with_room
from components.figures.runs import Palette, plain
from components.theme import figure, transparent
from simulation.training.range_test import RATES, RangeTest

LEAST_ABOVE = 0.3  # decades that the axis goes on above the first loss, where rates do worse


def rates(palette: Palette, tested: RangeTest | None, present: float) -> dict[str, Any]:
    """log10 of the loss by log10 of the rate; `present`: the rate that is set, which a press on the chart moves."""
    x = np.log10(tested.rates) if tested else np.zeros(0)
    with np.errstate(divide="ignore"):
        y = np.log10(tested.losses) if tested else np.zeros(0)
    known = [log10(tested.expected.constant)] if tested and tested.expected.constant > 0 else []
    low, high = finite_range([y, np.array(known)])
    top = _top(low, high, log10(tested.first_loss)) if tested and 0 < tested.first_loss < inf else high
    axis = size_axis(low - 0.1, top + 0.3)
    broken = ~np.isfinite(y)
    low_x, high_x = log10(RATES[0]), log10(RATES[-1])
    traces: list[dict[str, Any]] = [
        {"type": "scatter", "mode": "lines+markers", "name": "loss", "x": x.tolist(), "y": plain(y), "connectgaps": False,
         "line": {"color": palette["ink"], "width": 1.8}, "marker": {"size": 6, "color": palette["ink"]},
         "customdata": [size_in_words(value) for value in y.tolist()], "hovertemplate": "loss %{customdata}<extra></extra>"},
        _ended(palette, x[broken], axis["range"][1] - 0.06 * (axis["range"][1] - axis["range"][0])),
    ]  # fmt: skip
    shapes, notes, key = [], [], []
    if known and tested:
        shapes.append(reference(palette, known[0]))
        key = [level(palette, f"knows nothing: {tested.expected.chance}")]
    if high > axis["range"][1]:
        notes.append(_leaves(palette, x, y, axis["range"][1]))
    marks = [(log10(present), "here", "now", palette["ink"])]
    if tested and tested.theory:
        marks.append((log10(tested.theory), "theory", "theory's end", palette["mute"]))
    for at, name, text, color in marks:
        shapes.append({"type": "line", "name": name, "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": {"width": 1.4, "color": transparent(color, 0.8), **({"dash": "dot"} if name == "theory" else {})}})  # fmt: skip
        notes.append({"name": name, "x": at, "yref": "paper", "y": 1, "yanchor": "bottom", "yshift": 0 if name == "here" else 11, "text": text, "showarrow": False, "font": {"size": 11, "color": color}})  # fmt: skip
    powers = range(-5, 2)
    across = {
        "range": [low_x - 0.1, high_x + 0.1], "tickvals": list(powers), "title": "<br>".join(["learning rate", *key]),
        "ticktext": [f"10<sup>{power}</sup>".replace("-", "−") if power not in (-1, 0, 1) else {-1: "0.1", 0: "1", 1: "10"}[power] for power in powers],
        "unifiedhovertitle": {"text": "rate 10<sup>%{x:.2f}</sup>"},
    }  # fmt: skip
    return figure(
        palette, traces, across, axis, shapes=shapes, annotations=notes, margin=with_room([""]),
        dragmode="pan", meta={"along": [[low_x, high_x], [0, 0]]},
    )  # fmt: skip


def _top(low: float, high: float, first: float) -> float:
    """Where the axis ends: what diverges leaves the plot, so that what learns is as far below the first loss as seen."""
    return min(high, first + max(first - low, LEAST_ABOVE))


def _leaves(palette: Palette, x: Array, y: Array, end: float) -> dict[str, Any]:
    """How far the line goes that leaves the plot, said where it leaves it first."""
    beyond = np.isfinite(y) & (y > end)
    at = x[beyond][0]
    return {
        "x": float(at), "xanchor": "right", "xshift": -14, "yref": "paper", "y": 1, "yanchor": "top",
        "text": f"↑ up to {size_in_words(float(y[beyond].max()))}", "showarrow": False, "font": {"size": 11, "color": palette["exploding"]},
    }  # fmt: skip


def _ended(palette: Palette, x: Array, height: float) -> dict[str, Any]:
    """Rates at which the numbers end: crosses at the top, the first with its name."""
    return {
        "type": "scatter", "mode": "markers+text", "name": "the numbers end", "x": x.tolist(), "y": [height] * len(x),
        "text": ["numbers end" if not index else "" for index in range(len(x))], "textposition": "bottom center",
        "textfont": {"size": 11, "color": palette["exploding"]},
        "marker": {"symbol": "x-thin", "size": 8, "line": {"width": 1.8, "color": palette["exploding"]}},
        "hovertemplate": "the numbers end<extra></extra>",
    }  # fmt: skip
