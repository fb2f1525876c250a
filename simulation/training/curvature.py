"""stable_rate(config): how large a learning rate a quadratic bowl as steep as the loss at the start would bear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulation.training.config import TrainingConfig
from simulation.training.optimizers import MOMENTUM
from simulation.training.trainer import Trainer

Array = NDArray[np.float64]
Gradient = Callable[[Array], Array]

# learning rate x largest curvature up to which an optimizer is stable in a quadratic bowl (Cohen et al. 2021,
# 2103.00065, where momentum is applied as PyTorch does). The others adapt: no one number holds for them.
STABLE_PRODUCT = {
    "sgd": 2.0,
    "momentum": 2 * (1 + MOMENTUM),
    "nesterov": 2 * (1 + MOMENTUM) / (1 + 2 * MOMENTUM),
}
MOST_PRODUCTS = 100
_CONVERGED = 1e-6
_STEP = 1e-5  # of the finite differences, in sizes of the numbers: their error is its square, rounding over it


def stable_rate(config: TrainingConfig) -> float | None:
    """The rate of the theory for deep linear networks under squared error; None where it does not apply.

    2 / lambda_max for SGD, lambda_max the largest eigenvalue of the Hessian at the start, over the first batch.
    For L orthogonal layers, whitened inputs and no error it is L times that of one layer (Saxe et al. 2014, 1312.6120).
    """
    linear = config.network.activation == "linear" and config.network.normalization == "none"
    if not linear or config.effective_loss != "mean_squared" or config.optimizer not in STABLE_PRODUCT:
        return None
    steepest = top_eigenvalue(*loss_gradient(config))
    return STABLE_PRODUCT[config.optimizer] / steepest if steepest > 0 else None


def loss_gradient(config: TrainingConfig) -> tuple[Gradient, Array]:
    """The gradient of the first batch's loss as a function of all learned numbers, in float64, and where they start."""
    trainer = Trainer(replace(config, precision="float64"))
    model, circuit = trainer.model, trainer.circuit
    inputs, targets = trainer.batches.at(0)

    def gradient(numbers: Array) -> Array:
        np.copyto(model.numbers[0], numbers)
        outputs = circuit.forward(inputs)
        of_outputs = np.empty_like(outputs)
        trainer.loss.measure(outputs, targets, of_outputs)
        circuit.backward(of_outputs)
        return np.array(model.gradient[0])

    return gradient, np.array(model.numbers[0])


def top_eigenvalue(gradient: Gradient, at: Array) -> float:
    """The largest eigenvalue of the Hessian there, by Lanczos' method on products from central differences.

    Converged to a millionth, or as it is after 100 products; 0 for a function that is flat there.
    """
    step = _STEP * max(float(np.linalg.norm(at)), 1.0)
    vector = np.random.default_rng(0).standard_normal(at.size)
    vector, before = vector / np.linalg.norm(vector), np.zeros(at.size)
    diagonal: list[float] = []
    beside: list[float] = []
    top = 0.0
    for _ in range(min(MOST_PRODUCTS, at.size)):
        product = (gradient(at + step * vector) - gradient(at - step * vector)) / (2 * step)
        diagonal.append(float(vector @ product))
        product -= diagonal[-1] * vector + (beside[-1] if beside else 0.0) * before
        last, top = top, _largest(diagonal, beside)
        length = float(np.linalg.norm(product))
        if (len(diagonal) > 1 and abs(top - last) <= _CONVERGED * abs(top)) or length <= _CONVERGED * abs(top):
            break
        beside.append(length)
        vector, before = product / length, vector
    return top


def _largest(diagonal: list[float], beside: list[float]) -> float:
    return float(np.linalg.eigvalsh(np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1))[-1])
