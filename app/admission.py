"""Admission: few requests compute at once; who would wait too long is told so at once, and the page keeps its picture."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from flask import Flask, Response

RETRY_SECONDS = 1
SAID = "The server is busy: please try again in a moment."


class Busy(Exception):  # noqa: N818 - a state, which 503 tells
    """No place came free in time."""


class Admission:
    """places: requests that compute at once in this process. seconds: how long one waits for a place."""

    def __init__(self, places: int, seconds: float) -> None:
        self._free, self._seconds = BoundedSemaphore(places), seconds

    @contextmanager
    def place(self) -> Iterator[None]:
        """Busy if there is none in time."""
        self.enter()
        try:
            yield
        finally:
            self.leave()

    def enter(self) -> None:
        if not self._free.acquire(timeout=self._seconds):
            raise Busy

    def leave(self) -> None:
        self._free.release()


def register(app: Flask) -> None:
    """Busy becomes 503."""

    @app.errorhandler(Busy)
    def busy(_: Busy) -> Response:
        return Response(f'{{"error":{{"message":"{SAID}"}}}}', 503, mimetype="application/json",
                        headers={"Retry-After": str(RETRY_SECONDS), "Cache-Control": "no-store"})  # fmt: skip
