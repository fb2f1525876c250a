"""What is to be read on the Train page: the headline, a line for each chart, what would help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite, isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.training.history import Followed
from app.training.look import Look
from app.training.progress import MULTIPLY_ADDS, Components, buttons, duration, going, numbers
from app.training.state import TRAIN_WORDS, TrainState
from components import ids as all_ids
from components.figures.runs import Run, middle
from components.text import rich
from components.training import cards, ids
from simulation.activations import ACTIVATIONS
from simulation.config import seeds_from
from simulation.initializers import INITIALIZERS
from simulation.normalizations import NORMALIZATIONS
from simulation.options import RESIDUALS
from simulation.parameters import Choice, Subset
from simulation.sentences import percent
from simulation.training.captions import MAPS, captions
from simulation.training.data import DATA
from simulation.training.diagnosis import TrainingVerdict, diagnose_training
from simulation.training.expected import describe_first_loss, expect
from simulation.training.optimizers import OPTIMIZERS
from simulation.training.outcomes import describe_outcomes, outcomes
from simulation.training.readings import readings
from simulation.training.sentences import describe_training
from simulation.training.suggestions import suggestions

WELL = ("starting", "learning", "learned")
GONE = {"lost": ("Lost.", "Its trainer is gone"), "expired": ("Put aside.", "Nobody watched this run")}


def sentences(followed: Mapping[str, Followed], run: Run, look: Look) -> Components:
    """What is to be read: the headline, a line for each chart, what would help."""
    shown, other = followed["run"], followed.get("beside")
    told = _told(run, shown.state, look)
    if going(shown.seen.state):
        told.pop(ids.ANNOUNCE, None)  # it would be read out without an end
    elif shown.seen.state in GONE:
        told |= _gone(shown)
    if other and len(sizes := middle(other.records[MAPS[look.shows][0]])):
        beside = f"At step {other.records['step'][-1]:.0f}: {ends(sizes[-1], MAPS[look.shows][0])}."
        told[all_ids.description("train-heatmap-beside")] = {"children": beside}
    return {
        **told,
        ids.SEEDS: {"children": _strips(followed, look)},
        ids.LEGEND: {"children": cards.legend(described(shown.state), described(other.state) if other else "")},
        ids.FILES: {"children": cards.files(shown.seen.run.id, shown.state.query)},
    }


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
        ids.ANNOUNCE: {"children": f"The run has ended. {sentence.word} {sentence.text}"},
        ids.FIRST: {"children": rich(describe_first_loss(verdict.expected, float(losses[0])))},
        ids.ADVICE: {"children": rich(" ".join(text for text in noted if text))},
        **_offers(state, verdict, look),
        **_captions(run, verdict, look.shows),
    }  # fmt: skip


def _gone(followed: Followed) -> Components:
    """That nobody trains it any more: how it goes would be said of a run that stands still."""
    word, why = GONE[followed.seen.state]
    text = f"{why}: it stands after {followed.seen.progress.step:,} of {followed.training.steps:,} steps. Resume goes on from there."
    return {
        ids.HEADLINE: {"children": cards.headline(word, text, "")},
        ids.ANNOUNCE: {"children": f"{word} {text}"},
    }


def _many_told(run: Run, state: TrainState, look: Look) -> Components:
    """The same of many networks."""
    found = outcomes(run.training, run.records, run.crashes)
    failed = next((index for index, one in enumerate(found.each) if one != "learned"), 0)
    verdict = diagnose_training(run.training, run.records, run.crashes[failed], failed)
    return {
        ids.HEADLINE: {"children": rich(describe_outcomes(found))},
        ids.ANNOUNCE: {"children": f"The run has ended. {describe_outcomes(found)}"},
        ids.FIRST: {"children": rich(describe_first_loss(verdict.expected, float(run.of("loss")[0])))},
        ids.ADVICE: {"children": "Lines are medians of all networks, bands hold 8 of 10. A square of the strip trains that seed alone."},
        **_offers(state, verdict, look),
        **_captions(run, verdict, look.shows),
    }  # fmt: skip


def _strips(followed: Mapping[str, Followed], look: Look) -> list[Any]:
    """Of many networks what became of each: a strip that opens any, and one for those of the run beside."""
    strips = []
    for role, name in (("run", "This run"), ("beside", "Beside it")):
        one = followed.get(role)
        if not one or not one.count or one.asked.networks == 1:
            continue
        state, found = one.state, outcomes(one.training, one.records, one.crashes)
        seeds = seeds_from(state.config.network.seed, state.networks)
        alone = Look(replace(state, networks=1), look.shows).query
        heading = (name, describe_outcomes(found)) if "beside" in followed else None
        strips += cards.strip(heading, list(zip(seeds, found.each, strict=True)), alone)
    return strips


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
        lines = dict.fromkeys(ids.TITLES, f"The median of {run.networks} networks.")
        lines |= dict.fromkeys(
            ("train-loss", "train-accuracy", "train-norm"),
            f"The median of {run.networks} networks; a band holds 8 of 10.",
        )
    else:
        told = captions(run.training, run.records, verdict)
        lines = {chart: told[shows if key == "heatmap" else key] for chart, key in _CAPTIONS.items()}
    lines["train-heatmap-beside"] = "Its colors mean the same."
    by_layer = {"train-heatmap": MAPS[shows][0], "train-ratio": "log10_update_ratio"}
    described = {
        all_ids.description(chart): {"children": _by_step(chart, name, run)} for chart, name in _BY_STEP.items()
    }
    described |= {
        all_ids.description(chart): {"children": _by_layer(chart, name, run)} for chart, name in by_layer.items()
    }
    return {all_ids.caption(chart): {"children": rich(text)} for chart, text in lines.items()} | described


_CAPTIONS = {
    "train-loss": "loss", "train-accuracy": "accuracy", "train-boundary": "boundary", "train-heatmap": "heatmap",
    "train-ratio": "update_ratio", "train-norm": "gradient_norm",
}  # fmt: skip


_BY_STEP = {"train-loss": "loss", "train-accuracy": "accuracy", "train-norm": "log10_gradient_norm"}


def _by_step(chart: str, name: str, run: Run) -> str:
    """The chart in words, for those who do not see it."""
    values = run.of(name)
    if not len(values):
        return "Nothing is recorded yet."
    first, last = (spoken(float(value), name) for value in values[[0, -1]])
    return f"{ids.TITLES[chart]} by step: {first} at step {run.steps[0]:.0f}, {last} at step {run.steps[-1]:.0f}."


def _by_layer(chart: str, name: str, run: Run) -> str:
    values = run.of(name)
    if not len(values):
        return "Nothing is recorded yet."
    return f"At step {run.steps[-1]:.0f}: {ends(values[-1], name)}."


def ends(values: NDArray[np.float64], name: str) -> str:
    """A record's sizes by layer in words: those of both ends."""
    first, last = (spoken(float(value), name) for value in values[[0, -1]])
    return f"{first} at layer 1, {last} at layer {len(values)}" if len(values) > 1 else f"{first} at layer 1"


