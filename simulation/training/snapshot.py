"""snapshot(config, checkpoint) -> Snapshot: one step of a run looked into again, from the numbers it began with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.measures import Densities
from simulation.trace import Density
from simulation.training.boundary import Boundary, boundary
from simulation.training.config import TrainingConfig
from simulation.training.fit import Fit, fit
from simulation.training.records import Record
from simulation.training.trainer import Trainer

# What a record says of the batch's way forward and back. The rest of it is of the optimizer's step, for which a
# checkpoint that is only looked at has not got all.
SIGNALS = (
    "log10_delta_rms", "log10_weight_grad_norm", "log10_activation_rms", "dead_fraction", "saturated_fraction",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The `step` from 0, its SIGNALS by network and layer, (networks, depth), and what the network answered before it.

    inactive_fraction: of entries whose phi' is exactly 0, (networks, depth); NaN, as all shares, in a layer with NaN.
    The densities hold the entries of all networks, but for those that are no numbers; None where they were not asked for.
    """

    step: int
    signals: Record
    inactive_fraction: NDArray[np.float64]
    boundary: Boundary | None
    fit: Fit | None
    activation_density: Density | None = None
    delta_density: Density | None = None


def snapshot(
    config: TrainingConfig, checkpoint: Mapping[str, NDArray[Any]], networks: int = 1, densities: bool = False
) -> Snapshot:
    """From a checkpoint's `at`, `numbers` and `running`, measured in the run's own precision: the record's, to the bit."""
    trainer = Trainer(config, networks)
    trainer.at, trainer.recorded = int(checkpoint["at"]), replace(trainer.recorded, stride=1)
    np.copyto(trainer.model.numbers, checkpoint["numbers"])
    np.copyto(trainer.model.running, checkpoint["running"])
    plane, line = boundary(trainer), fit(trainer)
    record, circuit = trainer.step(), trainer.circuit
    assert record
    inactive = np.concatenate([(slopes == 0).mean(axis=(2, 3)) for slopes in circuit.slopes]).T
    inactive[np.isnan(record["log10_activation_rms"])] = np.nan
    spread = (_density(circuit.h), _density(circuit.delta)) if densities else ()
    signals = {name: record[name] for name in SIGNALS}
    return Snapshot(int(checkpoint["at"]), signals, inactive, plane, line, *spread)


def _density(values: NDArray[Any]) -> Density:
    """Of (depth, networks, batch, width)."""
    spread = Densities(len(values))
    for layer, entries in enumerate(values):
        spread.record(layer, entries[np.isfinite(entries)], 0)
    return spread.finished()
