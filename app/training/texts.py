"""The words of the Train page: the headline, the tiles, the buttons, how far a run is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from dash import html

from app.training.history import Followed
from app.training.state import TRAIN_WORDS, TrainState
from components import ids as all_ids
from components.figures.runs import Run
from components.text import power, rich
from components.training import cards, ids
from simulation.activations import ACTIVATIONS
from simulation.initializers import INITIALIZERS
from simulation.normalizations import NORMALIZATIONS
from simulation.options import RESIDUALS
from simulation.parameters import Choice, Subset
from simulation.sentences import digits, percent
from simulation.training.data import DATA
from simulation.training.expected import describe_first_loss, expect
from simulation.training.optimizers import OPTIMIZERS

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


def going(state: str) -> bool:
    """Whether there is more to come."""
    return state in ("queued", "running", "paused")


def of_runs(followed: Mapping[str, Followed], runs: Sequence[Run]) -> Components:
    """All that is said while a run is on the screen."""
    shown = followed["run"]
    other = followed.get("beside")
    return {
        **_headline(runs[-1]),
        **buttons(shown.seen.state),
        **_progress(shown, other),
        **_captions(runs[-1]),
        ids.TILES: {"children": cards.tiles(_numbers(runs[-1]), _numbers(runs[0]) if other else None)},
        ids.LEGEND: {"children": cards.legend(described(shown.state), described(other.state) if other else "")},
        ids.FILES: {"children": cards.files(shown.seen.run.id)},
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
    parts = [f"{STATES[seen.state]}", f"step {done:,} of {steps:,}"]
    if seen.place is not None:
        parts.insert(1, f"number {seen.place} in the queue")
    if seen.state == "running" and (pace := seen.progress.steps_per_second):
        parts.append(f"{pace:,.0f} steps/s" if pace >= 10 else f"{pace:.2g} steps/s")
        parts.append(f"{_duration((steps - done) / pace)} left")
    if seen.progress.message:
        parts.append(seen.progress.message)
    if other and going(other.seen.state):
        parts.append(f"the run beside it is at step {other.seen.progress.step:,}")
    share = round(100 * done / steps)
    return {
        ids.STATUS: {"children": " · ".join(parts)},
        ids.BAR: {"style": {"width": f"{share}%"}},
        ids.PROGRESS: {"aria-valuenow": str(share)},
    }


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{max(seconds, 0):.0f} s" if seconds >= 10 else f"{max(seconds, 0):.1f} s"
    return f"{seconds / 60:.0f} min"


def _headline(run: Run) -> Components:
    """What happens, with its numbers; and the first loss beside that of knowing nothing."""
    losses = run.of("loss")
    if not len(losses):
        return {ids.HEADLINE: {"children": ["Waiting for the first step …"]}, ids.FIRST: {"children": ""}}
    first = describe_first_loss(expect(run.training), float(losses[0]))
    text = f"Loss {digits(float(losses[-1]), 3)} after {int(run.steps[-1]) + 1} steps."
    return {ids.HEADLINE: {"children": rich(text)}, ids.FIRST: {"children": rich(first)}}


def _captions(run: Run) -> Components:
    config = run.training
    median = f" The median of {run.networks} networks; the band holds 8 of 10." if run.networks > 1 else ""
    lines = {
        "train-loss": f"Of each batch, and as dots of what is held out. At the dotted line it knows no more than a constant.{median}",
        "train-accuracy": f"Right answers in each batch, and as dots among what is held out.{median}",
        "train-boundary": "Where it says the one class and where the other, the stronger the surer; the points are what it learns from.",
        "train-heatmap": "A row is a layer, a column a step. Exact zeros are blue, what is no number orange-red.",
        "train-heatmap-beside": "With the same colors.",
        "train-ratio": "The last step's length over the weights' own. A layer far below the line stands still.",
        "train-norm": "All gradients together. Clipping by norm shortens what is above the threshold."
        if config.clip == "norm" or config.changes else "All gradients together, as the optimizer gets them: nothing is clipped.",
    }  # fmt: skip
    return {all_ids.caption(chart): {"children": rich(text)} for chart, text in lines.items()} | {
        all_ids.description(chart): {"children": _description(chart, run)} for chart in ("train-loss", "train-accuracy", "train-norm")
    }  # fmt: skip


def _description(chart: str, run: Run) -> str:
    """The chart in words, for those who do not see it."""
    name = {"train-loss": "loss", "train-accuracy": "accuracy", "train-norm": "log10_gradient_norm"}[chart]
    values = run.of(name)
    if not len(values):
        return "Nothing is recorded yet."
    word = ids.TITLES[chart]
    return f"{word} by step: {values[0]:.3g} at step {run.steps[0]:.0f}, {values[-1]:.3g} at step {run.steps[-1]:.0f}."


def _numbers(run: Run) -> dict[str, Any]:
    """The tiles' numbers as Dash children, by label."""
    if not len(run.steps):
        return dict.fromkeys(("Loss", "Right answers, held out", "Gradient norm", "Layer 1, update / weight", "Dead units"), ["–"])  # fmt: skip
    held_out = run.of("validation_accuracy")
    known = held_out[np.isfinite(held_out)]
    classes = DATA[run.training.data].task == "classes"
    validation = run.of("validation_loss")
    validation = validation[np.isfinite(validation)]
    second = (
        ("Right answers, held out", [percent(float(known[-1]))] if known.size else ["–"]) if classes
        else ("Loss, held out", rich(digits(float(validation[-1]), 3)) if validation.size else ["–"])
    )  # fmt: skip
    return {
        "Loss": rich(digits(float(run.of("loss")[-1]), 3)),
        second[0]: second[1],
        "Gradient norm": _size(run.of("log10_gradient_norm")[-1]),
        "Layer 1, update / weight": _size(run.of("log10_update_ratio")[-1, 0]),
        "Dead units": [percent(float(run.of("dead_fraction")[-1].mean()))],
    }


