"""Admission: few requests compute at once; who would wait too long is told so (503), and the page keeps its picture."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any, TypeVar

Item = TypeVar("Item")


class Busy(Exception):  # noqa: N818 - a state, which 503 tells
    """No place came free in time."""


class Admission:
    """places: requests that compute at once in this process. seconds: how long one waits for a place."""

    def __init__(self, places: int, seconds: float) -> None:
        self._free, self._seconds = BoundedSemaphore(places), seconds

    @contextmanager
    def place(self) -> Iterator[None]:
        """Busy if there is none in time."""
        if not self._free.acquire(timeout=self._seconds):
            raise Busy
        try:
            yield
        finally:
            self._free.release()

    def steps(self, items: Iterator[Item]) -> Iterator[Item]:
        """The items, each computed in a place that is given back before it is sent: a slow reader holds none.

        Busy only before the first; whoever has begun waits as long as it takes.
        """
        ended = object()
        with self.place():
            item: Any = next(items, ended)
        while item is not ended:
            yield item
            with self._free:
                item = next(items, ended)
