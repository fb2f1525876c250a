"""Run, Progress: what was asked for, and how far it is."""

from dataclasses import dataclass, field
from typing import Any

from app.runs.limits import SECONDS_OF_LEASE

# Waiting or worked on; to be taken up by `resume`; over.
UNDER_WAY, TAKEN_UP, ENDED = ("queued", "running", "paused"), ("lost", "expired"), ("done", "crashed", "stopped")


@dataclass(frozen=True)
class Run:
    """What was asked for: the canonical query of a TrainState, and how long its asker may be silent, in seconds.

    kind: "training", or "rates", a range test of the learning rate.
    """

    id: str
    query: str
    address: str = ""
    created: float = 0.0
    lease: int = SECONDS_OF_LEASE
    kind: str = "training"


@dataclass
class Progress:
    """How far a run is. held: a trainer works on it or waits with it; records: how many; starts: of their chunks."""

    state: str = "queued"
    held: bool = False
    paused: bool = False
    queued: float = 0.0  # since when
    step: int = 0
    steps_per_second: float | None = None
    seconds: float = 0.0  # that it was under way
    changes: list[tuple[int, str, Any]] = field(default_factory=list)
    records: int = 0
    starts: list[int] = field(default_factory=list)
    crashes: list[dict[str, Any] | None] = field(default_factory=list)
    checkpoints: list[int] = field(default_factory=list)
    commands: int = 0  # that were carried out
    bytes: int = 0
    message: str | None = None

    def seen(self, still: bool, silent: bool) -> str:
        """The state for whoever looks, by whether its trainer, and whoever asked for it, may still be there."""
        if self.held:
            return self.state if still else "lost"
        return "expired" if silent and self.state in UNDER_WAY else self.state


@dataclass(frozen=True)
class Kept:
    """A run that is in the store, and its state as it is seen now; silent: seconds since somebody asked."""

    run: Run
    progress: Progress
    state: str
    silent: float
