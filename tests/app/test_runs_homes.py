"""The same runs over both homes, SQLite and Redis, with real web workers and trainers, which are killed and come back."""

import io
import os
import signal
import time
from urllib.parse import quote

import numpy as np
import pytest

from app.runs.queue import Queue
from app.settings import Settings
from app.training.state import strict
from app.words import pairs_of
from simulation.training.range_test import range_test
from simulation.training.records import LAYERED, SCALARS
from simulation.training.trainer import Trainer, train
from tests.app.serving import REDIS, Home, until

NET = "depth=6&width=16&activation=tanh&batch=32"
LONG = f"{NET}&steps=20000&learning_rate=0.05"


@pytest.fixture(scope="module", params=["sqlite", "redis"])
def home(request, tmp_path_factory):
    if request.param == "redis" and not REDIS:
        assert "CI" not in os.environ, "CI needs redis-server"
        pytest.skip("there is no redis-server: make redis installs it")
    home = Home(tmp_path_factory.mktemp(request.param), redis=request.param == "redis")
    yield home
    home.close()


def unbroken(query):
    state = strict(pairs_of(query.encode()))
    return train(state.training, state.networks)


def all_records(home, run):
    """Everything recorded, asked for as a page asks."""
    columns, after = {}, 0
    while (seen := home.look(run, after))["next"] > after:
        for name, column in seen["records"].items():
            columns.setdefault(name, []).extend(column)
        after = seen["next"]
    return {name: np.array([[-np.inf if v is None else v for v in np.ravel(row)] for row in rows], float) for name, rows in columns.items()}  # fmt: skip


def assert_same(columns, run):
    for name in ("step", *SCALARS, *LAYERED):
        expected = np.reshape(run.records[name], (len(run.records["step"]), -1))
        assert np.array_equal(columns[name], expected, equal_nan=True), name


def test_a_run_is_what_train_gives_to_the_bit(home):
    query = f"{NET}&steps=120&networks=3"
    run = home.submit(query)
    assert home.wait(run, "done")["step"] == 120
    assert_same(all_records(home, run), unbroken(query))
    status, table = home.ask(f"/api/v1/train/{run}.csv", plain=True)
    assert status == 200
    assert table.decode().splitlines()[-1].startswith("119,2,6,")
    assert home.ask(f"/api/v1/train/{run}.json")[1]["next"] == home.look(run)["next"]


def test_a_range_test_is_what_range_test_gives_to_the_bit(home):
    query = f"{NET}&steps=60"
    run = home.submit(f"kind=rates&{query}")
    seen = home.wait(run, "done")
    *_, whole = range_test(strict(pairs_of(query.encode())).training)
    assert (seen["step"], seen["next"], seen["records"]["learning_rate"]) == (19 * 60, 19, whole.rates.tolist())
    assert [float(loss) for loss in seen["records"]["loss"]] == whole.losses.tolist()
    status, table = home.ask(f"/api/v1/train/{run}.csv", plain=True)
    assert (status, len(table.decode().splitlines())) == (200, 20)
    page = home.ask(f"/train/rates?run={run}&look={quote(query)}")[1]
    assert (page["going"], page["stale"]) == (False, False)
    assert "after 60 steps" in page["components"]["train-rates-line"]["children"][0]
    assert home.ask(f"/train/frame?run={run}")[0] == 404  # it is no training
    stopped = home.submit("kind=rates&depth=9&width=512&batch=64")
    home.wait(stopped, "running")
    home.tell(stopped, "stop")
    home.wait(stopped, "stopped")


def test_checkpoints_are_of_their_steps_and_bounded(home):
    run = home.submit(f"{NET}&steps=100")
    steps = home.wait(run, "done")["checkpoints"]
    assert steps == [*range(0, 100, 5), 100]
    trainer = Trainer(strict(pairs_of(f"{NET}&steps=100".encode())).training)
    while trainer.at < 35:
        trainer.step()
    with np.load(io.BytesIO(home.ask(f"/api/v1/train/{run}/checkpoint/35", plain=True)[1])) as arrays:
        assert np.array_equal(arrays["numbers"], trainer.model.numbers)
    assert home.ask(f"/api/v1/train/{run}/checkpoint/36")[0] == 404


