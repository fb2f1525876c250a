"""How many hands can drag at once: `python -m benchmarks.serve [soak minutes]` serves the application and drags, over loopback.

A dragger behaves like the page: one request is under way, and the newest value goes next, at most 30 times a second.
Four of five values are from a part of the state space that all share, and so are known after a while; the fifth is of
a network that only this dragger looks at. Client and server share the machine. Prints Markdown.
"""

import asyncio
import os
import random
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from benchmarks.propagate import machine, row

ROOT = Path(__file__).parents[1]
CHARTS = "chart-backward-delta,chart-backward-weights,chart-forward,chart-heatmap-delta"
SHARED = [f"{10 ** (step / 100):.3g}" for step in range(-100, 101)]  # the weight scales that all of them pass
PRIVATE = 0.2  # of the values
FRAME = 1 / 30  # seconds: a hand's events come no faster
SECONDS, WARM_UP = 8.0, 4.0
AIM_MS = 300
SMALL = "16"
STEPS = (25, 50, 100, 150, 200, 250, 300, 400, 500, 700)


@dataclass
class Seen:
    """What draggers got: latencies in ms of what was answered, how many were shed or failed."""

    latencies: list[float] = field(default_factory=list)
    shed: int = 0
    failed: int = 0

    def at(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[int(share * (len(ordered) - 1))] if ordered else float("inf")


class Connection:
    """Keep-alive HTTP, as a browser has it."""

    def __init__(self, port: int) -> None:
        self._port, self._streams = port, None

    async def get(self, target: str) -> int:
        """The status; the body is read and forgotten."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip, br\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        await reader.readexactly(int(re.search(r"content-length: (\d+)", head, re.I)[1]))
        if "connection: close" in head.lower():
            self.close()
        return int(head.split(" ", 2)[1])

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
        self._streams = None


def target(version: str, number: int, chance: random.Random) -> str:
    """What a dragger asks for next."""
    state = {"weight_scale": chance.choice(SHARED)}
    if chance.random() < PRIVATE:
        state = {"weight_scale": f"{chance.uniform(0.3, 3):.6g}", "seed": str(number)}
    words = {"state": urlencode(state), "theme": "light", "dragging": 1, "words": 0, "charts": CHARTS, "has": ""}
    return f"/live?{urlencode({'v': version, **words})}"


async def dragger(port: int, version: str, number: int, until: float, counts_from: float, seen: Seen) -> None:
    connection, chance = Connection(port), random.Random(number)
    await asyncio.sleep(chance.random() * 0.5)
    while (began := time.perf_counter()) < until:
        try:
            status = await connection.get(target(version, number, chance))
        except (OSError, asyncio.IncompleteReadError):
            connection.close()
            status = 0
        took = time.perf_counter() - began
        if began > counts_from:
            if status == 200:
                seen.latencies.append(1000 * took)
            elif status == 503:
                seen.shed += 1
            else:
                seen.failed += 1
        # A page that was told that the server is busy waits 0.75 to 2.25 seconds.
        await asyncio.sleep(max(FRAME - took, 0) if status == 200 else 1.5 * (0.5 + chance.random()))
    connection.close()


async def drag(port: int, version: str, hands: int, seconds: float = SECONDS, warm_up: float = WARM_UP) -> Seen:
    seen, now = Seen(), time.perf_counter()
    ends = now + warm_up + seconds
    await asyncio.gather(*(dragger(port, version, n, ends, now + warm_up, seen) for n in range(hands)))
    return seen


async def cached(port: int, version: str, connections: int = 8, seconds: float = SECONDS) -> float:
    """Answers a second where all are known already."""
    asked = [target(version, 0, random.Random(one)) for one in range(20)]
    ends, counts = time.perf_counter() + seconds, [0] * connections

    async def one(number: int) -> None:
        connection = Connection(port)
        while time.perf_counter() < ends:
            assert await connection.get(asked[counts[number] % len(asked)]) == 200
            counts[number] += 1
        connection.close()

    for each in asked:
        await Connection(port).get(each)
    await asyncio.gather(*(one(number) for number in range(connections)))
    return sum(counts) / seconds


@contextmanager
def served(workers: int, port: int = 8093, **settings: str) -> Iterator[tuple[int, str, list[int]]]:
    """The application as `make serve` has it, without trainers: its port, its version, its workers' process ids."""
    command = [sys.executable, "-m", "gunicorn", "--config", "app/gunicorn_conf.py", "--log-level", "error", "app.server:server"]  # fmt: skip
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PORT": str(port), "WORKERS": str(workers), "MALLOC_ARENA_MAX": "2", **settings},
    )
    try:
        for _ in range(300):
            try:
                page = urllib.request.urlopen(f"http://127.0.0.1:{port}/").read().decode()
                break
            except OSError:
                time.sleep(0.1)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield port, re.search(r'data-version="(\w+)"', page)[1], [int(child) for child in children]
    finally:
        process.terminate()
        process.wait(30)


