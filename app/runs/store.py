"""Store: what the web and the trainers know of the runs, by key: the key-value side of the queue's home.

A run's keys are "<id>/<part>", and each part has one writer at a time:

    run, seen, attempt, control:<n>      the web: what was asked, when somebody last looked, whose turn it is, commands
    owner:<attempt>, beat                its trainer: claimed once, so that no attempt is worked on twice; every second
    progress                             its trainer; the web while no trainer holds the run
    records:<n>, boundary, checkpoint:<step>, resume     its trainer

A newer attempt takes the run from an older one, whoever works on that. "slot:<n>" -> id are the runs that are kept.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from huey.storage import BaseStorage
from redis.exceptions import RedisError

from app.runs.limits import MOST_KEPT, SECONDS_OF_LEASE, SECONDS_TO_LOST

_AT_ONCE = 200  # keys in one question
UNDER_WAY, TAKEN_UP, ENDED = ("queued", "running", "paused"), ("lost", "expired"), ("done", "crashed", "stopped")
SLOTS = tuple(f"slot:{number}" for number in range(MOST_KEPT))


class UnreachableError(Exception):
    """The store cannot be reached for the moment."""


@dataclass(frozen=True)
class Run:
    """What was asked for: the canonical query of a TrainState, and how long its asker may be silent, in seconds."""

    id: str
    query: str
    address: str = ""
    created: float = 0.0
    lease: int = SECONDS_OF_LEASE


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

    def seen(self, beat: float, now: float) -> str:
        """The state for whoever looks: lost when its trainer gives no sign of life."""
        return "lost" if self.held and now - beat > SECONDS_TO_LOST else self.state


@dataclass(frozen=True)
class Kept:
    """A run that is in the store, and its state as it is seen now."""

    run: Run
    progress: Progress
    state: str
    silent: float  # seconds since somebody asked

    @property
    def waiting(self) -> bool:
        return self.state == "queued" and self.silent <= self.run.lease


@contextmanager
def reached() -> Iterator[None]:
    """What the homes raise when they do not answer, as UnreachableError."""
    try:
        yield
    except (RedisError, sqlite3.Error, OSError) as error:
        raise UnreachableError(str(error)) from error


class Store:
    """Reads and writes by key; UnreachableError where the home does not answer."""

    def __init__(self, storage: BaseStorage) -> None:
        self._storage = storage

    def get(self, keys: Iterable[str]) -> dict[str, bytes]:
        """The values of those keys that there are."""
        asked, found = list(keys), {}
        with reached():
            for first in range(0, len(asked), _AT_ONCE):
                found.update(self._storage.peek_many(asked[first : first + _AT_ONCE]))
        return found

    def put(self, key: str, value: bytes) -> None:
        with reached():
            self._storage.put_data(key, value)

    def claim(self, key: str, value: bytes = b"1") -> bool:
        """Writes it if nobody has; whether that was so."""
        with reached():
            return bool(self._storage.put_if_empty(key, value))

    def delete(self, keys: Iterable[str]) -> None:
        with reached():
            for key in keys:
                self._storage.delete_data(key)

    def parts(self, run_id: str, *parts: str) -> dict[str, bytes]:
        """Those parts of a run that there are."""
        return {key.partition("/")[2]: value for key, value in self.get(f"{run_id}/{part}" for part in parts).items()}

    def write(self, run_id: str, **parts: Any) -> None:
        """Parts of a run as JSON."""
        for part, value in parts.items():
            self.put(f"{run_id}/{part}", orjson.dumps(value))

    def enlist(self, run_id: str) -> bool:
        """Gives the run a slot; False where none is free."""
        taken = self.get(SLOTS)
        free = (slot for slot in SLOTS if slot not in taken)
        return any(self.claim(slot, run_id.encode()) for slot in free)

    def kept(self, now: float) -> list[Kept]:
        """All runs in the store, the oldest first."""
        ids = [value.decode() for value in self.get(SLOTS).values()]
        found = self.get(f"{run_id}/{part}" for run_id in ids for part in ("run", "progress", "beat", "seen"))

        def read(run_id: str, part: str, default: Any) -> Any:
            return orjson.loads(found.get(f"{run_id}/{part}", orjson.dumps(default)))

        runs = []
        for run_id in ids:
            if f"{run_id}/run" in found and f"{run_id}/progress" in found:
                run, progress = Run(**read(run_id, "run", {})), Progress(**read(run_id, "progress", {}))
                state = progress.seen(read(run_id, "beat", 0.0), now)
                runs.append(Kept(run, progress, state, now - read(run_id, "seen", run.created)))
        return sorted(runs, key=lambda kept: kept.run.created)

    def forget(self, run_id: str) -> None:
        """Removes all that is known of a run."""
        parts = self.parts(run_id, "progress", "attempt")
        progress = Progress(**orjson.loads(parts.get("progress", b"{}")))
        attempts = range(1, 1 + orjson.loads(parts.get("attempt", b"1")))
        names = ["run", "seen", "attempt", "beat", "progress", "boundary", "resume"]
        names += [f"owner:{attempt}" for attempt in attempts]
        names += [f"control:{number}" for number in range(self.commands(run_id, progress.commands))]
        names += [f"records:{start}" for start in progress.starts]
        names += [f"checkpoint:{step}" for step in progress.checkpoints]
        taken = self.get(SLOTS)
        self.delete([f"{run_id}/{name}" for name in names])
        self.delete([slot for slot, value in taken.items() if value == run_id.encode()])

    def commands(self, run_id: str, known: int) -> int:
        """How many commands the run was given, of which so many are known."""
        while self.parts(run_id, f"control:{known}"):
            known += 1
        return known
