"""The line of a task with one feature: what the network answers all along it, and the points that it learns from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.figures.axes import Array, line, note
from components.figures.run_plane import MOST_POINTS
from components.figures.runs import ROLES, Palette, plain
from components.theme import figure, transparent


@dataclass(frozen=True)
class Curve:
    """The network's answers at as many places, evenly from low to high; NaN where it has none."""

    step: int
    answers: Array
    low: float
    high: float


def fit(palette: Palette, curves: Mapping[str, Curve | None], inputs: Array, targets: Array) -> dict[str, Any]:
    """The answers of each run by its role, the one on the screen last, over the points (n,) to be met."""
    margin = 0.1 * np.ptp(inputs), 0.25 * np.ptp(targets)
    kept = slice(None, None, max(len(inputs) // MOST_POINTS, 1))
    traces: list[dict[str, Any]] = [
        {"type": "scatter", "mode": "markers", "name": "learned from", "x": np.round(inputs[kept], 4).tolist(), "y": np.round(targets[kept], 4).tolist(),
         "marker": {"size": 4, "color": transparent(palette["normalization"], 0.55)}, "hoverinfo": "skip"}
    ]  # fmt: skip
    for role, curve in curves.items():
        name = "answer" if role == "run" else "answer, the other run"
        answers = curve.answers if curve else np.zeros(0)
        places = np.linspace(curve.low, curve.high, len(answers)) if curve else np.zeros(0)
        traces.append(
            {"type": "scatter", "mode": "lines", "name": name, "x": plain(places), "y": plain(answers), "connectgaps": False,
             "line": line(palette, ROLES[role], width=2.2), "hovertemplate": f"{name}: %{{y:.3~g}}<extra></extra>"}
        )  # fmt: skip
    shown = curves["run"]
    notes = [note(palette, "No answer is a number")] if shown and np.isnan(shown.answers).all() else []
    (left, right), (low, high) = (
        (float(values.min() - room), float(values.max() + room)) for values, room in zip((inputs, targets), margin, strict=True)
    )  # fmt: skip
    free = {"ticklabeloverflow": "allow", "nticks": 6}
    return figure(
        palette, traces, {"range": [left, right], "title": "feature", "unifiedhovertitle": {"text": "feature %{x:.2f}"}, **free},
        {"range": [low, high], "title": {"text": "answer", "font": {"size": 12, "color": palette["mute"]}, "standoff": 4}, **free},
        annotations=notes,
    )  # fmt: skip
