"""Gradient clipping by global norm and by value, as PyTorch does it, on arrays and on a whole network.

Norm: every gradient times min(1, threshold / (total + 1e-6)), total the norm over all parameters together.
Value: every entry clamped to [-threshold, threshold]. (Pascanu, Mikolov and Bengio 2013, 1211.5063.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, isinf, log10, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from simulation.arithmetic import Settle, largest
from simulation.measures import log10_norm
from simulation.network import Network
from simulation.options import Option
from simulation.propagation import Pass, propagate
from simulation.registry import Registry

Array = NDArray[np.float64]
EPSILON = 1e-6  # PyTorch adds it to the norm: what is clipped ends a little below the threshold
LOG10_LARGEST_NORM = log10(np.finfo(np.float64).max) / 2  # above it PyTorch's sum of squares overflows

CLIPPINGS: Registry[Option] = Registry(
    Option("norm", "global norm", "Multiplies all gradients by one number, so that their common norm is at most the threshold."),
    Option("value", "value", "Cuts every entry of a gradient off at the threshold, each by itself."),
)  # fmt: skip


def clip_by_norm(grads: Sequence[Array], threshold: float) -> tuple[list[Array], float]:
    """The clipped gradients, in new arrays, and the norm that they had together.

    As torch.nn.utils.clip_grad_norm_: an infinity makes the coefficient 0 and itself NaN (0 x inf), a NaN
    makes all NaN. But the norm itself does not overflow or underflow before it leaves float64.
    """
    top = max((float(np.max(np.abs(grad), initial=0.0)) for grad in grads), default=0.0)
    if 0 < top < inf:
        with np.errstate(under="ignore"):
            total = top * sqrt(sum(float(np.sum(np.square(grad / top))) for grad in grads))
    else:
        total = nan if any(np.isnan(grad).any() for grad in grads) else top
    coefficient = np.minimum(threshold / (total + EPSILON), 1.0)  # keeps a NaN
    with np.errstate(invalid="ignore", under="ignore"):
        return [np.asarray(grad * coefficient) for grad in grads], total


def clip_by_value(grads: Sequence[Array], threshold: float) -> list[Array]:
    """The clipped gradients, in new arrays; as torch.nn.utils.clip_grad_value_ a NaN stays one."""
    return [np.clip(grad, -threshold, threshold) for grad in grads]


@dataclass(frozen=True)
class Clipped:
    """What clipping makes of the gradients of one network, over all its parameters: weights, and biases if it has any.

    norm_before, norm_after: 0 or inf where float64 ends; their logs are exact. coefficient: what every gradient
        is multiplied by (NaN for value clipping), and its log.
    cosine: between the gradients before and after; NaN where one of them is exactly 0.
    touched_fraction: the share of entries cut off; of norm clipping, 1 if the coefficient is below 1, else 0.
    By layer, length depth, of the weight gradients dW alone: cosine, touched_fraction, and log10 of the
        Frobenius norm before and after.
    """

    kind: str
    threshold: float
    norm_before: float
    norm_after: float
    coefficient: float
    cosine: float
    touched_fraction: float
    log10_norm_before: float
    log10_norm_after: float
    log10_coefficient: float
    cosine_by_layer: Array
    touched_fraction_by_layer: Array
    log10_weight_grad_norm: Array
    log10_weight_grad_norm_clipped: Array

    @property
    def overflows(self) -> bool:
        """Whether PyTorch's norm is infinite in float64: its coefficient is then 0, the step silently zero."""
        return self.log10_norm_before > LOG10_LARGEST_NORM


def clip(network: Network, kind: str, threshold: float) -> Clipped:
    """The gradients of the network, clipped: exact beyond the range of floats.

    Raises ValueError for a kind that is not among CLIPPINGS, and for a threshold that is negative or not finite.
    """
    if kind not in CLIPPINGS:
        raise ValueError(f"kind was {kind!r}; allowed is one of {', '.join(CLIPPINGS)}")
    if not (isfinite(threshold) and threshold >= 0):
        raise ValueError(f"threshold was {threshold}; allowed is a number from 0 up")
    return _clip_norm(network, threshold) if kind == "norm" else _Clamping(network, threshold).clipped()


def _clip_norm(network: Network, threshold: float) -> Clipped:
    trace = propagate(network)
    has_bias = [bool(bias.any()) for bias in network.biases]
    weights = trace.log10_weight_grad_norm
    before = _log10_together([*weights, *trace.log10_bias_grad_norm[has_bias]])
    coefficient = min(_log10(threshold) - _log10_sum(before, log10(EPSILON)), 0.0)
    cosine = np.where(np.isfinite(weights + coefficient), 1.0, np.nan)
    return Clipped(
        kind="norm",
        threshold=threshold,
        norm_before=_power(before),
        norm_after=_power(before + coefficient),
        coefficient=_power(coefficient),
        cosine=1.0 if isfinite(before + coefficient) else nan,
        touched_fraction=float(coefficient < 0),
        log10_norm_before=before,
        log10_norm_after=before + coefficient,
        log10_coefficient=coefficient,
        cosine_by_layer=cosine,
        touched_fraction_by_layer=np.full(trace.depth, float(coefficient < 0)),
        log10_weight_grad_norm=weights,
        log10_weight_grad_norm_clipped=weights + coefficient,
    )


