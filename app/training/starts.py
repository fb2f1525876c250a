"""Starts: what a training can be started from: the four stories, then the presets, each beside any run it is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from app.training.look import Look, lenient
from app.training.state import TrainState
from app.training.stories import STORIES
from app.words import pairs_of
from simulation.training.presets import PRESETS, TrainingPreset


@dataclass(frozen=True)
class Start:
    """One of them: its name, what it shows, the page that it opens; beside: the same page by the run that is drawn beside."""

    title: str
    why: str
    look: Look
    beside: Mapping[str, Look] = field(default_factory=lambda: MappingProxyType({}))


def _of_preset(preset: TrainingPreset) -> Start:
    run = TrainState(preset.config, networks=preset.networks)
    beside = {
        name: Look(run, beside=TrainState(config, networks=preset.networks).query)
        for name, config in preset.beside.items()
    }
    return Start(preset.label, preset.summary, next(iter(beside.values()), Look(run)), MappingProxyType(beside))


STARTS = (
    *(
        Start(f"{number}  {story.title}", story.why, lenient(pairs_of(story.query.encode()))[0])
        for number, story in enumerate(STORIES, 1)
    ),
    *(_of_preset(preset) for preset in PRESETS.values()),
)


def start_of(look: Look) -> Start | None:
    """The one that is on the page, whatever its heatmap shows and whichever of its runs is beside."""
    plain = replace(look, shows=Look().shows)
    story = next((start for start in STARTS if start.look == plain), None)
    return story or next((start for start in STARTS if start.beside and start.look.train == plain.train), None)
