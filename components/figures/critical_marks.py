"""What stands around the curves of a sweep: the band within a decade, the critical scale, and "you are here".

Each returns Plotly shapes and annotations; what has a text is an annotation.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from components.figures.axes import Array
from components.text import minus
from components.theme import transparent
from simulation.critical import INTERVAL_DECADES, Critical
from simulation.sentences_sweep import scale_text

Palette = Mapping[str, str]
Marks = Iterator[dict[str, Any]]
_WHOSE = {"baseline": " as set", "remedied": " with remedies"}
_UPPER_ROW, _LOWER_ROW = 20, 4  # pixels above the plot
_APART = 0.3  # of the axis: names that are nearer share a line


def band(palette: Palette, bottom: float, top: float) -> Marks:
    """Within a decade, too small, too large: shaded, and named beside the plot."""
    edge = INTERVAL_DECADES
    across = {"xref": "paper", "x0": 0, "x1": 1, "layer": "below"}
    for y0, y1, color, opacity in ((bottom, -edge, "vanishing", 0.05), (-edge, edge, "stable", 0.14), (edge, top, "exploding", 0.05)):  # fmt: skip
        yield {"type": "rect", **across, "y0": y0, "y1": y1, "line": {"width": 0}, "fillcolor": transparent(palette[color], opacity)}  # fmt: skip
    yield {"type": "line", **across, "y0": 0, "y1": 0, "line": {"width": 1, "color": palette["baseline"]}}
    beside = {"xref": "paper", "x": 1, "xanchor": "left", "xshift": 4}
    yield {**beside, "yshift": 2, **_text(palette, "exploding", "exploding", edge, "bottom")}
    yield {**beside, **_text(palette, "stable", f"± {edge:g} decade", 0, "middle")}
    yield {**beside, "yshift": -2, **_text(palette, "vanishing", "vanishing", -edge, "top")}


def beyond(palette: Palette, x: Array, curves: Sequence[Array], low: float, high: float) -> Marks:
    """How far the curves go that leave the frame."""
    finite = [(size, at) for curve in curves for at, size in enumerate(curve.tolist()) if np.isfinite(size)]
    if not finite:
        return
    for (size, at), arrow, leaves, y, yanchor, color in (
        (min(finite), "↓", min(finite)[0] < low, low, "bottom", "vanishing"),
        (max(finite), "↑", max(finite)[0] > high, high, "top", "exploding"),
    ):
        if leaves:
            text = f"{arrow} to 10<sup>{minus(f'{size:.0f}')}</sup>"
            place = {"x": float(x[at])} if 2 * at < len(x) else {"xref": "paper", "x": 1, "xshift": 4}
            yield {**place, "xanchor": "left", **_text(palette, color, text, y, yanchor)}


def critical_scales(palette: Palette, critical: Mapping[str, Critical | None], span: Sequence[float]) -> Marks:
    """Each curve's critical scale as a line with its name above, and on the axis the scales within a decade."""
    found = {role: one for role, one in critical.items() if one}
    names: list[tuple[float, str]] = []
    for row, (role, one) in enumerate(found.items()):
        at = float(np.log10(one.weight_scale))
        yield {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1,
               "line": {"width": 1.2, "dash": "dot", "color": palette["stable"]}}  # fmt: skip
        if one.interval:
            low, high = (end if end is None else float(np.log10(end)) for end in one.interval)
            yield {"type": "rect", "x0": span[0] if low is None else low, "x1": span[1] if high is None else high,
                   "yref": "paper", "y0": 0.035 * row, "y1": 0.035 * row + 0.025, "line": {"width": 0},
                   "fillcolor": palette["stable"], "opacity": 1 if row == len(found) - 1 else 0.55}  # fmt: skip
        names.append(
            (at, f"critical{_WHOSE[role] if len(critical) > 1 else ''} {scale_text(one.weight_scale, one.width)}")
        )
    if len(names) > 1 and abs(names[0][0] - names[1][0]) < _APART * (span[1] - span[0]):
        names = [(names[1][0], ", ".join(name for _, name in names))]
    for at, name in names:
        place = (at - span[0]) / (span[1] - span[0])
        side = "left" if place < 0.2 else "right" if place > 0.8 else "center"
        yield {"x": at, "xanchor": side, "yref": "paper", "yshift": _UPPER_ROW, **_text(palette, "stable", name, 1, "bottom")}  # fmt: skip


def here(palette: Palette, at: float, x: Array, heights: Array, draggable: bool) -> Marks:
    """Where the network on the screen stands: a line, a handle on its curve, and the words. `assets/press.js` moves them by their names."""
    yield {"type": "line", "name": "here", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1,
           "line": {"width": 1.2, "color": palette["ink"]}}  # fmt: skip
    if len(x):
        size, border = (7, 2.2) if draggable else (4, 1.6)
        yield {"type": "circle", "name": "handle", "xsizemode": "pixel", "xanchor": at, "x0": -size, "x1": size,
               "ysizemode": "pixel", "yanchor": float(np.interp(at, x, heights)), "y0": -size, "y1": size,
               "fillcolor": palette["panel"], "line": {"width": border, "color": palette["ink"]}}  # fmt: skip
    yield {"name": "here", "x": at, "yref": "paper", "yshift": _LOWER_ROW, **_text(palette, "ink", "you are here", 1, "bottom")}  # fmt: skip


def _text(palette: Palette, color: str, text: str, y: float, yanchor: str) -> dict[str, Any]:
    return {"text": text, "y": y, "yanchor": yanchor, "showarrow": False, "font": {"size": 11, "color": palette[color]}}
