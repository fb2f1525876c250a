"""Histories: the records of the runs that pages look at, kept in memory, so that each is fetched and unpacked once."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from app.runs.desk import Desk, Seen, shapes_of, trained
from app.runs.records import from_file, of_training, unpacked
from app.training.state import TrainState
from simulation.training.config import TrainingConfig
from simulation.training.records import Crash

Array = NDArray[Any]
_MOST = 24  # runs; one of 550 records and 300 layers takes 12 MB


@dataclass
class _History:
    state: TrainState
    columns: dict[str, Array]
    next: int = 0
    lock: Lock = field(default_factory=Lock)


@dataclass(frozen=True)
class Followed:
    """A run as it stands: what was asked for, how far it is, and everything recorded (see `training.records.together`)."""

    asked: TrainState
    seen: Seen
    records: Mapping[str, Array]

    @property
    def count(self) -> int:
        return len(self.records["step"])

    @property
    def state(self) -> TrainState:
        """What was asked for, with the changes that were made since."""
        changes = tuple((step, name, value) for step, name, value in self.seen.progress.changes)
        return replace(self.asked, config=replace(self.asked.config, changes=changes or self.asked.config.changes))

    @property
    def training(self) -> TrainingConfig:
        return self.state.training

    @property
    def crashes(self) -> tuple[Crash | None, ...]:
        """How each network's numbers ended, if they did."""
        told = self.seen.progress.crashes or [None] * self.asked.networks
        return tuple(crash and Crash(**crash) for crash in told)


def nothing(state: TrainState) -> dict[str, Array]:
    """The records of a run that has none yet."""
    return unpacked(b"", of_training(state.networks, state.config.network.depth))


class Histories:
    """Those of this process, the least recently looked at dropped first."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._kept: OrderedDict[str, _History] = OrderedDict()
        self._lock = Lock()

    def follow(self, run_id: str, kind: str = "training") -> Followed | None:
        """The run with all its records; None where there is none of this id and kind."""
        seen = self.desk.look(run_id)
        if seen is None or seen.run.kind != kind:
            return None
        history = self._history(run_id, seen)
        with history.lock:
            while history.next < seen.progress.records:
                chunks = list(self.desk.records(seen, history.next))
                if not chunks:
                    break  # forgotten meanwhile
                history.columns = {
                    name: np.concatenate([kept, *(chunk[name] for chunk in chunks)])
                    for name, kept in history.columns.items()
                }
                history.next = len(next(iter(history.columns.values())))
            return Followed(history.state, seen, history.columns)

    def _history(self, run_id: str, seen: Seen) -> _History:
        with self._lock:
            if run_id not in self._kept:
                columns = unpacked(b"", shapes_of(seen.run))
                self._kept[run_id] = _History(trained(seen.run.query), columns)
                while len(self._kept) > _MOST:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(run_id)
            return self._kept[run_id]

    def answers(self, seen: Seen) -> dict[str, Any] | None:
        """What a run's network answered last, as the store has it: a decision boundary, or a fit."""
        told = self.desk.part(seen, "boundary") or self.desk.part(seen, "fit")
        return orjson.loads(told) if told else None

    def checkpoint(self, seen: Seen, step: int) -> dict[str, Array] | None:
        """The run's numbers before this step, if they are kept."""
        data = self.desk.part(seen, f"checkpoint:{step}")
        return from_file(data) if data else None
