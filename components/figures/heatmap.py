"""Densities: for each layer, how its entries are spread over the decades. Ink on ground, no other color."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from components.figures.axes import SMALLEST_SPAN, decade_axis, layer_axis, note, tick_step, typed
from components.theme import figure, transparent
from simulation.trace import Density

_STOPS = ((0.0, 0.0), (0.02, 0.08), (0.1, 0.2), (0.3, 0.5), (1.0, 0.95))  # share of the fullest cell, opacity


def density_heatmap(palette: Mapping[str, str], density: Density, quantity: str) -> dict[str, Any]:
    """Layer by log10 size; a cell is as dark as the share of the layer's entries in it, empty ones are clear."""
    bins, depth = density.counts.shape
    total = (
        density.counts.sum(axis=0) + density.below + density.zeros
    ).max()  # entries that are no numbers are missing
    shares = density.counts / max(int(total), 1)
    low, high = density.low, density.low + bins * density.step
    missing = max(SMALLEST_SPAN / 2 - (high - low), 0)  # a layer whose entries are all alike is a line, not a slab
    low, high = low - missing / 2, high + missing / 2
    step = tick_step(high - low)
    zeros = np.flatnonzero(density.zeros)
    shares_of_zero = density.zeros[zeros] / max(int(total), 1)
    pad = 0.08 * (high - low)
    if zeros.size:
        low -= step
    trace = {
        "type": "heatmap", "name": quantity, "z": typed(shares),
        "x0": 1, "dx": 1, "y0": density.low + density.step / 2, "dy": density.step,
        "zmin": 0, "zmax": float(shares.max(initial=0.0)) or 1.0, "showscale": False,
        "colorscale": [[stop, transparent(palette["ink"], opacity)] for stop, opacity in _STOPS],
        "hovertemplate": f"layer %{{x}}: %{{z:.2~p}} of {quantity} near 10<sup>%{{y:.3~r}}</sup><extra></extra>",
    }  # fmt: skip
    marks = {
        "type": "scatter", "mode": "markers", "x": (zeros + 1).tolist(), "y": [low + step / 2] * len(zeros),
        "customdata": shares_of_zero.tolist(),
        "marker": {"symbol": "x-thin", "size": 6, "opacity": (0.25 + 0.75 * shares_of_zero).tolist(), "line": {"width": 1.4, "color": palette["mute"]}},
        "hovertemplate": "layer %{x}: %{customdata:.2~p} are exactly 0<extra></extra>",
    }  # fmt: skip
    notes = [
        {"x": float(zeros[len(zeros) // 2] + 1), "y": low + step / 2, "yshift": 10, "showarrow": False,
         "text": "exactly 0", "font": {"size": 11, "color": palette["mute"]}}
    ] if zeros.size else []  # fmt: skip
    if not total:
        notes = [note(palette, "overflow or NaN in every entry")]
    return figure(
        palette, [trace, marks], layer_axis(depth), decade_axis(low - pad, high + pad, step, low + step / 2 if zeros.size else None), hovermode="closest", annotations=notes
    )  # fmt: skip
