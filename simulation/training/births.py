"""Where in a step the first number was born that is none."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.training.model import Circuit
from simulation.training.records import Crash

Array = NDArray[Any]


def birth(circuit: Circuit, network: int, step: int, loss: float, log10_norm: float) -> Crash:
    """The first operation, on the way forward and then backward, whose result is not finite; else clipping or the step.

    The arrays of the step are looked at as they stand: nothing is computed again.
    """
    depth = len(circuit.layers)
    forward = [(layer + 1, op) for layer, ops in enumerate(circuit.layers) for op in ops]
    for layer, operation in [*forward, (depth + 1, circuit.head)]:
        if what := _what(operation.out[network]):
            return Crash(step, layer, operation.label, what)
    if not np.isfinite(loss):
        return Crash(step, 0, "loss", _what(np.array([loss])))
    for layer, operation in [(depth + 1, circuit.head), *reversed(forward)]:
        if operation.label == "weights" and layer == 1:
            continue  # nobody takes the gradient of the inputs
        if what := _what(operation.grad[network]):
            return Crash(step, layer, f"the gradient of {operation.label}", what)
    for layer, dense in [(index + 1, dense) for index, dense in reversed(list(enumerate(circuit.dense)))]:
        if not np.isfinite(log10_norm) and (what := _what(dense.weight_grad[network])):
            return Crash(step, layer, "the gradient of weights", what)
    return Crash(step, 0, "step", "inf")


def _what(x: Array) -> str:
    """What x has: "inf" (sums that overflow make NaN, too), "nan" alone, or "" where all are numbers."""
    if np.isfinite(x).all():
        return ""
    return "inf" if np.isinf(x).any() else "nan"
