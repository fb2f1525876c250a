"""One layer from inside: phi and phi' over what phi is given, and how delta and dW are spread."""

from collections.abc import Mapping
from decimal import Decimal
from math import isinf
from typing import Any

import numpy as np

from components.figures.axes import end_labels, end_note, linear_range, note, typed
from components.text import minus
from components.theme import figure, transparent
from simulation.histograms import Histogram
from simulation.probe import LayerView
from simulation.sentences import percent

Palette = Mapping[str, str]
NO_TICKS = {"showticklabels": False, "showgrid": False, "fixedrange": True}
HEADROOM = 1.08
PIXELS = 300  # about the width of a chart: a narrower bar would not be seen


def units(name: str, exponent: int) -> str:
    """The title of an axis whose values are in units of 10**exponent."""
    return name if exponent == 0 else f"{name}, in units of 10<sup>{minus(str(exponent))}</sup>"


def given_symbol(view: LayerView) -> str:
    """z where phi is given the layer's pre-activations, u where a norm or a skip comes between."""
    given, z = view.given, view.pre_activation
    same = given.exponent == z.exponent and np.array_equal(given.edges, z.edges)
    return "z" if same and np.array_equal(given.counts, z.counts) else "u"


def activation_chart(palette: Palette, view: LayerView) -> dict[str, Any]:
    """phi and phi' as lines over the histogram of what phi is given, its flat and dead zones shaded."""
    curve = view.curve
    low, high = float(curve.x[0]), float(curve.x[-1])
    values = np.concatenate([curve.phi, curve.slope, [0.0]])
    bottom, top = float(values.min()), float(values.max())
    bottom, top = bottom - 0.08 * (top - bottom), top + 0.2 * (top - bottom)  # room for the zones' names
    _, _, step = linear_range(bottom, top, 0.0)
    shapes, notes = _zones(palette, view, low, high)
    phi = "φ" if curve.phi_exponent == 0 else f"φ / 10<sup>{minus(str(curve.phi_exponent))}</sup>"
    lines = [("φ′", curve.slope, "dash", "mute", 1.8), (phi, curve.phi, "solid", "ink", 2.2)]
    traces = [
        _bars(palette, view.given, 0.2, (high - low) / PIXELS),
        *(
            {"type": "scatter", "mode": "lines", "name": name, "x": typed(curve.x), "y": typed(values), "yaxis": "y2",
             "line": {"color": palette[color], "width": width, "dash": dash},
             "hovertemplate": f"{name} = %{{y:.3~g}}<extra></extra>"}
            for name, values, dash, color, width in lines
        ),
    ]  # fmt: skip
    ends = end_labels({name: float(values[-1]) for name, values, *_ in lines}, 0.08 * (top - bottom), top)
    notes += [{**end_note(palette, "remedied", text, height), "yref": "y2"} for text, height in ends]
    xaxis = {
        "range": [low, high],
        "title": units(f"{given_symbol(view)}, what φ is given", curve.exponent),
        "showspikes": False,
        "unifiedhovertitle": {"text": "at %{x:.3~g}"},
    }
    below = min(-bottom / (top - bottom), 0.5)  # the bars stand on the 0 of the curves' axis
    counts = {**NO_TICKS, "range": [-below / (1 - below) * _height(view.given), _height(view.given)]}
    left = {
        "overlaying": "y",
        "side": "left",
        "range": [bottom, top],
        "tickmode": "linear",  # else Plotly puts an overlaying axis's ticks beside those of the axis below, unrounded
        "tick0": 0,
        "dtick": step,
        "gridcolor": palette["hairline"],
        "zeroline": False,
        "ticklabelstandoff": 3,
    }
    return figure(
        palette, traces, xaxis, counts, yaxis2=left, shapes=shapes, annotations=notes, bargap=0,
        margin={"l": 38, "r": 58 if curve.phi_exponent else 26, "t": 14, "b": 38},
    )  # fmt: skip


def _height(shown: Histogram) -> float:
    return HEADROOM * max(float(shown.counts.max()), 1.0)


