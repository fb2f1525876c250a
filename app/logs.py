"""One line of JSON for each request: when, what, how it went, how long, and whether anything had to be computed."""

import logging
import sys
from time import perf_counter, time

import orjson
from flask import Flask, Response, g, request

log = logging.getLogger("requests")


def register(app: Flask) -> None:
    """Lines go to standard output. `ms` is until the answer begins; a stream goes on after that."""
    if not log.handlers:
        log.addHandler(logging.StreamHandler(sys.stdout))
    log.setLevel(logging.INFO)
    log.propagate = False

    @app.before_request
    def begin() -> None:
        g.began = perf_counter()

    @app.after_request
    def write(response: Response) -> Response:
        line = {
            "at": round(time(), 3),
            "method": request.method,
            "route": str(request.url_rule or "unknown"),
            "status": response.status_code,
            "ms": round(1000 * (perf_counter() - g.get("began", perf_counter())), 2),
            "cache": g.get("cache"),
            "compute_ms": round(g.get("compute_ms", 0.0), 2),
            "bytes": response.content_length,
        }
        log.info(orjson.dumps(line).decode())
        return response
