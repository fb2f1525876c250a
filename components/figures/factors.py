"""What multiplied the error signal from layer to layer, and what makes dW as large as it is."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from components.figures.axes import Array, decade_range, layer_axis, linear_range, note, typed, zero_marks
from components.figures.signals import Signal, signal_lines
from components.theme import figure
from simulation.factors import PARTS, Factors

SMALLEST_SPAN = 0.5  # decades a step: what does next to nothing is to look like it
MANY = 120  # steps; the line of so many goes straight from bar to bar
# The color of each part, by name. The rest is hatched: it belongs to no operation.
COLORS = {"weights": "weights", "slope": "slope", "normalization": "normalization", "skip": "skip", "rest": "mute"}


def factor_bars(palette: Mapping[str, str], factors: Factors, names: Mapping[str, str]) -> dict[str, Any]:
    """Decades of each part, stacked apart by sign, at the layer that the signal comes to; the total as a line."""
    layers = typed(np.arange(1, len(factors.log10_total) + 1), "i4")
    low, high, step = linear_range(*_reach(factors), SMALLEST_SPAN)
    lost = not factors.whole.all()
    foot = low - step / 2
    traces = [_bars(palette, layers, name, names[name], factors.part(name)) for name in factors.present]
    traces += _total(palette, layers, factors.log10_total)
    if lost:
        traces += _lost(palette, factors, names, foot)
    yaxis = {
        "range": [low - step if lost else low, high], "tick0": 0, "dtick": step, "zeroline": True,
        "zerolinecolor": palette["baseline"], "zerolinewidth": 1,
        "title": {"text": "decades", "standoff": 6, "font": {"size": 12, "color": palette["mute"]}},
    }  # fmt: skip
    xaxis = layer_axis(max(len(factors.log10_total), 1))
    xaxis |= {"range": [xaxis["range"][0] - 0.5, xaxis["range"][1] + 0.5], "title": "to this layer from the one above"}
    xaxis["unifiedhovertitle"] = {"text": "to layer %{x}"}
    notes = [] if len(factors.log10_total) else [note(palette, "With one layer there is no step from one to another.")]
    return figure(palette, traces, xaxis, yaxis, barmode="relative", bargap=0, annotations=notes)


def _reach(factors: Factors) -> tuple[float, float]:
    """The lowest and the highest end of the stacks, and of the total."""
    parts = np.nan_to_num([factors.part(name) for name in PARTS], posinf=0.0, neginf=0.0)
    ends = [np.minimum(parts, 0.0).sum(axis=0), np.maximum(parts, 0.0).sum(axis=0)]
    values = np.concatenate([*ends, factors.log10_total[np.isfinite(factors.log10_total)]])
    return float(values.min(initial=0.0)), float(values.max(initial=0.0))


def _bars(palette: Mapping[str, str], layers: Any, part: str, name: str, values: Array) -> dict[str, Any]:
    color = palette[COLORS[part]]
    solid = {"color": color, "line": {"width": 0}}
    hatched = {
        **solid,
        "pattern": {"shape": "/", "fgcolor": color, "bgcolor": palette["panel"], "size": 5, "solidity": 0.35},
    }
    return {
        "type": "bar", "name": name, "x": layers, "y": typed(np.where(np.isfinite(values), values, np.nan)),
        "marker": hatched if part == "rest" else solid,
        "hovertemplate": f"{name}: %{{y:+.3f}}<extra></extra>",
    }  # fmt: skip


def _total(palette: Mapping[str, str], layers: Any, total: Array) -> list[dict[str, Any]]:
    """An ink line, where there is room on a wider one of the ground's color, so that it is seen on any bar."""
    many = len(total) > MANY
    line = {
        "type": "scatter", "mode": "lines" if len(total) > 1 else "markers", "x": layers,
        "y": typed(np.where(np.isfinite(total), total, np.nan)), "connectgaps": False,
    }  # fmt: skip
    shape = "linear" if many else "hvh"
    under, over = ({"color": palette[color], "width": width, "shape": shape} for color, width in (("panel", 4), ("ink", 1.2 if many else 1.8)))  # fmt: skip
    below = {**line, "name": "", "line": under, "marker": {"color": palette["panel"], "size": 10}, "hoverinfo": "skip"}
    above = {
        **line, "name": "total", "line": over, "marker": {"color": palette["ink"], "size": 7},
        "hovertemplate": "total: %{y:+.3f}<extra></extra>",
    }  # fmt: skip
    return [above] if many else [below, above]


def _lost(
    palette: Mapping[str, str], factors: Factors, names: Mapping[str, str], height: float
) -> list[dict[str, Any]]:
    """Marks at the foot: which part makes the signal exactly 0, and where there is none left to split."""
    zero = {name: np.isneginf(factors.part(name)) for name in PARTS}
    traces: list[dict[str, Any]] = []
    for name, at in zero.items():
        if at.any():
            layers = np.flatnonzero(at) + 1
            traces.append(zero_marks(palette[COLORS[name]], palette["ink"], names[name], layers, height, not traces))
    nothing = np.flatnonzero(~factors.whole & ~np.any(list(zero.values()), axis=0)) + 1
    if nothing.size:
        middle = nothing[len(nothing) // 2]
        traces.append(
            {"type": "scatter", "mode": "markers+text", "name": "nothing to split", "x": nothing.tolist(), "y": [height] * len(nothing),
             "text": ["no signal" if layer == middle else "" for layer in nothing], "textposition": "top center",
             "textfont": {"color": palette["mute"], "size": 12},
             "marker": {"symbol": "line-ew", "size": 5, "line": {"width": 1.4, "color": palette["baseline"]}},
             "hovertemplate": "the signal is exactly 0: nothing to split<extra></extra>"}
        )  # fmt: skip
    return traces


def weight_grad_lines(palette: Mapping[str, str], factors: Factors) -> dict[str, Any]:
    """The norms whose product, times the alignment, is dW's, by layer."""
    pieces = {
        "δ": (factors.log10_weight_grad_delta, "dash"),
        "input": (factors.log10_weight_grad_input, "dot"),
        "alignment": (factors.log10_weight_grad_alignment, "dashdot"),
    }
    signals = [Signal(name, sizes, label=name, dash=dash) for name, (sizes, dash) in pieces.items()]
    signals.append(Signal("dW", factors.log10_weight_grad_norm, "remedied", label="dW"))
    return signal_lines(palette, signals, decade_range(signal.log10_size for signal in signals), in_words=True)
