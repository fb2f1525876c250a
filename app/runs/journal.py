"""Journal: all that a trainer writes of its run, kept at hand, so that a store that went away is made whole again."""

import logging
from time import monotonic, sleep, time

import orjson

from app.runs.store import Store, UnreachableError

logger = logging.getLogger(__name__)
_SECONDS_BETWEEN_TRIES = 0.3
_MOST_SECONDS_OF_TRYING = 600


class TakenError(Exception):
    """A newer attempt has the run."""


class Journal:
    """Parts of one run: put() and drop() note, flush() writes what is new, and all of it after the store was away."""

    def __init__(self, store: Store, run_id: str, attempt: int) -> None:
        self._store, self._run_id, self._attempt = store, run_id, attempt
        self._parts: dict[str, bytes] = {}
        self._due: dict[str, bytes | None] = {}  # in the order of their writing; None: is to go
        self.bytes = 0
        self.away = False  # whether the store was, when last written to

    def load(self, *parts: str) -> None:
        """Takes over what the store has of these parts."""
        for part, value in self._store.parts(self._run_id, *parts).items():
            self._keep(part, value)

    def __getitem__(self, part: str) -> bytes:
        return self._parts[part]

    def __contains__(self, part: str) -> bool:
        return part in self._parts

    def put(self, part: str, value: bytes) -> None:
        """Notes a part; what is noted last is written last."""
        self._keep(part, value)
        self._due.pop(part, None)
        self._due[part] = value

    def write(self, **parts: object) -> None:
        """Notes parts as JSON."""
        for part, value in parts.items():
            self.put(part, orjson.dumps(value))

    def drop(self, part: str) -> None:
        """Notes that a part is to go."""
        self.bytes -= len(self._parts.pop(part, b""))
        self._due[part] = None

    def _keep(self, part: str, value: bytes) -> None:
        self.bytes += len(value) - len(self._parts.get(part, b""))
        self._parts[part] = value

    def flush(self) -> None:
        """Writes what is due; UnreachableError leaves the rest due. TakenError where a newer attempt has the run."""
        try:
            attempt = orjson.loads(self._store.parts(self._run_id, "attempt").get("attempt", b"0"))
            if attempt > self._attempt:
                raise TakenError
            if self.away or attempt < self._attempt:  # it may have come back empty, or as it was a while ago
                self._store.enlist(self._run_id)
                self.write(seen=time())
                self._due = {**self._parts, **self._due}
            self._write()
        except UnreachableError as error:
            self.missed(error)
            raise
        self.away = False

    def missed(self, error: UnreachableError) -> None:
        """The store could not be reached: what is written goes on here, and is written down when it is back."""
        if not self.away:
            logger.warning("The store of runs is away: %s", error)
        self.away = True

    def hand_on(self) -> int:
        """Notes that the run is for a new attempt, whose number this is."""
        self._attempt += 1
        self.write(attempt=self._attempt)
        return self._attempt

    def _write(self) -> None:
        for part, value in list(self._due.items()):
            key = f"{self._run_id}/{part}"
            if value is None:
                self._store.delete([key])
            else:
                self._store.put(key, value)
            del self._due[part]

    def close(self) -> None:
        """Writes what is due, however long the store is away (ten minutes at most)."""
        give_up = monotonic() + _MOST_SECONDS_OF_TRYING
        while monotonic() < give_up:
            try:
                return self.flush()
            except UnreachableError:
                sleep(_SECONDS_BETWEEN_TRIES)
