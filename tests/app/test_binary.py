"""Frames while a hand moves: their arrays and skeletons together are the figures that the full frame has."""

import base64
import json

import numpy as np
import pytest
from flask import Flask

from app import binary, frames
from app.cache import TraceCache
from app.settings import Settings
from app.state import State
from components import ids
from components.captions import TITLES
from simulation import NetworkConfig

STATES = [
    State(NetworkConfig(depth=7, width=8, batch=4)),
    State(NetworkConfig(depth=9, width=8, batch=4, activation="relu"), ("he", "layer_norm")),
    State(NetworkConfig(depth=6, width=8, batch=4, activation="relu", initializer="zeros"), pin="depth=5"),
    State(NetworkConfig(depth=1, width=1, batch=1)),
]


@pytest.fixture(scope="module")
def traces():
    return TraceCache(Flask("test"), Settings())


def decoded(frame: bytes, skeletons: dict) -> tuple[dict, dict]:
    """As the browser does it, written anew: (header, figures by element with arrays in their places)."""
    length = int.from_bytes(frame[:4], "little")
    header, start = json.loads(frame[4 : 4 + length]), 4 + length

    def array(place):
        kind = np.dtype(place["dtype"])
        data = np.frombuffer(frame, kind, int(np.prod(place["shape"])), start + place["at"]).reshape(place["shape"])
        return place["low"] + data * (place["high"] - place["low"]) / 255 if "low" in place else data

    def filled(skeleton, arrays):
        if isinstance(skeleton, dict):
            if "array" in skeleton:
                return arrays[skeleton["array"]]
            return {key: filled(inner, arrays) for key, inner in skeleton.items()}
        return [filled(inner, arrays) for inner in skeleton] if isinstance(skeleton, list) else skeleton

    figures = {}
    for element, parts in header["figures"].items():
        figures[element] = {}
        for name, part in parts.items():
            skeleton = skeletons.setdefault(part["hash"], part.get("skeleton"))
            figures[element][name] = filled(skeleton, [array(place) for place in part["arrays"]])
    return header, figures


def compare(one, other):
    """A decoded figure against the one that travels as JSON at rest; pictures are rounded to 1 part in 255."""
    if isinstance(other, dict) and "bdata" in other:
        values = np.frombuffer(base64.b64decode(other["bdata"]), other["dtype"])
        if "shape" in other:
            values = values.reshape([int(size) for size in other["shape"].split(",")])
            reach = float(np.ptp(values)) if values.size else 0.0
            np.testing.assert_allclose(one, values, atol=reach / 254, rtol=0)
        else:
            np.testing.assert_array_equal(one, values)
    elif isinstance(other, dict):
        assert set(one) == set(other)
        for key, value in other.items():
            compare(one[key], value)
    elif isinstance(other, list | tuple):
        assert len(one) == len(other)
        for inner, value in zip(one, other, strict=True):
            compare(inner, value)
    else:
        assert one == other


@pytest.mark.parametrize("state", STATES)
def test_a_frame_is_the_figures(traces, state):
    moving = frames.frame(state, [], None, "light", True, traces)
    header, figures = decoded(binary.encode(state.query, moving), {})
    assert header["query"] == state.query
    assert set(figures) == {ids.chart(panel) for panel in TITLES}
    for element, figure in figures.items():
        compare(figure, json.loads(json.dumps(moving[element]["figure"], default=binary.plain)))
    assert set(header["components"]) == set(moving) - set(figures)


def test_what_the_browser_has_is_not_sent_again(traces):
    kept: dict = {}
    first = binary.encode("", frames.frame(STATES[0], [], None, "light", True, traces))
    header, _ = decoded(first, kept)
    has = [part["hash"] for parts in header["figures"].values() for part in parts.values()]
    moved = frames.frame(State(NetworkConfig(depth=7, width=8, batch=4, weight_scale=1.01)), [], None, "light", True, traces)  # fmt: skip
    second = binary.encode("", moved, has)
    again, figures = decoded(second, kept)
    parts = [part for parts in again["figures"].values() for part in parts.values()]
    assert any("skeleton" not in part for part in parts)
    assert len(second) < len(first)
    for element, figure in figures.items():
        compare(figure, json.loads(json.dumps(moved[element]["figure"], default=binary.plain)))


def test_only_the_charts_and_words_that_are_asked_for(traces):
    moving = frames.frame(STATES[0], [], None, "light", True, traces, {"forward"}, False)
    assert set(moving) == {ids.chart("forward")}
