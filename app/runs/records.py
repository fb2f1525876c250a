"""Records as the store keeps them, rows of float64, and as the API tells them, columns by name."""

import io
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.training.range_test import POINT
from simulation.training.records import LAYERED, SCALARS

Array = NDArray[Any]
Shapes = Mapping[str, tuple[int, ...]]  # of what one record has, by name
OF_RATES: Shapes = dict.fromkeys(POINT, ())
NULLS = "null stands for the log of an exact zero; NaN and Infinity are given as these words"


def of_training(networks: int, depth: int) -> Shapes:
    """`step`, SCALARS by network, LAYERED by network and layer."""
    return {"step": (), **dict.fromkeys(SCALARS, (networks,)), **dict.fromkeys(LAYERED, (networks, depth))}


def row_length(shapes: Shapes) -> int:
    """How many numbers one record has."""
    return sum(map(prod, shapes.values()))


def packed(records: Sequence[Mapping[str, Any]], shapes: Shapes) -> bytes:
    """The records' numbers, one record after the other."""
    rows = [np.concatenate([np.ravel(record[name]) for name in shapes]) for record in records]
    return np.array(rows, np.float64).tobytes()


def unpacked(data: bytes, shapes: Shapes) -> dict[str, Array]:
    """Packed records by name: (records, *shape)."""
    rows, columns, at = np.frombuffer(data).reshape(-1, row_length(shapes)), {}, 0
    for name, shape in shapes.items():
        columns[name] = rows[:, at : at + prod(shape)].reshape(-1, *shape)
        at += prod(shape)
    return columns | ({"step": columns["step"].astype(int)} if "step" in columns else {})


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
