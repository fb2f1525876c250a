"""The five operations that every network here is made of, each with its forward and backward rule.

A value is a pair (x, e) that means x * 2**e, and `settle` keeps x within range (see `arithmetic`).
`backward` takes the gradient of S with respect to an operation's output and returns that with respect to
its input; it may reuse the memory of the gradient, but leaves what `forward` kept as it is.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulation.activations import Activation, Slope
from simulation.arithmetic import FAR, Settle, add, largest, scale, within_reach
from simulation.normalizations import Normalization
from simulation.workspace import WORKSPACE, ones

Array = NDArray[np.float64]
Pair = tuple[Array, int]


class Operation(Protocol):
    """One step of a layer."""

    def forward(self, x: Array, e: int, settle: Settle) -> Pair: ...
    def backward(self, g: Array, e: int, settle: Settle) -> Pair: ...


class Affine:
    """z = x @ W + b. Backward: dW = x^T delta, db = the sum of delta over the batch, grad = delta @ W^T."""

    is_output = False  # whether z is also the layer's output
    feeds_batch_norm = False  # whether nothing but batch norms read z: the bias is then without effect

    def __init__(self, weights: Array, bias: Array, layer: int) -> None:
        self.weights, self.layer = weights, layer
        self.bias = bias if bias.any() else None

    def forward(self, x: Array, e: int, settle: Settle) -> Pair:
        self.x, self.x_e = x, e
        shape = (len(x), self.weights.shape[1])
        z = WORKSPACE.kept(shape) if self.is_output else WORKSPACE.scratch("z", shape)
        np.matmul(x, self.weights, out=z)
        if x[0, 0] == x[-1, 0] and (x == x[0]).all():
            z[:] = z[0]  # the last rows of a product may be rounded otherwise: samples that are alike stay alike
        e = settle(z, e)
        if self.bias is not None:
            e = settle(z, add(z, e, self.bias, 0))
        self.z, self.e = z, e
        return z, e

    def backward(self, g: Array, e: int, settle: Settle) -> Pair:
        self.delta, self.delta_e = g, e
        self.weight_grad = np.matmul(self.x.T, g, out=WORKSPACE.scratch("dW", self.weights.shape))
        self.weight_grad_e = settle(self.weight_grad, self.x_e + e)
        self.bias_grad = ones(len(g)) @ g
        self.bias_grad_e = settle(self.bias_grad, e)
        grad = WORKSPACE.scratch(f"grad{self.layer % 2}", (len(g), self.weights.shape[0]))
        np.matmul(g, self.weights.T, out=grad)
        return grad, settle(grad, e)


class Activate:
    """h = phi(x). Backward: times phi'(x). Far out, phi is replaced by its asymptotes, which it has reached."""

    def __init__(self, phi: Activation, slope: Slope) -> None:
        self.phi, self.slope = phi, slope

    def forward(self, x: Array, e: int, settle: Settle) -> Pair:
        u, beyond = within_reach(x, e)
        if beyond > 0 and not self.phi.homogeneous:
            return self._forward_far(u, beyond, settle)
        h = self.phi.function(u, self.slope, WORKSPACE.kept(u.shape))
        self.slopes = self.phi.derivative(u, h, self.slope, WORKSPACE.kept(u.shape))
        self._count(u)
        linear = beyond and (self.phi.homogeneous or not 2.0**-100 < largest(h) < 2.0**100)
        return h, settle(h, beyond if linear else 0)

    def _forward_far(self, u: Array, beyond: int, settle: Settle) -> Pair:
        """phi(u * 2**beyond), entry by entry: huge and ordinary ones may stand side by side (W = s I)."""
        true = np.clip(scale(u, beyond), -(2.0**FAR), 2.0**FAR, out=WORKSPACE.kept(u.shape))
        h = self.phi.function(true, self.slope, WORKSPACE.kept(u.shape))
        self.slopes = self.phi.derivative(true, h, self.slope, WORKSPACE.kept(u.shape))
        self._count(true)
        linear = (np.abs(true) == 2.0**FAR) & (np.abs(self.slopes) > 2.0**-100)
        if linear.any():
            scale(h, -beyond, h)
            np.multiply(u, self.slopes, out=h, where=linear)
        else:
            beyond = 0
        return h, settle(h, beyond)

    @property
    def is_identity(self) -> bool:
        """Whether phi(x) = x for every x."""
        return self.phi.homogeneous and np.ndim(self.slope) == 0 and self.phi(np.array([-1.0]), self.slope)[0] == -1

    def _count(self, u: Array) -> None:
        """Shares of inactive and saturated entries, and of dead units."""
        low, high = self.phi.flat
        flat = np.count_nonzero(u < low) if low > -np.inf else 0
        if high < np.inf:
            flat += np.count_nonzero(u > high)
        self.saturated = flat / u.size
        zero = self.slopes == 0.0
        inactive = np.count_nonzero(zero)
        self.inactive = inactive / u.size
        # A unit can be dead only if there are as many inactive entries as samples.
        self.dead = np.count_nonzero(zero.all(axis=0)) / u.shape[1] if inactive >= len(u) else 0.0

    def backward(self, g: Array, e: int, settle: Settle) -> Pair:
        g *= self.slopes
        return g, settle(g, e)


