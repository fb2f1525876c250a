"""What has been simulated once is not simulated again, and what comes from the cache is what would be simulated."""

from dataclasses import fields, replace

import numpy as np
import pytest
from flask import Flask

from app import cache
from app.cache import MOST_TRACES, TraceCache, core_version
from app.settings import Settings
from simulation import NetworkConfig, simulate
from simulation.trace import ARRAYS, Density

SMALL = NetworkConfig(depth=4, width=6, batch=3)


@pytest.fixture
def counted(monkeypatch):
    """A cache, and the configs that it had to simulate."""
    asked = []

    def counting(config, densities):
        asked.append(config)
        return simulate(config, densities)

    monkeypatch.setattr(cache, "simulate", counting)
    return TraceCache(Flask("test"), Settings()), asked


def test_cached_equals_fresh(counted):
    traces, _ = counted
    traces.trace(SMALL)
    again, fresh = traces.trace(SMALL), simulate(SMALL, densities=True)
    for name in ARRAYS:
        assert np.array_equal(getattr(again, name), getattr(fresh, name))
    for name in ("activation_density", "delta_density"):
        for field in fields(Density):
            assert np.array_equal(getattr(getattr(again, name), field.name), getattr(getattr(fresh, name), field.name))


def test_once_for_each_network(counted):
    traces, asked = counted
    for config in (SMALL, replace(SMALL), replace(SMALL, seed=1), SMALL, replace(SMALL, seed=1)):
        traces.trace(config)
    assert asked == [SMALL, replace(SMALL, seed=1)]


def test_once_for_settings_without_effect(counted):
    """Groups without group norm, a block without skips, ... are the same network."""
    traces, asked = counted
    for idle in (
        {},
        {"groups": 3},
        {"block": 2},
        {"branch_scale": 2},
        {"negative_slope": 0.3},
        {"norm_position": "after"},
    ):
        traces.trace(replace(SMALL, **idle))
    assert len(asked) == 1
    traces.trace(replace(SMALL, residual="plain", block=2))
    assert len(asked) == 2


def test_densities_are_computed_where_they_are_asked_for_and_serve_where_not(counted):
    traces, asked = counted
    for densities, simulated in ((False, 1), (False, 1), (True, 2), (True, 2), (False, 2)):
        assert bool(traces.trace(SMALL, densities).delta_density) == (simulated == 2)
        assert len(asked) == simulated


def test_what_comes_back_cannot_spoil_the_next(counted):
    traces, _ = counted
    traces.trace(SMALL).log10_delta_rms[:] = 0
    assert np.array_equal(traces.trace(SMALL).log10_delta_rms, simulate(SMALL).log10_delta_rms)


def test_another_core_finds_nothing_of_the_old(counted, monkeypatch):
    traces, asked = counted
    traces.trace(SMALL)
    monkeypatch.setattr(cache, "core_version", lambda: "another")
    traces.trace(SMALL)
    assert len(asked) == 2


def test_the_version_is_that_of_the_code(monkeypatch, tmp_path):
    versions = []
    for text in ("a = 1", "a = 2"):
        (tmp_path / "core.py").write_text(text)
        monkeypatch.setattr(cache.simulation, "__path__", [str(tmp_path)])
        versions.append(core_version.__wrapped__())
    monkeypatch.undo()
    assert len({*versions, core_version()}) == 3


def test_it_is_bounded(counted):
    traces, asked = counted
    backend = traces._cache.cache
    assert type(backend).__name__ == "SimpleCache"
    for seed in range(MOST_TRACES + 50):
        traces.trace(NetworkConfig(depth=1, width=1, batch=1, seed=seed))
    assert len(backend._cache) <= MOST_TRACES + 1  # the newest comes in before others go
    assert len(asked) == MOST_TRACES + 50


def test_two_applications_have_two_caches(counted):
    first, asked = counted
    second = TraceCache(Flask("other"), Settings())
    first.trace(SMALL)
    second.trace(SMALL)
    assert len(asked) == 2


def test_redis_when_its_address_is_given(monkeypatch):
    """No server is needed to see that it would be asked: the client connects when it is used."""
    monkeypatch.setenv("REDIS_URL", "redis://cache.invalid:6380/3")
    settings = Settings.from_environment()
    backend = TraceCache(Flask("test"), settings)._cache.cache
    assert type(backend).__name__ == "RedisCache"
    place = backend._write_client.connection_pool.connection_kwargs
    assert (place["host"], place["port"], place["db"]) == ("cache.invalid", 6380, 3)


def test_without_its_redis_it_simulates():
    traces = TraceCache(Flask("test"), Settings(redis_url="redis://127.0.0.1:1"))  # nobody listens there
    assert np.array_equal(traces.trace(SMALL).log10_delta_rms, simulate(SMALL).log10_delta_rms)


def test_no_redis_by_default(monkeypatch):
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert Settings.from_environment() == Settings("")
