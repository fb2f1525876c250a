"""The frames of an offline file: for every position of its sliders what the page would show, packed.

    4 bytes   the length of the header, little-endian
    header    JSON, padded with spaces: the sliders, and the frames, the last slider moving first
    values    16 bits each, little-endian

all of it compressed (gzip). An array is [at, shape, low, step]: its values are low + step k, where k = 65535 stands
for none (the log of an exact zero). So a value is off by at most half of 1/65534 of the span of its own array; in
pictures, where a value is a shade, by half of 1/255.
"""

import gzip
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from app import frames
from app.export.grid import Slider
from app.export.markup import markup
from app.pages.embed import CHARTS
from app.state import State
from components import ids
from components.captions import columns
from components.drawing import THEME, drawing, lines
from components.figures.axes import ROLES
from simulation import NetworkConfig, SignalTrace, simulate

LEVELS, SHADES, NONE = 65534, 255, 65535
TINY = 1e-9  # the step of an array whose values are all alike: nothing is lost


class Arrays:
    """The values of all frames: each array is there once, wherever it is used."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._length = 0
        self._known: dict[bytes, int] = {}

    def put(self, array: NDArray[Any]) -> list[Any]:
        """[at, shape, low, step]: where its values are and what they mean."""
        finite = np.isfinite(array)
        low, high = (float(array[finite].min()), float(array[finite].max())) if finite.any() else (0.0, 0.0)
        levels = SHADES if array.ndim > 1 else LEVELS
        step = 1.0 if array.dtype.kind == "i" else (high - low) / levels or TINY
        whole = np.full(array.shape, NONE, "<u2")
        whole[finite] = np.rint((array[finite] - low) / step)
        data = whole.tobytes()
        if data not in self._known:
            self._known[data] = self._length
            self._chunks.append(data)
            self._length += array.size
        return [self._known[data], array.shape, float(f"{low:.9g}"), float(f"{step:.9g}")]

    def packed(self) -> bytes:
        return b"".join(self._chunks)


class Simulated:
    """Answers as the page's cache does, and keeps hardly anything: its traces are not driven out for these."""

    def __init__(self) -> None:
        self._trace = lru_cache(maxsize=8)(simulate)  # a pinned network is the same in every frame

    def trace(self, config: NetworkConfig, densities: bool = True) -> SignalTrace:
        return self._trace(config.effective(), densities)


def frame(part: str, state: State, arrays: Arrays, traces: Simulated) -> dict[str, Any]:
    """What the part shows in this state: words as HTML by element, drawings, and the numbers of their tables."""
    charts = CHARTS[part]
    pictures = any(chart in frames.DENSITIES for chart in charts)
    seen = frames.view(state, traces, ROLES if pictures else ())
    words = frames.texts(seen) | frames.settled_texts(seen, None, [])
    told = [
        ids.HEADLINE,
        ids.ANNOUNCE,
        ids.LEGEND,
        *(place(chart) for chart in charts for place in (ids.caption, ids.description)),
    ]
    drawn = frames.figures(seen, THEME, False, charts)
    figures = {chart: drawn[ids.chart(chart)]["figure"] for chart in charts}

    def table(chart: str) -> dict[str, Any]:
        named = {f"log10 {name}": values for name, values in lines(figures[chart]).items()}
        shown = columns(chart, seen.shown[0]) if pictures else named
        return {head: arrays.put(values) for head, values in shown.items()}

    return {
        "query": state.query,
        "words": {name: markup(words[name]["children"]) for name in told},
        "charts": {chart: {**drawing(figures[chart], arrays.put), "table": table(chart)} for chart in charts},
    }  # fmt: skip


def film(part: str, sliders: Sequence[Slider], states: Sequence[State]) -> bytes:
    """The frames of all states, packed."""
    arrays, traces = Arrays(), Simulated()
    shown = [frame(part, state, arrays, traces) for state in states]
    moved = [{"name": slider.name, "values": slider.texts, "at": slider.at} for slider in sliders]
    header = orjson.dumps({"sliders": moved, "frames": shown})
    header += b" " * (len(header) % 2)  # what follows is aligned
    return gzip.compress(len(header).to_bytes(4, "little") + header + arrays.packed(), mtime=0)
