"""Store: what the web and the trainers know of the runs, by key: the key-value side of the queue's home.

A run's keys are "<id>/<part>", and each part has one writer at a time:

    run, seen, attempt, control:<n>      the web: what was asked, when somebody last looked, whose turn it is, commands
    owner:<attempt>, beat                its trainer: claimed once, so that no attempt is worked on twice; every second
    progress                             its trainer; the web while no trainer holds the run
    records:<n>, boundary, fit, checkpoint:<step>, resume     its trainer

A newer attempt takes the run from an older one, whoever works on that. "slot:<n>" -> id are the runs that are kept.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from math import inf
from time import monotonic, time
from typing import Any

import orjson
from huey.storage import BaseStorage
from redis.exceptions import RedisError

from app.runs.limits import MOST_KEPT, SECONDS_TO_LOST
from app.runs.run import Kept, Progress, Run

AWAY = (RedisError, sqlite3.Error, OSError)  # what the homes raise when they do not answer, or have no room
_AT_ONCE = 200  # keys in one question
_MOST_HEARD = 1000
SLOTS = tuple(f"slot:{number}" for number in range(MOST_KEPT))


class UnreachableError(Exception):
    """The store cannot be reached for the moment."""


class Store:
    """Reads and writes by key; UnreachableError where the home does not answer."""

    def __init__(self, storage: BaseStorage) -> None:
        self._storage = storage
        self.missed = 0.0  # when it did not answer last
        # Signs of life, and when each was first seen here, by a clock that is never set.
        self._heard: dict[float, float] = {}

    @contextmanager
    def reached(self) -> Iterator[None]:
        """Turns what the homes raise when they do not answer into UnreachableError."""
        try:
            yield
        except AWAY as error:
            self.missed = time()
            raise UnreachableError(str(error)) from error

    def get(self, keys: Iterable[str]) -> dict[str, bytes]:
        """The values of those keys that there are."""
        asked, found = list(keys), {}
        with self.reached():
            for first in range(0, len(asked), _AT_ONCE):
                found.update(self._storage.peek_many(asked[first : first + _AT_ONCE]))
        return found

    def put(self, key: str, value: bytes) -> None:
        with self.reached():
            self._storage.put_data(key, value)

    def claim(self, key: str, value: bytes = b"1") -> bool:
        """Writes it if nobody has; whether that was so."""
        with self.reached():
            return bool(self._storage.put_if_empty(key, value))

    def delete(self, keys: Iterable[str]) -> None:
        with self.reached():
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
        if run_id.encode() in taken.values():
            return True
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
                silent, still = now - read(run_id, "seen", run.created), self.still(read(run_id, "beat", 0.0), now)
                runs.append(Kept(run, progress, progress.seen(still, silent > run.lease), silent))
        return sorted(runs, key=lambda kept: kept.run.created)

    def still(self, beat: float, now: float) -> bool:
        """Whether a trainer may be alive that gave its last sign then: it could not give one while the store was away.

        A sign that was fresh here does not grow old at once because the clock is set.
        """
        if abs(now - max(beat, self.missed)) > SECONDS_TO_LOST:
            return monotonic() - self._heard.get(beat, -inf) <= SECONDS_TO_LOST
        if len(self._heard) > _MOST_HEARD:
            self._heard.clear()
        self._heard.setdefault(beat, monotonic())
        return True

    def forget(self, run_id: str) -> None:
        """Removes all that is known of a run."""
        parts = self.parts(run_id, "progress", "attempt")
        progress = Progress(**orjson.loads(parts.get("progress", b"{}")))
        attempts = range(1, 1 + orjson.loads(parts.get("attempt", b"1")))
        names = ["run", "seen", "attempt", "beat", "progress", "boundary", "fit", "resume"]
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
