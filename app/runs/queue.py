"""The queue of runs: Huey on a SQLite file or, where its address is given, on Redis. The same code over both."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from huey import Huey, RedisHuey, SqliteHuey
from huey.api import TaskWrapper
from redis import ConnectionPool

from app.runs.store import AWAY, Store, UnreachableError
from app.settings import Settings

NAME = "runs"
_SECONDS_OF_PATIENCE = {"socket_timeout": 5, "socket_connect_timeout": 2}


class Queue:
    """submit() is the one seam between those who ask and those who work; `store` is where both write.

    work(queue, run id, attempt): what a trainer does with a run. The home is looked for when it is first needed.
    """

    def __init__(self, settings: Settings, work: "Callable[[Queue, str, int], None] | None" = None) -> None:
        self._settings, self._work = settings, work

    @cached_property
    def huey(self) -> Huey:
        try:
            return _home(self._settings)
        except AWAY as error:  # a disk on which no file can be made
            raise UnreachableError(str(error)) from error

    @cached_property
    def store(self) -> Store:
        return Store(self.huey.storage)

    @cached_property
    def task(self) -> TaskWrapper:
        """What a trainer is called with: the run's id and the attempt."""
        return self.huey.task(name="train")(lambda run_id, attempt: self._work and self._work(self, run_id, attempt))

    def submit(self, run_id: str, attempt: int) -> None:
        """Lets the next free trainer work on the run."""
        with self.store.reached():
            self.task(run_id, attempt)

    def __len__(self) -> int:
        with self.store.reached():
            return int(self.huey.pending_count())


def _home(settings: Settings) -> Huey:
    if settings.redis_url:
        pool = ConnectionPool.from_url(settings.redis_url, **_SECONDS_OF_PATIENCE)
        return RedisHuey(NAME, connection_pool=pool, results=False)
    folder = Path(settings.runs)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # fsync=False: what a lost process wrote is safe all the same, and a power cut costs runs, not results.
    return SqliteHuey(NAME, filename=str(folder / "runs.db"), fsync=False, results=False)