class Normalize:
    """y = (x - mean) / sqrt(variance + epsilon) over a set of entries (mean kept for RMS norm).

    Backward (Ioffe and Szegedy 2015, 1502.03167): (g - mean(g) - y mean(g y)) / sqrt(variance + epsilon).
    """

    def __init__(self, normalization: Normalization, groups: int) -> None:
        self.kind = normalization
        self.axis = 0 if normalization.over == "batch" else -1
        self.groups = groups if normalization.over == "groups" else 0

    def _sets(self, x: Array) -> Array:
        """x with the entries that share statistics along `axis`."""
        return x.reshape(len(x), self.groups, -1) if self.groups else x

    def _mean(self, x: Array) -> Array:
        size = x.shape[self.axis]
        total = ones(size) @ x if self.axis == 0 else (x @ ones(size))[..., None]
        return np.asarray(total / size)

    def _mean_product(self, x: Array, y: Array) -> Array:
        total = np.vecdot(x.T, y.T) if self.axis == 0 else np.vecdot(x, y)[..., None]
        return np.asarray(total / x.shape[self.axis])

    def forward(self, x: Array, e: int, settle: Settle) -> Pair:
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

    def backward(self, g: Array, e: int, settle: Settle) -> Pair:
        sets = self._sets(g)
        projection = self._mean_product(sets, self.y)
        if self.kind.centered:
            sets -= self._mean(sets)
        sets -= self.y * projection
        sets *= self.inverse
        return g, settle(g, e + self.slope_e)


class Fork:
    """Where a skip connection leaves: the value goes on unchanged, and once more past the block."""

    skip_grad: Array  # what the join hands back
    skip_e: int

    def forward(self, x: Array, e: int, settle: Settle) -> Pair:
        self.x, self.e = x, e
        return x, e

    def backward(self, g: Array, e: int, settle: Settle) -> Pair:
        return g, settle(g, add(g, e, self.skip_grad, self.skip_e))


class Join:
    """Where it arrives: skip + branch_scale * x."""

    def __init__(self, fork: Fork, branch_scale: float) -> None:
        self.fork, self.branch_scale = fork, branch_scale

    def forward(self, x: Array, e: int, settle: Settle) -> Pair:
        out = np.multiply(x, self.branch_scale, out=WORKSPACE.kept(x.shape))
        return out, settle(out, add(out, e, self.fork.x, self.fork.e))

    def backward(self, g: Array, e: int, settle: Settle) -> Pair:
        skip_grad = WORKSPACE.scratch("skip", g.shape)  # free again: the block after this one has had its fork
        np.copyto(skip_grad, g)
        self.fork.skip_grad, self.fork.skip_e = skip_grad, e
        g *= self.branch_scale
        return g, settle(g, e)
