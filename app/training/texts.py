"""The words of the Train page: the headline, the tiles, the buttons, how far a run is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite, isnan
from typing import Any

import numpy as np

from app.training.history import Followed
from app.training.look import Look
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
from simulation.training.captions import captions
from simulation.training.data import DATA
from simulation.training.diagnosis import TrainingVerdict, diagnose_training
from simulation.training.expected import describe_first_loss, expect, loss_text
from simulation.training.optimizers import OPTIMIZERS
from simulation.training.outcomes import describe_outcomes, outcomes
from simulation.training.readings import readings
from simulation.training.sentences import describe_training
from simulation.training.suggestions import suggestions
from simulation.training.trainer import SEEDS

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


WELL = ("starting", "learning", "learned")
MULTIPLY_ADDS = 3e9  # a second, on one core; a guess before the first step


def going(state: str) -> bool:
    """Whether there is more to come."""
    return state in ("queued", "running", "paused")


def of_runs(followed: Mapping[str, Followed], runs: Sequence[Run]) -> Components:
    """How far it is, and the numbers: what changes with every answer."""
    shown, other = followed["run"], followed.get("beside")
    numbers = _numbers(runs[0]) if other else None
    return {
        **buttons(shown.seen.state),
        **_progress(shown, other),
        ids.TILES: {"children": cards.tiles(_numbers(runs[-1]), numbers)},
        ids.ANNOUNCE: {"children": f"{STATES[shown.seen.state]}."},
    }


def sentences(followed: Mapping[str, Followed], run: Run, look: Look) -> Components:
    """What is to be read: the headline, a line for each chart, what would help."""
    shown, other = followed["run"], followed.get("beside")
    return {
        **_told(run, shown.state, look),
        ids.LEGEND: {"children": cards.legend(described(shown.state), described(other.state) if other else "")},
        ids.FILES: {"children": cards.files(shown.seen.run.id, shown.state.query)},
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
        ids.PROGRESS: {"aria-valuenow": str(share), "style": {"--done": f"{share}%"}},
    }


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{max(seconds, 0):.0f} s" if seconds >= 10 else f"{max(seconds, 0):.1f} s"
    return f"{seconds / 60:.0f} min"


def _told(run: Run, state: TrainState, look: Look) -> Components:
    """What happens, with its numbers; the first loss beside that of knowing nothing; what would help."""
    losses = run.of("loss")
    if not len(losses):
        return {ids.HEADLINE: {"children": ["Waiting for the first step …"]}, ids.FIRST: {"children": ""}}
    if run.networks > 1:
        return _many_told(run, state, look)
    verdict = diagnose_training(run.training, run.records, run.crash)
    sentence = describe_training(run.training, verdict)
    noted = [sentence.note, *readings(run.training, verdict)]
    return {
        ids.HEADLINE: {"children": cards.headline(sentence.word, sentence.text, verdict.state)},
        ids.FIRST: {"children": rich(describe_first_loss(verdict.expected, float(losses[0])))},
        ids.ADVICE: {"children": rich(" ".join(text for text in noted if text))},
        **_offers(state, verdict, look),
        ids.SEEDS: {"children": []},
        **_captions(run, verdict, look.shows),
    }  # fmt: skip


def _many_told(run: Run, state: TrainState, look: Look) -> Components:
    """The same of many networks: what became of each, and a strip that opens any."""
    found = outcomes(run.training, run.records, run.crashes)
    failed = next((index for index, one in enumerate(found.each) if one != "learned"), 0)
    verdict = diagnose_training(run.training, run.records, run.crashes[failed], failed)
    seeds = [(state.config.network.seed + index) % SEEDS for index in range(state.networks)]
    alone = replace(state, networks=1)
    opens = [
        Look(
            replace(alone, config=replace(state.config, network=replace(state.config.network, seed=seed))), look.shows
        ).query
        for seed in seeds
    ]
    return {
        ids.HEADLINE: {"children": rich(describe_outcomes(found))},
        ids.FIRST: {"children": rich(describe_first_loss(verdict.expected, float(run.of("loss")[0])))},
        ids.ADVICE: {"children": "Lines are medians of all networks, bands hold 8 of 10. A square of the strip trains that seed alone."},
        **_offers(state, verdict, look),
        ids.SEEDS: {"children": cards.strip(list(zip(seeds, found.each, opens, strict=True)))},
        **_captions(run, verdict, look.shows),
    }  # fmt: skip


def _offers(state: TrainState, verdict: TrainingVerdict, look: Look) -> Components:
    """A button for each edit that is worth a run beside this one; and one for this run alone."""
    offers = [
        (one.label, one.summary, Look(TrainState(one.config, one.remedies, state.networks), look.shows, state.query).query)
        for one in suggestions(state.config, verdict, state.remedies)
    ]  # fmt: skip
    alone = look.beside and replace(look, beside=None).query
    return {ids.REMEDIES: {"children": cards.remedies(offers, verdict.state not in WELL, alone)}}


def _captions(run: Run, verdict: TrainingVerdict, shows: str) -> Components:
    """Under each title what to see in it; of many networks what is drawn."""
    if run.networks > 1:
        lines = dict.fromkeys(ids.TITLES, f"The median of {run.networks} networks; a band holds 8 of 10.")
    else:
        told = captions(run.training, run.records, verdict)
        lines = {chart: told[shows if key == "heatmap" else key] for chart, key in _CAPTIONS.items()}
    lines["train-heatmap-beside"] = "Its colors mean the same."
    described = {all_ids.description(chart): {"children": _description(chart, run)} for chart in ("train-loss", "train-accuracy", "train-norm")}  # fmt: skip
    return {all_ids.caption(chart): {"children": rich(text)} for chart, text in lines.items()} | described


_CAPTIONS = {
    "train-loss": "loss", "train-accuracy": "accuracy", "train-boundary": "boundary", "train-heatmap": "heatmap",
    "train-ratio": "update_ratio", "train-norm": "gradient_norm",
}  # fmt: skip


def _description(chart: str, run: Run) -> str:
    """The chart in words, for those who do not see it."""
    name = {"train-loss": "loss", "train-accuracy": "accuracy", "train-norm": "log10_gradient_norm"}[chart]
    values = run.of(name)
    if not len(values):
        return "Nothing is recorded yet."
    first, last = (_spoken(float(value)) for value in values[[0, -1]])
    return f"{ids.TITLES[chart]} by step: {first} at step {run.steps[0]:.0f}, {last} at step {run.steps[-1]:.0f}."


def _spoken(value: float) -> str:
    if not isfinite(value):
        return "not a number" if isnan(value) else "exactly 0" if value < 0 else "overflow"
    mantissa, _, exponent = f"{value:.3g}".partition("e")
    return f"{mantissa} times 10 to the {int(exponent)}" if exponent else mantissa


def _numbers(run: Run) -> dict[str, Any]:
    """The tiles' numbers as Dash children, by label."""
    if not len(run.steps):
        second = "Right, held out" if DATA[run.training.data].task == "classes" else "Loss, held out"
        return {label: ["–"] for label in ("Loss", second, "Gradient norm", "Layer 1 moves by", "Dead units")}
    held_out = run.of("validation_accuracy")
    known = held_out[np.isfinite(held_out)]
    classes = DATA[run.training.data].task == "classes"
    validation = run.of("validation_loss")
    validation = validation[np.isfinite(validation)]
    second = (
        ("Right, held out", [percent(float(known[-1]))] if known.size else ["–"]) if classes
        else ("Loss, held out", rich(digits(float(validation[-1]), 3)) if validation.size else ["–"])
    )  # fmt: skip
    return {
        "Loss": _loss(float(run.of("loss")[-1])),
        second[0]: second[1],
        "Gradient norm": _size(run.of("log10_gradient_norm")[-1]),
        "Layer 1 moves by": _size(run.of("log10_update_ratio")[-1, 0]),
        "Dead units": [percent(float(run.of("dead_fraction")[-1].mean()))],
    }


def _loss(loss: float) -> list[Any]:
    return rich(loss_text(loss)) if isfinite(loss) else ["NaN" if isnan(loss) else "overflow"]


def _size(log10_size: float) -> list[Any]:
    if np.isnan(log10_size) or np.isposinf(log10_size):
        return ["NaN" if np.isnan(log10_size) else "overflow"]
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


def waiting(state: TrainState, planned: Run) -> Components:
    """What is said before the first run."""
    config = state.training
    first = (
        f"A network that knows nothing has a loss of {expect(config).chance} here: that is where a run should start."
    )
    seconds = max(
        3.0 * config.steps * config.network.batch * config.learned * state.networks / MULTIPLY_ADDS,
        0.001 * config.steps,
    )
    return {
        ids.HEADLINE: {"children": f"Press Start, and watch {config.network.depth} layers learn {DATA[config.data].label}, or fail to."},
        ids.FIRST: {"children": rich(first)},
        ids.STATUS: {"children": f"{config.steps:,} steps, about {_duration(seconds)}"},
        ids.TILES: {"children": cards.tiles(_numbers(planned), None)},
        ids.LEGEND: {"children": cards.legend(described(state), "")},
        **buttons(""),
    }  # fmt: skip
