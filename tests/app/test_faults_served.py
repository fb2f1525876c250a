"""Faults between a client and the web workers: killed, slow, gone, too large, too many, reloaded. Each is caused."""

import asyncio
import json
import os
import signal
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path

import numpy as np
import pytest

from app import gunicorn_conf
from app.guard import MOST_BYTES, PATH
from app.state import strict
from app.words import pairs_of
from simulation import simulate
from tests.app.serving import until
from tests.app.web import web

SMALL = "depth=5&width=8&batch=4"
SLOW = "depth=60&width=64&batch=32&networks=128"  # of the ensemble: some seconds
LONG = "/api/v1/trace.csv?depth=1000&width=4&batch=2"  # half a megabyte
MANY = 1000


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with web(tmp_path_factory.mktemp("runs")) as started:
        yield started


def assert_right(answer, query):
    """The trace is that of the network that was asked for."""
    status, body = answer
    assert status == 200, body
    expected = simulate(strict(pairs_of(query.encode())).config).log10_delta_rms
    assert np.array_equal(np.array(json.loads(body)["log10_delta_rms"]), expected)


def still_right(server, seed):
    query = f"{SMALL}&seed={seed}"  # of a network that no worker knows yet
    assert_right(server.ask(f"/api/v1/trace?{query}"), query)


def test_a_worker_killed_in_the_middle_of_an_answer(server):
    """The client hears that nothing comes, asks again, and gets what is right."""
    before, used = server.workers, _ticks(server.workers)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(server.ask, f"/api/v1/ensemble?{SLOW}")
        until(lambda: _ticks(before) > used + 20)
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        with pytest.raises((OSError, HTTPException)):
            asked.result()
    until(lambda: len(server.workers) == 2 and not set(server.workers) & set(before))
    until(server.answers)
    still_right(server, 1)


def _ticks(workers):
    """What they have used of the processor, in hundredths of a second: fields 14 and 15 of proc's stat."""
    stats = [Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split() for one in workers]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats)


def test_slow_clients_stop_nobody(server):
    """24 that send their request in two halves, 24 that do not read their answer: fewer than a worker has threads."""
    senders = [server.connect() for _ in range(24)]
    readers = [server.connect() for _ in range(24)]
    for one in senders:
        one.sendall(b"GET /healthz HTTP/1.1\r\nHost: ")
    for one in readers:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.sendall(f"GET {LONG} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    for seed in range(20, 24):
        still_right(server, seed)
        for one in senders:
            one.sendall(b"x")
    for one in senders:
        one.sendall(b"\r\nConnection: close\r\n\r\n")
        assert one.makefile("rb").readline().split()[1] == b"200"
    for one in (*senders, *readers):
        one.close()
    still_right(server, 24)


def test_who_says_nothing_takes_no_thread(server):
    """Browsers open connections ahead of need; there are more of them than threads."""
    files = server.files()
    silent = [server.connect() for _ in range(300)]
    time.sleep(0.5)
    assert server.files() < files + 100  # nobody has taken them yet
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: server.ask("/healthz")[0], range(100))) == {200}
    for one in silent:
        one.close()


def test_who_stops_in_the_middle_is_given_up():
    """A connection inherits how long the server waits for it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gunicorn_conf.when_ready(type("Server", (), {"LISTENERS": [type("Listener", (), {"sock": listener})]}))
        with socket.create_connection(listener.getsockname()) as client:
            client.sendall(b"G")
            with listener.accept()[0] as taken:
                for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                    assert struct.unpack("ll", taken.getsockopt(socket.SOL_SOCKET, option, 16)) == (10, 0)


def test_clients_that_leave_in_the_middle_of_an_answer(server):
    """More often than there are threads, or places for slow answers."""
    files = server.files()
    for number in range(80):
        with server.connect() as one:
            state = f"{SMALL}%26seed%3D{number}".replace("=", "%3D").replace("&", "%26")
            one.sendall(f"GET /panel/ensemble?state={state} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            if number % 2:
                one.recv(1)
    until(lambda: server.files() <= files + 4)
    still_right(server, 30)
    status, body = server.ask(f"/panel/ensemble?state={SMALL.replace('=', '%3D').replace('&', '%26')}")
    assert status == 200
    assert json.loads(body.splitlines()[-1])["done"] == 1


@pytest.mark.parametrize(
    ("path", "method"), [(PATH, "POST"), ("/api/v1/train", "POST"), ("/live", "GET"), ("/", "PUT")]
)
def test_ten_megabytes(server, path, method):
    """With their length: refused before they are sent. In chunks: refused once there is too much."""
    with server.connect() as one:
        one.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n".encode())
        assert one.makefile("rb").readline().split()[1] == b"413"
    with server.connect() as one:
        one.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        chunk = b"%x\r\n%s\r\n" % (MOST_BYTES, b"x" * MOST_BYTES)
        try:
            for _ in range(10_000_000 // MOST_BYTES):
                one.sendall(chunk)
            one.sendall(b"0\r\n\r\n")
        except OSError:
            pass  # it was not waited for
        try:
            line = one.makefile("rb").readline()
        except ConnectionResetError:
            line = b""  # nor read
        assert not line or int(line.split()[1]) in (200, 400, 405, 413, 422), line
    still_right(server, 40)


def test_a_thousand_at_once(server):
    """All of them are answered, or told that the server is busy; nothing is left of them."""
    files = server.files()

    async def one(number):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        state = f"{SMALL}&seed={number % 50}".replace("=", "%3D").replace("&", "%26")
        writer.write(f"GET /live?state={state} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        return answer

    async def all_of_them():
        return await asyncio.gather(*(one(number) for number in range(MANY)))

    with ThreadPoolExecutor(1) as pool:  # a browser's own loop may run in this thread
        answers = pool.submit(lambda: asyncio.run(all_of_them())).result()
    statuses = [int(answer.split(b" ", 2)[1]) for answer in answers]
    assert set(statuses) <= {200, 503}
    assert 200 in statuses
    assert all(b"Retry-After" in answer for answer in answers if answer.split(b" ", 2)[1] == b"503")
    bodies = {}
    for number, answer in enumerate(answers):
        if statuses[number] == 200:
            assert bodies.setdefault(number % 50, answer.split(b"\r\n\r\n", 1)[1]) == answer.split(b"\r\n\r\n", 1)[1]
    until(lambda: server.files() <= files + 4)
    still_right(server, 50)


def test_a_reload_during_use(server):
    """Workers are replaced while clients ask, who ask once more where they were left without an answer."""
    before, over, statuses = set(server.workers), threading.Event(), []

    def client(number):
        while not over.is_set():
            statuses.append(server.ask_twice(f"/live?state=depth%3D5%26width%3D8%26seed%3D{number}")[0])

    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(client, number) for number in range(4)]
        server.process.send_signal(signal.SIGHUP)
        try:
            until(lambda: len(server.workers) == 2 and not before & set(server.workers))
        finally:
            over.set()
        for each in clients:
            each.result()
    assert set(statuses) <= {200, 503}
    assert 200 in statuses
    still_right(server, 60)