def _size(log10_size: float) -> list[Any]:
    if np.isnan(log10_size) or np.isposinf(log10_size):
        return ["no number" if np.isnan(log10_size) else "overflow"]
    return power(float(log10_size))


def described(state: TrainState) -> str:
    """The training in a few words."""
    config, network = state.training, state.training.network
    words = [
        f"{network.depth} × {network.width} {ACTIVATIONS[network.activation].label}",
        INITIALIZERS[network.initializer].label,
    ]
    words += [f"× {network.weight_scale:g}"] if network.weight_scale != 1 else []
    words += [NORMALIZATIONS[network.normalization].label] if network.normalization != "none" else []
    words += [f"{RESIDUALS[network.residual].label} skips"] if network.residual != "none" else []
    words.append(f"{OPTIMIZERS[config.optimizer].label} {config.learning_rate:g}")
    words += [f"clip {config.threshold:g}"] if config.clip != "none" else []
    return " · ".join(words)


def said(word: str, value: Any) -> str:
    """A setting's value as people say it."""
    parameter = TRAIN_WORDS[word]
    if isinstance(parameter, Choice):
        return str(parameter.options[value].label)
    if isinstance(parameter, Subset):
        return ", ".join(parameter.options[key].label for key in value) or "none"
    return parameter.format(value)


def waiting(state: TrainState, median: bool = False) -> Components:
    """What is said before the first run."""
    config = state.training
    levels = expect(config)
    said_first = f"A network that knows nothing has a loss of {levels.formula} = {digits(levels.first, 4)} here; that is where a run should start."
    seconds = 3.0 * config.steps * config.network.batch * config.learned * state.networks / 3e9
    return {
        ids.HEADLINE: {"children": [html.Span("Press Start"), f" and watch {described(state)} learn {DATA[config.data].label}."]},
        ids.FIRST: {"children": rich(said_first)},
        ids.STATUS: {"children": f"{config.steps:,} steps, {_duration(max(seconds, 1))} or so."},
        **buttons(""),
    }  # fmt: skip