def memory(processes: list[int]) -> float:
    """Resident megabytes of all of them."""
    found = [re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{one}/status").read_text()) for one in processes]
    return sum(int(one[1]) for one in found) / 1000


def files(processes: list[int]) -> int:
    """Open files and connections of all of them."""
    return sum(len(list(Path(f"/proc/{one}/fd").iterdir())) for one in processes)


def load(port: int, version: str) -> int:
    """Prints a row for each number of draggers; the largest whose 95 % stays within AIM_MS."""
    print(row("draggers", ["frames/s each", "median ms", "95 % ms", "shed %", "errors"]))
    print(row("---", ["---:"] * 5))
    most = 0
    for hands in STEPS:
        seen = asyncio.run(drag(port, version, hands))
        answered = len(seen.latencies)
        shed = 100 * seen.shed / max(answered + seen.shed, 1)
        print(row(f"{hands}", [f"{answered / SECONDS / hands:.1f}", f"{median(seen.latencies):.0f}", f"{seen.at(0.95):.0f}", f"{shed:.1f}", f"{seen.failed}"]), flush=True)  # fmt: skip
        if seen.at(0.95) <= AIM_MS and not seen.shed:
            most = hands
        elif hands > 1.5 * most:
            break
    return most


def soak(port: int, version: str, workers: list[int], minutes: int, hands: int = 20) -> None:
    """The memory each minute under steady load, once the cache is full."""
    print(
        f"Soak: {hands} draggers; the caches are bounded at {SMALL} MB a worker, so that they are full from the start."
    )
    used: list[float] = []
    before = files(workers)
    for minute in range(minutes):
        asyncio.run(drag(port, version, hands, 60, 0))
        used.append(memory(workers))
        print(f"minute {minute + 1}: {used[-1]:.0f} MB, {files(workers)} open files", flush=True)
    full = used[min(2, len(used) - 1)]
    print(
        f"\nFrom minute 3 on the memory grew by {100 * (used[-1] / full - 1):.1f} %; open files {before} before, {files(workers)} after."
    )


def main() -> None:
    print(machine(), "\n")
    with served(1) as (port, version, _):
        print(f"Answers that are known, one worker: {asyncio.run(cached(port, version)):.0f} a second.\n")
    with served(2) as (port, version, workers):
        most = load(port, version)
        print(f"\nWithin {AIM_MS} ms for 95 % and nothing shed: {most} draggers.")
        after = asyncio.run(drag(port, version, 25))
        print(
            f"25 draggers right after the most: 95 % in {after.at(0.95):.0f} ms, {after.shed} shed, {after.failed} errors.\n"
        )
    if len(sys.argv) > 1:
        with served(2, CACHE_MEGABYTES=SMALL) as (port, version, workers):
            soak(port, version, workers, int(sys.argv[1]))


if __name__ == "__main__":
    main()
