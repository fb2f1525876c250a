"""What has been simulated once is not simulated again, and what comes from the cache is what would be simulated."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from threading import Event

import numpy as np
import pytest
from flask import Flask

from app import bounded, cache
from app.bounded import MEGABYTE, BoundedCache
from app.cache import TraceCache, version
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
    monkeypatch.setattr(cache, "version", lambda: "another")
    traces.trace(SMALL)
    assert len(asked) == 2


def test_the_version_is_that_of_the_code(monkeypatch, tmp_path):
    versions = []
    (tmp_path / "app").mkdir()
    for text in ("a = 1", "a = 2"):
        (tmp_path / "app" / "page.py").write_text(text)
        monkeypatch.setattr(cache, "ROOT", tmp_path)
        versions.append(version.__wrapped__())
    monkeypatch.undo()
    assert len({*versions, version()}) == 3


def test_it_is_bounded_in_bytes_and_what_was_used_last_stays():
    kept = BoundedCache(MEGABYTE)
    for number in range(200):
        kept.set(str(number), bytes(10_000))
        assert kept.get("0") is not None  # used again and again
        assert kept.size <= MEGABYTE
    assert kept.size > 0.98 * MEGABYTE
    assert len(kept) in (98, 99)
    assert kept.get("1") is None
    assert kept.get("199") is not None
    assert not kept.set("large", bytes(MEGABYTE // 3))
    assert kept.get("large") is None
    kept.set("0", 7)
    assert kept.get("0") == 7
    assert kept.delete("0")
    assert not kept.delete("0")
    kept.clear()
    assert (kept.size, len(kept)) == (0, 0)


def test_what_is_too_old_is_gone(monkeypatch):
    now = 100.0
    monkeypatch.setattr(bounded, "monotonic", lambda: now)
    kept = BoundedCache(MEGABYTE, default_timeout=60)
    kept.set("a", 1)
    kept.set("b", 2, timeout=0)
    now = 161.0
    assert kept.get("a") is None
    assert kept.get("b") == 2


def test_the_application_has_as_many_bytes_as_the_settings_say(counted):
    traces, _ = counted
    assert isinstance(traces._cache.cache, BoundedCache)
    assert traces._cache.cache._most == Settings().cache_megabytes * MEGABYTE


def test_identical_requests_in_flight_are_computed_once(counted):
    traces, _ = counted
    computed, began, go_on = [], Event(), Event()

    def compute():
        computed.append(1)
        began.set()
        assert go_on.wait(10)
        return b"answer"

    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(traces.kept, "same", compute) for _ in range(8)]
        assert began.wait(10)
        assert traces.kept("another", lambda: b"at once") == b"at once"
        go_on.set()
        assert [answer.result(10) for answer in answers] == [b"answer"] * 8
    assert computed == [1]
    assert not traces._flights._flying


def test_one_that_fails_lets_the_next_compute(counted):
    traces, _ = counted
    with pytest.raises(ZeroDivisionError):
        traces.kept("same", lambda: 1 / 0)
    assert traces.kept("same", lambda: 2) == 2


def test_nobody_waits_for_ever_for_one_who_reads_slowly(counted, monkeypatch):
    traces, _ = counted
    monkeypatch.setattr(cache, "SECONDS_FOR_ANOTHER", 0.05)
    slow = traces.results("same", lambda: iter([1, 2]), None)
    assert next(slow) == 1
    assert list(traces.results("same", lambda: iter([1, 2]), None)) == [1, 2]
    slow.close()
    assert not traces._flights._flying


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
    assert Settings.from_environment() == Settings()
