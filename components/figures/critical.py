"""The curves of a sweep: where along a setting the gradient keeps its size."""

from collections.abc import Callable, Iterable, Mapping
from math import ceil, floor
from typing import Any

import numpy as np

from components.figures import critical_marks
from components.figures.axes import (
    ROLES,
    Array,
    decade_axis,
    decade_range,
    layer_axis,
    line,
    tick_step,
    typed,
    zero_marks,
)
from components.text import scientific
from components.theme import figure
from simulation.axes import OVER
from simulation.critical import INTERVAL_DECADES
from simulation.sweep import Curve, Sweep

Palette = Mapping[str, str]

# Over weight_scale the picture reaches so many decades; where a curve leaves it, it is said how far it goes.
MOST_DECADES = 40.0
_ROOM = 0.17  # of the height, at least, above and below the band: for the words that stand there
_FEW = 12  # so few values are dots, too; and those among exact zeros, where a line may have no neighbor to go to
# Where a value stands on its axis: a weight scale where its slider has it.
POSITIONS: Mapping[str, Callable[[Any], Any]] = {
    "weight_scale": np.log10, "depth": np.asarray, "width": np.log2, "batch": np.log2,
}  # fmt: skip


def gradient_curve(palette: Palette, result: Sweep, present: float) -> dict[str, Any]:
    """log10 of delta at layer 1 over the last along the axis; `present` is this network's value of what is swept."""
    ratios = {role: curve.log10_gradient_ratio for role, curve in _curves(result).items()}
    low, high, _ = decade_range([*_within_reach(result, ratios.values()), np.array([-3.0, 3.0]) * INTERVAL_DECADES])
    high = max(high, (INTERVAL_DECADES - _ROOM * low) / (1 - _ROOM))
    low = min(low, -(INTERVAL_DECADES + _ROOM * high) / (1 - _ROOM))
    return _figure(palette, result, present, ratios, (low, high), banded=True)


def activation_curve(palette: Palette, result: Sweep, present: float) -> dict[str, Any]:
    """log10 of the activations' rms at the last layer along the same axis."""
    sizes = {role: curve.log10_activation_rms_last for role, curve in _curves(result).items()}
    low, high, _ = decade_range(_within_reach(result, sizes.values()))
    return _figure(palette, result, present, sizes, (low, high), banded=False)


def _curves(result: Sweep) -> dict[str, Curve]:
    """The curves by role, that of the network on the screen last."""
    return {"baseline": result.baseline, **({"remedied": result.remedied} if result.remedied else {})}


def _within_reach(result: Sweep, curves: Iterable[Array]) -> list[Array]:
    most = MOST_DECADES if result.over == "weight_scale" else np.inf
    return [np.clip(curve[np.isfinite(curve)], -most, most) for curve in curves]


def _figure(
    palette: Palette,
    result: Sweep,
    present: float,
    curves: Mapping[str, Array],
    span: tuple[float, float],
    banded: bool,
) -> dict[str, Any]:
    low, high = span
    step = tick_step(high - low)
    zeros = any(np.isneginf(values).any() for values in curves.values())
    foot = low - step / 2 if zeros else low  # where exact zeros are marked
    bottom = low - step if zeros else low
    position, axis = POSITIONS[result.over], _axis(result)
    x, shown = position(result.axis), next(reversed(curves.values()))
    inside = 0.04 * (high - bottom)  # so that the handle is seen as a whole
    heights = np.clip(np.where(np.isneginf(shown), foot, shown), bottom + inside, high - inside)
    draggable = result.over == "weight_scale"
    marks = [
        *(critical_marks.band(palette, bottom, high) if banded else ()),
        *critical_marks.beyond(palette, x, list(curves.values()), low, high),
        *critical_marks.critical_scales(palette, {role: curve.critical for role, curve in _curves(result).items()}, axis["range"]),
        *critical_marks.here(palette, float(position(present)), x, heights, draggable),
    ]  # fmt: skip
    traces = [_line(palette, result, role, x, values) for role, values in curves.items()]
    for role, values in curves.items():
        color, at_first, at_last = palette[ROLES[role][0]], np.isneginf(values), np.isposinf(values)
        traces.append(zero_marks(color, palette["ink"], "layer 1" if banded else "h", x[at_first], foot, labeled=False))
        if at_last.any():  # the error signal, of which skips carry some past the last layer
            marked = zero_marks(color, palette["ink"], "last layer", x[at_last], high - inside)
            words = ["0 at the last layer" if text else "" for text in marked["text"]]
            traces.append({**marked, "text": words, "textposition": "bottom center"})
    drawn = figure(
        palette, traces, axis, decade_axis(bottom, high, step, foot if zeros else None),
        shapes=[mark for mark in marks if "text" not in mark], annotations=[mark for mark in marks if "text" in mark],
        margin={"l": 52, "r": 74, "t": 40, "b": 38},
    )  # fmt: skip
    if draggable:
        drawn["layout"] |= {"meta": {"along": [x.tolist(), heights.tolist()]}, "dragmode": "pan"}  # see assets/press.js
        drawn["layout"]["modebar"]["remove"] = ["zoom2d", "pan2d", "resetScale2d"]
    return drawn


def _axis(result: Sweep) -> dict[str, Any]:
    """The whole axis from the start, whatever is known so far."""
    entry = OVER[result.over]
    values = entry.values(result.config)
    hover = {"unifiedhovertitle": {"text": entry.label}}
    if result.over == "depth":
        return {**layer_axis(int(values[-1])), "title": entry.label, **hover}
    first, last = (float(POSITIONS[result.over](values[end])) for end in (0, -1))
    base, every = (10.0, 1) if result.over == "weight_scale" else (2.0, 2)
    ticks = list(range(ceil(first - 1e-9), floor(last + 1e-9) + 1, every))
    pad = 0.02 * (last - first)
    return {
        "range": [first - pad, last + pad], "tickvals": ticks, "ticktext": [f"{base**tick:g}" for tick in ticks],
        "title": entry.label, **hover,
    }  # fmt: skip


def _line(palette: Palette, result: Sweep, role: str, x: Array, values: Array) -> dict[str, Any]:
    whose = "as set" if role == "baseline" else "with remedies"
    known = zip(result.axis.tolist(), values.tolist(), strict=True)
    return {
        "type": "scatter", "mode": "lines+markers" if len(x) <= _FEW or np.isinf(values).any() else "lines", "name": whose,
        "x": typed(x), "y": typed(np.where(np.isfinite(values), values, np.nan)), "connectgaps": False,
        "line": line(palette, role), "marker": {"size": 5, "color": palette[ROLES[role][0]]},
        "customdata": [[f"{value:.4g}", scientific(size)] for value, size in known],
        "hovertemplate": f"%{{customdata[0]}}, {whose}: 10<sup>%{{y:.3~r}}</sup> = %{{customdata[1]}}<extra></extra>",
    }  # fmt: skip
