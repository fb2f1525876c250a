"""Runs by parts, in one process: what trainers do with them, what the desk allows, what is left of them."""

from time import monotonic, time

import numpy as np
import pytest
from flask import Flask

from app.runs import api, limits, worker
from app.runs.desk import Desk, Refused
from app.runs.journal import Journal, TakenError
from app.runs.queue import Queue
from app.runs.records import of_training, packed, told, unpacked
from app.runs.store import Store, UnreachableError
from app.server import create_app
from app.settings import Settings
from app.training.state import strict
from app.words import pairs_of
from simulation.training.range_test import RATES, range_test
from simulation.training.records import LAYERED, SCALARS, together
from simulation.training.trainer import Trainer, train

NET = "depth=3&width=8&batch=16&activation=tanh&data=moons"


def state(query):
    return strict(pairs_of(query.encode()))


class Place:
    """A desk and its queue; work() does what a trainer does next."""

    def __init__(self, folder):
        self.queue = Queue(Settings(runs=str(folder)), worker.work)
        self.desk, self.store = Desk(self.queue), self.queue.store
        assert self.queue.task

    def submit(self, query=f"{NET}&steps=40", address="here", lease=90, kind="training"):
        return self.desk.submit(state(query), address, lease, kind).run.id

    def work(self):
        self.queue.huey.execute(self.queue.huey.dequeue())

    def tell(self, run, *command):
        return self.desk.command(self.desk.look(run), *command)

    def records(self, run):
        chunks = list(self.desk.records(self.desk.look(run), 0))
        return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def assert_same(records, query):
    config = state(query)
    expected = train(config.training, config.networks).records
    for name in ("step", *SCALARS, *LAYERED):
        assert np.array_equal(records[name], expected[name], equal_nan=True), name


def test_a_run_that_loses_its_numbers_is_recorded_to_its_end(place):
    query = f"{NET}&steps=200&activation=relu&initializer=he_normal&loss=mean_squared&learning_rate=10"
    run = place.submit(query.replace("activation=tanh&", ""))
    place.work()
    seen = place.desk.look(run)
    assert seen.state == "crashed"
    crash = seen.progress.crashes[0]
    assert crash["step"] == seen.progress.step - 1 == place.records(run)["step"][-1]
    assert crash["operation"]


@pytest.mark.parametrize(("data", "told"), [("moons", "boundary"), ("sine", "fit"), ("teacher", None)])
def test_what_the_network_answers_is_told_where_it_can_be_drawn(place, data, told):
    run = place.submit(f"depth=2&width=4&batch=8&data={data}&steps=5")
    place.work()
    reply = api.answer(place.desk, place.desk.look(run), 0, 0)
    drawn = {name: reply[name] for name in ("boundary", "fit") if reply[name]}
    assert list(drawn) == ([told] if told else [])
    assert [one["step"] for one in drawn.values()] == [5] * len(drawn)
    if told == "fit":
        assert len(drawn["fit"]["values"]) == drawn["fit"]["size"]
    place.store.forget(run)
    assert not place.store.parts(run, "boundary", "fit")


def test_no_attempt_is_worked_on_twice(place, monkeypatch):
    did = []
    monkeypatch.setattr(worker._Work, "do", lambda self: did.append(self.attempt))
    run = place.submit()
    place.queue.submit(run, 1)
    place.work()
    place.work()
    assert did == [1]


def test_a_newer_attempt_takes_the_run_from_an_older(place, monkeypatch):
    run, step = place.submit(f"{NET}&steps=5000"), Trainer.step

    def stepping(self):
        if self.at == 100:  # it was taken for lost, and went to somebody else
            place.store.write(run, attempt=2)
        return step(self)

    monkeypatch.setattr(Trainer, "step", stepping)
    place.work()
    assert place.desk.look(run).progress.step < 5000
    assert place.desk.look(run).progress.held  # by the newer attempt, as far as the older one knows


def test_who_is_silent_too_long_frees_the_trainer_and_can_come_back(place):
    run = place.submit(lease=30)
    place.store.write(run, seen=time() - 31)
    place.work()
    assert place.desk.look(run).state == "expired"
    with pytest.raises(Refused):
        place.tell(run, "continue")
    assert place.tell(run, "resume") == "queued"
    place.work()
    assert place.desk.look(run).state == "done"
    assert_same(place.records(run), f"{NET}&steps=40")


