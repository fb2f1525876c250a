"""The desk: what the web does with runs. It takes them in, passes commands on, and tells how far they are."""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf
from time import time
from typing import Any

import orjson

from app.runs import limits
from app.runs.queue import Queue
from app.runs.records import OF_RATES, Array, Shapes, of_training, row_length, unpacked
from app.runs.run import ENDED, TAKEN_UP, UNDER_WAY, Kept, Progress, Run
from app.runs.store import Store
from app.training.state import TrainState, strict
from app.words import pairs_of
from simulation.training.range_test import RATES, steps_each

_SECONDS_BETWEEN_NOTES = 5.0  # of when somebody last asked


@dataclass
class Refused(Exception):  # noqa: N818 - it is what is told
    """What cannot be done now: the bound or state that forbids it, and the place in the queue there would have been."""

    reason: str
    message: str
    place: int | None = None


@dataclass(frozen=True)
class Seen:
    """A run as somebody who asks sees it."""

    run: Run
    progress: Progress
    attempt: int
    state: str
    place: int | None


class Desk:
    """Between the routes and the queue."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    @property
    def _store(self) -> Store:
        return self._queue.store

    def submit(
        self, state: TrainState, address: str, lease: int = limits.SECONDS_OF_LEASE, kind: str = "training"
    ) -> Seen:
        """Takes a run in; Refused where one of the limits forbids it."""
        now = time()
        kept = self._tidy(now)
        address = hashlib.sha256(address.encode()).hexdigest()[:16]
        self._check(kept, address)
        run = Run(secrets.token_urlsafe(9), state.query, address, now, lease, kind)
        progress = Progress(queued=now, changes=list(state.config.changes))
        self._store.write(run.id, run=run, progress=progress, attempt=1, seen=now)
        if not self._store.enlist(run.id):
            self._store.forget(run.id)
            raise Refused("kept", "There is no room for another run for the moment: please try again in a minute.")
        self._queue.submit(run.id, 1)
        return Seen(run, progress, 1, "queued", 1 + sum(one.state == "queued" for one in kept))

    def _check(self, kept: list[Kept], address: str) -> None:
        waiting = sum(one.state == "queued" for one in kept)
        here = sum(one.run.address == address and one.state in UNDER_WAY for one in kept)
        if waiting >= limits.MOST_WAITING:
            message = f"{waiting} runs wait already, as many as may: yours would be number {waiting + 1}. Please try again in a minute."
            raise Refused("waiting", message, waiting + 1)
        if here >= limits.MOST_HERE:
            message = f"{here} runs from your address are under way or wait, as many as may: a class shares one address. Stop one, or wait; yours would be number {waiting + 1} in the queue."
            raise Refused("address", message, waiting + 1)

    def _tidy(self, now: float) -> list[Kept]:
        """Forgets what nobody has asked for in a long time, and the oldest of what takes too much room."""
        kept = self._store.kept(now)
        gone = [one for one in kept if one.state not in UNDER_WAY and one.silent > limits.SECONDS_KEPT]
        rest = [one for one in kept if one not in gone]
        ended = [one for one in rest if one.state not in UNDER_WAY]
        room, places = limits.MOST_BYTES - sum(one.progress.bytes for one in ended), limits.MOST_KEPT - len(rest)
        for one in ended:
            if room >= 0 and places > 0:
                break
            gone.append(one)
            room, places = room + one.progress.bytes, places + 1
        for one in gone:
            self._store.forget(one.run.id)
        return [one for one in kept if one not in gone]

    def look(self, run_id: str) -> Seen | None:
        """The run as it is now, and a note that somebody has asked; None if there is none of this id."""
        now = time()
        parts = self._store.parts(run_id, "run", "progress", "attempt", "beat", "seen")
        if not {"run", "progress", "attempt"} <= parts.keys():
            return None
        if abs(now - orjson.loads(parts.get("seen", b"0"))) > _SECONDS_BETWEEN_NOTES:  # a clock may be set back
            self._store.write(run_id, seen=now)
        run, progress = Run(**orjson.loads(parts["run"])), Progress(**orjson.loads(parts["progress"]))
        beat = orjson.loads(parts.get("beat", b"0"))
        seen = Seen(
            run, progress, orjson.loads(parts["attempt"]), progress.seen(self._store.still(beat, now), False), None
        )
        return self._in_queue(seen, now, beat) if seen.state == "queued" else seen

    def _in_queue(self, seen: Seen, now: float, beat: float) -> Seen:
        """With its place. A run whose message was lost on its way to a trainer is handed over anew."""
        queued = seen.progress.queued
        if min(now - queued, now - beat) > limits.SECONDS_TO_LOST and not len(self._queue):
            self._hand_over(seen, "queued")
        before = (one for one in self._store.kept(now) if one.state == "queued" and one.progress.queued < queued)
        return replace(seen, place=1 + sum(1 for _ in before))

    def records(self, seen: Seen, after: int, most: float = inf) -> Iterator[dict[str, Array]]:
        """Columns of the records from the one numbered `after`, chunk by chunk, until about so many numbers are told."""
        shapes, starts = shapes_of(seen.run), seen.progress.starts
        ends = [*starts, seen.progress.records][1:]
        for start, end in zip(starts, ends, strict=True):
            if end <= after or most <= 0:
                continue
            chunk = self._store.parts(seen.run.id, f"records:{start}").get(f"records:{start}")
            if chunk is None:  # it has just been forgotten
                return
            most -= (end - start) * row_length(shapes)
            columns = unpacked(chunk, shapes)
            yield {name: column[max(after - start, 0) : end - start] for name, column in columns.items()}

    def part(self, seen: Seen, name: str) -> bytes | None:
        """What the run has written under this name."""
        return self._store.parts(seen.run.id, name).get(name)

    def command(self, seen: Seen, verb: str, name: str = "", value: Any = None) -> str:
        """Passes it on to the run's trainer, or does it where none has the run; the state, Refused where it makes no sense."""
        here = seen.progress.held and seen.state in UNDER_WAY
        if seen.state in ENDED or (seen.state in TAKEN_UP and verb not in ("stop", "resume")):
            if verb == "stop":
                return seen.state
            raise Refused("state", f"The run is {seen.state}: it cannot {verb}.")
        if verb == "stop" and not here:
            return self._hand_over(seen, "stopped")
        if verb != "resume":
            self._tell(seen, [verb, name, value])
        if (verb == "resume" and seen.state in TAKEN_UP) or (verb in ("continue", "step") and seen.state == "paused" and not here):  # fmt: skip
            return self._hand_over(seen, "queued")
        return seen.state

    def _tell(self, seen: Seen, command: list[Any]) -> None:
        number = seen.progress.commands
        while not self._store.claim(f"{seen.run.id}/control:{number}", orjson.dumps(command)):
            number += 1

    def _hand_over(self, seen: Seen, state: str) -> str:
        """To a new attempt: whoever had the run before has it no more."""
        attempt = seen.attempt + 1
        progress = replace(seen.progress, state=state, held=False, queued=time())
        self._store.write(seen.run.id, attempt=attempt, progress=progress)
        if state == "queued":
            self._queue.submit(seen.run.id, attempt)
        return state


@lru_cache(maxsize=256)
def trained(query: str) -> TrainState:
    """The state that a run's canonical query says."""
    return strict(pairs_of(query.encode()))


def shapes_of(run: Run) -> Shapes:
    """Of what one of the run's records has."""
    state = trained(run.query)
    return OF_RATES if run.kind == "rates" else of_training(state.networks, state.config.network.depth)


def steps_of(run: Run) -> int:
    """How many steps the run has in all."""
    state = trained(run.query)
    return len(RATES) * steps_each(state.training) if run.kind == "rates" else state.config.steps
