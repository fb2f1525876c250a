"""Numbers beyond the range of floats: an array and the power of two that it stands for.

Every rule of a layer is written once, over pairs (x, e) that mean x * 2**e. In an ordinary run all
exponents are 0 and nothing here costs anything. In a scaled run `settle` moves the size of an array into
its exponent after each operation, so that nothing can underflow or overflow. Scaling by powers of two
changes no digit, so both runs agree where both are in range.
"""

from collections.abc import Callable
from math import frexp

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Settle = Callable[[Array, int], int]

# Beyond 2**+-FAR every activation has reached its slopes at 0 or at infinity, to the last bit.
FAR = 200
# A sum of squares in here leaves room for the next operation: no need to move it into the exponent yet.
_SETTLED_LOW, _SETTLED_HIGH = 2.0**-128, 2.0**128


def settle_plain(x: Array, e: int) -> int:
    """Leaves the array as it is."""
    return e


def settle_scaled(x: Array, e: int) -> int:
    """Keeps the entries of x near 1: if they are not, scales them in place, largest in [1/2, 1). Returns the exponent."""
    if _SETTLED_LOW < sum_of_squares(x) < _SETTLED_HIGH:
        return e
    size = largest(x)
    if not size:
        return 0
    shift = frexp(size)[1]
    scale(x, -shift, x)
    return e + shift


def scale(x: Array, exponent: int, out: Array | None = None) -> Array:
    """x * 2**exponent, in `out` or a new array."""
    if abs(exponent) <= 1000:
        return np.multiply(x, 2.0**exponent, out=out)  # the same as ldexp, three times as fast
    return np.asarray(np.ldexp(x, exponent, out=out))


def sum_of_squares(x: Array) -> float:
    """The sum of the squares of all entries, as floats give it: it may underflow or overflow."""
    return float(np.vdot(x, x))


def largest(x: Array) -> float:
    """The largest absolute value, 0 for an empty array."""
    return float(max(x.max(initial=0.0), -x.min(initial=0.0)))


def add(x: Array, e: int, y: Array, f: int) -> int:
    """Adds y * 2**f to x * 2**e, in place in x, and returns the sum's exponent."""
    if e != f:
        if not np.any(y):
            return e  # a zero has no size to align with
        if not np.any(x):
            np.copyto(x, y)
            return f
        common = max(e, f)
        scale(x, e - common, x)
        y = scale(y, f - common)
        e = common
    x += y
    return e


def within_reach(x: Array, e: int) -> tuple[Array, int]:
    """(u, r): u * 2**r is x * 2**e, with r = 0 unless the size of x is beyond 2**+-FAR.

    A function that is linear or constant out there may be given u in place of the true value: its slope
    at u is its slope at x, and its value is to be multiplied by 2**r where it is linear.
    """
    near = max(-FAR, min(FAR, e))
    return (scale(x, near) if near else x), e - near