def test_a_paused_run_gives_its_trainer_back_and_goes_on(place, monkeypatch):
    monkeypatch.setattr(limits, "SECONDS_OF_PAUSE", 0)
    run = place.submit()
    place.tell(run, "pause")
    place.work()
    assert place.desk.look(run).state == "paused"
    assert place.tell(run, "step") == "queued"
    place.work()
    assert (place.desk.look(run).state, place.desk.look(run).progress.step) == ("paused", 1)
    place.tell(run, "change", "learning_rate", 0.01)
    place.tell(run, "continue")
    place.work()
    assert place.desk.look(run).state == "done"
    assert_same(place.records(run), f"{NET}&steps=40&changes=1:learning_rate:0.01")


def assert_tested(records, query, count=19):
    *_, whole = range_test(state(query).training)
    assert np.array_equal(records["learning_rate"], RATES[:count])
    assert np.array_equal(records["loss"], whole.losses[:count])
    assert np.array_equal(records["log10_update_ratio"], whole.log10_movement[:count])
    assert set(records["first_loss"]) == {whole.first_loss}


def test_a_range_test_is_a_run_of_its_own_kind(place):
    query = f"{NET}&steps=30&networks=3"
    run = place.submit(query, kind="rates")
    place.work()
    seen = place.desk.look(run)
    assert (seen.state, seen.progress.step, seen.progress.records) == ("done", 19 * 30, 19)
    assert_tested(place.records(run), query)
    reply = api.answer(place.desk, seen, 17, np.inf)
    assert (reply["kind"], reply["steps"], reply["next"]) == ("rates", 19 * 30, 19)
    assert reply["records"]["theory"] == ["NaN", "NaN"]  # tanh
    assert len("".join(api.table(place.desk, seen)).splitlines()) == 1 + 19
    place.store.forget(run)
    assert place.queue.huey.storage.result_store_size() == 0


def test_a_range_test_is_stopped_and_frees_its_trainer_as_any_run(place, monkeypatch):
    run, step = place.submit(kind="rates"), Trainer.step

    def until_the_third(self):
        if self.config.learning_rate == RATES[2]:
            place.tell(run, "stop")
            monkeypatch.setattr(worker, "_SECONDS_BETWEEN_LOOKS", 0)
        return step(self)

    monkeypatch.setattr(Trainer, "step", until_the_third)
    place.work()
    seen = place.desk.look(run)
    assert (seen.state, seen.progress.records) == ("stopped", 2)
    assert_tested(place.records(run), f"{NET}&steps=40", 2)


def test_a_range_test_goes_on_with_the_rate_it_was_at(place, monkeypatch):
    run, step = place.submit(kind="rates", lease=30), Trainer.step

    def until_nobody_looks(self):
        if self.config.learning_rate == RATES[2]:
            monkeypatch.setattr(worker, "monotonic", lambda: monotonic() + 31)
        return step(self)

    monkeypatch.setattr(Trainer, "step", until_nobody_looks)
    place.work()
    monkeypatch.undo()
    assert place.desk.look(run).state == "expired"
    place.tell(run, "resume")
    place.tell(run, "change", "learning_rate", 0.5)
    place.work()
    seen = place.desk.look(run)
    assert (seen.state, seen.progress.commands, seen.progress.changes) == ("done", 1, [])
    assert_tested(place.records(run), f"{NET}&steps=40")


def test_a_stopped_run_that_waits_leaves_the_queue(place):
    first, second = place.submit(), place.submit()
    assert [place.desk.look(run).place for run in (first, second)] == [1, 2]
    assert place.tell(first, "stop") == "stopped"
    assert place.desk.look(second).place == 1
    place.work()  # its message is still there
    assert (place.desk.look(first).state, place.desk.look(first).progress.records) == ("stopped", 0)


def test_who_is_silent_while_the_run_waits_has_left_the_queue(place):
    first, second = place.submit(), place.submit()
    place.store.write(first, seen=time() - 91)
    assert place.desk.look(second).place == 1
    place.work()
    place.store.write(first, seen=time() - 4000)
    place.submit()
    assert place.desk.look(first) is None


def test_a_message_that_was_lost_is_sent_again(place, monkeypatch):
    run = place.submit()
    place.queue.huey.storage.flush_queue()
    monkeypatch.setattr(limits, "SECONDS_TO_LOST", -1)
    place.desk.look(run)
    place.work()
    assert place.desk.look(run).state == "done"


def test_time_is_bounded(place, monkeypatch):
    monkeypatch.setattr(limits, "SECONDS_OF_RUN", 0)
    run = place.submit(f"{NET}&steps=5000")
    place.work()
    seen = place.desk.look(run)
    assert (seen.state, seen.progress.step) == ("stopped", 0)
    assert "at most" in seen.progress.message


