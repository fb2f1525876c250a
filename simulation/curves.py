"""phi and phi' as curves over what a layer gives them, and where phi' is exactly 0."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import inf

import numpy as np
from numpy.typing import NDArray

from simulation.activations import Activation
from simulation.arithmetic import FAR, settle_scaled
from simulation.histograms import Histogram, from_tens, in_tens, unit_for
from simulation.layers import Activate

Array = NDArray[np.float64]
POINTS = 241
# A curve is shown at least this far to either side, in units of the histogram.
REACH = 5.0


@dataclass(frozen=True)
class Curve:
    """phi and phi' at x * 10**exponent; phi in units of 10**phi_exponent, the slope as it is."""

    x: Array
    phi: Array
    slope: Array
    exponent: int
    phi_exponent: int


def curve(phi: Activation, slope: float, shown: Histogram) -> Curve:
    """phi over what the histogram shows; far out, where it has reached its asymptotes, by these."""
    x = np.linspace(min(shown.edges[0], -REACH), max(shown.edges[-1], REACH), POINTS)
    activate = Activate(phi, slope)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        value, e = from_tens(x[None], shown.exponent)
        h, h_e = activate.forward(value, e, settle_scaled)
        phi_exponent = unit_for(h, h_e)
        return Curve(x, in_tens(h, h_e, phi_exponent)[0], activate.slopes[0].copy(), shown.exponent, phi_exponent)


@lru_cache(maxsize=64)
def dead_zone(phi: Activation, slope: float) -> tuple[float, float]:
    """(low, high): phi' is exactly 0 from -inf to low and from high to inf; -inf or inf where it is on no such side.

    Also where phi' only underflows, as the logistic slope does at 745: there as here no gradient comes through.
    """

    def dead(x: float) -> bool:
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            return bool(phi.prime(np.array([[x]]), slope)[0, 0] == 0.0)

    def end(far: float) -> float:
        if not dead(far):
            return far * inf
        near = 0.5  # where every phi has a slope
        while abs(far - near) > 1e-12 * max(abs(far), 1.0):
            middle = (far + near) / 2
            far, near = (middle, near) if dead(middle) else (far, middle)
        return round(far, 9) + 0.0

    return end(-(2.0**FAR)), end(2.0**FAR)
