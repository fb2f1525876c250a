"""Journal: all that a trainer writes of its run, kept at hand, so that a store that went away is made whole again."""

from time import monotonic, sleep

import orjson

from app.runs.store import Store, UnreachableError

_SECONDS_BETWEEN_TRIES = 0.3
_MOST_SECONDS_OF_TRYING = 600


class Journal:
    """Parts of one run: put() and drop() note, flush() writes what is new, or nothing while the store is away."""

    def __init__(self, store: Store, run_id: str) -> None:
        self._store, self._run_id = store, run_id
        self._parts: dict[str, bytes] = {}
        self._due: dict[str, bytes | None] = {}  # in the order of their writing; None: is to go
        self.bytes = 0

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
        """Writes what is due; UnreachableError leaves the rest due."""
        for part, value in list(self._due.items()):
            key = f"{self._run_id}/{part}"
            if value is None:
                self._store.delete([key])
            else:
                self._store.put(key, value)
            del self._due[part]

    def rewrite(self) -> None:
        """Writes everything: for a store that came back empty."""
        self._store.enlist(self._run_id)
        self._due = {**self._parts, **self._due}
        self.flush()

    def close(self) -> None:
        """Writes what is due, however long the store is away (ten minutes at most)."""
        give_up = monotonic() + _MOST_SECONDS_OF_TRYING
        while monotonic() < give_up:
            try:
                return self.flush()
            except UnreachableError:
                sleep(_SECONDS_BETWEEN_TRIES)
