"""boundary(trainer): what the network says of each point of the plane, between the steps of a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.training.data import DATA
from simulation.training.trainer import Trainer

SIZE = 48
_MARGIN = 0.1  # of the data's range, on each side
_MOST_LEARNED = 1e6  # a larger network is not asked 2304 times between two steps


@dataclass(frozen=True, eq=False)
class Boundary:
    """The probability of class 1 over the plane, 0 to 255 for 0 to 1: values (size, size) uint8, values[row, column].

    low, high: the coordinates of the outermost points; rows go along the second feature, columns along the first.
    """

    step: int
    size: int
    low: tuple[float, float]
    high: tuple[float, float]
    values: NDArray[np.uint8]


def boundary(trainer: Trainer) -> Boundary | None:
    """Of a run's network, now; None where there are many or a very large one, or the data has not 2 features, 2 classes.

    By the softmax of the outputs, or where they are to be 0 and target_scale (mean squared error) by how far they
    are on the way from the one to the other.
    """
    config = trainer.config
    plane = DATA[config.data].task == "classes" and config.shape == (2, 2)
    if not plane or len(trainer.crashes) > 1 or config.learned > _MOST_LEARNED:
        return None
    points = trainer.batches.inputs.astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = _MARGIN * (high - low)
    low, high = low - margin, high + margin
    x, y = np.linspace(low, high, SIZE).T
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    with np.errstate(all="ignore"):
        outputs = trainer.evaluate(grid)[0].astype(np.float64)
        leads = outputs[:, 1] - outputs[:, 0]
        if config.effective_loss == "mean_squared":
            share = 0.5 + 0.5 * leads / config.target_scale
        else:
            share = 1 / (1 + np.exp(-leads))
        levels = np.nan_to_num(255 * np.clip(share, 0, 1), nan=127.5)  # without numbers, no class is likelier
    values = np.rint(levels).astype(np.uint8).reshape(SIZE, SIZE)
    return Boundary(trainer.at, SIZE, (float(low[0]), float(low[1])), (float(high[0]), float(high[1])), values)
