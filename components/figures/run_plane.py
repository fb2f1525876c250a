"""The plane of a task with two features: what the network answers everywhere, and the points that it learns from."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from components.figures.axes import Array
from components.figures.runs import Palette
from components.theme import figure

MOST_POINTS = 400
CLASSES = (("normalization", "circle"), ("skip", "diamond"))  # color by name, mark: told apart without color, too


@dataclass(frozen=True)
class Plane:
    """The network's answers: shares (size, size) of class 1, from below; low, high: both features of the outermost points."""

    step: int
    shares: Array
    low: tuple[float, float]
    high: tuple[float, float]


def boundary(palette: Palette, plane: Plane | None, points: Array, labels: Array) -> dict[str, Any]:
    """Classes by color, the stronger the surer the network is; points (n, 2) with their labels."""
    margin = 0.1 * np.ptp(points, axis=0)
    low, high = (plane.low, plane.high) if plane else (points.min(axis=0) - margin, points.max(axis=0) + margin)
    traces: list[dict[str, Any]] = [_answers(palette, plane)] if plane else []
    kept = slice(None, None, max(len(points) // MOST_POINTS, 1))
    for label, (color, symbol) in enumerate(CLASSES):
        x, y = points[kept][labels[kept] == label].T
        traces.append(
            {"type": "scatter", "mode": "markers", "name": f"class {label}", "x": np.round(x, 4).tolist(), "y": np.round(y, 4).tolist(),
             "marker": {"size": 5, "symbol": symbol, "color": palette[color], "line": {"width": 0.8, "color": palette["panel"]}},
             "hovertemplate": f"class {label}<extra></extra>"}
        )  # fmt: skip
    across, up = (
        {
            "range": [float(a), float(b)],
            "showgrid": False,
            "showspikes": False,
            "nticks": 5,
            "ticklabeloverflow": "allow",
        }
        for a, b in zip(low, high, strict=True)
    )
    return figure(
        palette, traces, {**across, "title": "feature 1", "unifiedhovertitle": {"text": ""}},
        {**up, "title": {"text": "feature 2", "font": {"size": 12, "color": palette["mute"]}, "standoff": 4}},
        hovermode="closest",
    )  # fmt: skip


def _answers(palette: Palette, plane: Plane) -> dict[str, Any]:
    size = len(plane.shares)
    across, up = ((high - low) / (size - 1) for low, high in zip(plane.low, plane.high, strict=True))
    (first, _), (second, _) = CLASSES
    return {
        "type": "heatmap", "name": "answer", "z": [[round(value, 3) for value in row] for row in plane.shares.tolist()],
        "x0": plane.low[0], "dx": across, "y0": plane.low[1], "dy": up, "zmin": 0, "zmax": 1, "showscale": False, "zsmooth": "best", "opacity": 0.45,
        "colorscale": [[0, palette[first]], [0.5, palette["panel"]], [1, palette[second]]],
        "hovertemplate": "class 1 with %{z:.2~p}<extra></extra>",
    }  # fmt: skip
