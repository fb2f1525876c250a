"""Charts of a training by layer: the heatmap of layers and steps, and how far a step moves each layer."""

from collections.abc import Sequence
from math import ceil, floor
from typing import Any, NamedTuple

import numpy as np

from components.figures.axes import (
    WITH_END_LABELS,
    Array,
    decade_axis,
    decade_range,
    layer_axis,
    line,
    zero_marks,
)
from components.figures.run_axes import (
    STEP_MARGIN,
    finite_range,
    leaving,
    level,
    reference,
    shared_range,
    size_in_words,
    step_axis,
)
from components.figures.runs import (
    GROWS,
    ROLES,
    Palette,
    Run,
    events,
    plain,
)
from components.theme import figure, transparent
from components.training.quantities import Quantity
from simulation.training.records import lengths

HEALTHY = -3.0  # log10 of the update-to-weight ratio that CS231n's notes call healthy
# The color scale leaves out at most this share of the steps at each end, and only where it would be more than so many
# times as wide with them, and wider than so many decades.
FEW, SPARED, ROOMY = 0.05, 1.5, 8.0
_INK = ((0.0, 0.03), (0.5, 0.4), (1.0, 0.95))  # place on the scale, opacity of the ink


class Span(NamedTuple):
    """Where the color scale of a heatmap ends; less, more: whether there are sizes beyond, in the colors of its ends."""

    low: float
    high: float
    less: bool = False
    more: bool = False


def heatmap(palette: Palette, run: Run, quantity: Quantity, span: Span) -> dict[str, Any]:
    """Layer by step, as dark as the quantity is large; what has no size has a color of its own. `span`: see `color_span`."""
    new, depth = run.of(quantity.record)[run.since :].T, run.training.network.depth
    # A cell is as wide as there are steps that are nearest to its own: the centers say so.
    grid = {"type": "heatmap", "x": plain(run.steps[run.since :]), "y0": 1, "dy": 1, "showscale": False, **GROWS}
    shown = {
        **grid, "name": quantity.label, "z": [plain(row, 4) for row in new], "zmin": span.low, "zmax": span.high,
        "colorscale": _scale(palette, quantity), "hovertemplate": _hover(quantity),
    }  # fmt: skip
    ends = np.where(np.isneginf(new), 0.0, np.where(np.isfinite(new), np.nan, 1.0))
    without = {
        **grid, "name": "no size", "z": [plain(row) for row in ends], "zmin": 0, "zmax": 1,
        "colorscale": [[0, palette["vanishing"]], [0.5, palette["vanishing"]], [0.5, palette["exploding"]], [1, palette["exploding"]]],
        "hovertemplate": "step %{x}, layer %{y}: " + ("exactly 0, or no number<extra></extra>" if quantity.logarithmic else "no number<extra></extra>"),
    }  # fmt: skip
    shapes, notes = events(palette, [run])
    axis = layer_axis(depth)
    early = f"it ended at step {run.last:,} of {run.training.steps:,}" if run.last < run.training.steps else ""
    below = {"range": [0.5, depth + 0.5], "showgrid": False, "ticklabeloverflow": "allow", "tickvals": axis["tickvals"], "title": {"text": "layer", "font": {"size": 12, "color": palette["mute"]}, "standoff": 4}}  # fmt: skip
    return figure(
        palette, [shown, without], step_axis([run], early), below, shapes=shapes, annotations=notes, hovermode="closest",
        margin=STEP_MARGIN,
    )  # fmt: skip


def color_span(runs: Sequence[Run], quantity: Quantity) -> Span:
    """One scale for both runs, that holds all layers of all steps, or of all but a few that would take it for themselves.

    It ends in steps wide enough to change seldom.
    """
    if not quantity.logarithmic:
        return Span(0.0, 1.0)
    smallest, largest = finite_range([run.of(quantity.record) for run in runs])
    low, high = _usual_range(runs, quantity)
    if largest - smallest <= max(SPARED * (high - low), ROOMY):
        low, high = smallest, largest
    if quantity.key == "update":  # as far to both sides of what is healthy
        reach = 2 * ceil(max(HEALTHY - low, high - HEALTHY, 1.0) / 2)
        low, high = HEALTHY - reach, HEALTHY + reach
    else:
        missing = max(3 - (high - low), 0) / 2
        low, high = float(2 * floor((low - missing) / 2)), float(2 * ceil((high + missing) / 2))
    return Span(low, high, smallest < low, largest > high)


