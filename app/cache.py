"""Traces, kept by the effective config: what has been simulated once is not simulated again."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from flask import Flask
from flask_caching import Cache
from redis.exceptions import RedisError

import simulation
from app.settings import Settings
from simulation import NetworkConfig, SignalTrace, simulate

MOST_TRACES = 256  # per worker; a trace with its histograms takes 50 KB at depth 50, 1 MB at depth 1000
MOST_RESULTS = 32  # of panels that take long; 40 KB for 16 seeds at depth 50, 12 MB for 256 at depth 1000
SECONDS_KEPT = 24 * 3600


@cache
def core_version() -> str:
    """Changes whenever the core or what it computes with does, so that an upgrade shows no old picture."""
    files = sorted(Path(simulation.__path__[0]).rglob("*.py"))
    text = b"".join(file.read_bytes() for file in files) + f"{np.__version__} {scipy.__version__}".encode()
    return hashlib.sha256(text).hexdigest()[:16]


class TraceCache:
    """flask-caching behind one question; SimpleCache per worker, or Redis when its address is given."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        def cache(threshold: int, prefix: str) -> Cache:
            options: dict[str, object] = {"CACHE_TYPE": "SimpleCache", "CACHE_THRESHOLD": threshold}
            if settings.redis_url:
                options = {
                    "CACHE_TYPE": "RedisCache",
                    "CACHE_REDIS_URL": settings.redis_url,
                    "CACHE_KEY_PREFIX": prefix,
                }
            return Cache(app, config={**options, "CACHE_DEFAULT_TIMEOUT": SECONDS_KEPT})

        self._cache, self._results = cache(MOST_TRACES, "trace:"), cache(MOST_RESULTS, "result:")
        self._logger = app.logger

    def trace(self, config: NetworkConfig, densities: bool = True) -> SignalTrace:
        """simulate(config), from the cache if it is there; one with densities serves where none are asked for."""
        config = config.effective()
        for with_densities in (True,) if densities else (True, False):
            key = f"trace {core_version()} {with_densities} {astuple(config)}"
            with self._unless_unreachable():
                trace: SignalTrace | None = self._cache.get(key)
                if trace is not None:
                    return trace
        trace = simulate(config, densities=densities)
        with self._unless_unreachable():
            self._cache.set(key, trace)
        return trace

    def results(self, key: str, compute: Callable[[], Iterator[Any]]) -> Iterator[Any]:
        """What `compute` yields, ever more complete; only the last, whole one if it is known already."""
        key = f"{core_version()} {key}"
        result: Any = None
        with self._unless_unreachable():
            result = self._results.get(key)
        if result is not None:
            yield result
            return
        for result in compute():
            yield result
        with self._unless_unreachable():
            self._results.set(key, result)

    @contextmanager
    def _unless_unreachable(self) -> Iterator[None]:
        """Without its shared cache the page is slower, not gone."""
        try:
            yield
        except RedisError as error:
            self._logger.warning("The cache cannot be reached: %s", error)
