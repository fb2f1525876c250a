"""One step of a run looked into, from its checkpoint: the charts that Explore has, of the network as it was then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.training.frame import boundary_of
from app.training.history import Followed
from components import ids as all_ids
from components.figures.axes import decade_range
from components.figures.run_plane import Plane
from components.figures.runs import middle
from components.figures.signals import Signal, signal_lines
from components.theme import PALETTES
from components.training import ids
from simulation.training.snapshot import SIGNALS, snapshot

Checkpoint = Mapping[str, NDArray[Any]]
_CHARTS = {"step-delta": ("log10_delta_rms", "δ"), "step-weights": ("log10_weight_grad_norm", "dW"), "step-forward": ("log10_activation_rms", "activation")}  # fmt: skip


def step_view(followed: Followed, first: Checkpoint, chosen: Checkpoint, theme: str) -> dict[str, Any]:
    """The signals of the chosen step, and dashed those of the first; the plane as the network answered then."""
    palette, networks = PALETTES[theme], followed.asked.networks
    before, now = (snapshot(followed.training, one, networks) for one in (first, chosen))
    lines = {
        name: [Signal(f"{word}, step {seen.step}", _shown(seen.signals[name]), role)
               for seen, role in ((before, "baseline"), (now, "remedied")) if role == "remedied" or before.step != now.step]
        for name, word in _CHARTS.values()
    }  # fmt: skip
    backward = decade_range([signal.log10_size for name in SIGNALS[:2] for signal in lines[name]])
    forward = decade_range([signal.log10_size for signal in lines[SIGNALS[2]]])
    figures = {
        all_ids.chart(chart): signal_lines(palette, lines[name], backward if name in SIGNALS[:2] else forward, True)
        for chart, (name, _) in _CHARTS.items()
    }
    if now.boundary:
        plane = Plane(now.step, now.boundary.values / 255, now.boundary.low, now.boundary.high)
        figures[all_ids.chart("step-boundary")] = boundary_of(palette, followed.training, plane)
    return {"figures": figures, "components": _words(followed, now.step, bool(now.boundary))}


def _shown(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(networks, depth) -> (depth,): the only network's, or the median."""
    return np.asarray(middle(values[None])[0])


def _words(followed: Followed, step: int, plane: bool) -> dict[str, Any]:
    checkpoints = followed.seen.progress.checkpoints
    loss = ""
    at = np.flatnonzero(followed.records["step"] == step)
    if at.size and followed.asked.networks == 1:
        loss = f", where the loss is {followed.records['loss'][at[0], 0]:.4g}"
    kept = f"{len(checkpoints)} steps are kept of this run; the slider, or a click on a chart by step, goes to the nearest. Solid: this step; dashed: the first."
    return {
        ids.SCRUB_LINE: {"children": f"Step {step:,} of {followed.training.steps:,}{loss}. {kept}"},
        ids.SCRUB_CARD: {"hidden": False},
        ids.card("step-boundary"): {"hidden": not plane},
        **{all_ids.caption(chart): {"children": text} for chart, text in _CAPTIONS.items()},
    }


_CAPTIONS = {
    "step-delta": "Of the loss itself, on this step's batch, down from the head.",
    "step-weights": "What the optimizer is given in this step.",
    "step-forward": "What each layer makes of this step's batch.",
    "step-boundary": "What the network answered then.",
}
