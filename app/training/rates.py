"""Which learning rates work: the range test of a training, shown rate by rate while it is computed."""

from __future__ import annotations

from collections.abc import Iterator
from threading import BoundedSemaphore
from typing import Any

from app.panels.stream import paced
from components import ids as all_ids
from components.figures.run_rates import rates
from components.text import rich
from components.theme import PALETTES
from components.training import ids
from simulation.training.config import TrainingConfig
from simulation.training.range_test import RATES, STEPS, RangeTest, describe_range_test, range_test

MOST_MULTIPLY_ADDS = 1e11  # of all rates together: half a minute; what is larger is for the queue of runs
FEWEST_STEPS = 20  # a large network is tried for fewer steps than STEPS, down to these
_FREE = BoundedSemaphore(1)  # a web worker has other pages to serve


def answers(config: TrainingConfig, theme: str) -> Iterator[dict[str, Any]]:
    """Components and the chart, ever fuller; why not, where it cannot be tried here or now."""
    affordable = int(MOST_MULTIPLY_ADDS / (3.0 * len(RATES) * config.network.batch * config.learned))
    if affordable < min(FEWEST_STEPS, config.steps):
        yield _said(
            "This network is too large to try 19 rates here: make it narrower, less deep, or the batch smaller."
        )
        return
    if not _FREE.acquire(blocking=False):
        yield _said("Rates are being tried for another page: please try again in a moment.")
        return
    try:
        for result, last in paced(range_test(config, steps=min(STEPS, affordable))):
            yield answer(result, config, theme, last)
    finally:
        _FREE.release()


def answer(result: RangeTest, config: TrainingConfig, theme: str, last: bool) -> dict[str, Any]:
    """The test so far."""
    said = rich(describe_range_test(result)) if last else f"{len(result.rates)} of {result.total} rates tried …"
    figure = rates(PALETTES[theme], result, config.learning_rate)
    return {
        "components": {ids.RATES_LINE: {"children": said}, ids.RATES_CARD: {"hidden": False}},
        "figures": {all_ids.chart(ids.RATES): figure},
    }


def _said(text: str) -> dict[str, Any]:
    return {"components": {ids.RATES_LINE: {"children": text}}, "figures": {}}
