"""Gradient clipping by layer: how large dW is before and after, and whether it still points the same way."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from components.figures.axes import (
    WITH_END_LABELS,
    decade_range,
    end_labels,
    end_note,
    layer_axis,
    line,
    typed,
    zero_marks,
)
from components.figures.signals import Signal, signal_lines
from components.theme import figure
from simulation.clipping import Clipped

Palette = Mapping[str, str]


def clipped_norms(palette: Palette, clipped: Clipped) -> dict[str, Any]:
    """log10 of the norm of dW: as it is, gray and dashed; clipped, in ink."""
    before, after = clipped.log10_weight_grad_norm, clipped.log10_weight_grad_norm_clipped
    signals = [Signal("before", before, label="before"), Signal("after", after, "remedied", label="after")]
    return signal_lines(palette, signals, decade_range([before, after]), in_words=True)


def clipped_directions(palette: Palette, clipped: Clipped) -> dict[str, Any]:
    """The cosine between dW before and after, and the share of its entries that are touched, from 0 to 1."""
    depth = len(clipped.cosine_by_layer)
    layers = typed(np.arange(1, depth + 1), "i4")
    shown = {
        "cosine": (clipped.cosine_by_layer, "remedied", "solid", ".3f"),
        "touched": (clipped.touched_fraction_by_layer, "baseline", "dot", ".3~p"),
    }
    traces: list[dict[str, Any]] = [
        {"type": "scatter", "mode": "lines" if depth > 1 else "markers", "name": name, "x": layers, "y": typed(values),
         "line": line(palette, role, dash=dash), "marker": {"color": line(palette, role)["color"], "size": 7},
         "connectgaps": False, "hovertemplate": f"{name}: %{{y:{form}}}<extra></extra>"}
        for name, (values, role, dash, form) in shown.items()
    ]  # fmt: skip
    zero = np.flatnonzero(np.isneginf(clipped.log10_weight_grad_norm)) + 1
    if zero.size:
        traces.append(zero_marks(palette["baseline"], palette["ink"], "dW", zero, -0.17))
    ends = {name: float(values[-1]) for name, (values, *_) in shown.items() if np.isfinite(values[-1])}
    notes = [end_note(palette, "remedied", text, height) for text, height in end_labels(ends, 0.1, 1.08)]
    yaxis = {"range": [-0.24 if zero.size else -0.04, 1.08], "tickvals": [0, 0.25, 0.5, 0.75, 1]}
    return figure(palette, traces, layer_axis(depth), yaxis, annotations=notes, margin=WITH_END_LABELS)
