"""Faults behind the web workers: a Redis that is absent, silent, dead or full, a full disk, a clock that is set.

Between clients and workers: test_faults_served. Trainers that are killed, and a Redis that dies in a run: test_runs_homes.
"""

import os
import resource
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import time

import brotli
import numpy as np
import pytest

from app import assets, bounded, cache
from app.runs import desk, journal, limits, store, worker
from app.runs.desk import Desk
from app.runs.queue import Queue
from app.server import create_app
from app.settings import Settings
from app.training.state import strict as training
from app.words import pairs_of
from simulation import NetworkConfig, simulate
from simulation.training.trainer import train
from tests.app.serving import REDIS, free_port, until

NET = "depth=4&width=8&batch=4"
RUN = f"{NET}&data=moons&steps=250&learning_rate=0.05"
HOUR = 3600


class Pages:
    """An application, asked as pages ask; each network is one that it cannot know yet."""

    def __init__(self, settings):
        self.client = create_app(settings).server.test_client()
        self.seed = 0

    def ask(self, path, method="GET"):
        answer = self.client.open(path, method=method)
        assert answer.status_code != 500, answer.text
        assert "Traceback" not in answer.text
        return answer

    def are_right(self):
        """New networks and known ones, by all ways that go through the cache, and counted."""
        self.seed += 1
        expected = simulate(NetworkConfig(depth=4, width=8, batch=4, seed=self.seed)).log10_delta_rms
        for _ in range(2):
            reply = self.ask(f"/api/v1/trace?{NET}&seed={self.seed}").get_json()
            assert np.array_equal(reply["log10_delta_rms"], expected)
            rates = self.ask(f"/api/v1/ensemble?{NET}&networks=2&seed={self.seed}")
            assert rates.status_code == 200
            assert self.ask(f"/live?state=depth%3D4%26seed%3D{self.seed}").status_code == 200

    def submits(self):
        return self.ask(f"/api/v1/train?{RUN}", "POST").status_code


@contextmanager
def redis(port, folder, *options):
    """A real one, until the context is left."""
    command = [str(REDIS), "--port", str(port), "--save", "", "--dir", str(folder), "--loglevel", "warning", *options]
    process = subprocess.Popen(command)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def port(monkeypatch):
    if not REDIS:
        assert "CI" not in os.environ, "CI needs redis-server"
        pytest.skip("there is no redis-server: make redis installs it")
    monkeypatch.setattr(cache, "SECONDS_AWAY", 0.1)  # after which it is asked again
    return free_port()


def test_a_redis_absent_then_there_then_silent_then_dead_then_back(port, tmp_path):
    pages = Pages(Settings(redis_url=f"redis://127.0.0.1:{port}/0"))
    pages.are_right()
    assert pages.submits() == 503
    with redis(port, tmp_path) as process:
        until(lambda: pages.submits() == 202)
        pages.are_right()
        assert pages.ask("/readyz").status_code == 200
        process.send_signal(signal.SIGSTOP)  # it takes connections, and says nothing
        pages.are_right()
        assert pages.ask("/healthz").status_code == 200
        process.send_signal(signal.SIGCONT)
        until(lambda: pages.submits() == 202)
        pages.are_right()
    pages.are_right()
    assert pages.submits() == 503
    assert pages.ask("/readyz").status_code == 503
    with redis(port, tmp_path):
        until(lambda: pages.submits() == 202)
        until(lambda: pages.are_right() or kept_in(port))  # the cache asks for it again a moment later


def test_many_first_requests_at_once(tmp_path):
    """As after a reload: a worker is complete before it is asked anything."""
    server = create_app(Settings(runs=str(tmp_path))).server
    with ThreadPoolExecutor(16) as pool:
        asked = ("/", "/_dash-dependencies", "/live?state=depth%3D3", "/_dash-layout") * 8
        answers = list(pool.map(lambda path: server.test_client().get(path), asked))
    assert {answer.status_code for answer in answers} == {200}
    wired = {answer.text for answer, path in zip(answers, asked, strict=True) if path == "/_dash-dependencies"}
    assert len(wired) == 1
    assert "_pages_content" in wired.pop()


def kept_in(port):
    """Whether answers are kept there again."""
    from redis import Redis

    return any(key.startswith(b"lab:") for key in Redis(port=port).keys("*"))


def test_a_full_redis(port, tmp_path):
    """Writes fail, reads do not: all is answered and right, and a run is refused in words."""
    pages = Pages(Settings(redis_url=f"redis://127.0.0.1:{port}/0"))
    with redis(port, tmp_path, "--maxmemory", "1kb", "--maxmemory-policy", "noeviction"):
        until(lambda: pages.ask("/readyz").status_code == 200)
        pages.are_right()
        refused = pages.ask(f"/api/v1/train?{RUN}", "POST")
        assert refused.status_code == 503
        assert "store of runs" in refused.get_json()["error"]["message"]
        from redis import Redis

        Redis(port=port).config_set("maxmemory", "100mb")
        assert pages.submits() == 202