def test_an_error_ends_its_run_alone(place, monkeypatch):
    monkeypatch.setattr(Trainer, "step", lambda self: 1 / 0)
    run = place.submit()
    place.work()
    assert place.desk.look(run).state == "stopped"
    assert "error" in place.desk.look(run).progress.message


def test_one_change_too_many_is_refused_and_the_run_goes_on(place):
    changes = ",".join(f"{step}:learning_rate:0.1" for step in range(1, 51))
    run = place.submit(f"{NET}&steps=60&changes={changes}")
    place.tell(run, "change", "learning_rate", 0.5)
    place.tell(run, "pause")
    place.tell(run, "continue")
    place.work()
    assert place.desk.look(run).state == "done"
    assert len(place.desk.look(run).progress.changes) == 50


def test_bounds_are_told_with_the_place_in_the_queue(place, monkeypatch):
    monkeypatch.setattr(limits, "MOST_HERE", 2)
    monkeypatch.setattr(limits, "MOST_WAITING", 4)
    runs = [place.submit() for _ in range(2)]
    with pytest.raises(Refused) as refused:
        place.submit()
    assert (refused.value.reason, refused.value.place) == ("address", 3)
    place.tell(runs[0], "stop")
    place.submit()
    for _ in range(2):
        place.submit(address="there")
    with pytest.raises(Refused) as refused:
        place.submit(address="elsewhere")
    assert (refused.value.reason, refused.value.place) == ("waiting", 5)


def test_what_nobody_asks_for_leaves_nothing(place, monkeypatch):
    run = place.submit(f"{NET}&steps=100")
    place.tell(run, "change", "learning_rate", 0.5)
    place.work()
    monkeypatch.setattr(limits, "SECONDS_KEPT", -1)
    other = place.submit()
    assert place.desk.look(run) is None
    place.store.forget(other)
    assert place.queue.huey.storage.result_store_size() == 0


def test_the_oldest_that_has_ended_makes_room(place, monkeypatch):
    runs = [place.submit() for _ in range(2)]
    place.work()
    place.work()
    monkeypatch.setattr(limits, "MOST_BYTES", place.desk.look(runs[1]).progress.bytes)
    place.submit()
    assert [bool(place.desk.look(run)) for run in runs] == [False, True]


class Flaky(Store):
    """A store that can go away, and come back empty."""

    away = False

    def put(self, key, value):
        if self.away:
            raise UnreachableError
        super().put(key, value)


def test_a_store_that_comes_back_empty_is_made_whole(place):
    store = Flaky(place.queue.huey.storage)
    store.write("r", attempt=1)
    journal = Journal(store, "r", 1)
    journal.write(run="asked", attempt=1)
    journal.put("records:0", b"one")
    journal.flush()
    store.away = True
    journal.put("records:1", b"two")
    with pytest.raises(UnreachableError):
        journal.flush()
    place.queue.huey.storage.flush_all()
    store.away = False
    journal.write(progress=2)
    journal.flush()
    assert store.parts("r", "run", "attempt", "records:0", "records:1", "progress") == {
        "run": b'"asked"', "attempt": b"1", "records:0": b"one", "records:1": b"two", "progress": b"2",
    }  # fmt: skip
    assert b"r" in store.get(["slot:0"]).values()
    store.write("r", attempt=2)
    with pytest.raises(TakenError):
        journal.flush()


def test_records_there_and_back():
    run = state(f"{NET}&networks=3&steps=7")
    trainer, records = Trainer(run.training, 3), []
    while not trainer.finished:
        records.append(trainer.step())
    shapes = of_training(3, 3)
    there = unpacked(packed(records, shapes), shapes)
    for name, column in together(records).items():
        assert np.array_equal(there[name], column, equal_nan=True), name


