"""Normalization layers, with gain 1, shift 0 and PyTorch's epsilons."""

from dataclasses import dataclass

import numpy as np

from simulation.registry import Registry


@dataclass(frozen=True)
class Normalization:
    """Divides by the standard deviation (or rms) over a set of entries, after taking out their mean.

    over: the entries that share statistics: "batch" (a unit, over the samples), "layer" (a sample, over
        its units), "groups" (a sample, over each group of its units), or "nothing".
    centered: whether the mean is taken out.
    epsilon: added to the variance.
    """

    key: str
    label: str
    summary: str
    over: str
    centered: bool = True
    epsilon: float = 1e-5


NORMALIZATIONS: Registry[Normalization] = Registry(
    Normalization("none", "none", "Nothing is normalized.", over="nothing"),
    Normalization(
        "batch", "batch norm", "Each unit gets mean 0 and variance 1 over the batch (Ioffe and Szegedy 2015).",
        over="batch",
    ),
    Normalization(
        "layer", "layer norm", "Each sample gets mean 0 and variance 1 over its units (Ba et al. 2016).", over="layer"
    ),
    Normalization(
        "rms", "RMS norm", "Each sample gets mean square 1 over its units, its mean kept (Zhang and Sennrich 2019).",
        over="layer", centered=False, epsilon=float(np.finfo(np.float64).eps),
    ),
    Normalization(
        "group", "group norm", "Each sample gets mean 0 and variance 1 within groups of its units (Wu and He 2018).",
        over="groups",
    ),
)  # fmt: skip
