"""Which learning rates work: the range test of a training, a run of its own kind, as far as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.training.history import Followed
from app.training.progress import going
from components import ids as all_ids
from components.figures.run_rates import rates
from components.text import rich
from components.theme import PALETTES
from components.training import ids
from simulation.training.config import TrainingConfig
from simulation.training.range_sentences import describe_range_test
from simulation.training.range_test import RATES, so_far, steps_each, trial

# What is said of a test that is not whole, by its state.
STATES = {
    "queued": "Waiting for a free place", "stopped": "Stopped", "lost": "Its trainer is gone: please try again",
    "expired": "Nobody watched, so it made room: please try again",
}  # fmt: skip


def answer(followed: Followed, present: TrainingConfig, theme: str) -> dict[str, Any]:
    """The chart and its line; stale: whether the page has come to train something else, of which this says nothing."""
    asked, seen = followed.training, followed.seen
    each = steps_each(asked)
    tested = so_far(trial(asked, each), len(RATES), followed.records) if len(followed.records["loss"]) else None
    stale = _tried(present) != _tried(asked)
    if tested and seen.state == "done":
        words = rich(describe_range_test(tested))
        said: Any = ["Of the network before: ", *words, " Try them again."] if stale else words
    else:
        said = _line(followed, each) + (" · of the network before" if stale and not going(seen.state) else "")
    components = shown(said, going(seen.state))
    figures = {all_ids.chart(ids.RATES): rates(PALETTES[theme], tested, present.learning_rate)} if tested else {}
    if tested:
        components[ids.RATES_CARD] = {"hidden": False, "className": "stale" if stale else ""}
    return {"going": going(seen.state), "stale": stale, "components": components, "figures": figures}


def shown(said: Any, more: bool = False) -> dict[str, dict[str, Any]]:
    """What is said; more: whether more is to come, which can be stopped."""
    return {ids.RATES_LINE: {"children": said}, ids.RATES_BUTTON: {"children": "Stop" if more else "Try them"}}


def _line(followed: Followed, each: int) -> str:
    """How far it is."""
    seen, count = followed.seen, len(followed.records["loss"])
    parts = [STATES.get(seen.state, ""), f"number {seen.place} in the queue" if seen.place else ""]
    if count or seen.state == "running":
        parts.append(f"{count} of {len(RATES)} rates tried, {each} steps each{' …' if seen.state == 'running' else ''}")
    return " · ".join(part for part in (*parts, seen.progress.message) if part)


def _tried(config: TrainingConfig) -> TrainingConfig:
    """What the test is a function of."""
    return replace(trial(config, steps_each(config)), learning_rate=RATES[0])
