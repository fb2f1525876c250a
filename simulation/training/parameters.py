"""Learned: all numbers that a run moves, in one array, and their parts by name.

One array lets an optimizer, clipping and weight decay be a few sweeps, however many layers there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Slot:
    """Where one part stands: `first` number of the row of a network, and the part's shape."""

    first: int
    shape: tuple[int, ...]


class Layout:
    """The parts of a network's learned numbers, one after the other.

    Parts of one kind that follow each other and are of one shape can be seen as a whole (`block`).
    """

    def __init__(self) -> None:
        self.slots: dict[tuple[str, int], Slot] = {}
        self.size = 0

    def add(self, kind: str, index: int, shape: tuple[int, ...]) -> None:
        self.slots[kind, index] = Slot(self.size, shape)
        self.size += prod(shape)

    def zeros(self, networks: int, dtype: DTypeLike) -> Array:
        """An array for this layout: (networks, size)."""
        return np.zeros((networks, self.size), dtype)

    def view(self, array: Array, kind: str, index: int) -> Array:
        """One part of an array of this layout: (networks, *shape)."""
        slot = self.slots[kind, index]
        return array[:, slot.first : slot.first + prod(slot.shape)].reshape(len(array), *slot.shape)

    def block(self, array: Array, kind: str, first: int, last: int) -> Array:
        """Parts first..last - 1 of one kind, all of one shape: (networks, parts, numbers of a part)."""
        start, size = self.slots[kind, first].first, prod(self.slots[kind, first].shape)
        return array[:, start : start + (last - first) * size].reshape(len(array), last - first, size)
