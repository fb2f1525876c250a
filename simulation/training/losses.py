"""Losses: what is made small, and its gradient with respect to the network's outputs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.registry import Registry

Array = NDArray[Any]


@dataclass(frozen=True)
class Loss:
    """measure(outputs, targets, grad) -> the loss of each network, (networks,) float64; fills `grad`.

    outputs, grad: (networks, batch, outputs); targets: (networks, batch) classes or (networks, batch, outputs).
    """

    key: str
    label: str
    summary: str
    measure: Callable[[Array, Array, Array], NDArray[np.float64]]


def _cross_entropy(outputs: Array, targets: Array, grad: Array) -> NDArray[np.float64]:
    """Mean over the batch of -log softmax(outputs)[target]; its gradient is (softmax - one-hot) / batch."""
    shifted = outputs - outputs.max(axis=-1, keepdims=True)
    np.exp(shifted, out=grad)
    total = grad.sum(axis=-1, keepdims=True)
    grad /= total
    at = targets[..., None]
    losses = np.log(total) - np.take_along_axis(shifted, at, -1)
    np.put_along_axis(grad, at, np.take_along_axis(grad, at, -1) - 1, -1)
    grad /= outputs.shape[-2]
    return np.asarray(losses[..., 0].mean(axis=-1, dtype=np.float64))


def _mean_squared(outputs: Array, targets: Array, grad: Array) -> NDArray[np.float64]:
    """Mean over batch and outputs of the squared difference, as PyTorch's MSELoss."""
    np.subtract(outputs, targets, out=grad)
    wide = grad.astype(np.float64)  # a square may leave float32
    losses = np.square(wide, out=wide).mean(axis=(-2, -1))
    grad *= 2 / (grad.shape[-1] * grad.shape[-2])
    return np.asarray(losses)


LOSSES: Registry[Loss] = Registry(
    Loss("cross_entropy", "cross-entropy", "How surprised the network is by the right class.", _cross_entropy),
    Loss("mean_squared", "mean squared error", "The mean of the squared distances to the targets.", _mean_squared),
)
