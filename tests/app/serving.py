"""The homes of runs for the tests: real web workers, real trainers, a real Redis; each on a port of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
REDIS = shutil.which("redis-server")
PATIENCE = 60  # seconds that anything may take before a test gives up


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], Any]) -> Any:
    """The first result that is true."""
    give_up = time.monotonic() + PATIENCE
    while not (result := condition()):
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.05)
    return result


class Home:
    """Two web workers, two trainers and what is between them; each can be started and ended by itself."""

    def __init__(self, folder: Path, redis: bool) -> None:
        self.redis = f"redis://127.0.0.1:{free_port()}/0" if redis else ""
        self.address = f"http://127.0.0.1:{free_port()}"
        self.environment = {**os.environ, "RUNS": str(folder), "REDIS_URL": self.redis, "TRAINERS": "2"}
        self.folder = folder
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        if redis:
            self.start_redis()
        self._start("web", sys.executable, "-m", "gunicorn", "--workers", "2", "--threads", "4", "--bind",
                    self.address.removeprefix("http://"), "--no-control-socket", "--log-level", "warning", "app.server:server")  # fmt: skip
        self.start_trainers()
        try:
            until(lambda: self.ask("/healthz", plain=True)[0] == 200)
        except AssertionError:
            self.close()  # whoever did start is not left behind
            raise

    def _start(self, name: str, *command: str) -> None:
        self.processes[name] = subprocess.Popen(command, cwd=ROOT, env=self.environment, start_new_session=True)

    def start_redis(self) -> None:
        port = self.redis.split(":")[2].split("/")[0]
        self._start("redis", str(REDIS), "--port", port, "--save", "", "--dir", str(self.folder), "--loglevel", "warning")  # fmt: skip

    def start_trainers(self) -> None:
        self._start("trainers", sys.executable, "-m", "app.runs")

    def end(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        """To the process that was started; SIGKILL to all that it has started."""
        process = self.processes.pop(name)
        (os.killpg if how == signal.SIGKILL else os.kill)(process.pid, how)
        process.wait(timeout=PATIENCE)

    def close(self) -> None:
        for name in reversed(list(self.processes)):  # trainers before what they write to
            self.end(name)

    def ask(self, path: str, method: str = "GET", plain: bool = False) -> tuple[int, Any]:
        """Status and content; 0 where nobody answers."""
        request = urllib.request.Request(self.address + path, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
                status, content = reply.status, reply.read()
        except urllib.error.HTTPError as error:
            status, content = error.code, error.read()
        except OSError:
            return 0, None
        return status, content if plain else json.loads(content)

    def submit(self, query: str) -> str:
        status, reply = self.ask(f"/api/v1/train?{query}", "POST")
        assert status == 202, reply
        return str(reply["id"])

    def look(self, run: str, after: int = 0) -> dict[str, Any]:
        status, reply = self.ask(f"/api/v1/train/{run}?after={after}")
        assert status == 200, reply
        return dict(reply)

    def tell(self, run: str, what: str) -> Any:
        status, reply = self.ask(f"/api/v1/train/{run}/{what}", "POST")
        assert status == 200, reply
        return reply["state"]

    def wait(self, run: str, *states: str) -> dict[str, Any]:
        """The run once it is in one of these states."""
        return until(lambda: (seen := self.look(run))["state"] in states and seen)
