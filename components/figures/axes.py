"""Axes for log10 values: Plotly's own log axis drops zeros silently, and heatmaps have none."""

import base64
from collections.abc import Iterable, Mapping
from math import ceil, floor, inf, log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.text import minus

Array = NDArray[Any]
SMALLEST_SPAN = 4  # decades: a healthy network is to look flat
_STEPS = (1, 2, 5)


class Typed(dict[str, Any]):
    """An array as Plotly takes it in JSON, in base64; `array` is for those who take its bytes as they are."""

    array: Array


def typed(array: Array, kind: str = "f4") -> Typed:
    """An array as Plotly takes it in binary form."""
    data = np.ascontiguousarray(array, dtype=kind)
    encoded = Typed(dtype=kind, bdata=base64.b64encode(data).decode())
    if data.ndim > 1:
        encoded["shape"] = f"{data.shape[0]}, {data.shape[1]}"
    encoded.array = data
    return encoded


def tick_step(span: float) -> int:
    """A step of 1, 2, 5, 10, ... decades that gives at most 7 of them."""
    magnitude = 1
    while True:
        for step in _STEPS:
            if span / (step * magnitude) <= 7:
                return step * magnitude
        magnitude *= 10


def decade_range(arrays: Iterable[Array]) -> tuple[float, float, int]:
    """(low, high, tick step) around the finite log10 values, in whole steps, at least SMALLEST_SPAN wide."""
    finite = [array[np.isfinite(array)] for array in arrays]
    values = np.concatenate([array for array in finite if array.size] or [np.zeros(1)])
    low, high = float(values.min()) - 0.3, float(values.max()) + 0.3
    missing = SMALLEST_SPAN - (high - low)
    if missing > 0:
        low, high = low - missing / 2, high + missing / 2
    step = tick_step(high - low)
    half = step / 2
    return floor(low / half) * half, ceil(high / half) * half, step


def linear_range(low: float, high: float, smallest_span: float) -> tuple[float, float, float]:
    """(low, high, tick step) around 0 and both ends, in whole steps of 1, 2 or 5 times a power of ten."""
    low, high = min(low, 0.0), max(high, 0.0)
    missing = max(smallest_span - (high - low), 0.0)
    low, high = low - missing / 2, high + missing / 2
    magnitude = 10.0 ** floor(log10((high - low) / 6))
    step = magnitude * next(step for step in (*_STEPS, 10) if (high - low) / (step * magnitude) <= 6)
    return floor(low / step) * step, ceil(high / step) * step, step


def decade_axis(low: float, high: float, step: int, zero_at: float | None = None) -> dict[str, Any]:
    """The y axis of log10 values, with powers of ten as its tick texts; `zero_at` is where exact zeros are marked."""
    if zero_at is not None:
        powers = [
            power for power in range(ceil(low / step) * step, floor(high) + 1, step) if power > zero_at + step / 4
        ]
        texts = ["0", *(f"10<sup>{minus(str(power))}</sup>" for power in powers)]
        return {"range": [low, high], "tickvals": [zero_at, *powers], "ticktext": texts}
    return {
        "range": [low, high], "tick0": 0, "dtick": step, "tickprefix": "10<sup>", "ticksuffix": "</sup>",
        "tickformat": "d", "separatethousands": False,
    }  # fmt: skip


def layer_axis(depth: int) -> dict[str, Any]:
    """The x axis from the first layer to the last, both labeled."""
    step = tick_step(max(depth - 1, 1))
    between = [tick for tick in range(step, depth, step) if 1 + step * 0.4 < tick < depth - step * 0.4]
    ticks = sorted({1, *between, depth})
    return {
        "range": [1 - 0.02 * (depth - 1) - 0.02, depth + 0.02 * (depth - 1) + 0.02],
        "tickvals": ticks,
        "title": "layer",
    }


# How the lines of each network look: its color by name, width, dash. The eye tells them apart without color, too.
ROLES: Mapping[str, tuple[str, float, str]] = {
    "pinned": ("focus", 1.6, "longdashdot"),
    "baseline": ("baseline", 2.0, "dash"),
    "remedied": ("ink", 2.6, "solid"),
}


def line(palette: Mapping[str, str], role: str, **more: Any) -> dict[str, Any]:
    """The line of that network: pinned; as set, grey and dashed; with remedies, ink and solid."""
    color, width, dash = ROLES[role]
    return {"color": palette[color], "width": width, **({"dash": dash} if dash != "solid" else {}), **more}


def zero_marks(color: str, ink: str, name: str, layers: Array, height: float, labeled: bool = True) -> dict[str, Any]:
    """Crosses at this height where something is exactly 0, with one label."""
    middle = layers[len(layers) // 2] if labeled and len(layers) else None
    return {
        "type": "scatter", "mode": "markers+text", "name": f"{name}, exactly 0",
        "x": layers.tolist(), "y": [height] * len(layers),
        "text": ["exactly 0" if layer == middle else "" for layer in layers], "textposition": "top center",
        "textfont": {"color": ink, "size": 12},
        "marker": {"symbol": "x-thin", "size": 7, "line": {"width": 1.6, "color": color}},
        "hovertemplate": f"{name}: exactly 0<extra></extra>",
    }  # fmt: skip


WITH_END_LABELS = {"l": 52, "r": 74, "t": 14, "b": 38}  # margins with room for labels at the lines' ends


def end_labels(heights: Mapping[str, float], apart: float, top: float = inf) -> list[tuple[str, float]]:
    """(text, height) of labels at the ends of lines: lines that end together share one, others keep apart.

    apart: the height of one line of text; `top`: what none may rise above, as labels beyond an axis are not drawn.
    """
    placed: list[tuple[str, float]] = []

    def room(text: str) -> float:
        return apart * (text.count("<br>") + 1) / 2

    last_first = list(heights.items())[::-1]
    for name, height in sorted(last_first, key=lambda item: item[1]):
        if placed and height - placed[-1][1] < apart / 4:
            text, height = placed.pop()
            name = f"{name}<br>{text}"
        if placed:
            text, below = placed[-1]
            height = max(height, below + room(text) + room(name))
        placed.append((name, height))
    for index, (text, height) in reversed(list(enumerate(placed))):
        placed[index] = text, min(height, top - room(text))
        top = placed[index][1] - room(text)
    return placed


def end_note(palette: Mapping[str, str], role: str, text: str, height: float) -> dict[str, Any]:
    """A label to the right of the plot, at this height."""
    return {
        "x": 1.0, "xref": "paper", "xanchor": "left", "xshift": 4, "y": height, "text": text, "showarrow": False, "align": "left",
        "font": {"size": 11, "color": palette["ink" if role == "remedied" else "mute"]},
    }  # fmt: skip


def note(palette: Mapping[str, str], text: str) -> dict[str, Any]:
    """Why there is nothing to draw, in the middle of the plot."""
    return {
        "x": 0.5, "xref": "paper", "y": 0.62, "yref": "paper", "text": text, "showarrow": False,
        "bgcolor": palette["panel"], "borderpad": 4, "font": {"size": 12, "color": palette["mute"]},
    }  # fmt: skip
