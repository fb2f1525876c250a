"""What has been computed once is not computed again: traces, results of panels, and live answers, kept by flask-caching."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple
from functools import cache
from pathlib import Path
from threading import Lock
from time import monotonic, perf_counter
from typing import Any, TypeVar

import numpy as np
import scipy
from flask import Flask, g, has_request_context
from flask_caching import Cache
from redis.exceptions import RedisError

from app.admission import Admission
from app.settings import Settings
from simulation import NetworkConfig, SignalTrace, simulate

SECONDS_KEPT = 24 * 3600
SECONDS_AWAY = 5.0  # a Redis that did not answer is not asked again before
SECONDS_FOR_ANOTHER = 5.0  # so long an identical request is waited for; then it is computed here as well
ROOT = Path(__file__).parent.parent
CODE, KINDS = ("simulation", "components", "app"), (".py", ".gz")  # the data are compressed
Result = TypeVar("Result")


@cache
def version() -> str:
    """Changes whenever what computes or draws does, so that an upgrade shows no old picture."""
    files = [file for folder in CODE for file in sorted((ROOT / folder).rglob("*")) if file.suffix in KINDS]
    text = b"".join(file.read_bytes() for file in files) + f"{np.__version__} {scipy.__version__}".encode()
    return hashlib.sha256(text).hexdigest()[:16]


def soon_away(url: str) -> str:
    """The address of a Redis that is not waited for, as what it answers can be done without; none for none."""
    return url and f"{url}{'&' if '?' in url else '?'}socket_connect_timeout=0.5&socket_timeout=1"


class Flights:
    """Locks by key: of identical requests one computes, the others wait for what it keeps."""

    def __init__(self) -> None:
        self._lock, self._flying = Lock(), dict[str, tuple[Lock, int]]()

    @contextmanager
    def alone(self, key: str) -> Iterator[None]:
        """For one at a time; for more after SECONDS_FOR_ANOTHER, as whoever is before may send to a slow client."""
        with self._lock:
            lock, count = self._flying.get(key, (Lock(), 0))
            self._flying[key] = lock, count + 1
        held = lock.acquire(timeout=SECONDS_FOR_ANOTHER)
        try:
            yield
        finally:
            if held:
                lock.release()
            with self._lock:
                _, count = self._flying.pop(key)
                if count > 1:
                    self._flying[key] = lock, count - 1


class TraceCache:
    """flask-caching behind a few questions: each worker's memory, bounded in bytes, or Redis when its address is given."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        options: dict[str, object] = {"CACHE_TYPE": "app.bounded.BoundedCache", "CACHE_MEGABYTES": settings.cache_megabytes}  # fmt: skip
        if url := settings.redis_url:
            options = {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": soon_away(url)}
        self._cache = Cache(app, config={**options, "CACHE_DEFAULT_TIMEOUT": SECONDS_KEPT, "CACHE_KEY_PREFIX": "lab:"})
        self._logger, self._flights, self._back = app.logger, Flights(), 0.0

    def trace(self, config: NetworkConfig, densities: bool = True) -> SignalTrace:
        """simulate(config), from the cache if it is there; one with densities serves where none are asked for."""
        config = config.effective()
        if not densities and (trace := self._get(f"trace True {astuple(config)}")) is not None:
            return trace  # type: ignore[no-any-return]
        return self.kept(f"trace {densities} {astuple(config)}", lambda: simulate(config, densities=densities))

    def kept(self, key: str, compute: Callable[[], Result]) -> Result:
        """What `compute` returns, from the cache if it is there."""
        return list(self.results(key, lambda: iter([compute()]), None))[-1]

    def results(
        self, key: str, compute: Callable[[], Iterator[Result]], admission: Admission | None
    ) -> Iterator[Result]:
        """What `compute` yields, ever more complete; only the last, whole one if it is known already.

        admission: where each item is to wait for a place.
        """
        if (known := self._get(key)) is not None:
            yield known
            return
        with self._flights.alone(key):
            if (known := self._get(key)) is not None:  # by an identical request, meanwhile
                yield known
                return
            began = perf_counter()
            result: Result
            for result in admission.steps(compute()) if admission else compute():
                yield result
            _note("miss", perf_counter() - began)
            self._ask(lambda: self._cache.set(f"{version()} {key}", result))

    def _get(self, key: str) -> Any:
        value = self._ask(lambda: self._cache.get(f"{version()} {key}"))
        if value is not None:
            _note("hit", 0.0)
        return value

    def _ask(self, call: Callable[[], Any]) -> Any:
        """Without its shared cache the page is slower, not gone."""
        if monotonic() < self._back:
            return None
        try:
            return call()
        except RedisError as error:
            self._back = monotonic() + SECONDS_AWAY
            self._logger.warning("The cache cannot be reached: %s", error)
            return None


def _note(found: str, seconds: float) -> None:
    """For the log of requests: whether anything had to be computed, and how long that took."""
    if has_request_context():
        g.cache = "miss" if "miss" in (found, g.get("cache")) else "hit"
        g.compute_ms = max(g.get("compute_ms", 0.0), 1000 * seconds)  # one within another counts once
