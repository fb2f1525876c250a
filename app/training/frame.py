"""What the Train page shows of a run, and of one beside it: charts, words and buttons, by element."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from app.training import texts
from app.training.history import Followed, nothing
from app.training.look import Look
from app.training.state import TrainState
from components import ids as all_ids
from components.figures import run_layers, run_plane, run_steps
from components.figures.run_plane import Plane
from components.figures.runs import Palette, Run
from components.theme import PALETTES
from components.training import ids
from components.training.quantities import QUANTITIES
from simulation.training.data import DATA, draw_data
from simulation.training.expected import expect

Components = dict[str, dict[str, Any]]


def run_of(role: str, followed: Followed, since: int) -> Run:
    """The run as the charts take it."""
    return Run(role, followed.training, followed.records, followed.crashes, since, followed.asked.networks, _references(followed.state))  # fmt: skip


def planned(state: TrainState) -> Run:
    """A run of which there is nothing yet: its charts have their axes and reference lines."""
    return Run("run", state.training, nothing(state), (None,) * state.networks, 0, state.networks, _references(state))


def _references(state: TrainState) -> dict[str, float]:
    expected = expect(state.training)
    levels = {f"knows nothing: {expected.formula} = {expected.first:.4g}": expected.first}
    return levels | {f"same answer for all: {expected.constant:.4g}": expected.constant}


def figures(runs: Sequence[Run], look: Look, theme: str, plane: Plane | None) -> Components:
    """The charts by id; `runs`: the one on the screen last, before it the one beside it."""
    palette, quantity = PALETTES[theme], QUANTITIES[look.shows]
    shown, span = runs[-1], run_layers.color_span(runs, QUANTITIES[look.shows])
    drawn = {
        "train-loss": run_steps.loss(palette, runs),
        "train-heatmap": run_layers.heatmap(palette, shown, quantity, span),
        "train-ratio": run_layers.ratios(palette, runs),
        "train-norm": run_steps.gradient_norm(palette, runs),
    }
    if len(runs) > 1:
        drawn["train-heatmap-beside"] = run_layers.heatmap(palette, runs[0], quantity, span)
    kind = DATA[shown.training.data]
    if kind.task == "classes":
        drawn["train-accuracy"] = run_steps.accuracy(palette, runs)
    if _is_plane(shown):
        drawn["train-boundary"] = _boundary(palette, shown, plane)
    return {all_ids.chart(chart): {"figure": figure} for chart, figure in drawn.items()}


def visible(run: Run, compared: bool) -> Components:
    """Which cards there are for this run."""
    there = {
        "train-accuracy": DATA[run.training.data].task == "classes",
        "train-boundary": _is_plane(run),
        "train-heatmap-beside": compared,
    }
    return {ids.card(chart): {"hidden": not shown} for chart, shown in there.items()}


def _is_plane(run: Run) -> bool:
    return DATA[run.training.data].task == "classes" and run.training.shape == (2, 2) and run.networks == 1


def _boundary(palette: Palette, run: Run, plane: Plane | None) -> dict[str, Any]:
    data = draw_data(run.training).train
    return run_plane.boundary(palette, plane, data.inputs, data.targets)


def plane_of(told: Mapping[str, Any] | None) -> Plane | None:
    """The boundary as the store has it."""
    if not told:
        return None
    levels = np.frombuffer(b64decode(told["values"]), np.uint8).reshape(told["size"], told["size"])
    return Plane(told["step"], levels / 255, tuple(told["low"]), tuple(told["high"]))


def frame(
    followed: Mapping[str, Followed], since: Mapping[str, int], look: Look, theme: str, boundary: Mapping[str, Any] | None
) -> dict[str, Any]:  # fmt: skip
    """The answer to a page that has `since` so many records of each run: what is new of the charts, and the words."""
    runs = [run_of(role, followed[role], since[role]) for role in ("beside", "run") if role in followed]
    components = visible(runs[-1], len(runs) > 1) | texts.of_runs(followed, runs)
    if any(run.since < len(run.steps) or run.since == 0 for run in runs) or not texts.going(followed["run"].seen.state):
        charts = figures(runs, look, theme, plane_of(boundary))
    else:
        charts = {}
    return {
        "runs": {role: {"next": one.count, "state": one.seen.state, "going": texts.going(one.seen.state), "query": one.state.query}
                 for role, one in followed.items()},
        "components": components,
        "figures": {chart: part["figure"] for chart, part in charts.items()},
    }  # fmt: skip
