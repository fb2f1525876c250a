"""Recorders: what takes a run's steps, and writes what they give. Here that of a range test; `output` has that of a training."""

from collections.abc import Mapping
from time import monotonic
from typing import Any

from app.runs.journal import Journal
from app.runs.records import OF_RATES, Shapes, packed
from app.runs.run import Progress
from simulation.config import ConfigError
from simulation.training.config import TrainingConfig
from simulation.training.range_test import Trials, steps_each
from simulation.training.trainer import Trainer

_SECONDS_OF_PACE = 2.0


class Recorder:
    """Takes the steps of something that trains; what they record goes into the journal, with their pace."""

    catching_up = False

    def __init__(self, trainer: Trainer | Trials, progress: Progress, journal: Journal, shapes: Shapes) -> None:
        self._steps, self._progress, self._journal, self._shapes = trainer, progress, journal, shapes
        self._rows: list[Mapping[str, Any]] = []
        self._pace = monotonic(), trainer.at

    @property
    def finished(self) -> bool:
        return self._steps.finished

    def step(self) -> None:
        """One step."""
        if record := self._steps.step():
            self._rows.append(record)

    def write(self) -> None:
        """Notes in the journal what has come since the last time."""
        progress = self._progress
        if self._rows:
            self._journal.put(f"records:{progress.records}", packed(self._rows, self._shapes))
            progress.starts.append(progress.records)
            progress.records += len(self._rows)
            self._rows = []
        self._measure_pace()
        progress.step = self._steps.at

    def keep(self) -> None:
        """Notes all that the run goes on from."""

    def last(self) -> None:
        """Notes how the run ended."""

    def _measure_pace(self) -> None:
        (since, at), now = self._pace, monotonic()
        if now > since and self._steps.at > at:
            self._progress.steps_per_second = (self._steps.at - at) / (now - since)
        if now - since > _SECONDS_OF_PACE:
            self._pace = now, self._steps.at


class RatesOutput(Recorder):
    """Of a range test: goes on with the first rate that has no point yet."""

    def __init__(self, config: TrainingConfig, progress: Progress, journal: Journal) -> None:
        super().__init__(Trials(config, steps=steps_each(config), tried=progress.records), progress, journal, OF_RATES)

    def change(self, name: str, value: Any) -> None:
        raise ConfigError(name, value, "none: each rate is a run of its own, without changes")
