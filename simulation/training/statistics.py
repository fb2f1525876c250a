"""What is measured in a step: sizes that float32 cannot falsify, cosines, shares of dead and saturated."""

from __future__ import annotations

from math import log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Wide = NDArray[np.float64]


def squares(x: Array) -> tuple[Wide, Wide]:
    """(s, m): the sums of squares along the last axis are s * m^2, also where x's precision could not hold them.

    NaN stays NaN, inf gives inf.
    """
    with np.errstate(all="ignore"):
        sums = np.vecdot(x, x).astype(np.float64)
        kind = np.finfo(x.dtype)
        # Below, squares that underflow might be missing from the sum: a million of them are less than 1 in 10^8 of it.
        outside = ~((sums > 1e14 * float(kind.tiny)) & (sums < 1e-3 * float(kind.max)))
        scales = np.ones_like(sums)
        if outside.any():
            rows = x[outside].astype(np.float64)
            largest = np.abs(rows).max(axis=-1)
            scales[outside] = np.where((largest > 0) & np.isfinite(largest), largest, 1.0)
            rows /= scales[outside][:, None]
            sums[outside] = np.vecdot(rows, rows)
    return sums, scales


def log10_norms(x: Array) -> Wide:
    """log10 of the norms along the last axis; -inf for an exact zero."""
    sums, scales = squares(x)
    with np.errstate(divide="ignore"):
        return np.asarray(0.5 * np.log10(sums) + np.log10(scales))


def log10_rms(x: Array) -> Wide:
    """log10 of the root mean squares along the last axis; -inf for an exact zero."""
    return log10_norms(x) - 0.5 * log10(x.shape[-1])


def cosines(x: Array, y: Array) -> Wide:
    """Cosines along the last axis; NaN where one of both is 0 or not finite."""
    (xx, mx), (yy, my) = squares(x), squares(y)
    with np.errstate(all="ignore"):
        products = np.vecdot(x, y).astype(np.float64)
        lost = ~(np.isfinite(products) & (np.abs(products) > 1e-20)) | (mx != 1) | (my != 1)
        if lost.any():
            products[lost] = np.vecdot(x[lost] / mx[lost][:, None], y[lost] / my[lost][:, None])
        result = products / np.sqrt(xx * yy)
    return np.where(np.isfinite(result), np.clip(result, -1, 1), np.nan)