def _usual_range(runs: Sequence[Run], quantity: Quantity) -> tuple[float, float]:
    """What holds all layers of most steps: so few of all runs' steps go further down, and so few further up, as FEW says."""
    ends, weights = [], []
    for run in runs:
        values = run.of(quantity.record)
        known = np.isfinite(values).any(axis=1)
        finite = np.where(np.isfinite(values), values, np.nan)[known]
        ends.append(np.stack([np.nanmin(finite, axis=1), np.nanmax(finite, axis=1)]))
        weights.append(lengths(run.steps)[known])
    (lowest, highest), counts = np.concatenate(ends, axis=1), np.concatenate(weights)
    if not counts.size:
        return -1.0, 0.0
    low = np.quantile(lowest, FEW, weights=counts, method="inverted_cdf")
    high = np.quantile(highest, 1 - FEW, weights=counts, method="inverted_cdf")
    return float(low), float(high)


def ratios(palette: Palette, runs: Sequence[Run], at: int | None = None) -> dict[str, Any]:
    """log10 of update over weight by layer, in the last step that has numbers (or the record `at`), and what is healthy."""
    drawn = [(run, _row(run, at)) for run in runs]
    so_far = {run.role: [run.of("log10_update_ratio")] for run in runs}  # an axis that only grows
    low, high, step = decade_range([np.array(shared_range(so_far, [HEALTHY - 2, HEALTHY + 2]))])
    zeros = any(np.isneginf(row).any() for _, row in drawn)
    low -= step * zeros
    free = {"ticklabeloverflow": "allow"}  # Plotly need not measure the labels
    axis = decade_axis(low, high, step, low + step / 2 if zeros else None) | free
    key = level(palette, "10<sup>−3</sup>, about healthy")
    across = layer_axis(max(run.training.network.depth for run in runs)) | free | {"title": f"layer\u2003\u2003{key}"}
    traces: list[dict[str, Any]] = []
    notes = []
    for run, row in drawn:
        name = "update / weight" if run.role == "run" else "update / weight, the other run"
        layers = np.arange(1, len(row) + 1)
        color = palette["ink" if run.role == "run" else "baseline"]
        traces.append(
            {"type": "scatter", "mode": "lines+markers" if len(row) < 40 else "lines", "name": name, "x": layers.tolist(),
             "y": plain(row), "line": line(palette, ROLES[run.role], width=1.8),
             "marker": {"size": 4, "color": color}, "customdata": [size_in_words(value) for value in row.tolist()],
             "hovertemplate": f"{name}: %{{customdata}}<extra></extra>"}
        )  # fmt: skip
        traces.append(zero_marks(color, palette["ink"], name, layers[np.isneginf(row)], low + step / 2))
        notes += leaving(palette, run.role, layers, row, across["range"], axis["range"])
    return figure(palette, traces, across, axis, shapes=[reference(palette, HEALTHY)], annotations=notes, margin=WITH_END_LABELS | {"r": 20})  # fmt: skip


def _row(run: Run, at: int | None) -> Array:
    values = run.of("log10_update_ratio")
    numbers = np.flatnonzero((values < np.inf).all(axis=1))  # neither inf nor NaN: the step that broke has none
    if not numbers.size:
        return np.full(run.training.network.depth, np.nan)
    return np.asarray(values[numbers[-1] if at is None else min(at, len(values) - 1)])


def _scale(palette: Palette, quantity: Quantity) -> list[list[Any]]:
    if quantity.key == "update":
        middle = transparent(palette["baseline"], 0.15)
        return [[0, palette["vanishing"]], [0.5, middle], [1, palette["exploding"]]]
    return [[stop, transparent(palette["ink"], opacity)] for stop, opacity in _INK]


def _hover(quantity: Quantity) -> str:
    size = "10<sup>%{z:.3~r}</sup>" if quantity.logarithmic else "%{z:.3~p}"
    return f"step %{{x}}, layer %{{y}}: {quantity.label} {size}<extra></extra>"
