"""DATA: what a network can be given to learn; draw_data(config) -> Data, ready for it: split, standardized, scaled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulation.digits import PIXELS
from simulation.network import DATA as PURPOSE
from simulation.network import SPLIT, stream
from simulation.registry import Registry
from simulation.training import sets

if TYPE_CHECKING:
    from simulation.training.config import TrainingConfig

Array = NDArray[np.float64]
VALIDATION_SHARE = 0.2
_KEPT = 4  # drawn data sets that are remembered; one has at most 25 MB


@dataclass(frozen=True)
class DataSet:
    """One kind of data.

    task: "classes" or "regression". features: numbers of a sample; classes: 0 for regression; of both, None
    stands for the config's. make: see `sets`. standardized: "each" feature to mean 0 and variance 1, all of them
    by one mean and one scale ("common"), or "none". split: whether part of it is kept for validation.
    """

    key: str
    label: str
    summary: str
    task: str
    features: int | None
    classes: int | None
    make: Callable[[np.random.Generator, int, int], sets.Samples]
    standardized: str = "each"
    split: bool = True


@dataclass(frozen=True, eq=False)
class Part:
    """Samples: inputs (n, features) float64; targets (n,) int64 for classes, (n, 1) float64 for regression. Read-only."""

    inputs: Array
    targets: NDArray[Any]


@dataclass(frozen=True, eq=False)
class Data:
    """What is learned from, and what is kept to see whether it was understood. classes: 0 for regression."""

    train: Part
    validation: Part
    classes: int


DATA: Registry[DataSet] = Registry(
    DataSet("xor", "XOR", "Four points, of class 1 where the signs differ: the smallest task that no single layer solves. All four are learned from and all four are checked.",
            "classes", 2, 2, sets.xor, standardized="none", split=False),
    DataSet("blobs", "blobs", "Normal clouds around random centers, as many features and classes as you set.",
            "classes", None, None, sets.blobs),
    DataSet("pixels", "sparse pixels", "Made-up images of 28 x 28, ten kinds of stroke: 19 % of the pixels have ink, up to 0.87, the others are 0; neither centered nor scaled.",
            "classes", sets.IMAGE**2, 10, sets.pixels, standardized="none"),
    DataSet("spirals", "two spirals", "Two arms wound around each other: a boundary that takes some depth to draw.",
            "classes", 2, 2, sets.spirals),
    DataSet("moons", "moons", "Two half circles that reach into each other.", "classes", 2, 2, sets.moons),
    DataSet("circles", "circles", "A ring inside a ring.", "classes", 2, 2, sets.circles),
    DataSet("sine", "sine", "A number from a number: one period of a sine.", "regression", 1, 0, sets.sine),
    DataSet("teacher", "teacher network", "A number from ten: what a small random tanh network answers.",
            "regression", 10, 0, sets.teacher),
    DataSet("digits", "handwritten digits", "1,797 real images of 8 x 8 (UCI, Alpaydin and Kaynak 1998); one mean and one scale for all pixels, so that paper stays paper.",
            "classes", PIXELS, 10, sets.digits, standardized="common"),
)  # fmt: skip


def draw_data(config: TrainingConfig) -> Data:
    """The config's data: equal settings give equal arrays, to the bit.

    Drawn from the data seed, so that networks of any seed learn the same. Standardized by what is learned from alone, then inputs * input_scale + input_offset and, in regression,
    targets * target_scale.
    """
    kind, network = DATA[config.data], config.network
    features = config.features if kind.features is None else kind.features
    classes = config.classes if kind.classes is None else kind.classes
    target_scale = 1.0 if kind.task == "classes" else config.target_scale
    return _draw(kind, features, classes, config.data_seed, network.input_scale, network.input_offset, target_scale)


@lru_cache(maxsize=_KEPT)
def _draw(
    kind: DataSet, features: int, classes: int, seed: int, scale: float, offset: float, target_scale: float
) -> Data:
    inputs, targets = kind.make(stream(seed, PURPOSE), features, classes)
    order = stream(seed, SPLIT).permutation(len(inputs)) if kind.split else np.arange(len(inputs))
    held_out = int(VALIDATION_SHARE * len(inputs)) if kind.split else 0
    train = order[held_out:]
    validation = order[:held_out] if kind.split else train
    inputs = _standardized(inputs, train, kind.standardized) * scale + offset
    if kind.task == "regression":
        targets = _standardized(targets, train, "each") * target_scale
    return Data(_part(inputs, targets, train), _part(inputs, targets, validation), classes)


def _standardized(values: Array, train: NDArray[np.int64], how: str) -> Array:
    if how == "none":
        return values
    axis = 0 if how == "each" else None
    return np.asarray((values - values[train].mean(axis)) / values[train].std(axis))


def _part(inputs: Array, targets: NDArray[Any], rows: NDArray[np.int64]) -> Part:
    part = Part(inputs[rows], targets[rows])
    for array in (part.inputs, part.targets):
        array.flags.writeable = False
    return part
