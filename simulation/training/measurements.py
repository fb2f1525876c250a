"""What a record says: measured on the arrays that a step leaves behind, for all networks and layers at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulation.training.records import Record
from simulation.training.statistics import cosines, log10_norms, log10_rms

if TYPE_CHECKING:
    from simulation.training.trainer import Trainer

Array = NDArray[Any]
Wide = NDArray[np.float64]


def of_layers(trainer: Trainer, measure: Callable[..., Wide], *arrays: Array) -> Wide:
    """measure(their weights) for every layer: (networks, depth); the layers of one shape in one call."""
    layout, depth = trainer.model.layout, trainer.config.network.depth
    parts = [measure(*(layout.block(array, "weights", 0, 1) for array in arrays))]
    if depth > 1:
        parts.append(measure(*(layout.block(array, "weights", 1, depth) for array in arrays)))
    return np.concatenate(parts, axis=1)


def of_head(trainer: Trainer, measure: Callable[..., Wide], *arrays: Array) -> Wide:
    """The same for the head: (networks,)."""
    layout, depth = trainer.model.layout, trainer.config.network.depth
    return measure(*(layout.block(array, "weights", depth, depth + 1) for array in arrays))[:, 0]


def measure_gradients(trainer: Trainer) -> Record:
    """What is known once the gradient is there, before it is clipped."""
    gradient = trainer.model.gradient
    return {
        "step": trainer.at,
        "log10_weight_grad_norm": of_layers(trainer, log10_norms, gradient),
        "log10_head_grad_norm": of_head(trainer, log10_norms, gradient),
        "grad_cosine": of_layers(trainer, cosines, gradient, trainer.previous),
    }


def measure_step(
    trainer: Trainer, loss: Wide, outputs: Array, targets: Array, norms: Wide, clipped: Wide, rate: float
) -> Record:
    """What is known once the step is computed, before it is taken; norms are of the gradient before and after clipping.

    Of units no share can be told in a layer with NaN: there it is NaN, and which ones were dead before stays what is known.
    """
    circuit, sizes = trainer.circuit, _of_values(trainer.circuit.h)
    dead = [(slopes == 0).all(axis=2) for slopes in circuit.slopes]  # (layers, networks, units) each
    before, unknown = trainer.dead or dead, np.isnan(sizes)
    if unknown.any():
        parts = np.split(unknown.T[..., None], [len(dead[0])])
        dead = [np.where(part, then, now) for part, then, now in zip(parts, before, dead, strict=True)]
    trainer.dead = dead
    return {
        "loss": loss,
        "accuracy": accuracy(outputs, targets),
        "learning_rate": np.full(len(loss), rate),
        "log10_gradient_norm": norms,
        "log10_gradient_norm_clipped": clipped,
        "clipped_share": trainer.clipped / (trainer.at + 1),
        "log10_head_update_ratio": _ratio(of_head, trainer),
        "log10_update_ratio": _ratio(of_layers, trainer),
        "log10_delta_rms": _of_values(circuit.delta),
        "log10_activation_rms": sizes,
        "dead_fraction": np.where(unknown, np.nan, _by_layer([now.mean(axis=-1) for now in dead])),
        "died": _by_layer([(now & ~then).sum(axis=-1) for now, then in zip(dead, before, strict=True)]),
        "revived": _by_layer([(then & ~now).sum(axis=-1) for now, then in zip(dead, before, strict=True)]),
        "saturated_fraction": np.where(unknown, np.nan, _saturated(trainer)),
    }


def accuracy(outputs: Array, targets: Array) -> Wide:
    """The share of samples whose largest output is that of the right class, (networks,); NaN for numbers, and for NaN."""
    if outputs.shape[-1] == 1:
        return np.full(len(outputs), np.nan)
    right = targets if targets.ndim == 2 else targets.argmax(axis=-1)
    shares = (outputs.argmax(axis=-1) == right).mean(axis=-1)
    return np.where(np.isnan(outputs).any(axis=(-2, -1)), np.nan, shares)


def _ratio(of: Callable[..., Wide], trainer: Trainer) -> Wide:
    """log10 of the norm of the weights' step over that of the weights; of weights of 0 it is exactly 0 if they stay so."""
    moved = of(trainer, log10_norms, trainer.update)
    with np.errstate(invalid="ignore"):
        return np.where(moved == -np.inf, moved, moved - of(trainer, log10_norms, trainer.model.numbers))


def _by_layer(parts: list[Array]) -> Wide:
    """(networks, depth) from the first layer's and the others' numbers."""
    return np.concatenate(parts).T


def _of_values(x: Array) -> Wide:
    """log10 rms by network and layer, for (depth, networks, batch, width)."""
    return log10_rms(x.reshape(*x.shape[:2], -1)).T


def _saturated(trainer: Trainer) -> Wide:
    low, high = trainer.circuit.phi[0].phi.flat
    shares = np.zeros((len(trainer.model.seeds), len(trainer.circuit.phi)))
    if low == -np.inf and high == np.inf:
        return shares
    for layer, phi in enumerate(trainer.circuit.phi):
        shares[:, layer] = ((phi.x < low) | (phi.x > high)).mean(axis=(1, 2))
    return shares
