"""Admission: few requests compute at once; who would wait too long is told so (503), and the page keeps its picture."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import TIMEOUT_MAX, Event, Lock
from typing import Any, TypeVar

Item = TypeVar("Item")


class Busy(Exception):  # noqa: N818 - a state, which 503 tells
    """No place came free in time."""


class Admission:
    """places: requests that compute at once in this process. seconds: how long one waits for a place.

    Who comes first is served first: among locks as they come, quick requests would always find a free moment before
    slow ones do.
    """

    def __init__(self, places: int, seconds: float) -> None:
        self._free, self._seconds = places, seconds
        self._lock, self._waiting = Lock(), deque[Event]()

    @contextmanager
    def place(self, seconds: float | None = None) -> Iterator[None]:
        """Busy if there is none in time."""
        self._enter(self._seconds if seconds is None else seconds)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, seconds: float) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = Event()
            self._waiting.append(turn)
        if turn.wait(seconds):
            return
        with self._lock:
            if turn.is_set():  # at the last moment
                return
            self._waiting.remove(turn)
        raise Busy

    def _leave(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()  # the place goes from hand to hand
            else:
                self._free += 1

    def steps(self, items: Iterator[Item]) -> Iterator[Item]:
        """The items, each computed in a place that is given back before it is sent: a slow reader holds none.

        Busy only before the first; whoever has begun waits as long as it takes.
        """
        ended = object()
        with self.place():
            item: Any = next(items, ended)
        while item is not ended:
            yield item
            with self.place(TIMEOUT_MAX):
                item = next(items, ended)
