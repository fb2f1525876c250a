"""Batches: which samples each step learns from, a function of (seed, step) alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from simulation.network import BATCHES, stream
from simulation.training.config import TrainingConfig
from simulation.training.data import Data, Part

Array = NDArray[Any]


class Batches:
    """The data as a run uses it. Each epoch has an order of its own, and drops the samples that fill no batch.

    size: samples in a batch: all, in their own order, where there are no more than the batch asks for.
    validation: (inputs (n, features), targets (n,) or (n, outputs)), the same for all networks.
    """

    def __init__(self, data: Data, config: TrainingConfig, seeds: tuple[int, ...], dtype: DTypeLike) -> None:
        self.seeds = seeds
        self.inputs, self.targets = _as_used(data.train, config, dtype)
        self.validation = _as_used(data.validation, config, dtype)
        self.size = min(config.network.batch, len(self.inputs))
        self.per_epoch = len(self.inputs) // self.size
        self._epoch, self._orders = -1, np.zeros((len(seeds), 0), np.int64)
        self._all = self._gather(np.tile(np.arange(len(self.inputs)), (len(seeds), 1))) if self.size == len(self.inputs) else None  # fmt: skip

    def _gather(self, rows: NDArray[np.int64]) -> tuple[Array, Array]:
        return self.inputs[rows], self.targets[rows]

    def at(self, step: int) -> tuple[Array, Array]:
        """Inputs (networks, size, features) and targets (networks, size[, outputs]) of a step, from 0."""
        if self._all:
            return self._all
        epoch, index = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            self._epoch, self._orders = epoch, np.array([order(seed, epoch, len(self.inputs)) for seed in self.seeds])
        return self._gather(self._orders[:, index * self.size : (index + 1) * self.size])


def order(seed: int, epoch: int, samples: int) -> NDArray[np.int64]:
    """The order of the samples in an epoch, from 0."""
    return stream(seed, BATCHES, epoch).permutation(samples)


def _as_used(part: Part, config: TrainingConfig, dtype: DTypeLike) -> tuple[Array, Array]:
    """Inputs and targets: cross-entropy wants classes, mean squared error target_scale at the right output, else 0."""
    targets: Array = part.targets
    if targets.ndim > 1:
        targets = targets.astype(dtype)
    elif config.effective_loss == "mean_squared":
        targets = (np.eye(config.shape[1])[targets] * config.target_scale).astype(dtype)
    return part.inputs.astype(dtype), targets
