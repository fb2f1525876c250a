"""Clipping in words: what it did to the gradients of this network, and what it could not do."""

from __future__ import annotations

from math import isfinite, isinf

import numpy as np
from numpy.typing import NDArray

from simulation.clipping import Clipped
from simulation.sentences import digits, percent, power
from simulation.sentences_layer import size

Array = NDArray[np.float64]
NEVER_LARGER = "Clipping makes no gradient larger: what has vanished stays so."


def describe_clipping(clipped: Clipped) -> str:
    """What the clipping did, with its numbers."""
    if isinf(clipped.log10_norm_before):
        return f"All gradients are exactly 0: there is nothing to clip. {NEVER_LARGER}"
    if clipped.threshold == 0:
        return "At threshold 0 every gradient becomes 0: nothing can learn."
    return _norm(clipped) if clipped.kind == "norm" else _value(clipped)


def _norm(clipped: Clipped) -> str:
    before, after = size(clipped.log10_norm_before), size(clipped.log10_norm_after)
    if not clipped.touched_fraction:
        return f"Nothing is clipped: together the gradients have norm {before}. {NEVER_LARGER}"
    by = size(clipped.log10_coefficient) if clipped.coefficient < 0.99 else "a little less than 1"
    text = f"Every gradient is multiplied by {by}: together they had norm {before}, now {after}. Their direction stays"
    ratio = _ratio(clipped.log10_weight_grad_norm)
    if len(clipped.log10_weight_grad_norm) > 1:
        text += ", and so does every ratio between layers"
        text += f": dW at layer 1 over the last layer is {power(ratio)} as before" if isfinite(ratio) else ""
    text += "."
    if clipped.overflows:
        text += " PyTorch's own norm overflows here, even in float64: its coefficient is 0, the step silently zero."
    return text


def _value(clipped: Clipped) -> str:
    before, after = size(clipped.log10_norm_before), size(clipped.log10_norm_after)
    if not clipped.touched_fraction:
        return f"Nothing is clipped: no entry of a gradient exceeds {digits(clipped.threshold)}. {NEVER_LARGER}"
    text = (
        f"{percent(clipped.touched_fraction)} of all entries are cut off: together the gradients had norm {before}, now "
        f"{after}. The step's cosine to the gradient is {_cosine(clipped.cosine)}"
    )
    cosines = clipped.cosine_by_layer
    if not np.isnan(cosines).all():
        worst = int(np.nanargmin(cosines))
        if cosines[worst] < clipped.cosine - 0.01:
            text += f", in layer {worst + 1} even {_cosine(float(cosines[worst]))}"
    text += "."
    ends = _ratio(clipped.log10_weight_grad_norm), _ratio(clipped.log10_weight_grad_norm_clipped)
    if isfinite(sum(ends)) and power(ends[0]) != power(ends[1]):
        text += f" dW at layer 1 over the last layer goes from {power(ends[0])} to {power(ends[1])}."
    return text


def _cosine(value: float) -> str:
    return "above 0.999" if value > 0.999 else f"{value:.3f}" if value >= 0.001 else digits(value)


def _ratio(log10_norms: Array) -> float:
    """log10 of dW at layer 1 over that at the last layer; not finite where one of them is 0."""
    with np.errstate(invalid="ignore"):
        return float(log10_norms[0] - log10_norms[-1])
