"""Records as the store keeps them, rows of float64, and as the API tells them, columns by name."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.training.records import LAYERED, SCALARS, Record

Array = NDArray[Any]
NULLS = "null stands for the log of an exact zero; NaN and Infinity are given as these words"


def row_length(networks: int, depth: int) -> int:
    """How many numbers one record has."""
    return 1 + networks * (len(SCALARS) + len(LAYERED) * depth)


def packed(records: list[Record]) -> bytes:
    """The records' numbers, one record after the other."""
    names = ("step", *SCALARS, *LAYERED)
    rows = [np.concatenate([np.ravel(record[name]) for name in names]) for record in records]
    return np.array(rows, np.float64).tobytes()


def unpacked(data: bytes, networks: int, depth: int) -> dict[str, Array]:
    """`step` (records,), SCALARS (records, networks), LAYERED (records, networks, depth): packed ones by name."""
    rows = np.frombuffer(data).reshape(-1, row_length(networks, depth))
    columns: dict[str, Array] = {"step": rows[:, 0].astype(int)}
    at = 1
    for names, shape in ((SCALARS, (networks,)), (LAYERED, (networks, depth))):
        for name in names:
            size = int(np.prod(shape))
            columns[name] = rows[:, at : at + size].reshape(-1, *shape)
            at += size
    return columns


def told(columns: Mapping[str, Array]) -> dict[str, Any]:
    """The columns for JSON: of one network without its axis; see NULLS for what is no number."""
    return {name: _told(column[:, 0] if column.ndim > 1 and column.shape[1] == 1 else column) for name, column in columns.items()}  # fmt: skip


def _told(column: Array) -> Any:
    if column.dtype.kind == "i" or np.isfinite(column).all():
        return np.ascontiguousarray(column)
    words = column.astype(object)
    words[np.isnan(column)], words[np.isposinf(column)], words[np.isneginf(column)] = "NaN", "Infinity", None
    return words.tolist()


def filed(arrays: Mapping[str, Array]) -> bytes:
    """The arrays as NumPy's .npz."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def from_file(data: bytes) -> dict[str, Array]:
    """The arrays of a .npz."""
    with np.load(io.BytesIO(data)) as arrays:
        return dict(arrays)
