"""Memory that a thread keeps between passes: fresh arrays would cost more than the products."""

from functools import lru_cache
from math import prod
from threading import local

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[np.float64]
KEPT_MAX_VALUES = 16 * 2**20  # 128 MB a thread; a larger pass takes fresh memory and gives it back


class Workspace(local):
    """One per thread. `kept` arrays live until the next `restart`, `scratch` ones until asked for again."""

    def __init__(self) -> None:
        self._memory = np.empty(0)
        self._used = 0
        self._scratch: dict[tuple[object, ...], Array] = {}

    def restart(self) -> None:
        """Takes all memory back; a pass that wanted more than there was gets more next time."""
        if self._memory.size < self._used <= KEPT_MAX_VALUES:
            self._memory = np.empty(self._used)
        if sum(array.size for array in self._scratch.values()) > KEPT_MAX_VALUES // 4:
            self._scratch.clear()
        self._used = 0

    def kept(self, shape: tuple[int, ...]) -> Array:
        """An uninitialized array that no other call returns before the next restart."""
        start, self._used = self._used, self._used + prod(shape)
        if self._used > self._memory.size:
            return np.empty(shape)
        return self._memory[start : self._used].reshape(shape)

    def scratch(self, name: str, shape: tuple[int, ...], dtype: DTypeLike = np.float64) -> Array:
        """The uninitialized array of that name, shape and type, always the same one."""
        array = self._scratch.get((name, shape, dtype))
        if array is None:
            array = self._scratch[name, shape, dtype] = np.empty(shape, dtype)
        return array


@lru_cache(maxsize=64)
def ones(size: int) -> Array:
    """A read-only vector of ones: a product with it is the fastest sum over rows or columns."""
    vector = np.ones(size)
    vector.flags.writeable = False
    return vector


WORKSPACE = Workspace()