@contextmanager
def full_disk():
    """Every write that makes a file longer fails, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_under_the_store_of_runs(tmp_path):
    """Pages go on, a run is refused in words, and taken when there is room again."""
    pages = Pages(Settings(runs=str(tmp_path)))
    run = pages.ask(f"/api/v1/train?{RUN}", "POST").get_json()["id"]
    with full_disk():
        pages.are_right()
        refused = pages.ask(f"/api/v1/train?{RUN}", "POST")
        assert refused.status_code == 503
        assert "store of runs" in refused.get_json()["error"]["message"]
        assert pages.ask(f"/api/v1/train/{run}").status_code in (200, 503)
        assert pages.ask("/train").status_code == 200
    assert pages.submits() == 202
    assert pages.ask(f"/api/v1/train/{run}").get_json()["state"] == "queued"


def test_a_disk_full_from_the_start(tmp_path):
    pages = Pages(Settings(runs=str(tmp_path / "runs")))
    with full_disk():
        pages.are_right()
        assert pages.submits() == 503
        assert pages.ask("/readyz").status_code == 503
    assert pages.submits() == 202


class Training:
    """A run that is trained in this process, and looked at as a page does."""

    def __init__(self, folder, monkeypatch):
        self.queue = Queue(Settings(runs=str(folder)), worker.work)
        self.desk = Desk(self.queue)
        assert self.queue.task
        monkeypatch.setattr(worker.Trainer, "step", self._slowly(worker.Trainer.step))
        self.run = self.desk.submit(training(pairs_of(RUN.encode())), "here").run.id
        self.states, self.thread = [], threading.Thread(target=self._work)
        self.thread.start()
        until(lambda: self.look().progress.step > 20)

    @staticmethod
    def _slowly(step):
        pause = threading.Event()

        def slow(trainer):
            pause.wait(0.005)
            return step(trainer)

        return slow

    def _work(self):
        self.queue.huey.execute(self.queue.huey.dequeue())

    def look(self):
        seen = self.desk.look(self.run)
        self.states.append(seen.state)
        return seen

    def ends(self):
        """As the unbroken run does, to the bit."""
        until(lambda: self.look().state not in ("running", "queued"))
        self.thread.join()
        seen = self.look()
        assert seen.state == "done"
        columns = [chunk["loss"] for chunk in self.desk.records(seen, 0)]
        assert np.array_equal(np.concatenate(columns), train(training(pairs_of(RUN.encode())).training).records["loss"])


def test_a_disk_that_is_full_for_a_while_under_a_run(tmp_path, monkeypatch):
    run = Training(tmp_path, monkeypatch)
    with full_disk():
        at = run.look().progress.step
        threading.Event().wait(0.5)  # of training, none of which can be written
    until(lambda: run.look().progress.step > at)
    run.ends()


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_is_set_under_a_run(tmp_path, monkeypatch, jump):
    """It is neither lost nor expired, and where its trainer dies that is seen."""
    run = Training(tmp_path, monkeypatch)
    set_clock(monkeypatch, jump)
    threading.Event().wait(0.3)  # the trainer looks before the page does
    run.ends()
    assert set(run.states) <= {"running", "done", "queued"}


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_trainer_that_died_is_missed_whatever_the_clock_says(tmp_path, monkeypatch, jump):
    beats, now = store.Store(Queue(Settings(runs=str(tmp_path))).huey.storage), time()
    own = 100.0
    monkeypatch.setattr(store, "monotonic", lambda: own)
    assert beats.still(now, now + 1)
    own += limits.SECONDS_TO_LOST - 1
    assert beats.still(now, now + jump)
    own += 2
    assert not beats.still(now, now + jump)
    assert not beats.still(now - HOUR, now)  # one that was never seen fresh


def test_who_asks_is_noted_though_the_clock_was_set_back(tmp_path, monkeypatch):
    place = Desk(Queue(Settings(runs=str(tmp_path))))
    run = place.submit(training(pairs_of(RUN.encode())), "here").run.id
    set_clock(monkeypatch, -HOUR)
    assert place.look(run).state == "queued"
    noted = place._store.parts(run, "seen")["seen"]
    assert float(noted) < time() - HOUR / 2


def set_clock(monkeypatch, jump):
    for module in (desk, journal, store, worker):
        monkeypatch.setattr(module, "time", lambda: time() + jump)


def test_what_is_kept_does_not_ask_the_clock_that_is_set():
    assert "time" not in vars(cache)
    assert "time" not in vars(bounded)


def test_scripts_are_sent_though_they_cannot_be_kept(tmp_path):
    """And nothing is left of the attempt."""
    compressor = assets.Compressor(tmp_path / "kept")
    with full_disk():
        small = compressor.compress(b"script" * 1000)
    assert brotli.decompress(small) == b"script" * 1000
    assert list((tmp_path / "kept").iterdir()) == []
    assert assets.Compressor(tmp_path / "kept").compress(b"script" * 1000) == small
    assert len(list((tmp_path / "kept").iterdir())) == 1
