"""python -m app.runs: the trainers of this machine, each a process. They end when they are told to, or left alone."""

import logging
import os
from typing import Any

from app.blas import one_thread

one_thread()  # before NumPy is loaded

from huey.consumer import Consumer, Scheduler, Worker  # noqa: E402

from app.runs.queue import Queue  # noqa: E402
from app.runs.worker import work  # noqa: E402
from app.settings import Settings  # noqa: E402

_SECONDS_BETWEEN_ASKING, _SECONDS_TO_SETTLE, _SECONDS_TO_STOP = 0.1, 2.0, 20.0
_NICE = 5  # pages are answered first


class Trainer(Worker):
    """A process that takes one run after the other."""

    current: "Trainer"

    def initialize(self) -> None:
        Trainer.current, self.parent = self, os.getppid()
        os.nice(_NICE)
        super().initialize()

    @property
    def stopping(self) -> bool:
        """Whether it is to leave off, or whoever started it is gone."""
        return self.stop_flag.is_set() or os.getppid() != self.parent

    def loop(self, now: Any = None) -> None:
        if self.stopping:
            raise KeyboardInterrupt  # ends the process quietly
        super().loop(now)

    def sleep(self) -> None:
        """Before the queue is asked again. A queue that came back first hears of the runs that are under way."""
        if self.huey.storage.blocking:  # such a one is only slept for when it is away
            self.stop_flag.wait(_SECONDS_TO_SETTLE)
        else:
            super().sleep()


class Idle(Scheduler):
    """Nothing is scheduled here: waits, and ends with the others."""

    def initialize(self) -> None:
        self.parent = os.getppid()

    def loop(self, now: Any = None) -> None:
        self.stop_flag.wait(1)
        if os.getppid() != self.parent:
            raise KeyboardInterrupt


class Trainers(Consumer):
    worker_class, scheduler_class = Trainer, Idle


def main() -> None:
    """Works until SIGTERM; runs that are under way go back to the queue."""
    logging.basicConfig(format="%(asctime)s %(name)s %(process)d %(message)s", level=logging.WARNING)
    settings = Settings.from_environment()
    queue = Queue(settings, lambda queue, run, attempt: work(queue, run, attempt, lambda: Trainer.current.stopping))
    assert queue.task  # known before the first message is read
    Trainers(
        queue.huey, workers=settings.trainers, worker_type="process", periodic=False,
        initial_delay=_SECONDS_BETWEEN_ASKING, max_delay=_SECONDS_BETWEEN_ASKING, health_check_interval=1,
        graceful_signal="TERM", shutdown_timeout=_SECONDS_TO_STOP,
    ).run()  # fmt: skip


if __name__ == "__main__":
    main()
