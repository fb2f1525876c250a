"""RoundedPass: forward and backward with every value rounded to a number format, once per operation.

Product and bias are one operation, and activation, norm, skip and slope one each. Sums, of products and of
norm statistics alike, are taken in float32 (float64 for float64), as the frameworks' kernels take them: in
float16 itself a sum of ones stops at 2048. phi and its slope at infinity are their limits, and ReLU and its
like select rather than multiply: so a NaN can only be born where frameworks, too, subtract inf from inf or
multiply it by 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ml_dtypes  # makes "bfloat16" the name of a NumPy dtype
import numpy as np
from numpy.typing import NDArray

from simulation.arithmetic import FAR
from simulation.layers import Activate, Affine, Fork, Join, Normalize, Operation
from simulation.network import Network
from simulation.propagation import build_layers

Array = NDArray[Any]


class RoundedPass:
    """One network in the format of that key (see `FORMATS`); `forward` first, then `backward`, as often as wanted.

    Arrays are held in the type that sums are taken in, which has every number of the format. nan_from: what
    the first NaN of the last pass was born from, in words; "" while there is none.
    """

    def __init__(self, network: Network, key: str) -> None:
        self.network, self.layers, self.nan_from = network, build_layers(network), ""
        self.dtype = np.dtype(key)
        self.wide: type[np.floating[Any]] = np.float64 if key == "float64" else np.float32
        limits = ml_dtypes.finfo(self.dtype)
        self.smallest_normal, self.largest = float(limits.smallest_normal), float(limits.max)
        self._kept: dict[Operation, Any] = {}  # what backward needs of each operation

    def forward(self) -> Iterator[Array]:
        """Each layer's output, (batch, units), layer 1 first."""
        self.nan_from, self._inherited = "", "a NaN that was put in"
        x = self._rounded(self.network.inputs)
        for layer in self.layers:
            for operation in layer.operations:
                x = self._forward(operation, x)
            yield x
        self._inherited = "a NaN of the forward pass"

    def backward(self, loss_scale: int = 0) -> Iterator[Array]:
        """Each layer's delta, (batch, units), the last layer first, with the output gradient times 2**loss_scale."""
        self.nan_from = ""
        g = self._rounded(self.network.cotangent, loss_scale)
        for layer in reversed(self.layers):
            for operation in reversed(layer.operations):
                if isinstance(operation, Affine):
                    yield g
                g = self._backward(operation, g)

    @np.errstate(all="ignore")
    def _rounded(self, x: Array, exponent: int = 0) -> Array:
        """x * 2**exponent, in numbers of the format."""
        return (np.ldexp(x, exponent) if exponent else x).astype(self.dtype).astype(self.wide, copy=False)

    @np.errstate(all="ignore")
    def _forward(self, operation: Operation, x: Array) -> Array:
        match operation:
            case Affine():
                self._kept[operation] = weights = self._rounded(operation.weights)
                x = self._product(x, weights)
                if operation.bias is not None:
                    x = self._plus(x, self._rounded(operation.bias), "bias")
            case Activate():
                x = self._activate(operation, x)
            case Normalize():
                x = self._normalize(operation, x)
            case Fork():
                self._kept[operation] = x
            case Join():
                branch = self._times(x, operation.branch_scale, "branch scale")
                x = self._plus(branch, self._kept[operation.fork], "skip")
        return self._rounded(x)

    @np.errstate(all="ignore")
    def _backward(self, operation: Operation, g: Array) -> Array:
        match operation:
            case Affine():
                g = self._product(g, self._kept[operation].T)
            case Activate():
                slopes, selects = self._kept[operation]
                g = self._times(np.where(slopes == 0, 0, g) if selects else g, slopes, "slope")
            case Normalize():
                g = self._normalize_backward(operation, g)
            case Fork():
                g = self._plus(g, self._kept[operation], "skip")
            case Join():
                self._kept[operation.fork] = g  # in place of the value that forward kept
                g = self._times(g, operation.branch_scale, "branch scale")
        return self._rounded(g)

    def _activate(self, operation: Activate, x: Array) -> Array:
        """phi(x), computed in float64; far out by its slope there, infinity included."""
        phi, slope, selects = operation.phi, operation.slope, False
        if isinstance(slope, np.ndarray):
            slope = self._rounded(slope).astype(np.float64)
        else:
            selects = 0 in phi.prime(np.array([-1.5, 1.5]), slope)
        near = np.clip(x.astype(np.float64), -(2.0**FAR), 2.0**FAR)
        h = phi(near, slope)
        slopes = phi.derivative(near, h, slope, np.empty_like(near))
        slopes[np.isnan(near)] = np.nan
        self._kept[operation] = slopes, selects
        linear = (np.abs(near) == 2.0**FAR) & (np.abs(slopes) > 2.0**-100)
        return np.where(linear, x * slopes, h)

    def _normalize(self, operation: Normalize, x: Array) -> Array:
        sets, axis = _sets(operation, x), operation.axis
        if operation.kind.centered:
            sets = self._minus(sets, sets.take([0], axis), "norm")  # so entries that are alike become exact zeros
            sets = self._minus(sets, self._mean(sets, axis), "norm")
        # RMS norm's epsilon is the machine epsilon of the type that it is computed in.
        epsilon = max(operation.kind.epsilon, float(np.finfo(self.wide).eps))
        inverse = 1 / np.sqrt(self._mean(sets * sets, axis) + epsilon)
        y = self._times(sets, inverse, "norm")
        self._kept[operation] = y, inverse
        return y.reshape(x.shape)

    def _normalize_backward(self, operation: Normalize, g: Array) -> Array:
        """As `Normalize.backward`."""
        sets, axis = _sets(operation, g), operation.axis
        y, inverse = self._kept[operation]
        projection = self._mean(self._times(sets, y, "norm"), axis)
        if operation.kind.centered:
            sets = self._minus(sets, self._mean(sets, axis), "norm")
        sets = self._minus(sets, self._times(y, projection, "norm"), "norm")
        return self._times(sets, inverse, "norm").reshape(g.shape)

    # The arithmetic that can give birth to a NaN.

    def _mean(self, x: Array, axis: int) -> Array:
        return self._watched(x.mean(axis=axis, keepdims=True), "inf - inf in the norm", x)

    def _times(self, x: Array, y: Array | float, where: str) -> Array:
        return self._watched(x * y, f"0 x inf in the {where}", x, y)

    def _plus(self, x: Array, y: Array, where: str) -> Array:
        return self._watched(x + y, f"inf - inf in the {where}", x, y)

    def _minus(self, x: Array, y: Array, where: str) -> Array:
        return self._watched(x - y, f"inf - inf in the {where}", x, y)

    def _product(self, x: Array, weights: Array) -> Array:
        out = x @ weights
        if x[0, 0] == x[-1, 0] and (x == x[0]).all():
            out[:] = out[0]  # as in Affine: samples that are alike stay alike
        if not self.nan_from and np.isnan(out).any():
            row, column = np.argwhere(np.isnan(out))[0]
            terms = self._times(x[row], weights[:, column], "product")
            self._watched(out, "inf - inf in the product", terms)
        return out

    def _watched(self, result: Array, cause: str, *given: Array | float) -> Array:
        """The result. If it has the first NaN of the pass, that was born from the cause or was given already."""
        if not self.nan_from and np.isnan(result).any():
            self.nan_from = self._inherited if any(np.isnan(x).any() for x in given) else cause
        return result


def _sets(operation: Normalize, x: Array) -> Array:
    """x with the entries that share statistics along the operation's axis."""
    return x.reshape(len(x), operation.groups, -1) if operation.groups else x
