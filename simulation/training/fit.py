"""fit(trainer): what the network answers along the line of a task from one number to one, between the steps of a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.training.data import DATA
from simulation.training.trainer import Trainer

SIZE = 200
_MARGIN = 0.1  # of the data's range, on each side: there nothing was learned


@dataclass(frozen=True, eq=False)
class Fit:
    """The answers `values` (size,) at as many inputs, evenly from low to high; what is no number is NaN."""

    step: int
    size: int
    low: float
    high: float
    values: NDArray[np.float64]


def fit(trainer: Trainer) -> Fit | None:
    """Of a run's network, now; None where there are many, or the task is another."""
    config = trainer.config
    if DATA[config.data].task != "regression" or config.shape != (1, 1) or len(trainer.crashes) > 1:
        return None
    points = trainer.batches.inputs.astype(np.float64)
    low, high = float(points.min()), float(points.max())
    margin = _MARGIN * (high - low)
    line = np.linspace(low - margin, high + margin, SIZE)
    with np.errstate(all="ignore"):
        answers = trainer.evaluate(line[:, None])[0, :, 0].astype(np.float64)
    values = np.where(np.isfinite(answers), answers, np.nan)
    return Fit(trainer.at, SIZE, float(line[0]), float(line[-1]), values)
