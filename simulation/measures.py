"""Magnitudes of arrays, and the record of them that a pass fills."""

from __future__ import annotations

from math import frexp, inf, log10

import numpy as np
from numpy.typing import NDArray

from simulation.arithmetic import largest, scale, sum_of_squares
from simulation.trace import Density

Array = NDArray[np.float64]
BINS_PER_DECADE, MOST_BINS = 20, 120
_LOG10_2 = log10(2.0)
_LOWEST, _HIGHEST = 2.0**-800, 2.0**800


def log10_norm(x: Array, exponent: int = 0) -> float:
    """log10 of the Frobenius norm of x * 2**exponent, -inf for an exact zero; exact for entries of any size."""
    squares = sum_of_squares(x)
    if not _LOWEST < squares < _HIGHEST:
        size = largest(x)
        if not size:
            return -inf
        shift = frexp(size)[1]
        squares, exponent = sum_of_squares(scale(x, -shift)), exponent + shift
    return 0.5 * log10(squares) + exponent * _LOG10_2


def log10_rms(x: Array, exponent: int = 0) -> float:
    """log10 of the root mean square of x * 2**exponent, -inf for an exact zero."""
    return log10_norm(x, exponent) - 0.5 * log10(x.size)


class Magnitudes:
    """The sum of squares of one quantity in every layer, each times 4**exponent."""

    def __init__(self, depth: int) -> None:
        self.squares, self.exponents, self.sizes = [0.0] * depth, [0] * depth, [1] * depth

    def record(self, layer: int, x: Array, exponent: int) -> bool:
        """Whether the sum is well inside the range of floats; a sum of 0 may be an underflow."""
        self.squares[layer] = squares = sum_of_squares(x)
        self.exponents[layer] = exponent
        self.sizes[layer] = x.size
        return _LOWEST < squares < _HIGHEST

    def log10_norm(self) -> Array:
        """log10 of the root of the sum of squares, -inf for an exact zero."""
        with np.errstate(divide="ignore"):
            return np.asarray(0.5 * np.log10(self.squares) + _LOG10_2 * np.array(self.exponents))

    def log10_rms(self) -> Array:
        """log10 of the root mean square, -inf for an exact zero."""
        return np.asarray(self.log10_norm() - 0.5 * np.log10(self.sizes))


class Densities:
    """Histograms of log10 |x| by layer, on one grid for all layers."""

    def __init__(self, depth: int) -> None:
        self.first, self.zeros = [0] * depth, [0] * depth
        self.counts: list[NDArray[np.int64]] = [np.zeros(0, np.int64)] * depth

    def record(self, layer: int, x: Array, exponent: int) -> None:
        sizes = np.abs(x.reshape(-1))
        zeros = sizes.size - np.count_nonzero(sizes)
        if zeros:
            sizes = sizes[sizes > 0]
        self.zeros[layer] = int(zeros)
        if sizes.size:
            np.log10(sizes, out=sizes)
            sizes += exponent * _LOG10_2
            sizes *= BINS_PER_DECADE
            bins = np.floor(sizes, out=sizes).astype(np.int64)
            self.first[layer] = int(bins.min())
            bins -= self.first[layer]
            self.counts[layer] = np.bincount(bins)

    def finished(self) -> Density:
        """All layers on one grid of at most MOST_BINS bins; a few lone small entries do not stretch it."""
        depth = len(self.counts)
        shown = [layer for layer in range(depth) if self.counts[layer].size]
        lows = [self.first[layer] + _quantile_bin(self.counts[layer]) for layer in shown]
        highs = [self.first[layer] + self.counts[layer].size for layer in shown]
        low, high = min(lows, default=0), max(highs, default=1)
        per_bin = -(-(high - low) // MOST_BINS)
        counts = np.zeros((-(-(high - low) // per_bin), depth), np.uint32)
        below = np.zeros(depth, np.uint32)
        for layer in shown:
            rows = (self.first[layer] + np.arange(self.counts[layer].size) - low) // per_bin
            below[layer] = self.counts[layer][rows < 0].sum()
            counts[:, layer] = np.bincount(rows[rows >= 0], self.counts[layer][rows >= 0], len(counts))
        return Density(low / BINS_PER_DECADE, per_bin / BINS_PER_DECADE, counts, below, np.array(self.zeros, np.uint32))


def _quantile_bin(counts: NDArray[np.int64]) -> int:
    """The first bin that is not among the smallest 1 in 200 entries."""
    return int(np.searchsorted(np.cumsum(counts), counts.sum() / 200, side="right"))
