"""Clipping in a step, by PyTorch's formulas, on the one array of all gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.clipping import EPSILON
from simulation.training.statistics import squares

Array = NDArray[Any]
Wide = NDArray[np.float64]


def log10_norm(gradient: Array) -> Wide:
    """log10 of the global norm of each network's gradient (networks, numbers)."""
    sums, scales = squares(gradient)
    with np.errstate(divide="ignore"):
        return np.asarray(0.5 * np.log10(sums) + np.log10(scales))


def clip(gradient: Array, kind: str, threshold: float, log10_before: Wide) -> NDArray[np.bool_]:
    """Clips in place; which networks were. By norm: times min(1, threshold / (norm + 1e-6)).

    The norm is exact, so one that float32 could not hold does not become inf. As in PyTorch an inf entry makes
    the coefficient 0, and 0 times inf is NaN; clamping to a value leaves NaN as it is.
    """
    with np.errstate(all="ignore"):
        if kind == "norm":
            coefficient = threshold / (10.0**log10_before + EPSILON)
            touched = ~(coefficient >= 1)
            if touched.any():
                gradient *= np.where(touched, coefficient, 1.0)[:, None].astype(gradient.dtype)
            return touched
        if kind == "value":
            touched = np.asarray((np.abs(gradient) > threshold).any(axis=-1))
            np.clip(gradient, -threshold, threshold, out=gradient)
            return touched
    return np.zeros(len(gradient), bool)
