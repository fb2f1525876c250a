"""Traces, kept by the effective config: what has been simulated once is not simulated again."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from functools import cache
from pathlib import Path

import numpy as np
import scipy
from flask import Flask
from flask_caching import Cache
from redis.exceptions import RedisError

import simulation
from app.settings import Settings
from simulation import NetworkConfig, SignalTrace, simulate

MOST_TRACES = 256  # per worker; a trace with its histograms takes 50 KB at depth 50, 1 MB at depth 1000
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
        options: dict[str, object] = {"CACHE_TYPE": "SimpleCache", "CACHE_THRESHOLD": MOST_TRACES}
        if settings.redis_url:
            options = {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": settings.redis_url}
        self._cache = Cache(app, config={**options, "CACHE_DEFAULT_TIMEOUT": SECONDS_KEPT})
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

    @contextmanager
    def _unless_unreachable(self) -> Iterator[None]:
        """Without its shared cache the page is slower, not gone."""
        try:
            yield
        except RedisError as error:
            self._logger.warning("The cache cannot be reached: %s", error)
