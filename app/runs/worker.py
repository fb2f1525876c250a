"""What a trainer does with a run: steps, and between them looks what it was told and writes how far it is."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from time import monotonic, sleep, time

import orjson

from app.runs import limits
from app.runs.commands import Commands
from app.runs.journal import Journal, TakenError
from app.runs.output import Output
from app.runs.queue import Queue
from app.runs.recorder import RatesOutput
from app.runs.run import Progress, Run
from app.runs.store import UnreachableError
from app.training.state import TrainState, strict
from app.words import pairs_of
from simulation.training.trainer import Trainer

_SECONDS_BETWEEN_LOOKS = 0.1
_SECONDS_OF_IDLING = 0.02
_SECONDS_BETWEEN_BEATS = 1.0
logger = logging.getLogger(__name__)


class EndedError(Exception):
    """The trainer is done with the run, whose state is this."""

    def __init__(self, state: str, message: str | None = None) -> None:
        super().__init__(state)
        self.state, self.message = state, message


def work(queue: Queue, run_id: str, attempt: int, stopping: Callable[[], bool] = lambda: False) -> None:
    """Trains the run, if this is its newest attempt and nobody else has claimed it."""
    store = queue.store
    parts = store.parts(run_id, "run", "progress", "attempt", "seen")
    if "attempt" not in parts or orjson.loads(parts["attempt"]) != attempt:
        return
    run, progress = Run(**orjson.loads(parts["run"])), Progress(**orjson.loads(parts["progress"]))
    if time() - orjson.loads(parts["seen"]) > run.lease:
        store.write(run_id, progress=replace(progress, state="expired"))
        return
    store.write(run_id, beat=time())
    if store.claim(f"{run_id}/owner:{attempt}"):
        _Work(queue, run, progress, attempt, stopping).do()


class _Work:
    """One attempt at one run."""

    def __init__(self, queue: Queue, run: Run, progress: Progress, attempt: int, stopping: Callable[[], bool]) -> None:
        self.queue, self.run, self.progress, self.attempt, self.stopping = queue, run, progress, attempt, stopping
        self.journal = Journal(queue.store, run.id, attempt)
        self.journal.load("run", "attempt", f"owner:{attempt}", "seen", "resume", "boundary", "fit", "progress")
        self.journal.load(*(f"records:{start}" for start in progress.starts))
        self.journal.load(*(f"checkpoint:{step}" for step in progress.checkpoints))
        self.began, self.before = monotonic(), progress.seconds
        self.looked, self.paused_since = 0.0, monotonic()
        self.seen, self.heard = b"", monotonic()  # what was last noted of who asks, and since when
        self.output: Output | RatesOutput | None = None

    def do(self) -> None:
        """Until the run is through, or taken from here."""
        over = threading.Event()
        threading.Thread(target=self._beat, args=(over,), daemon=True).start()
        try:
            self._end(*self._outcome())
        except TakenError:
            logger.info("Run %s is worked on elsewhere.", self.run.id)
        finally:
            over.set()

    def _outcome(self) -> tuple[str, str | None]:
        """Trains; the state in which that ends, and what is to be said of it."""
        self.progress.state, self.progress.held, self.progress.message = "running", True, None
        try:
            self._if_reached(self._write)
            self._train(strict(pairs_of(self.run.query.encode())))
        except EndedError as ended:
            return ended.state, ended.message
        except TakenError:
            raise
        except Exception:
            logger.exception("Run %s", self.run.id)
            return "stopped", "An error in the program ended this run."
        crashes = self.progress.crashes
        return ("crashed" if crashes and all(crashes) else "done"), None

    def _beat(self, over: threading.Event) -> None:
        """A sign of life, whatever the trainer is at."""
        while not over.wait(_SECONDS_BETWEEN_BEATS):
            try:
                self.queue.store.write(self.run.id, beat=time())
            except UnreachableError:
                continue

    def _train(self, state: TrainState) -> None:
        self.output = output = self._begun(state)
        self.commands = Commands(output.change, self.progress)
        while not output.finished:
            if monotonic() - self.looked >= _SECONDS_BETWEEN_LOOKS:
                self._look(output)
            if output.catching_up:
                output.step()
            elif self.progress.paused and not self.commands.steps:
                sleep(_SECONDS_OF_IDLING)
            else:
                output.step()
                self.commands.steps = max(self.commands.steps - 1, 0)
        output.write()

    def _begun(self, state: TrainState) -> Output | RatesOutput:
        """What takes the steps of a run of this kind."""
        if self.run.kind == "rates":
            return RatesOutput(state.training, self.progress, self.journal)
        config = replace(state.training, changes=tuple(map(tuple, self.progress.changes)))
        return Output(Trainer(config, state.networks), self.progress, self.journal)

    def _look(self, output: Output | RatesOutput) -> None:
        """What there is to know, to obey and to write, ten times a second."""
        self.looked = monotonic()
        self.progress.seconds = self.before + self.looked - self.began
        if self.stopping():
            raise EndedError("queued")
        if self.progress.seconds > limits.SECONDS_OF_RUN:
            raise EndedError("stopped", f"A run takes at most {limits.SECONDS_OF_RUN // 60} minutes here.")
        self._if_reached(lambda: self._obey(output.catching_up), output.write, self._write)

    def _if_reached(self, *actions: Callable[[], None]) -> None:
        """Does these, as far as the store can be reached; training goes on where it cannot."""
        try:
            for action in actions:
                action()
        except UnreachableError as error:
            self.journal.missed(error)

    def _obey(self, catching_up: bool) -> None:
        told = self.queue.store.parts(self.run.id, "seen", *self.commands.parts)
        if (seen := told.get("seen", self.seen)) != self.seen or self.journal.away:
            self.seen, self.heard = seen, monotonic()
        if monotonic() - self.heard > self.run.lease:
            raise EndedError("expired")
        if self.commands.obey(told, waiting=catching_up):
            raise EndedError("stopped")
        self.progress.state = "paused" if self.progress.paused else "running"
        if not self.progress.paused or self.commands.steps:
            self.paused_since = monotonic()
        elif monotonic() - self.paused_since > self._patience():
            raise EndedError("paused")

    def _patience(self) -> float:
        """How long a paused run keeps its trainer, in seconds."""
        return limits.SECONDS_OF_PAUSE_IN_QUEUE if len(self.queue) else limits.SECONDS_OF_PAUSE

    def _write(self) -> None:
        self.progress.bytes = self.journal.bytes
        self.journal.write(progress=self.progress)
        self.journal.flush()

    def _end(self, state: str, message: str | None) -> None:
        """Leaves the run in this state, to be taken up again where it is not through."""
        through = state in ("done", "crashed", "stopped")
        if self.output:
            self.output.write()
            (self.output.last if through else self.output.keep)()
        self.progress.state, self.progress.held, self.progress.message = state, False, message
        if state == "queued":
            self.attempt, self.progress.queued = self.journal.hand_on(), time()
        self.progress.bytes = self.journal.bytes
        self.journal.write(progress=self.progress)
        self.journal.close()
        if state == "queued":
            self.queue.submit(self.run.id, self.attempt)