def _bars(palette: Palette, shown: Histogram, opacity: float, narrowest: float = 0.0) -> dict[str, Any]:
    width = max(float(shown.edges[1] - shown.edges[0]), narrowest)
    return {
        "type": "bar", "name": "entries", "x": typed((shown.edges[:-1] + shown.edges[1:]) / 2),
        "y": typed(shown.counts, "i4"), "width": width,
        "marker": {"color": transparent(palette["ink"], opacity), "line": {"width": 0}},
        "hovertemplate": "%{y:,} entries<extra></extra>",
    }  # fmt: skip


def _within(edge: float, exponent: int) -> float:
    """The edge in units of 10**exponent."""
    return edge if isinf(edge) else float(Decimal(edge).scaleb(-exponent))


def _zones(palette: Palette, view: LayerView, low: float, high: float) -> tuple[list[Any], list[Any]]:
    """Where phi counts as saturated and where its slope is exactly 0, as far as they are in the picture."""
    kinds = [("slope exactly 0", view.dead_zone, view.inactive_fraction, 0.11)]
    if view.flat != view.dead_zone:
        kinds.append(("saturated", view.flat, view.saturated_fraction, 0.055))
    shapes: list[Any] = []
    notes: list[Any] = []
    rows = 0  # of names, below one another
    for name, edges, share, opacity in kinds:
        below, above = (_within(edge, view.curve.exponent) for edge in edges)
        seen = [(low, min(below, high), "left")] * (low < below) + [(max(above, low), high, "right")] * (above < high)
        for x0, x1, side in seen:
            box = {"x0": x0, "x1": x1, "yref": "paper", "y0": 0, "y1": 1}
            shapes.append({**box, "type": "rect", "layer": "below", "line": {"width": 0}, "fillcolor": transparent(palette["ink"], opacity)})  # fmt: skip
            text = f"{name}: {percent(share)}" if side == seen[-1][2] else name  # the share is that of both sides
            notes.append(
                {"x": x0 if side == "left" else x1, "xanchor": side, "yref": "paper", "y": 1, "yanchor": "top", "yshift": -13 * rows,
                 "text": text.replace(" %", "\u00a0%"), "showarrow": False, "font": {"size": 11, "color": palette["mute"]}}
            )  # fmt: skip
        rows += bool(seen)
    return shapes, notes


def spread_chart(palette: Palette, shown: Histogram, name: str) -> dict[str, Any]:
    """The histogram of an array's entries, with a mark at 0 for those that are exactly 0."""
    total = shown.zeros + shown.below + shown.above + int(shown.counts.sum())
    low, high = float(shown.edges[0]), float(shown.edges[-1])
    low, high = (min(low, 0.0), max(high, 0.0)) if shown.zeros else (low, high)
    room = 0.03 * (high - low)
    xaxis = {
        "range": [low - room, high + room],
        "nticks": 6,
        "title": units(name, shown.exponent),
        "showspikes": False,
        "unifiedhovertitle": {"text": "at %{x:.3~g}"},
    }
    traces = [_bars(palette, shown, 0.42)]
    notes = []
    if shown.zeros == total:
        notes.append(note(palette, "All entries are exactly 0."))
    elif shown.zeros:
        traces.append(_zeros(palette, shown, total))
    yaxis = {**NO_TICKS, "range": [-0.07 * _height(shown), _height(shown)], "zeroline": True, "zerolinecolor": palette["hairline"]}  # fmt: skip
    return figure(palette, traces, xaxis, yaxis, bargap=0, annotations=notes, margin={"l": 8, "r": 8, "t": 14, "b": 38})


def _zeros(palette: Palette, shown: Histogram, total: int) -> dict[str, Any]:
    share = percent(shown.zeros / total).replace(" %", "\u00a0%")
    return {
        "type": "scatter", "mode": "markers+text", "name": "exactly 0", "x": [0], "y": [-0.035 * _height(shown)],
        "marker": {"symbol": "x-thin", "size": 8, "line": {"width": 1.8, "color": palette["ink"]}},
        "text": [f"{share} exactly 0"], "textposition": "middle right", "textfont": {"color": palette["ink"], "size": 12},
        "hovertemplate": f"{shown.zeros:,} of {total:,} are exactly 0<extra></extra>",
    }  # fmt: skip
