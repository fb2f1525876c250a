"""How far a run is: its state in words, its buttons, its numbers; what changes with every answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite, isnan
from typing import Any

import numpy as np
from dash import html

from app.training.history import Followed
from components.figures.axes import Array
from components.figures.runs import Run
from components.text import power, rich
from components.training import cards, ids
from simulation.sentences import percent
from simulation.training.data import DATA
from simulation.training.expected import loss_text

Components = dict[str, dict[str, Any]]
# state -> (main button's label and verb, whether there can be a step, a stop)
BUTTONS = {
    "queued": ("Pause", "pause", False, True),
    "running": ("Pause", "pause", False, True),
    "paused": ("Continue", "continue", True, True),
    "lost": ("Resume", "resume", False, False),
    "expired": ("Resume", "resume", False, False),
}
STATES = {
    "queued": "Waiting for a free place", "running": "Training", "paused": "Paused", "done": "Done", "stopped": "Stopped",
    "crashed": "Ended: the numbers are no longer numbers", "lost": "Its trainer is gone: Resume goes on where it was",
    "expired": "Nobody watched, so it made room: Resume goes on where it was",
}  # fmt: skip
MULTIPLY_ADDS = 3e9  # a second, on one core; a guess before the first step


def going(state: str) -> bool:
    """Whether there is more to come."""
    return state in ("queued", "running", "paused")


def of_runs(followed: Mapping[str, Followed], runs: Sequence[Run]) -> Components:
    """How far it is, and the numbers: what changes with every answer."""
    shown, other = followed["run"], followed.get("beside")
    others = numbers(runs[0]) if other else None
    return {
        **buttons(shown.seen.state),
        **_progress(shown, other),
        ids.TILES: {"children": cards.tiles(numbers(runs[-1]), others)},
        ids.ANNOUNCE: {"children": f"{STATES[shown.seen.state]}."},
    }


def buttons(state: str) -> Components:
    """What can be done in this state; the main button starts where nothing is under way."""
    label, verb, step, stop = BUTTONS.get(state, ("Start again" if state else "Start", "start", False, False))
    return {
        ids.MAIN: {"children": label, "data-verb": verb},
        ids.STEP: {"disabled": not step},
        ids.STOP: {"disabled": not stop},
    }


def _progress(shown: Followed, other: Followed | None) -> Components:
    seen, steps = shown.seen, shown.training.steps
    done = seen.progress.step
    crash = shown.crashes[0] if shown.asked.networks == 1 else None
    where = f"at step {crash.step:,} of {steps:,}" if crash else f"{done:,} of {steps:,} steps done"
    parts = [STATES[seen.state], where]
    if seen.place is not None:
        parts.insert(1, f"number {seen.place} in the queue")
    if seen.state == "running" and (pace := seen.progress.steps_per_second):
        parts.append(f"{pace:,.0f} steps/s" if pace >= 10 else f"{pace:.2g} steps/s")
        parts.append(f"{duration((steps - done) / pace)} left")
    if seen.progress.message:
        parts.append(seen.progress.message)
    if other and going(other.seen.state):
        parts.append(f"the run beside it has done {other.seen.progress.step:,}")
    share = round(100 * done / steps)
    return {
        ids.STATUS: {"children": " · ".join(parts)},
        ids.PROGRESS: {"aria-valuenow": str(share), "style": {"--done": f"{share}%"}},
    }


def duration(seconds: float) -> str:
    """A time in words."""
    if seconds < 60:
        return f"{max(seconds, 0):.0f} s" if seconds >= 10 else f"{max(seconds, 0):.1f} s"
    return f"{seconds / 60:.0f} min"


def numbers(run: Run) -> dict[str, Any]:
    """The tiles' numbers as Dash children, by label."""
    if not len(run.steps):
        second = "Right, held out" if DATA[run.training.data].task == "classes" else "Loss, held out"
        return {
            label: ["–"] for label in ("Loss, last batch", second, "Gradient norm", "Layer 1 moves by", "Dead units")
        }
    classes = DATA[run.training.data].task == "classes"
    second = (
        ("Right, held out", _last(run, run.of("validation_accuracy"), percent)) if classes
        else ("Loss, held out", _last(run, run.of("validation_loss"), loss_text))
    )  # fmt: skip
    return {
        "Loss, last batch": _loss(float(run.of("loss")[-1])),
        second[0]: second[1],
        "Gradient norm": _size(run.of("log10_gradient_norm")[-1]),
        "Layer 1 moves by": _size(run.of("log10_update_ratio")[-1, 0]),
        "Dead units": _last(run, run.of("dead_fraction").mean(axis=-1), percent),
    }


def _loss(loss: float) -> list[Any]:
    return rich(loss_text(loss)) if isfinite(loss) else ["NaN" if isnan(loss) else "overflow"]


def _last(run: Run, values: Array, text: Callable[[float], str]) -> list[Any]:
    """The last value that is a number; with its step, where the numbers ended after it."""
    known = np.flatnonzero(np.isfinite(values))
    if not known.size:
        return ["–"]
    told = rich(text(float(values[known[-1]])))
    ended = run.crash and known[-1] < len(values) - 1
    return [*told, html.Span(f" at step {run.steps[known[-1]]:,.0f}", className="after")] if ended else told


def _size(log10_size: float) -> list[Any]:
    if np.isnan(log10_size) or np.isposinf(log10_size):
        return ["NaN" if np.isnan(log10_size) else "overflow"]
    return power(float(log10_size))
