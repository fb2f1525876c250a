"""SignalTrace: what one forward and backward pass left behind, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Density:
    """How the entries of each layer are spread over the decades, on one grid for all layers.

    counts[k, l], shape (bins, depth): how many entries of layer l have a log10 of their size in
    [low + k step, low + (k + 1) step). below[l]: how many are smaller than the grid shows (at most 1 in
    200), zeros[l]: how many are exactly 0.
    """

    low: float
    step: float
    counts: NDArray[np.uint32]
    below: NDArray[np.uint32]
    zeros: NDArray[np.uint32]

    def quantile(self, share: float) -> Array:
        """By layer, the log10 size below which this share of its entries lies, to one bin; -inf below the grid."""
        under = self.below + self.zeros
        wanted = share * (under + self.counts.sum(axis=0))
        reached = under + np.cumsum(self.counts, axis=0) >= wanted
        sizes = self.low + self.step * (np.argmax(reached, axis=0) + 0.5)
        return np.where(under >= wanted, -np.inf, sizes)


@dataclass(frozen=True)
class SignalTrace:
    """Magnitudes by layer; every array has length depth, index 0 is layer 1, an exact zero's log is -inf.

    z is the raw affine output, delta is dS/dz; a layer's output is what it hands to the next layer, and
    its gradient goes through all paths. RMS over batch and units, norms are Frobenius norms. Shares:
    inactive, of entries whose phi' is exactly 0; dead, of units inactive for the whole batch; saturated,
    of entries in a flat zone of phi.
    """

    log10_pre_activation_rms: Array
    log10_activation_rms: Array
    log10_delta_rms: Array
    log10_activation_grad_rms: Array
    log10_weight_grad_norm: Array
    log10_bias_grad_norm: Array
    inactive_fraction: Array
    dead_fraction: Array
    saturated_fraction: Array
    activation_density: Density | None = None  # these two where they were asked for
    delta_density: Density | None = None

    @property
    def depth(self) -> int:
        return len(self.log10_delta_rms)


# The names of the arrays, in the order in which tables and files show them.
ARRAYS: tuple[str, ...] = tuple(f.name for f in fields(SignalTrace) if not f.name.endswith("density"))
