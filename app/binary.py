"""Frames as bytes, for while a hand moves: nothing is turned into text that the browser would turn back into numbers.

    4 bytes   the length of the header, little-endian
    header    JSON, padded with spaces so that what follows is aligned
    arrays    as they are in memory, one after the other

In the header an array is {"dtype", "at", "shape"}, `at` counted from the header's end. A matrix is a picture: it
travels as bytes, 0 to 255 for `low` to `high`. Of a figure, each part (data, layout) is a skeleton, known by its
hash and left out where the browser has it, and the arrays to put into it in the order of their places.
"""

from collections.abc import Container
from hashlib import blake2b
from typing import Any

import numpy as np
import orjson

from components.figures.axes import Array, Typed

_ALIGNED = 8  # bytes; enough for every kind of number


def plain(value: Any) -> Any:
    """Dash components as the browser wants them."""
    return value.to_plotly_json()


class _Arrays:
    """The arrays of a frame: each is sent once, wherever it is used."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self._length = 0
        self._known: dict[bytes, int] = {}

    def add(self, array: Array) -> dict[str, Any]:
        """Where the browser finds it, and what it is."""
        place: dict[str, Any] = {"shape": array.shape}
        if array.ndim > 1:
            low, high = float(array.min(initial=0)), float(array.max(initial=0))
            place |= {"low": low, "high": high}
            array = np.rint((array - low) * (255 / ((high - low) or 1))).astype("u1")
        data = array.tobytes()
        if data not in self._known:
            self._known[data] = self._length
            self.chunks.append(data + bytes(-len(data) % _ALIGNED))
            self._length += len(self.chunks[-1])
        return {**place, "dtype": array.dtype.str[1:], "at": self._known[data]}


def encode(query: str, components: dict[str, dict[str, Any]], known: Container[str] = ()) -> bytes:
    """The properties of elements by id, as a frame; skeletons with a `known` hash are left out."""
    arrays = _Arrays()

    def part(value: Any) -> dict[str, Any]:
        places: list[dict[str, Any]] = []

        def default(inner: Any) -> Any:
            if isinstance(inner, Typed):
                places.append(arrays.add(inner.array))
                return {"array": len(places) - 1}
            return plain(inner)

        skeleton = orjson.dumps(value, default=default, option=orjson.OPT_PASSTHROUGH_SUBCLASS)
        name = blake2b(skeleton, digest_size=6).hexdigest()
        return {"hash": name, "arrays": places, **({} if name in known else {"skeleton": orjson.Fragment(skeleton)})}

    figures, words = {}, {}
    for element, properties in components.items():
        if "figure" in properties:
            figures[element] = {key: part(value) for key, value in properties["figure"].items()}
        else:
            words[element] = properties
    header = orjson.dumps({"query": query, "figures": figures, "components": words}, default=plain)
    header += b" " * (-(4 + len(header)) % _ALIGNED)
    return b"".join([len(header).to_bytes(4, "little"), header, *arrays.chunks])