def spoken(value: float, name: str) -> str:
    """A recorded number as a voice says it."""
    if not isfinite(value):
        return "not a number" if isnan(value) else "exactly 0" if value < 0 else "overflow"
    if name.startswith("log10"):
        return f"10 to the {value + 0:.1f}"
    if name.endswith("fraction"):
        return percent(value)
    mantissa, _, exponent = f"{value:.3g}".partition("e")
    return f"{mantissa} times 10 to the {int(exponent)}" if exponent else mantissa


def described(state: TrainState) -> str:
    """The training in a few words."""
    config, network = state.training, state.training.network
    words = [
        f"{network.depth} × {network.width} {ACTIVATIONS[network.activation].label}",
        INITIALIZERS[network.initializer].label,
    ]
    words += [f"× {network.weight_scale:.4g}"] if network.weight_scale != 1 else []
    words += [NORMALIZATIONS[network.normalization].label] if network.normalization != "none" else []
    words += [f"{RESIDUALS[network.residual].label} skips"] if network.residual != "none" else []
    rates = [f", from step {step:,} {value:g}" for step, name, value in config.changes if name == "learning_rate"]
    words.append(f"{OPTIMIZERS[config.optimizer].label} {config.learning_rate:g}{''.join(rates)}")
    words += [f"clip {config.threshold:g}"] if config.clip != "none" else []
    words += [f"from step {step:,} {TRAIN_WORDS[name].label.lower()} {said(name, value)}" for step, name, value in config.changes if name != "learning_rate"]  # fmt: skip
    return " · ".join(words)


def said(word: str, value: Any) -> str:
    """A setting's value as people say it."""
    parameter = TRAIN_WORDS[word]
    if isinstance(parameter, Choice):
        return str(parameter.options[value].label)
    if isinstance(parameter, Subset):
        return ", ".join(parameter.options[key].label for key in value) or "none"
    return parameter.format(value)


def waiting(look: Look, planned: Run) -> Components:
    """What is said before the first run."""
    state, other = look.train, look.other
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
        ids.STATUS: {"children": f"{config.steps:,} step{'s' * (config.steps > 1)}, {f'about {duration(seconds)}' if seconds >= 1 else 'less than a second'}"},
        ids.TILES: {"children": cards.tiles(numbers(planned), None)},
        ids.LEGEND: {"children": cards.legend(described(state), described(other) if other else "")},
        **buttons(""),
    }  # fmt: skip
