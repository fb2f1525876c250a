"""Optimizers, by PyTorch's formulas: how the gradient becomes a step.

All learned numbers of a run stand in one array, (networks, numbers), so that a step is a few sweeps over it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.registry import Registry

Array = NDArray[Any]
MOMENTUM = 0.9
RMS_DECAY = 0.99
ADAM_DECAYS = 0.9, 0.999


@dataclass(frozen=True)
class Step:
    """What one step is taken with: its number, from 1, the learning rate, and epsilon."""

    number: int
    learning_rate: float
    epsilon: float


@dataclass(frozen=True)
class Optimizer:
    """update(gradient, moments, step, out): fills `out` with what is subtracted from the learned numbers.

    moments: how many arrays like the gradient it remembers; all start at 0.
    decoupled: whether weight decay shrinks the numbers themselves instead of joining the gradient.
    divides: whether its step is divided by a root, which epsilon is added to.
    """

    key: str
    label: str
    summary: str
    moments: int
    update: Callable[[Array, tuple[Array, ...], Step, Array], None]
    decoupled: bool = False
    divides: bool = False


def _sgd(gradient: Array, moments: tuple[Array, ...], step: Step, out: Array) -> None:
    np.multiply(gradient, step.learning_rate, out=out)


def _momentum(gradient: Array, moments: tuple[Array, ...], step: Step, out: Array) -> None:
    (velocity,) = moments
    velocity *= MOMENTUM
    velocity += gradient
    np.multiply(velocity, step.learning_rate, out=out)


def _nesterov(gradient: Array, moments: tuple[Array, ...], step: Step, out: Array) -> None:
    (velocity,) = moments
    velocity *= MOMENTUM
    velocity += gradient
    np.multiply(velocity, MOMENTUM, out=out)
    out += gradient
    out *= step.learning_rate


def _blend(mean: Array, new: Array, decay: float) -> None:
    """mean = decay * mean + (1 - decay) * new; overwrites `new`."""
    mean *= decay
    new *= 1 - decay
    mean += new


def _rmsprop(gradient: Array, moments: tuple[Array, ...], step: Step, out: Array) -> None:
    (square,) = moments
    _blend(square, np.multiply(gradient, gradient, out=out), RMS_DECAY)
    np.sqrt(square, out=out)
    out += step.epsilon
    np.divide(gradient, out, out=out)
    out *= step.learning_rate


def _adam(gradient: Array, moments: tuple[Array, ...], step: Step, out: Array) -> None:
    mean, square = moments
    first, second = ADAM_DECAYS
    np.copyto(out, gradient)
    _blend(mean, out, first)
    _blend(square, np.multiply(gradient, gradient, out=out), second)
    np.sqrt(square, out=out)
    out *= (1 - second**step.number) ** -0.5
    out += step.epsilon
    np.divide(mean, out, out=out)
    out *= step.learning_rate / (1 - first**step.number)


OPTIMIZERS: Registry[Optimizer] = Registry(
    Optimizer("sgd", "SGD", "Straight down the gradient: a layer whose gradient has vanished stands still.", 0, _sgd),
    Optimizer("momentum", "momentum", "Keeps nine tenths of its last step (Polyak 1964).", 1, _momentum),
    Optimizer("nesterov", "Nesterov", "Momentum that looks ahead (Sutskever et al. 2013).", 1, _nesterov),
    Optimizer("rmsprop", "RMSprop", "Divides each gradient by its recent size.", 1, _rmsprop, divides=True),
    Optimizer("adam", "Adam", "Momentum and division by recent size (Kingma and Ba 2015): partly hides that gradients vanish.", 2, _adam, divides=True),
    Optimizer("adamw", "AdamW", "Adam whose weight decay leaves the gradient alone (Loshchilov and Hutter 2019).", 2, _adam, decoupled=True, divides=True),
)  # fmt: skip
