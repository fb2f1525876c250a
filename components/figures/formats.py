"""What number formats make of a signal: a strip for each format, by layer all its entries by what became of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.figures.axes import Array, layer_axis, typed
from components.text import mathematical
from components.theme import figure, transparent
from simulation.diagnosis import FORMATS
from simulation.precision import Tally

Palette = Mapping[str, str]

# From small to large, as they are stacked: name, token, opacity, pattern.
KINDS: Mapping[str, tuple[str, str, float, str]] = {
    "exact": ("exactly 0 in any format", "baseline", 0.0, "/"),
    "zero": ("rounded to 0", "vanishing", 1, ""),
    "subnormal": ("subnormal: digits lost", "subnormal", 1, "."),
    "normal": ("normal", "ink", 0.1, ""),
    "inf": ("infinite", "exploding", 1, "\\"),
    "nan": ("NaN", "ink", 0.85, "x"),
}
_GAP = 0.05  # between strips, of the whole height


def shares(tally: Tally, exact_zeros: Array) -> dict[str, Array]:
    """By kind, the share of each layer's entries; together 1. `exact_zeros`: how many are 0 in exact arithmetic."""
    counts: dict[str, Array] = {kind: getattr(tally, kind) for kind in KINDS if kind != "exact"}
    entries = sum(counts.values())
    exact = np.minimum(exact_zeros, tally.zero)
    counts = {"exact": exact, **counts, "zero": tally.zero - exact}
    return {kind: counts[kind] / entries for kind in KINDS}


def format_strips(palette: Palette, tallies: Mapping[str, Tally], exact_zeros: Array, direction: int) -> dict[str, Any]:
    """The strips of one signal, for the formats that are known; direction: 1 forward, -1 backward."""
    depth, height = len(exact_zeros), (1 - _GAP * (len(FORMATS) - 1)) / len(FORMATS)
    traces: list[dict[str, Any]] = []
    marks: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    for row, key in enumerate(FORMATS):
        name, top = f"y{row + 1}" if row else "y", 1 - row * (height + _GAP)
        axes[f"yaxis{row + 1 if row else ''}"] = _strip_axis(palette, key, max(top - height, 0), top)
        if key in tallies:
            parts = shares(tallies[key], exact_zeros)
            traces += [_area(palette, kind, part, name) for kind, part in parts.items() if part.any()]
            traces.append(_hover(key, parts, name, tallies[key].nan_from))
            marks += _events(palette, tallies[key], depth, name, direction)
    xaxis = {**layer_axis(depth), "range": [0.5, depth + 0.5], "anchor": f"y{len(FORMATS)}"}
    return figure(
        palette, traces, xaxis, axes.pop("yaxis"), **axes, margin={"l": 62, "r": 14, "t": 14, "b": 38},
        shapes=[mark for mark in marks if "text" not in mark], annotations=[mark for mark in marks if "text" in mark],
    )  # fmt: skip


def _strip_axis(palette: Palette, key: str, bottom: float, top: float) -> dict[str, Any]:
    return {
        "domain": [bottom, top], "range": [0, 1], "tickvals": [0.5], "ticktext": [FORMATS[key].label], "showgrid": False,
        "zeroline": False, "showline": False, "ticks": "", "ticklabelstandoff": 6, "fixedrange": True, "tickfont": {"color": palette["mute"], "size": 12},
    }  # fmt: skip


def _area(palette: Palette, kind: str, part: Array, axis: str) -> dict[str, Any]:
    """One kind, stacked on those before it; each layer is as wide as any, the first and the last, too."""
    _, token, opacity, pattern = KINDS[kind]
    color = transparent(palette[token], opacity)
    lines = {
        "shape": pattern,
        "fgcolor": palette["panel" if opacity else token],
        "bgcolor": color,
        "size": 6,
        "solidity": 0.25,
    }
    depth = len(part)
    return {
        "type": "scatter", "mode": "lines", "name": KINDS[kind][0], "yaxis": axis, "stackgroup": axis, "hoverinfo": "skip",
        "x": typed(np.array([0.5, *range(1, depth + 1), depth + 0.5])), "y": typed(np.array([part[0], *part, part[-1]])),
        "line": {"width": 0, "shape": "hvh"}, "fillcolor": color, **({"fillpattern": lines} if pattern else {}),
    }  # fmt: skip


def _hover(key: str, parts: Mapping[str, Array], axis: str, nan_from: str) -> dict[str, Any]:
    """What is said at a layer: only of the kinds that this format has anywhere; `nan_from`: see `Tally`."""
    names = {kind: name for kind, (name, *_) in KINDS.items()}
    if nan_from:
        names["nan"] += f", first born of {mathematical(nan_from)}"
    present = [kind for kind, part in parts.items() if part.any()][::-1]
    depth = len(parts["normal"])
    lines = [f"%{{customdata[{index}]:.3~p}} {names[kind]}" for index, kind in enumerate(present)]
    return {
        "type": "scatter", "mode": "markers", "name": key, "yaxis": axis, "marker": {"opacity": 0},
        "x": typed(np.arange(1, depth + 1), "i4"), "y": typed(np.full(depth, 0.5)),
        "customdata": np.transpose([parts[kind].round(5) for kind in present]).tolist(),
        "hovertemplate": f"{key}<br>" + "<br>".join(lines) + "<extra></extra>",
    }  # fmt: skip


def _events(palette: Palette, tally: Tally, depth: int, axis: str, direction: int) -> Sequence[dict[str, Any]]:
    """Where the signal is lost, overflows, becomes NaN: said in the strip, at the first of these layers."""
    named = ((tally.first_overflow, "inf"), (tally.first_nan, "NaN"), (tally.first_zero, "all 0"))
    found = sorted(((layer, word) for layer, word in named if layer), key=lambda event: direction * event[0])
    if not found:
        return []
    at = found[0][0] - direction / 2
    text = ", ".join(f"{word} at {layer}" for layer, word in found)
    side = "left" if at < depth / 2 else "right"
    return [
        {"type": "line", "x0": at, "x1": at, "yref": f"{axis} domain", "y0": 0, "y1": 1, "line": {"width": 1.4, "color": palette["ink"]}},
        {"x": at, "xanchor": side, "xshift": 3 if side == "left" else -3, "yref": axis, "y": 0.5, "text": text, "showarrow": False,
         "bgcolor": palette["panel"], "borderpad": 2, "font": {"size": 11, "color": palette["ink"]}},
    ]  # fmt: skip
