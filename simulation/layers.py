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
from simulation.arithmetic import FAR, Settle, add, largest, scale, settle_plain, within_reach
from simulation.normalizations import Normalization
from simulation.workspace import WORKSPACE, ones

Array = NDArray[np.float64]
Pair = tuple[Array, int]


class Operation(Protocol):
    """One step of a layer."""

    def forward(self, x: Array, e: int, settle: Settle) -> Pair:
        """The value for x * 2**e, (batch, units in) to (batch, units out); keeps what backward needs."""

    def backward(self, g: Array, e: int, settle: Settle) -> Pair:
        """The gradient with respect to the input, from that with respect to the output."""


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
        # Of three in turn: a block of two layers must not overwrite the gradient that goes past it.
        grad = WORKSPACE.scratch(f"grad{self.layer % 3}", (len(g), self.weights.shape[0]))
        np.matmul(g, self.weights.T, out=grad)
        return grad, settle(grad, e)


class Activate:
    """h = phi(x). Backward: times phi'(x). Far out, phi is replaced by its asymptotes, which it has reached."""

    follows_norm = False  # whether its input is what a norm has kept
    later: tuple[Array, Array] | None = None  # input and output, where the slopes are taken on the way back

    def __init__(self, phi: Activation, slope: Slope) -> None:
        self.phi, self.slope = phi, slope

    def forward(self, x: Array, e: int, settle: Settle) -> Pair:
        u, beyond = within_reach(x, e)
        if beyond > 0 and not self.phi.homogeneous:
            return self._forward_far(u, beyond, settle)
        h = self.phi.function(u, self.slope, WORKSPACE.kept(u.shape))
        if self.follows_norm and settle is settle_plain:
            self.later = u, h  # both stay as they are, so the slopes need no memory before backward
        else:
            self.later = None
            self._take_slopes(u, h, WORKSPACE.kept(u.shape))
        linear = beyond and (self.phi.homogeneous or not 2.0**-100 < largest(h) < 2.0**100)
        return h, settle(h, beyond if linear else 0)

    def _take_slopes(self, u: Array, h: Array, out: Array) -> None:
        self.slopes = self.phi.derivative(u, h, self.slope, out)
        self._count(u)

    def _forward_far(self, u: Array, beyond: int, settle: Settle) -> Pair:
        """phi(u * 2**beyond), entry by entry: huge and ordinary ones may stand side by side (W = s I)."""
        true = np.clip(scale(u, beyond), -(2.0**FAR), 2.0**FAR, out=WORKSPACE.kept(u.shape))
        h = self.phi.function(true, self.slope, WORKSPACE.kept(u.shape))
        self.later = None
        self._take_slopes(true, h, WORKSPACE.kept(u.shape))
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
        if self.later:
            self._take_slopes(*self.later, WORKSPACE.scratch("slopes", g.shape))
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
            mean = self._mean(u)
            np.subtract(u, mean, out=y)
            variance = self._mean_product(y, y)
            if (variance < 1e-6 * mean**2).any():
                # Nearly alike: relative to one of them the digits stay, and equal ones become exact zeros.
                np.subtract(u, u[:1] if self.axis == 0 else u[..., :1], out=y)
                y -= self._mean(y)
                variance = self._mean_product(y, y)
        else:
            np.copyto(y, u)
            variance = self._mean_product(y, y)
        self.inverse = 1.0 / np.sqrt(variance + self.kind.epsilon)
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
        sets -= np.multiply(self.y, projection, out=WORKSPACE.scratch("spare", self.y.shape))
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

    feeds_affine = True  # else nobody wants its value after the next join
    follows_affine = False  # which leaves the gradient it is given as it is

    def __init__(self, fork: Fork, branch_scale: float, block: int) -> None:
        self.fork, self.branch_scale, self.block = fork, branch_scale, block

    def forward(self, x: Array, e: int, settle: Settle) -> Pair:
        out = WORKSPACE.kept(x.shape) if self.feeds_affine else WORKSPACE.scratch(f"join{self.block % 2}", x.shape)
        if self.branch_scale == 1.0 and e == self.fork.e:  # the ordinary case, in one sweep
            return np.add(x, self.fork.x, out=out), settle(out, e)
        np.multiply(x, self.branch_scale, out=out)
        return out, settle(out, add(out, e, self.fork.x, self.fork.e))

    def backward(self, g: Array, e: int, settle: Settle) -> Pair:
        self.fork.skip_grad, self.fork.skip_e = g, e
        if self.branch_scale == 1.0 and self.follows_affine:
            return g, e
        branch_grad = np.multiply(g, self.branch_scale, out=WORKSPACE.scratch("branch", g.shape))
        return branch_grad, settle(branch_grad, e)