def test_paused_stepped_changed_and_stopped(home):
    run = home.submit(LONG)
    until(lambda: home.look(run)["step"] > 0)
    home.tell(run, "pause")
    at = home.wait(run, "paused")["step"]
    time.sleep(0.3)
    assert home.look(run)["step"] == at
    home.tell(run, "step")
    until(lambda: home.look(run)["step"] == at + 1)
    home.tell(run, "change?field=learning_rate&value=0.001")
    assert until(lambda: home.look(run)["changes"]) == [[at + 1, "learning_rate", 0.001]]
    home.tell(run, "continue")
    until(lambda: home.look(run)["step"] > at + 200)
    home.tell(run, "stop")
    seen = home.wait(run, "stopped")
    trainer, rows = Trainer(strict([*pairs_of(LONG.encode()), ("changes", f"{at + 1}:learning_rate:0.001")]).training), []  # fmt: skip
    while trainer.at < seen["step"]:
        record = trainer.step()
        rows += [record["loss"][0]] if record else []
    assert np.array_equal(all_records(home, run)["loss"][:, 0], rows)
    assert home.ask(f"/api/v1/train/{run}/continue", "POST")[0] == 409


def test_the_first_that_waits_is_told_its_place(home):
    under_way = [home.submit(LONG) for _ in range(2)]
    for run in under_way:
        home.wait(run, "running")
    waiting = [home.submit(LONG) for _ in range(2)]
    assert [home.look(run)["place"] for run in waiting] == [1, 2]
    home.tell(waiting[0], "stop")
    assert home.look(waiting[1])["place"] == 1
    for run in under_way:
        home.tell(run, "stop")
    home.wait(waiting[1], "running")
    home.tell(waiting[1], "stop")
    home.wait(waiting[1], "stopped")


def test_trainers_that_end_or_are_killed_lose_nothing(home):
    query = f"{NET}&steps=3000&optimizer=adam&learning_rate=0.001&normalization=batch"
    run = home.submit(query)
    until(lambda: home.look(run)["step"] > 200)
    home.tell(run, "pause")
    at = home.wait(run, "paused")["step"]
    home.end("trainers")  # told to end: the run goes back to the queue, and is taken up where it was
    assert home.look(run)["state"] == "queued"
    home.start_trainers()
    assert home.wait(run, "paused")["step"] == at
    home.tell(run, "continue")
    until(lambda: home.look(run)["step"] > at + 200)
    home.end("trainers", signal.SIGKILL)
    home.wait(run, "lost")
    home.start_trainers()
    assert home.tell(run, "resume") in ("queued", "running")
    assert home.tell(run, "resume") in ("queued", "running")  # twice is once
    assert home.wait(run, "done")["step"] == 3000
    assert_same(all_records(home, run), unbroken(query))


def test_a_redis_that_goes_and_comes_back_empty_loses_no_run_that_is_held(home):
    if not home.redis:
        pytest.skip("there is no server to go away")
    query = f"{NET}&steps=6000&learning_rate=0.02"
    run = home.submit(query)
    until(lambda: home.look(run)["step"] > 300)
    home.end("redis", signal.SIGKILL)
    for _ in range(100):  # ten seconds, in which the page goes on asking
        assert home.ask(f"/api/v1/train/{run}")[0] == 503
        time.sleep(0.1)
    home.start_redis()
    until(lambda: home.ask(f"/api/v1/train/{run}")[0] == 200)
    states = []
    until(lambda: states.append(home.look(run)["state"]) or states[-1] == "done")
    assert "lost" not in states
    assert home.look(run)["step"] == 6000
    assert_same(all_records(home, run), unbroken(query))
    store = Queue(Settings(redis_url=home.redis)).store
    assert store.parts(run, "attempt", "owner:1", "owner:2").keys() == {"attempt", "owner:1"}  # none was started twice
    home.wait(home.submit(f"{NET}&steps=20"), "done")
