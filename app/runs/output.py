"""Output: what a training gives, on its way into the journal: records, checkpoints, what the network answers."""

from base64 import b64encode
from dataclasses import asdict
from math import ceil
from time import monotonic

import numpy as np

from app.runs.journal import Journal
from app.runs.limits import MOST_CHECKPOINT_BYTES, MOST_CHECKPOINTS
from app.runs.recorder import Recorder
from app.runs.records import filed, from_file, of_training
from app.runs.run import Progress
from simulation.training.boundary import boundary
from simulation.training.fit import fit
from simulation.training.trainer import Trainer

_SECONDS_BETWEEN_RESUMES, _SECONDS_BETWEEN_DRAWINGS = 3.0, 1.0
_SHARE_OF_TIME = 0.05  # that may go into a thing that is done every few seconds


class Every:
    """Says when something is due again: every so many seconds, later if it takes long."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._next = seconds, 0.0

    def due(self) -> bool:
        return monotonic() >= self._next

    def done(self, began: float) -> None:
        """It took from `began` until now."""
        now = monotonic()
        self._next = now + max(self._seconds, (now - began) / _SHARE_OF_TIME)


class Output(Recorder):
    """Of a training. One that was interrupted is first taken to where it was."""

    def __init__(self, trainer: Trainer, progress: Progress, journal: Journal) -> None:
        super().__init__(trainer, progress, journal, of_training(len(trainer.crashes), trainer.config.network.depth))
        self._trainer, self.change = trainer, trainer.change
        self._known = progress.step  # what is recorded already
        if "resume" in journal:
            trainer.restore(from_file(journal["resume"]))
        size = trainer.model.numbers.nbytes + trainer.model.running.nbytes
        count = min(max(MOST_CHECKPOINT_BYTES // size, 1), MOST_CHECKPOINTS)
        self._spacing = ceil(trainer.config.steps / count)
        self._resume, self._drawing = Every(_SECONDS_BETWEEN_RESUMES), Every(_SECONDS_BETWEEN_DRAWINGS)
        self._resume.done(monotonic())
        self._pace = monotonic(), trainer.at

    @property
    def catching_up(self) -> bool:
        """Whether the trainer is still behind what is recorded: its steps are the same, and give nothing new."""
        return self._trainer.at < self._known

    def step(self) -> None:
        """One step of the trainer."""
        at = self._trainer.at
        if at % self._spacing == 0:
            self._checkpoint()
        record = self._trainer.step()
        if record and at >= self._known:
            self._rows.append(record)

    def write(self) -> None:
        """Notes in the journal what has come since the last time."""
        if self.catching_up:
            return
        super().write()
        self._progress.changes = list(self._trainer.config.changes)
        self._progress.crashes = [asdict(crash) if crash else None for crash in self._trainer.crashes]
        if self._resume.due():
            self.keep()
        if self._drawing.due():
            self._draw()

    def keep(self) -> None:
        """Notes all that the run goes on from."""
        began = monotonic()
        self._journal.put("resume", filed(self._trainer.checkpoint()))
        self._resume.done(began)

    def last(self) -> None:
        """Notes how the run ended."""
        self._checkpoint()
        self._draw()
        self._journal.drop("resume")

    def _checkpoint(self) -> None:
        at, model = self._trainer.at, self._trainer.model
        if at in self._progress.checkpoints:
            return
        self._journal.put(
            f"checkpoint:{at}", filed({"at": np.array(at), "numbers": model.numbers, "running": model.running})
        )
        self._progress.checkpoints.append(at)

    def _draw(self) -> None:
        began = monotonic()
        if plane := boundary(self._trainer):
            self._journal.write(boundary=asdict(plane) | {"values": b64encode(plane.values.tobytes()).decode()})
        if line := fit(self._trainer):
            self._journal.write(fit=asdict(line) | {"values": line.values.tolist()})
        self._drawing.done(began)
