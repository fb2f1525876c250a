"""The five operations that every network here is made of, each with its forward and backward rule.

A value is a pair (x, e) that means x * 2**e (see `arithmetic`). `backward` takes the gradient of S with
respect to an operation's output and returns that with respect to its input; it may reuse the memory.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulation.activations import Activation, Slope
from simulation.arithmetic import Settle, add, largest, within_reach
from simulation.normalizations import Normalization
from simulation.workspace import WORKSPACE

Array = NDArray[np.float64]
Pair = tuple[Array, int]


class Operation(Protocol):
    """One step of a layer."""

    def forward(self, x: Array, e: int) -> Pair: ...
    def backward(self, g: Array, e: int) -> Pair: ...


class Affine:
    """z = x @ W + b. Backward: dW = x^T delta, db = the sum of delta over the batch, grad = delta @ W^T."""

    is_output = False  # whether z is also the layer's output
    feeds_batch_norm = False  # whether nothing but a batch norm reads z: the bias is then without effect

    def __init__(self, weights: Array, bias: Array, settle: Settle, layer: int) -> None:
        self.weights, self.settle, self.layer = weights, settle, layer
        self.bias = bias if np.any(bias) else None

    def forward(self, x: Array, e: int) -> Pair:
        self.x, self.x_e = x, e
        shape = (x.shape[0], self.weights.shape[1])
        z = WORKSPACE.kept(shape) if self.is_output else WORKSPACE.scratch("z", shape)
        np.matmul(x, self.weights, out=z)
        e = self.settle(z, e)
        if self.bias is not None:
            e = self.settle(z, add(z, e, self.bias, 0))
        self.z, self.e = z, e
        return z, e

    def backward(self, g: Array, e: int) -> Pair:
        e = self.settle(g, e)
        self.delta, self.delta_e = g, e
        self.weight_grad = np.matmul(self.x.T, g, out=WORKSPACE.scratch("dW", self.weights.shape))
        self.weight_grad_e = self.settle(self.weight_grad, self.x_e + e)
        self.bias_grad = np.ones(len(g)) @ g
        self.bias_grad_e = self.settle(self.bias_grad, e)
        grad = WORKSPACE.scratch(f"grad{self.layer % 2}", (len(g), self.weights.shape[0]))
        np.matmul(g, self.weights.T, out=grad)
        return grad, self.settle(grad, e)


class Activate:
    """h = phi(x). Backward: times phi'(x). Far out, phi is replaced by its asymptotes, which it has reached."""

    def __init__(self, phi: Activation, slope: Slope, settle: Settle) -> None:
        self.phi, self.slope, self.settle = phi, slope, settle

    def forward(self, x: Array, e: int) -> Pair:
        u, beyond = within_reach(x, e)
        h = self.phi.function(u, self.slope, WORKSPACE.kept(u.shape))
        self.slopes = self.phi.derivative(u, h, self.slope, WORKSPACE.kept(u.shape))
        self._count(u)
        linear = beyond and (self.phi.homogeneous or not 2.0**-100 < largest(h) < 2.0**100)
        return h, self.settle(h, beyond if linear else 0)

    def _count(self, u: Array) -> None:
        """Shares of inactive and saturated entries, and of dead units."""
        low, high = self.phi.flat
        flat = np.count_nonzero(u < low) if low > -np.inf else 0
        if high < np.inf:
            flat += np.count_nonzero(u > high)
        self.saturated = flat / u.size
        inactive = u.size - np.count_nonzero(self.slopes)
        self.inactive, self.dead = inactive / u.size, 0.0
        if inactive >= len(u):
            self.dead = 1.0 - np.count_nonzero((self.slopes != 0).any(axis=0)) / u.shape[1]

    def backward(self, g: Array, e: int) -> Pair:
        g *= self.slopes
        return g, self.settle(g, e)


class Normalize:
    """y = (x - mean) / sqrt(variance + epsilon) over a set of entries (mean kept for RMS norm).

    Backward (Ioffe and Szegedy 2015, 1502.03167): (g - mean(g) - y mean(g y)) / sqrt(variance + epsilon).
    """

    def __init__(self, normalization: Normalization, groups: int, settle: Settle) -> None:
        self.kind, self.settle = normalization, settle
        self.axis = 0 if normalization.over == "batch" else -1
        self.groups = groups if normalization.over == "groups" else 0

    def _sets(self, x: Array) -> Array:
        """x with the entries that share statistics along `axis`."""
        return x.reshape(len(x), self.groups, -1) if self.groups else x

    def _mean(self, x: Array) -> Array:
        return np.asarray(np.add.reduce(x, axis=self.axis, keepdims=True) / x.shape[self.axis])

    def _mean_product(self, x: Array, y: Array) -> Array:
        return np.expand_dims(np.linalg.vecdot(x, y, axis=self.axis) / x.shape[self.axis], self.axis)

    def forward(self, x: Array, e: int) -> Pair:
        u, beyond = within_reach(x, e)
        out = WORKSPACE.kept(x.shape)
        y, u = self._sets(out), self._sets(u)
        if self.kind.centered:
            # Relative to one of them first: entries that are all alike come out as exact zeros.
            np.subtract(u, u[:1] if self.axis == 0 else u[..., :1], out=y)
            y -= self._mean(y)
        else:
            np.copyto(y, u)
        self.inverse = 1.0 / np.sqrt(self._mean_product(y, y) + self.kind.epsilon)
        y *= self.inverse
        self.y = y
        # Far below epsilon the norm is linear (its slope constant), far above it scale-free.
        self.slope_e = min(-beyond, 0)
        return out, min(beyond, 0)  # not settled: backward needs y as it is

    def backward(self, g: Array, e: int) -> Pair:
        sets = self._sets(g)
        projection = self._mean_product(sets, self.y)
        if self.kind.centered:
            sets -= self._mean(sets)
        sets -= self.y * projection
        sets *= self.inverse
        return g, self.settle(g, e + self.slope_e)


class Fork:
    """Where a skip connection leaves: the value goes on unchanged, and once more past the block."""

    skip_grad: Array  # what the join hands back
    skip_e: int

    def forward(self, x: Array, e: int) -> Pair:
        self.x, self.e = x, e
        return x, e

    def backward(self, g: Array, e: int) -> Pair:
        return g, add(g, e, self.skip_grad, self.skip_e)


class Join:
    """Where it arrives: skip + branch_scale * x."""

    def __init__(self, fork: Fork, branch_scale: float, settle: Settle) -> None:
        self.fork, self.branch_scale, self.settle = fork, branch_scale, settle

    def forward(self, x: Array, e: int) -> Pair:
        out = np.multiply(x, self.branch_scale, out=WORKSPACE.kept(x.shape))
        return out, self.settle(out, add(out, e, self.fork.x, self.fork.e))

    def backward(self, g: Array, e: int) -> Pair:
        self.fork.skip_grad, self.fork.skip_e = g.copy(), e
        g *= self.branch_scale
        return g, self.settle(g, e)
