"""factors(network) -> Factors: what multiplied the error signal on its way from layer to layer, and dW likewise.

Backpropagation is one chain of operations. The size after each of them over the size before it is the factor
of that operation, so their logs add up to the measured change, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.arithmetic import Settle
from simulation.layers import Activate, Affine, Fork, Normalize
from simulation.measures import log10_norm, log10_rms
from simulation.network import Network
from simulation.propagation import Pass

Array = NDArray[np.float64]
PARTS = ("weights", "slope", "normalization", "skip", "rest")


@dataclass(frozen=True)
class Factors:
    """All in decades (log10 of a factor, or of a norm).

    Of the error signal, length depth - 1; index k is the step from layer k + 2 to layer k + 1 (1-based), and
    weights + slope + normalization + skip + rest = total = log10_delta_rms[k] - log10_delta_rms[k + 1].
    weights, normalization, skip: log10 of the rms after that operation over the rms before it, going
        backward (branch_scale belongs to weights); 0 in a step that has no such operation.
    slope: log10 of the rms of phi' of the activation in between.
    rest: log10 of rms(grad * phi') / (rms(grad) rms(phi')): how large gradients meet large slopes.
    Where a part makes the signal exactly 0 it is -inf, where a skip brings it back from 0 it is inf, and
    what has no ratio (0 over 0) is NaN; the other parts of such a step are as measured.

    Of dW = h^T delta, length depth: the Frobenius norms of delta and of the layer's input h, and the
    alignment, what their product misses of the norm of dW: at most 0 (but for rounding), as
    |h^T delta| <= |h| |delta|; NaN where one of them is 0. The sum of the three is log10_weight_grad_norm.
    """

    log10_weights: Array
    log10_slope: Array
    log10_normalization: Array
    log10_skip: Array
    log10_rest: Array
    log10_total: Array
    log10_weight_grad_delta: Array
    log10_weight_grad_input: Array
    log10_weight_grad_alignment: Array

    def part(self, name: str) -> Array:
        """The array of one of PARTS."""
        array: Array = getattr(self, f"log10_{name}")
        return array

    @property
    def present(self) -> tuple[str, ...]:
        """The PARTS that change anything in any step, and the weights."""
        return tuple(name for name in PARTS if name == "weights" or self.part(name).any())

    @property
    def log10_weight_grad_norm(self) -> Array:
        """The sum of the three parts of dW; -inf where one of them is an exact zero."""
        total = self.log10_weight_grad_delta + self.log10_weight_grad_input + self.log10_weight_grad_alignment
        return np.where(np.isnan(total), -np.inf, total)

    @property
    def whole(self) -> NDArray[np.bool_]:
        """The steps in which every part is a finite number."""
        return np.asarray(np.isfinite([self.part(name) for name in PARTS]).all(axis=0))

    def average(self) -> dict[str, float]:
        """Decades a layer of each part and of the total, averaged over the whole steps; NaN if there are none.

        Means, because they add up: the parts to the total, and the total to the decades from end to end.
        Medians would not, least of all where every other layer has a skip.
        """
        whole = self.whole
        names = (*PARTS, "total")
        if not whole.any():
            return dict.fromkeys(names, float("nan"))
        return {name: float(self.part(name)[whole].mean()) for name in names}


def factors(network: Network) -> Factors:
    """The factors of any network that `propagate` takes; exact beyond the range of floats."""
    return _Factoring(network).factors()


class _Factoring(Pass):
    """A pass that measures the gradient before and after every operation."""

    size: float  # log10 of the rms of the gradient where backpropagation is

    def __init__(self, network: Network) -> None:
        self.depth = len(network.weights)
        self.delta_norm, self.input_norm = np.zeros(self.depth), np.zeros(self.depth)
        super().__init__(network)

    def backward_layer(self, index: int, g: Array, e: int, settle: Settle) -> tuple[Array, int]:
        if index == self.depth - 1:
            # Entry k is the step to layer k (1-based) from the one above; 0 leads to the inputs, depth comes from outside.
            self.parts = {name: np.zeros(self.depth + 1) for name in PARTS}
            self.size = log10_rms(g, e)
        step = index + 1
        for operation in reversed(self.layers[index].operations):
            g, e = operation.backward(g, e, settle)
            before, self.size = self.size, log10_rms(g, e)
            change = self.size - before
            if isinstance(operation, Affine):
                step = index  # from here on it is on the way to the layer below
                self.delta_norm[index] = log10_norm(operation.delta, operation.delta_e)
                self.input_norm[index] = log10_norm(operation.x, operation.x_e)
            if isinstance(operation, Activate):
                slope = log10_rms(operation.slopes)
                self.parts["slope"][step] = slope
                self.parts["rest"][step] = change - slope
            elif isinstance(operation, Normalize):
                self.parts["normalization"][step] = change
            elif isinstance(operation, Fork):
                self.parts["skip"][step] = change
            else:
                self.parts["weights"][step] += change
        return g, e

    def factors(self) -> Factors:
        trace = self.trace()
        delta = trace.log10_delta_rms
        with np.errstate(invalid="ignore"):  # 0 over 0 is NaN
            return Factors(
                **{f"log10_{name}": array[1:-1] for name, array in self.parts.items()},
                log10_total=delta[:-1] - delta[1:],
                log10_weight_grad_delta=self.delta_norm,
                log10_weight_grad_input=self.input_norm,
                log10_weight_grad_alignment=trace.log10_weight_grad_norm - self.delta_norm - self.input_norm,
            )
