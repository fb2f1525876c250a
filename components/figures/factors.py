"""What multiplied the error signal from layer to layer, and what makes dW as large as it is."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from components.figures.axes import Array, decade_range, layer_axis, linear_range, note, typed, zero_marks
from components.figures.signals import Signal, signal_lines
from components.text import signed
from components.theme import figure
from simulation.factors import PARTS, Factors

SMALLEST_SPAN = 0.5  # decades a step: what does next to nothing is to look like it
MANY = 120  # steps; the line of so many goes straight from bar to bar
# The color of each part, by name. The rest is hatched: it belongs to no operation.
COLORS = {"weights": "weights", "slope": "slope", "normalization": "normalization", "skip": "skip", "rest": "mute"}


def factor_bars(palette: Mapping[str, str], factors: Factors, names: Mapping[str, str]) -> dict[str, Any]:
    """Decades of each part, stacked apart by sign, at the layer that the signal comes to; the total as a line."""
    parts = np.where(
        factors.whole, np.nan_to_num([factors.part(name) for name in factors.present], posinf=0.0, neginf=0.0), 0.0
    )  # no bar where no signal arrives
    bottoms, tops = _stacked(parts)
    total = factors.log10_total[np.isfinite(factors.log10_total)]
    low, high, step = linear_range(
        min(bottoms.min(initial=0.0), total.min(initial=0.0)), max(tops.max(initial=0.0), total.max(initial=0.0)), SMALLEST_SPAN
    )  # fmt: skip
    lost = not factors.whole.all()
    traces = [_bars(palette, name, names[name], *ends) for name, *ends in zip(factors.present, bottoms, tops, strict=True)]  # fmt: skip
    traces += [*_total(palette, factors.log10_total), _hover(palette, factors, names)]
    if lost:
        traces += _lost(palette, factors, names, low - step / 2)
    yaxis = {
        "range": [low - step if lost else low, high], "tick0": 0, "dtick": step, "zeroline": True,
        "zerolinecolor": palette["baseline"], "zerolinewidth": 1,
        "title": {"text": "decades", "standoff": 6, "font": {"size": 12, "color": palette["mute"]}},
    }  # fmt: skip
    xaxis = layer_axis(max(len(factors.log10_total), 1))
    xaxis |= {"range": [xaxis["range"][0] - 0.5, xaxis["range"][1] + 0.5], "title": "to this layer from the one above"}
    xaxis["unifiedhovertitle"] = {"text": "to layer %{x}"}
    notes = [] if len(factors.log10_total) else [note(palette, "With one layer there is no step from one to another.")]
    return figure(palette, traces, xaxis, yaxis, annotations=notes)


def _stacked(parts: Array) -> tuple[Array, Array]:
    """(bottoms, tops) of shape (parts, steps): what is above 0 grows up from 0, what is below grows down."""
    ends = np.where(parts >= 0, np.maximum(parts, 0.0).cumsum(axis=0), np.minimum(parts, 0.0).cumsum(axis=0))
    starts = ends - parts
    return np.minimum(starts, ends), np.maximum(starts, ends)


def _bars(palette: Mapping[str, str], part: str, name: str, bottom: Array, top: Array) -> dict[str, Any]:
    """All bars of a part as one outline: hundreds of single ones would be too slow to follow the hand."""
    edges = np.arange(1, len(top) + 1)[:, None] + [-0.5, 0.5]
    color = palette[COLORS[part]]
    hatch = {"shape": "/", "fgcolor": color, "bgcolor": palette["panel"], "size": 5, "solidity": 0.35}
    return {
        "type": "scatter", "mode": "lines", "name": name, "fill": "toself", "line": {"width": 0}, "hoverinfo": "skip",
        "x": typed(np.append(edges, edges[::-1, ::-1])), "y": typed(np.append(top.repeat(2), bottom[::-1].repeat(2))),
        **({"fillpattern": hatch} if part == "rest" else {"fillcolor": color}),
    }  # fmt: skip


def _total(palette: Mapping[str, str], total: Array) -> list[dict[str, Any]]:
    """An ink line, where there is room on a wider one of the ground's color, so that it is seen on any bar."""
    many = len(total) > MANY
    line = {
        "type": "scatter", "mode": "lines" if len(total) > 1 else "markers", "x": _layers(total), "connectgaps": False,
        "y": typed(np.where(np.isfinite(total), total, np.nan)), "hoverinfo": "skip",
    }  # fmt: skip
    shape = "linear" if many else "hvh"
    under, over = ({"color": palette[color], "width": width, "shape": shape} for color, width in (("panel", 4), ("ink", 1.2 if many else 1.8)))  # fmt: skip
    below = {**line, "name": "", "line": under, "marker": {"color": palette["panel"], "size": 10}}
    above = {**line, "name": "total", "line": over, "marker": {"color": palette["ink"], "size": 7}}
    return [above] if many else [below, above]


def _layers(total: Array) -> dict[str, Any]:
    return typed(np.arange(1, len(total) + 1), "i4")


def _hover(palette: Mapping[str, str], factors: Factors, names: Mapping[str, str]) -> dict[str, Any]:
    """An unseen line along 0 that says the parts of each step."""
    said = [
        f'<span style="color:{palette[COLORS[name]]}">■</span> {names[name]} %{{customdata[{index}]}}'
        for index, name in enumerate(factors.present)
    ]
    columns = [*(factors.part(name) for name in factors.present), factors.log10_total]
    return {
        "type": "scatter", "mode": "lines", "name": "parts", "line": {"width": 0, "color": palette["ink"]},
        "x": _layers(factors.log10_total), "y": typed(np.zeros(len(factors.log10_total))),
        "customdata": [[_decades(value) for value in row] for row in zip(*columns, strict=True)],
        "hovertemplate": "<br>".join([*said, f"together %{{customdata[{len(said)}]}}"]) + "<extra></extra>",
    }  # fmt: skip


def _decades(value: float) -> str:
    if np.isnan(value):
        return "of nothing"
    return signed(value, 3) if np.isfinite(value) else "to exactly 0" if value < 0 else "from exactly 0"


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
        middle, last = nothing[len(nothing) // 2], len(factors.whole)
        side = "right" if middle < 0.2 * last else "left" if middle > 0.8 * last else "center"  # within the frame
        traces.append(
            {"type": "scatter", "mode": "markers+text", "name": "nothing to split", "x": nothing.tolist(), "y": [height] * len(nothing),
             "text": ["no signal" if layer == middle else "" for layer in nothing], "textposition": f"top {side}",
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
