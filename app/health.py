"""Whether the process lives (/healthz: restart it if not) and whether all it needs answers (/readyz: say so if not)."""

from flask import Flask, Response

from app.cache import TraceCache
from app.runs.queue import Queue
from app.runs.store import UnreachableError
from app.settings import VERSION, Settings
from simulation import NetworkConfig


def register(app: Flask, traces: TraceCache, settings: Settings) -> None:
    """Both routes. Not ready: no trace can be computed, or the store of runs does not answer; pages go on without it."""
    queue = Queue(settings)

    @app.get("/healthz")
    def health() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.get("/readyz")
    def ready() -> Response:
        traces.trace(NetworkConfig(depth=1, width=1, batch=1), densities=False)
        try:
            waiting = len(queue)
        except UnreachableError:
            return Response("The store of runs cannot be reached.\n", 503, mimetype="text/plain")
        return Response(f"ready, version {VERSION}, {waiting} runs waiting\n", mimetype="text/plain")
