"""Numbers of any size made readable: a value as mantissa and power of ten, an array as a histogram."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import floor, frexp
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulation.arithmetic import largest, scale
from simulation.measures import log10_rms

Array = NDArray[np.float64]
BINS = 61  # odd, so that values that are all alike stand in the middle one
# Of an array's nonzero entries this share may lie beyond either end of its histogram, so that a few do not stretch it.
BEYOND = 0.005
# An rms in this range of decades needs no power of ten before it.
ORDINARY = (-2.0, 3.0)


class Tens(NamedTuple):
    """mantissa * 10**exponent with 1 <= |mantissa| < 10, or (0.0, 0)."""

    mantissa: float
    exponent: int

    @property
    def exact(self) -> Decimal:
        """The number itself."""
        return Decimal(self.mantissa).scaleb(self.exponent)


def decimal(x: float, exponent: int = 0) -> Decimal:
    """x * 2**exponent to 28 digits, whatever its size."""
    return Decimal(float(x)) * Decimal(2) ** exponent


def tens(number: Decimal) -> Tens:
    """The number as a mantissa in float64 and a power of ten."""
    if not number:
        return Tens(0.0, 0)
    exponent = number.adjusted()
    mantissa = float(number.scaleb(-exponent))
    return Tens(mantissa, exponent) if abs(mantissa) < 10 else Tens(mantissa / 10, exponent + 1)  # 9.99... rounds up


def in_tens(x: Array, e: int, exponent: int) -> Array:
    """x * 2**e in units of 10**exponent, a new array."""
    shift = frexp(largest(x))[1]  # first to about 1, so that neither factor leaves the range of floats
    return scale(x, -shift) * float(decimal(1.0, e + shift).scaleb(-exponent))


def from_tens(x: Array, exponent: int) -> tuple[Array, int]:
    """(y, e) with y * 2**e = x * 10**exponent and y about as large as x."""
    e = floor(exponent * np.log2(10.0))
    return x * float(Decimal(1).scaleb(exponent) / Decimal(2) ** e), e


def unit_for(x: Array, e: int) -> int:
    """The power of ten to show x * 2**e in: 0 for values of ordinary size, else that of their rms without zeros."""
    nonzero = x[x != 0]
    if not nonzero.size:
        return 0
    size = log10_rms(nonzero, e)
    return 0 if ORDINARY[0] <= size < ORDINARY[1] else floor(size)


@dataclass(frozen=True)
class Histogram:
    """How the entries of an array are spread, in units of 10**exponent.

    counts[i], of the nonzero entries from edges[i] to edges[i + 1]; zeros: exact zeros, which are in no bin;
    below, above: nonzero entries beyond the edges, at most 1 in 200 each. Together they are all entries.
    """

    edges: Array
    counts: NDArray[np.int64]
    exponent: int
    zeros: int
    below: int
    above: int


def histogram(x: Array, e: int = 0) -> Histogram:
    """The histogram of the signed values x * 2**e, on a linear axis."""
    exponent = unit_for(x, e)
    values = in_tens(x, e, exponent).ravel()
    zeros = values.size - int(np.count_nonzero(x))
    values = values[x.ravel() != 0]
    low, high = -1.0, 1.0
    if values.size:
        low = float(np.quantile(values, BEYOND, method="lower"))
        high = float(np.quantile(values, 1 - BEYOND, method="higher"))
        reach = max(abs(low), abs(high))
        if high - low < 1e-6 * reach:  # all alike: a bar in the middle
            low, high = low - reach / 2, high + reach / 2
    counts, edges = np.histogram(values, BINS, (low, high))
    return Histogram(
        edges, counts.astype(np.int64), exponent, zeros,
        below=int(np.count_nonzero(values < low)), above=int(np.count_nonzero(values > high)),
    )  # fmt: skip
