"""python -m app: the pages and this machine's trainers, started, watched and ended together. Words are gunicorn's."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

_SECONDS_BETWEEN_LOOKS = 0.5
# Else the C library keeps a heap for each of some threads, whose gaps nobody else may use: memory creeps up.
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}


def _started(*module: str) -> "subprocess.Popen[bytes]":
    """A session of its own: Ctrl-C at a terminal comes here alone, and is passed on once."""
    return subprocess.Popen(
        [sys.executable, "-m", *module],
        cwd=Path(__file__).parent.parent,
        start_new_session=True,
        env=_ENVIRONMENT | os.environ,
    )


def main() -> int:
    """gunicorn's exit code, once both have ended."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    web = _started("gunicorn", "--config", "app/gunicorn_conf.py", *sys.argv[1:], "app.server:server")
    trainers = _started("app.runs")
    while not told.wait(_SECONDS_BETWEEN_LOOKS) and web.poll() is None:
        if trainers.poll() is not None:
            trainers = _started("app.runs")
    for process in (web, trainers):
        process.terminate()
    trainers.wait()
    return web.wait()


if __name__ == "__main__":
    sys.exit(main())