@dataclass(frozen=True)
class _Clamped:
    """One gradient before and after: log10 norms, the cosine, and how many of its entries are cut off."""

    before: float
    after: float
    cosine: float
    touched: int
    size: int


def _clamp(x: Array, e: int, threshold: float) -> _Clamped:
    """Of the gradient x * 2**e."""
    before = log10_norm(x, e)
    with np.errstate(over="ignore", under="ignore"):
        limit = float(np.ldexp(threshold, -e))  # infinite or 0 where the gradient is far below or above the threshold
    touched = int(np.count_nonzero(np.abs(x) > limit))
    if not touched:
        return _Clamped(before, before, 1.0 if isfinite(before) else nan, 0, x.size)
    if limit > 2.0**-1000:
        clamped = np.clip(x, -limit, limit)
    else:
        clamped, e = np.sign(x) * threshold, 0  # every entry is far above
    return _Clamped(before, log10_norm(clamped, e), _cosine(x, clamped), touched, x.size)


def _cosine(x: Array, y: Array) -> float:
    if not largest(y):
        return nan
    x, y = x / largest(x), y / largest(y)
    return min(float(np.vdot(x, y)) / sqrt(float(np.vdot(x, x)) * float(np.vdot(y, y))), 1.0)


class _Clamping(Pass):
    """A pass that clamps every gradient as soon as it is there, so that none has to be kept."""

    def __init__(self, network: Network, threshold: float) -> None:
        self.threshold = threshold
        self.clamped_weights: dict[int, _Clamped] = {}
        self.clamped_biases: dict[int, _Clamped] = {}
        super().__init__(network)

    def backward_layer(self, index: int, g: Array, e: int, settle: Settle) -> tuple[Array, int]:
        g, e = super().backward_layer(index, g, e, settle)
        affine = self.layers[index].affine
        self.clamped_weights[index] = _clamp(affine.weight_grad, affine.weight_grad_e, self.threshold)
        if affine.bias is not None:
            bias_grad = affine.bias_grad * (not affine.feeds_batch_norm)  # which is then 0, not round-off
            self.clamped_biases[index] = _clamp(bias_grad, affine.bias_grad_e, self.threshold)
        return g, e

    def clipped(self) -> Clipped:
        layers = [self.clamped_weights[index] for index in range(len(self.layers))]
        parameters = [*layers, *self.clamped_biases.values()]
        before = _log10_together([grad.before for grad in parameters])
        after = _log10_together([grad.after for grad in parameters])
        touched = sum(grad.touched for grad in parameters)
        if not isfinite(before + after):
            cosine = nan
        elif not touched:
            cosine = 1.0
        else:
            alive = [grad for grad in parameters if isfinite(grad.before + grad.after)]
            shares = (grad.cosine * 10.0 ** (grad.before - before + grad.after - after) for grad in alive)
            cosine = min(sum(shares), 1.0)
        return Clipped(
            kind="value",
            threshold=self.threshold,
            norm_before=_power(before),
            norm_after=_power(after),
            coefficient=nan,
            cosine=cosine,
            touched_fraction=touched / sum(grad.size for grad in parameters),
            log10_norm_before=before,
            log10_norm_after=after,
            log10_coefficient=nan,
            cosine_by_layer=np.array([grad.cosine for grad in layers]),
            touched_fraction_by_layer=np.array([grad.touched / grad.size for grad in layers]),
            log10_weight_grad_norm=np.array([grad.before for grad in layers]),
            log10_weight_grad_norm_clipped=np.array([grad.after for grad in layers]),
        )


def _log10(x: float) -> float:
    return log10(x) if x > 0 else -inf


def _power(log10_size: float) -> float:
    """10**log10_size as a float: 0 or inf where it is beyond."""
    return inf if log10_size > np.log10(np.finfo(np.float64).max) else 10.0**log10_size


def _log10_sum(a: float, b: float) -> float:
    """log10(10**a + 10**b)."""
    return max(a, b) + log10(1 + 10.0 ** -abs(a - b))


def _log10_together(norms: Sequence[float]) -> float:
    """log10 of the norm of all that has these log10 norms, apart."""
    top = float(max(norms))
    return top if isinf(top) else top + log10(sum(10.0 ** (2 * (norm - top)) for norm in norms)) / 2
