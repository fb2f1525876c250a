"""Records: what is kept of a run's steps: the first ones one by one, then every k-th, the last, and those that ended it.

Thinning says which ones; a step in which the numbers of a network end is recorded in any case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

Wide = NDArray[np.float64]
# So many records are kept of a run at most, but for those of networks whose numbers end; so many of them are of its first
# steps, where most runs that end do so, and where a verdict begins.
MOST_RECORDS, FIRST_RECORDS = 550, 50
MOST_RECORDS_OF_MANY, FIRST_RECORDS_OF_MANY = 60, 10  # when many networks are trained at once
# So often is the validation part looked at, which takes as long as a few steps.
MOST_VALIDATIONS, FIRST_VALIDATIONS = 110, 10
MOST_VALIDATIONS_OF_MANY, FIRST_VALIDATIONS_OF_MANY = 20, 3

# Of a network in a step, or of each of its layers (LAYERED). clipped_share: of all steps so far, with clipping or without.
SCALARS = (
    "loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate", "log10_gradient_norm",
    "log10_gradient_norm_clipped", "clipped_share", "log10_head_grad_norm", "log10_head_update_ratio",
)  # fmt: skip
LAYERED = (
    "log10_weight_grad_norm", "log10_delta_rms", "log10_activation_rms", "log10_update_ratio", "dead_fraction",
    "saturated_fraction", "grad_cosine", "died", "revived",
)  # fmt: skip

Record = dict[str, Any]


@dataclass(frozen=True)
class Thinning:
    """Which of a run's `steps` are kept: the `first` ones, then every `stride`-th, from 0, and the last."""

    steps: int
    first: int
    stride: int

    def keeps(self, step: int) -> bool:
        """Whether this step, from 0, is one of them."""
        return step < self.first or step % self.stride == 0 or step >= self.steps - 1


def recorded(steps: int, networks: int = 1) -> Thinning:
    """The steps of which there are records."""
    most, first = (MOST_RECORDS, FIRST_RECORDS) if networks == 1 else (MOST_RECORDS_OF_MANY, FIRST_RECORDS_OF_MANY)
    return Thinning(steps, first, ceil(steps / (most - first)))


def validated(steps: int, networks: int = 1) -> Thinning:
    """Those of them in which the validation part is looked at."""
    most, first = (
        (MOST_VALIDATIONS, FIRST_VALIDATIONS)
        if networks == 1
        else (MOST_VALIDATIONS_OF_MANY, FIRST_VALIDATIONS_OF_MANY)
    )
    each = recorded(steps, networks).stride
    return Thinning(steps, first, each * ceil(steps / each / (most - first)))


def lengths(steps: Wide) -> Wide:
    """How many steps each record stands for, by the steps recorded: those that are nearer to it than to another one."""
    return np.asarray(np.gradient(steps)) if len(steps) > 1 else np.ones(len(steps))


def together(records: list[Record]) -> Mapping[str, Wide]:
    """The records' numbers by name: `step` (records,), SCALARS (records, networks), LAYERED (records, networks, depth)."""
    return {name: np.array([record[name] for record in records]) for name in ("step", *SCALARS, *LAYERED)}


@dataclass(frozen=True)
class Crash:
    """The step whose numbers were no longer numbers: where in it the first was born.

    layer: from 1, depth + 1 for the head, 0 where no layer is; operation: weights, norm, activation, skip, head,
    loss, or "the gradient of" one of them, clipping, step; what: "inf" (overflow) or "nan".
    """

    step: int
    layer: int
    operation: str
    what: str