def test_what_is_no_number_is_told_in_words():
    columns = {"a": np.array([[[1.5, -np.inf]], [[np.nan, np.inf]]]), "step": np.array([0, 1])}
    assert told(columns)["a"] == [[1.5, None], ["NaN", "Infinity"]]
    assert told({"a": columns["a"].reshape(1, 2, 2)})["a"] == [[[1.5, None], ["NaN", "Infinity"]]]


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    return create_app(Settings(runs=str(tmp_path_factory.mktemp("api")))).server.test_client()


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [("", 202, None), ("?steps=0", 422, "steps"), ("?lease=5", 422, "lease"), ("?lease=99999", 422, "lease"),
     ("?networks=200&depth=50", 422, "depth"), ("/nobody/pause", 404, "id"), ("/nobody/dance", 422, "verb"),
     ("/nobody/change?field=depth&value=3", 422, "field"), ("/nobody/change?field=clip&value=3", 422, "clip")],
)  # fmt: skip
def test_the_api_says_what_is_not_allowed(client, path, status, field):
    reply = client.post(f"/api/v1/train{path}")
    assert reply.status_code == status
    assert field is None or reply.get_json()["error"]["field"] == field


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [("GET", "", 405, "POST"), ("DELETE", "", 405, "POST"), ("GET", "/{id}/pause", 405, "POST"),
     ("DELETE", "/{id}", 405, "GET"), ("POST", "/{id}", 405, "GET"), ("PUT", "/{id}/resume", 405, "POST"),
     ("DELETE", "/{id}/checkpoint/0", 405, "GET"), ("GET", "/{id}/dance", 404, "GET /api/v1/train/<id>"),
     ("GET", "/", 404, "POST /api/v1/train,"), ("POST", "/", 404, "POST /api/v1/train,"),
     ("GET", "/{id}/checkpoint/0/0", 404, "checkpoint/<step>"), ("GET", "/{id}/checkpoint/" + "9" * 24, 404, ""),
     ("GET", "/{id}/checkpoint/-1", 404, ""), ("GET", "/{id}/checkpoint/x", 404, "")],
)  # fmt: skip
def test_what_is_not_there_is_told_with_what_is(client, method, path, status, allowed):
    run = client.post(f"/api/v1/train?{NET}").get_json()["id"]
    reply = client.open(f"/api/v1/train{path.format(id=run)}", method=method)
    client.post(f"/api/v1/train/{run}/stop")
    assert reply.status_code == status
    error = reply.get_json()["error"]
    assert allowed in error["allowed"]
    assert error["message"]
    assert reply.headers.get("Allow") == (allowed if status == 405 else None)


@pytest.mark.parametrize("path", ["", "?depth=5", "/{id}/pause", "/{id}/change?field=learning_rate&value=0.1"])
@pytest.mark.parametrize("body", [{"data": {"depth": 5, "foo": 1}}, {"json": {"depth": 5}}, {"data": b"\xff" * 200}])
def test_words_in_a_body_are_refused_as_they_would_not_be_read(client, path, body):
    run = client.post(f"/api/v1/train?{NET}").get_json()["id"]
    reply = client.post(f"/api/v1/train{path.format(id=run)}", **body)
    client.post(f"/api/v1/train/{run}/stop")
    assert (reply.status_code, reply.get_json()["error"]["field"]) == (422, "body")
    assert "query string" in reply.get_json()["error"]["message"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [("data=sine&loss=cross_entropy", "data=sine"), ("data=sine", "data=sine"),
     ("data=sine&loss=mean_squared", "data=sine&loss=mean_squared"), ("threshold=3&classes=4", "classes=4&threshold=3")],
)  # fmt: skip
def test_the_query_told_says_all_that_was_asked_even_what_has_no_effect(client, asked, told):
    reply = client.post(f"/api/v1/train?{asked}").get_json()
    client.post(f"/api/v1/train/{reply['id']}/stop")
    assert reply["query"] == told
    assert state(told) == state(asked)


def test_the_api_tells_how_a_run_stands(client):
    asked = client.post(f"/api/v1/train?{NET}&lease=600").get_json()
    reply = client.get(f"/api/v1/train/{asked['id']}?after=0").get_json()
    assert (asked["lease"], asked["place"], reply["state"]) == (600, reply["place"], "queued")
    assert (reply["query"], reply["steps"], reply["records"], reply["next"]) == (asked["query"], 500, {}, 0)
    assert client.post(f"/api/v1/train/{asked['id']}/stop").get_json()["state"] == "stopped"
    assert client.post(f"/api/v1/train/{asked['id']}/pause").status_code == 409
    assert client.get("/api/v1/train/nobody").status_code == 404
    assert client.get(f"/api/v1/train/{asked['id']}?after=x").status_code == 422
    assert client.get(f"/api/v1/train/{asked['id']}/checkpoint/0").status_code == 404


def test_bounds_are_told_by_the_api(client, monkeypatch):
    monkeypatch.setattr(limits, "MOST_WAITING", 0)
    reply = client.post("/api/v1/train")
    assert reply.status_code == 429
    assert reply.get_json()["error"]["place"] >= 1
    assert "number" in reply.get_json()["error"]["message"]


def test_a_store_that_is_away_is_said_so():
    app = Flask("test")
    api.register(app, Settings(redis_url="redis://127.0.0.1:1"))  # nobody listens there
    assert app.test_client().get("/api/v1/train/x").status_code == 503
