"""The curves of a sweep: where along a setting the gradient keeps its size, and where this network stands."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from components.figures.axes import ROLES, Array, decade_axis, layer_axis, line, tick_step, typed
from components.text import minus, scientific
from components.theme import figure, transparent
from simulation.axes import OVER
from simulation.critical import INTERVAL_DECADES
from simulation.sentences import digits
from simulation.sweep import Curve, Sweep

Palette = Mapping[str, str]

# How far the picture reaches, in decades; where a curve leaves it, the frame says how far it goes.
MOST_DECADES = 40.0
_ROOM = 0.17  # of the height, at least, above and below the band: for what stands there
_FEW = 12  # so few values are dots, too
# Where a value stands on its axis: a weight scale where its slider has it.
_POSITIONS: Mapping[str, Callable[[Any], Any]] = {
    "weight_scale": np.log10, "depth": np.asarray, "width": np.log2, "batch": np.log2,
}  # fmt: skip
_LABELS = {"width": "width, at the same standard deviation of a weight"}


def gradient_curve(palette: Palette, result: Sweep, present: float) -> dict[str, Any]:
    """log10 of delta at layer 1 over the last along the axis; `present` is this network's value of what is swept."""
    ratios = [curve.log10_gradient_ratio for curve in _curves(result).values()]
    low, high = _reach(ratios, -INTERVAL_DECADES - 2, INTERVAL_DECADES + 2)
    high = max(high, (INTERVAL_DECADES - _ROOM * low) / (1 - _ROOM))
    low = min(low, -(INTERVAL_DECADES + _ROOM * high) / (1 - _ROOM))
    return _figure(palette, result, present, "log10_gradient_ratio", low, high, sides=True)


def activation_curve(palette: Palette, result: Sweep, present: float) -> dict[str, Any]:
    """log10 of the activations' rms at the last layer along the same axis."""
    sizes = [curve.log10_activation_rms_last for curve in _curves(result).values()]
    middle = float(np.median(np.concatenate([size[np.isfinite(size)] for size in sizes] or [np.zeros(1)] or 0)))
    return _figure(palette, result, present, "log10_activation_rms_last", *_reach(sizes, middle - 2, middle + 2))
