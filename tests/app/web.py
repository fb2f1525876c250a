"""Web workers as `make serve` starts them, and what clients may do to them."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.app.serving import PATIENCE, ROOT, free_port, until

Answer = tuple[int, bytes]


class Web:
    """gunicorn with the application's own settings; no trainers."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.process, self.port = process, port

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def ask(self, path: str, method: str = "GET", body: Any = None, **options: Any) -> Answer:
        """Status and body; OSError or HTTPException where the connection ends before the answer does."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, **options)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def ask_twice(self, path: str) -> Answer:
        """The same of a client that asks once more where it heard nothing."""
        try:
            return self.ask(path)
        except (OSError, http.client.HTTPException):
            return self.ask(path)

    @property
    def workers(self) -> list[int]:
        return [int(one) for one in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]  # fmt: skip

    def files(self) -> int:
        """Open files and connections of all workers."""
        return sum(len(list(Path(f"/proc/{one}/fd").iterdir())) for one in self.workers)

    def answers(self) -> bool:
        try:
            return self.ask("/healthz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False


@contextmanager
def web(folder: Path, **environment: str) -> Iterator[Web]:
    """Two workers, until the context is left; then all of them are gone."""
    settings = {"PORT": str(port := free_port()), "WORKERS": "2", "RUNS": str(folder), "REDIS_URL": "", **environment}
    command = [sys.executable, "-m", "gunicorn", "--config", "app/gunicorn_conf.py", "--log-level", "warning", "app.server:server"]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings}, start_new_session=True)
    started = Web(process, port)
    try:
        until(started.answers)
        yield started
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
