"""The axes of a training's charts: steps, and sizes that both runs share; lines across, and what they stand for."""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil, floor, inf, isnan, log10
from typing import Any

import numpy as np

from components.figures.axes import Array, tick_step
from components.figures.runs import Palette, Run
from components.text import minus, scientific

STEP_MARGIN = {"l": 52, "r": 20, "t": 30, "b": 38}  # with room for the labels of `events` above
STRETCH = 2.0  # decades that the run beside may add to an axis at each end; beyond, it leaves the plot, which is said


def step_axis(runs: Iterable[Run], key: str = "", lines: Sequence[str] = ()) -> dict[str, Any]:
    """The x axis from the first step to the last that there will be: it stands still while lines grow.

    key: what the chart's marks stand for, beside the axis' name, where no line comes; lines: more of it, one below the other.
    """
    last = max(run.last for run in runs)
    step = tick_step(last)
    ticks = [tick for tick in range(0, last, step) if tick < last - 0.4 * step]
    pad = max(0.01 * last, 0.5)  # a step's cell in the heatmap begins half a step before it
    return {
        "range": [-pad, last + pad], "tickvals": [*ticks, last], "title": "<br>".join([f"step\u2003\u2003{key}" if key else "step", *lines]),
        "unifiedhovertitle": {"text": "step %{x}"}, "tickformat": ",d", "ticklabeloverflow": "allow",
    }  # fmt: skip


def size_axis(low: float, high: float) -> dict[str, Any]:
    """The y axis of log10 values: powers of ten, or, over few of them, plain numbers 1, 2, 5."""
    each = 2 if high - low > 2 else 4  # ends in wide steps: a chart that grows is seldom drawn anew
    low, high = floor(each * low) / each, ceil(each * high) / each
    if high - low < 1:
        low, high = low - 0.25, high + 0.25
    if high - low > 3:
        step = tick_step(high - low)
        powers = range(ceil(low / step) * step, floor(high) + 1, step)
        return {
            "range": [low, high],
            "ticklabeloverflow": "allow",
            "tickvals": list(powers),
            "ticktext": [_power(power) for power in powers],
        }
    mantissas = (1, 2, 5) if high - low > 0.8 else (1, 1.5, 2, 3, 4, 5, 6, 8)
    sizes = [m * 10.0**power for power in range(floor(low), ceil(high) + 1) for m in mantissas]
    shown = [size for size in sizes if low <= log10(size) <= high]
    return {"range": [low, high], "ticklabeloverflow": "allow", "tickvals": [log10(size) for size in shown], "ticktext": [_plain(size) for size in shown]}  # fmt: skip


def _power(power: int) -> str:
    return {0: "1", 1: "10", -1: "0.1"}.get(power, f"10<sup>{minus(str(power))}</sup>")


def _plain(size: float) -> str:
    if 1e-3 <= size < 1e5:
        return f"{size:,.10g}"
    power = floor(log10(size) + 1e-9)
    mantissa = f"{size / 10.0**power:.2g}"
    return _power(power) if mantissa == "1" else f"{mantissa}×{_power(power)}"


def size_in_words(log10_size: float) -> str:
    """A size by its log10, for a hover label; what has none by its name."""
    if isnan(log10_size) or log10_size == inf:
        return "NaN" if isnan(log10_size) else "overflow"
    return scientific(log10_size)


def finite_range(arrays: Iterable[Array], empty: tuple[float, float] = (-1.0, 0.0)) -> tuple[float, float]:
    """The smallest and the largest finite number of the arrays."""
    values = np.concatenate([np.ravel(array)[np.isfinite(np.ravel(array))] for array in arrays] or [np.zeros(0)])
    return (float(values.min()), float(values.max())) if values.size else empty


def shared_range(sizes: Mapping[str, Sequence[Array]], known: Sequence[float] = ()) -> tuple[float, float]:
    """The axis' range for the log10 sizes of both runs, by role: that of the run on the screen, stretched by the other.

    known: what else is to be seen. A run without a finite size leaves the axis to the other.
    """
    own, beside = ([array[np.isfinite(array)] for array in sizes.get(role, ())] for role in ("run", "beside"))
    if not any(array.size for array in own):
        return finite_range([*beside, np.array(known)])
    low, high = finite_range([*own, np.array(known)])
    lowest, highest = finite_range([*own, *beside, np.array(known)])
    return max(lowest, low - STRETCH), min(highest, high + STRETCH)


def leaving(palette: Palette, role: str, x: Array, log10_sizes: Array, across: Sequence[float], up: Sequence[float]) -> list[dict[str, Any]]:  # fmt: skip
    """Labels where a line first leaves the plot at its top or its foot, which say how far it goes; across, up: the axes' ranges."""
    notes = []
    for beyond, at, arrow in ((log10_sizes > up[1], 1, "↑"), (log10_sizes < up[0], 0, "↓")):
        outside = np.flatnonzero(beyond & np.isfinite(log10_sizes))
        if not outside.size:
            continue
        first, farthest = float(x[outside[0]]), float((np.max if at else np.min)(log10_sizes[outside]))
        late = first > (across[0] + across[1]) / 2
        notes.append(
            {"x": first, "xanchor": "right" if late else "left", "xshift": -6 if late else 6, "yref": "paper", "y": at,
             "yanchor": "top" if at else "bottom", "text": f"{arrow} to {_power(round(farthest))}{'' if role == 'run' else ', beside'}", "showarrow": False,
             "font": {"size": 11, "color": palette["ink" if role == "run" else "mute"]}}
        )  # fmt: skip
    return notes


def reference(palette: Palette, y: float, dash: str = "dot") -> dict[str, Any]:
    """A line across the plot; what it stands for its `level` in a key says: beside it a label would lie on the data."""
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y, "layer": "between",
            "line": {"width": 1.2, "dash": dash, "color": palette["mute"]}}  # fmt: skip


def level(palette: Palette, text: str, dash: str = "dot") -> str:
    """The entry of such a line in a key."""
    return sign(palette, "mute", {"dot": "····", "dash": "– –"}[dash], text)


def with_room(lines: Sequence[str]) -> dict[str, int]:
    """The margins of a chart by step with so many lines of a key below its axis' name."""
    return STEP_MARGIN | {"b": STEP_MARGIN["b"] + 16 * len(lines)}


def sign(palette: Palette, color: str, mark: str, text: str) -> str:
    """An entry of a key: the mark in its color, what it stands for."""
    return f'<span style="color:{palette[color]}">{mark}</span> {text}'
