"""What is asked of every answer, whatever was asked: no error of the program, nothing of the user's as HTML, all headers."""

import json
import logging
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO, StringIO
from pathlib import Path
from time import process_time
from typing import Any

from werkzeug.test import run_wsgi_app

from app.headers import ALWAYS, OF_PAGES
from app.runs import worker
from app.runs.desk import Desk
from app.runs.queue import Queue
from app.server import create_app
from app.settings import Settings
from app.training.state import strict
from app.words import pairs_of
from tests.fuzz.hostile import MARK, Hostile, Requests

TRAINED = ("data=moons", "data=sine&loss=mean_squared", "data=xor&networks=3")
SMALL = "depth=3&width=4&batch=4&steps=6"


@dataclass
class Seen:
    """What came of the requests: how many had each status, what was wrong, and the longest, in seconds of computing."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    longest: list[tuple[float, int]] = field(default_factory=list)


class Fuzz:
    """An application in this process with three runs that are trained already, and what it answers to hostile requests."""

    def __init__(self, folder: Path, seed: int) -> None:
        settings = Settings(runs=str(folder), expensive_per_minute=0, redis_url="")
        self.app = app = create_app(settings)
        self.server = app.server
        self.requests = Requests(app.callback_map, [str(rule) for rule in self.server.url_map.iter_rules()], _runs(settings), seed)  # fmt: skip

    def ask(self, hostile: Hostile) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and all of the body, as a server gets them from the application."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": hostile.method, "PATH_INFO": hostile.path.decode("latin-1"), "QUERY_STRING": hostile.query.decode("latin-1"),
            "SCRIPT_NAME": "", "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost", "CONTENT_LENGTH": str(len(hostile.body)), "wsgi.input": BytesIO(hostile.body), "wsgi.url_scheme": "http",
            "wsgi.errors": StringIO(), "wsgi.version": (1, 0), "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
        }  # fmt: skip
        for name, text in hostile.headers.items():
            environ["CONTENT_TYPE" if name == "Content-Type" else f"HTTP_{name.upper().replace('-', '_')}"] = text
        content, status, headers = run_wsgi_app(self.server, environ, buffered=True)
        return int(status.split()[0]), {name: str(text) for name, text in headers.items()}, b"".join(content)

    def run(self, numbers: range, seconds: float | None = None, say: Callable[[str], None] = lambda _: None) -> Seen:
        """Asks all of these. seconds: of computing that one may take."""
        seen = Seen()
        for number in numbers:
            hostile, began = self.requests[number], process_time()
            try:
                status, headers, body = self.ask(hostile)
            except Exception as error:  # in a stream, after its head was sent
                status, headers, body = 599, {}, repr(error).encode()
            took = process_time() - began
            seen.statuses[status] += 1
            seen.longest = sorted([*seen.longest, (took, number)], reverse=True)[:5]
            faults = wrong(hostile, status, headers, body)
            if seconds and took > seconds:
                faults.append(f"{took:.1f} s")
            if faults:
                seen.wrong.append(
                    f"number {number}: {', '.join(faults)}\n  {hostile!s:.900}\n  {status} {body[:300]!r}"
                )
                say(seen.wrong[-1])
        return seen


def wrong(hostile: Hostile, status: int, headers: dict[str, str], body: bytes) -> list[str]:
    """What no answer may be or lack."""
    kind = headers.get("Content-Type", "").split(";")[0]
    checks = {
        "an error of the program": status >= 500 and status != 501,
        "a stack trace": b"Traceback (most recent" in body,
        "text of the user's as HTML": kind in ("text/html", "image/svg+xml", "") and MARK.encode() in body,
        "a header of the user's": "X-Injected" in headers,
        "without all headers": any(headers.get(name) != text for name, text in ALWAYS.items()),
        "a page without its policy": kind == "text/html" and (any(headers.get(name) != text for name, text in OF_PAGES.items()) or "frame-ancestors" not in headers.get("Content-Security-Policy", "")),
        "a cookie": "Set-Cookie" in headers,
        "no JSON": kind == "application/json" and hostile.method != "HEAD" and status != 304 and not _is_json(body, headers),
    }  # fmt: skip
    if hostile.path.startswith(b"/api/v1/") and status >= 400 and hostile.method != "HEAD":
        checks["a refusal that says nothing"] = kind != "application/json" or b'"message"' not in body
    return [name for name, so in checks.items() if so]


def _is_json(body: bytes, headers: dict[str, str]) -> bool:
    if "Content-Encoding" in headers:
        return True
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def _runs(settings: Settings) -> list[str]:
    """Ids of runs that are done, and of one that waits."""
    logging.getLogger("app.runs").setLevel(logging.ERROR)
    queue = Queue(settings, worker.work)
    desk = Desk(queue)
    assert queue.task
    ids = []
    for words in TRAINED:
        ids.append(desk.submit(strict(pairs_of(f"{SMALL}&{words}".encode())), "fuzz").run.id)
        queue.huey.execute(queue.huey.dequeue())
    return [*ids, desk.submit(strict(pairs_of(SMALL.encode())), "fuzz").run.id, random.Random(0).randbytes(6).hex()]
