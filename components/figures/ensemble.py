"""Many seeds: the band in which four networks of five lie, their median, and the one on the screen."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from components.figures.axes import (
    WITH_END_LABELS,
    Array,
    decade_axis,
    decade_range,
    end_labels,
    end_note,
    layer_axis,
    line,
    note,
    typed,
)  # fmt: skip
from components.theme import figure, transparent


def seed_band(palette: Mapping[str, str], median: Array, low: Array, high: Array, one: Array) -> dict[str, Any]:
    """log10 sizes by layer; an exact zero is drawn at the foot of the chart, under the tick "0"."""
    bottom, top, step = decade_range([median, low, high, one])
    zeros = any(np.isneginf(values).any() for values in (median, low, high, one))
    zero_at = bottom - step / 2  # where there are zeros
    if zeros:
        bottom -= step
    layers = typed(np.arange(1, len(median) + 1), "i4")

    def drawn(values: Array) -> dict[str, Any]:
        return typed(np.where(np.isneginf(values), zero_at, values))

    mode = "lines" if len(median) > 1 else "markers"
    edge = {"type": "scatter", "mode": "lines", "x": layers, "line": {"width": 0}, "hoverinfo": "skip"}
    hover = {"type": "scatter", "mode": mode, "x": layers}
    traces = [
        {**edge, "name": "10 %", "y": drawn(low)},
        {**edge, "name": "90 %", "y": drawn(high), "fill": "tonexty", "fillcolor": transparent(palette["ink"], 0.12)},
        {**hover, "name": "median", "y": drawn(median), "line": line(palette, "remedied"), "hovertemplate": "median: 10<sup>%{y:.3~r}</sup><extra></extra>"},
        {**hover, "name": "this seed", "y": drawn(one), "line": line(palette, "baseline"), "hovertemplate": "this seed: 10<sup>%{y:.3~r}</sup><extra></extra>"},
    ]  # fmt: skip
    ends = {name: max(float(values[-1]), zero_at) for name, values in (("median", median), ("this seed", one))}
    labels = end_labels(ends, 0.08 * (top - bottom))
    notes = [end_note(palette, "remedied", text, height) for text, height in labels]
    if not np.isfinite([median, low, high, one]).any():
        notes.append(note(palette, "exactly 0: the band and this seed"))
    return figure(
        palette, traces, layer_axis(len(median)), decade_axis(bottom, top, step, zero_at if zeros else None), annotations=notes, margin=WITH_END_LABELS
    )  # fmt: skip
