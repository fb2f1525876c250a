"""Records: what is kept of a run's steps. Every `stride`-th step, the last and the one that ended it are recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

Wide = NDArray[np.float64]
# A run of up to so many steps is recorded at every step, a longer one at every second, third, ... step.
MOST_RECORDS = 500
MOST_RECORDS_OF_MANY = 50  # when many networks are trained at once
# So often is the validation part looked at.
MOST_VALIDATIONS = 100

# Of a network in a step, or of each of its layers (LAYERED).
SCALARS = (
    "loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate", "log10_gradient_norm",
    "log10_gradient_norm_clipped", "clipped_share", "log10_head_grad_norm", "log10_head_update_ratio",
)  # fmt: skip
LAYERED = (
    "log10_weight_grad_norm", "log10_delta_rms", "log10_activation_rms", "log10_update_ratio", "dead_fraction",
    "saturated_fraction", "grad_cosine", "died", "revived",
)  # fmt: skip

Record = dict[str, Any]


def stride(steps: int, networks: int = 1) -> int:
    """Every how many steps one is recorded."""
    return ceil(steps / (MOST_RECORDS if networks == 1 else MOST_RECORDS_OF_MANY))


def validation_stride(steps: int) -> int:
    """Every how many steps the validation part is looked at: a multiple of `stride`."""
    each = stride(steps)
    return each * ceil(steps / each / MOST_VALIDATIONS)


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
