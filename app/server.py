"""create_app(): the whole application; `server` is one of them, for gunicorn."""

from pathlib import Path

import dash
from dash import html
from flask import Flask, Response, request
from flask_compress import Compress

from app import api, assets, guard, headers, health, limiting, live, logs
from app.cache import TraceCache, version
from app.export import routes as export
from app.openapi import routes as openapi
from app.pages import embed, explore, missing, train, wiring
from app.panels import stream
from app.runs import api as runs
from app.settings import Settings
from app.training import routes as training

PAGES = (explore, train)
DASH_CATCH_ALL = "/<path:path>"
DESCRIPTION = (
    "See, understand and cure vanishing and exploding gradients: drag a slider, and a real network is simulated again."
)
ASSETS = Path(__file__).parent.parent / "assets"
INDEX = Path(__file__).parent / "index.html"


def create_app(settings: Settings | None = None) -> dash.Dash:
    """A new Dash application on a Flask server of its own; two in one process do not share anything but memory."""
    server = Flask("app")
    settings = settings or Settings.from_environment()
    traces = TraceCache(server, settings)
    Compress(server)
    plotly = assets.register(server)
    app = assets.Lab(
        "app",
        server=server,
        assets_folder=str(ASSETS),
        title="Gradient Flow Lab",
        description=DESCRIPTION,
        update_title="",
        use_pages=True,
        pages_folder="",
        suppress_callback_exceptions=True,
        index_string=INDEX.read_text().replace("{%plotly%}", plotly).replace("{%version%}", version()),
    )
    if settings.log_requests:
        logs.register(server)
    guard.register(app)
    headers.register(app, settings)
    api.register(server, traces)
    runs.register(server, settings)
    training.register(server, settings)
    openapi.register(server)
    live.register(server, traces)
    stream.register(server, traces)
    export.register(server)
    health.register(server, traces, settings)
    paths = {*(page.PATH for page in PAGES), *embed.PATHS}

    @server.before_request
    def only_known_paths() -> Response | None:
        """Dash answers any address with its page; an unknown one is to be a 404."""
        if request.endpoint != DASH_CATCH_ALL or request.path in paths:
            return None
        return missing.answer(embed.PATHS if request.path.startswith("/embed") else ())

    for page in PAGES:
        dash.register_page(page.__name__, path=page.PATH, title=f"{page.TITLE} · Gradient Flow Lab", layout=page.layout)
        page.register(app, traces)
    embed.register()
    wiring.register(app)
    app.layout = html.Div(dash.page_container)
    limiting.register(server, settings)
    with server.test_request_context("/"):
        server.preprocess_request()  # Dash completes itself at its first request: there is to be only one first
    return app


server: Flask = create_app().server
