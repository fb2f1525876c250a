"""snapshot(config, checkpoint) -> Snapshot: one step of a run looked into again, from the numbers it began with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.training.boundary import Boundary, boundary
from simulation.training.config import TrainingConfig
from simulation.training.records import Record
from simulation.training.trainer import Trainer

# What a record says of the batch's way forward and back. The rest of it is of the optimizer's step, for which a
# checkpoint that is only looked at has not got all.
SIGNALS = ("log10_delta_rms", "log10_weight_grad_norm", "log10_activation_rms")


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The `step` from 0, its SIGNALS by network and layer, (networks, depth), and the decision boundary before it."""

    step: int
    signals: Record
    boundary: Boundary | None


def snapshot(config: TrainingConfig, checkpoint: Mapping[str, NDArray[Any]], networks: int = 1) -> Snapshot:
    """From a checkpoint's `at`, `numbers` and `running`, measured in the run's own precision: the record's, to the bit."""
    trainer = Trainer(config, networks)
    trainer.at, trainer.stride = int(checkpoint["at"]), 1
    np.copyto(trainer.model.numbers, checkpoint["numbers"])
    np.copyto(trainer.model.running, checkpoint["running"])
    drawn = boundary(trainer)
    record = trainer.step()
    assert record
    return Snapshot(int(checkpoint["at"]), {name: record[name] for name in SIGNALS}, drawn)
