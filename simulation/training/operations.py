"""The operations of a network that learns: those of `simulation.layers`, for many networks at once.

Arrays are (networks, batch, units), of the run's precision, without exponents: a run ends where its numbers do.
Each operation keeps `out`, what it returned, and `grad`, what its backward returned: memory of its own, so
that a step's arrays can be looked at after it. `simulation.propagation.build_layers` decides their order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.activations import Activation
from simulation.normalizations import Normalization

Array = NDArray[Any]
RUNNING_DECAY = 0.9  # of batch norm's running statistics: PyTorch's momentum 0.1


class Operation:
    """One step of a layer: how many units it returns may differ from how many it is given."""

    label: str
    out: Array
    grad: Array

    def forward(self, x: Array) -> Array:
        """What it makes of x, in `out`; keeps what backward needs."""
        raise NotImplementedError

    def backward(self, g: Array) -> Array:
        """The gradient with respect to its input, in `grad`, from that with respect to `out`."""
        raise NotImplementedError


class Dense(Operation):
    """z = x @ W + b. Backward: dW = x^T delta, db = the sum of delta, grad = delta @ W^T."""

    label = "weights"
    first = False  # then nobody wants the gradient of the inputs
    feeds_batch_norm = False  # then a bias has no effect, and its gradient is exactly 0

    def __init__(self, weights: Array, weight_grad: Array, bias: Array | None, bias_grad: Array | None) -> None:
        self.weights, self.bias, self.weight_grad, self.bias_grad = weights, bias, weight_grad, bias_grad

    def forward(self, x: Array) -> Array:
        self.x = x
        np.matmul(x, self.weights, out=self.out)
        if self.bias is not None:
            self.out += self.bias[:, None]
        return self.out

    def backward(self, g: Array) -> Array:
        self.delta = g
        np.matmul(self.x.swapaxes(-1, -2), g, out=self.weight_grad)
        if self.bias_grad is not None and not self.feeds_batch_norm:
            g.sum(axis=-2, out=self.bias_grad)
        if self.first:
            return g
        np.matmul(g, self.weights.swapaxes(-1, -2), out=self.grad)
        return self.grad


class Phi(Operation):
    """h = phi(x). Backward: times phi'(x). `slope` is a number, or an array drawn for the step."""

    label = "activation"

    def __init__(self, phi: Activation, slope: float | Array) -> None:
        self.phi, self.slope = phi, slope

    def forward(self, x: Array) -> Array:
        self.x = x
        return self.phi.function(x, self.slope, self.out)

    def take_slopes(self) -> Array:
        """phi'(x), (networks, batch, units)."""
        return self.phi.derivative(self.x, self.out, self.slope, self.slopes)

    def backward(self, g: Array) -> Array:
        np.multiply(g, self.take_slopes(), out=self.grad)
        return self.grad

    slopes: Array


class Norm(Operation):
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta (mean kept for RMS norm).

    Batch norm takes the batch's statistics while it learns, and running ones (the variance unbiased, as PyTorch
    keeps it) when it is `evaluating`. gamma and beta come with their gradients; None stands for 1 and for 0.
    """

    label = "norm"
    evaluating = False

    def __init__(
        self, kind: Normalization, groups: int, gamma: tuple[Array, Array] | None, beta: tuple[Array, Array] | None, running: Array
    ) -> None:  # fmt: skip
        self.kind, self.gamma, self.beta, self.running = kind, gamma, beta, running
        self.epsilon = max(kind.epsilon, float(np.finfo(running.dtype).eps))  # PyTorch's, too, for RMS norm
        self.axis = -2 if kind.over == "batch" else -1
        self.groups = groups if kind.over == "groups" else 0

    def _sets(self, x: Array) -> Array:
        return x.reshape(*x.shape[:2], self.groups, -1) if self.groups else x

    def forward(self, x: Array) -> Array:
        sets, self.y = self._sets(x), self._sets(self.normalized)
        if self.evaluating and self.kind.over == "batch":
            mean, variance = self.running[:, 0, None], self.running[:, 1, None]
            np.subtract(sets, mean, out=self.y)
        else:
            if self.kind.centered:
                mean = sets.mean(axis=self.axis, keepdims=True)
                np.subtract(sets, mean, out=self.y)
            else:
                np.copyto(self.y, sets)
            variance = self._mean_product(self.y, self.y)
            if self.kind.over == "batch":
                self._keep_running(mean, variance, x.shape[1])
        self.inverse = 1 / np.sqrt(variance + self.epsilon)
        self.y *= self.inverse
        np.multiply(self.normalized, self.gamma[0][:, None] if self.gamma else 1, out=self.out)
        if self.beta:
            self.out += self.beta[0][:, None]
        return self.out

    def _keep_running(self, mean: Array, variance: Array, batch: int) -> None:
        self.running *= RUNNING_DECAY
        self.running[:, 0] += (1 - RUNNING_DECAY) * mean[:, 0]
        self.running[:, 1] += (1 - RUNNING_DECAY) * batch / max(batch - 1, 1) * variance[:, 0]

    def _mean_product(self, x: Array, y: Array) -> Array:
        products = np.vecdot(x.swapaxes(-1, -2), y.swapaxes(-1, -2))[:, None] if self.axis == -2 else np.vecdot(x, y)[..., None]  # fmt: skip
        return np.asarray(products / x.shape[self.axis])

    def backward(self, g: Array) -> Array:
        if self.gamma:
            np.multiply(g, self.normalized, out=self.grad).sum(axis=-2, out=self.gamma[1])
        if self.beta:
            g.sum(axis=-2, out=self.beta[1])
        np.multiply(g, self.gamma[0][:, None] if self.gamma else 1, out=self.grad)
        sets = self._sets(self.grad)
        projection = self._mean_product(sets, self.y)
        if self.kind.centered:
            sets -= sets.mean(axis=self.axis, keepdims=True)
        sets -= self.y * projection
        sets *= self.inverse
        return self.grad

    normalized: Array


class Split(Operation):
    """Where a skip connection leaves."""

    label = "skip"

    def forward(self, x: Array) -> Array:
        self.out = x
        return x

    def backward(self, g: Array) -> Array:
        np.add(g, self.skip_grad, out=self.grad)
        return self.grad

    skip_grad: Array


class Sum(Operation):
    """Where it arrives: skip + branch_scale * x."""

    label = "skip"

    def __init__(self, split: Split, branch_scale: float) -> None:
        self.split, self.branch_scale = split, branch_scale

    def forward(self, x: Array) -> Array:
        np.multiply(x, self.branch_scale, out=self.out)
        self.out += self.split.out
        return self.out

    def backward(self, g: Array) -> Array:
        self.split.skip_grad = g
        np.multiply(g, self.branch_scale, out=self.grad)
        return self.grad
