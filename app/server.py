"""create_app(): the whole application; `server` is one of them, for gunicorn."""

from pathlib import Path

import dash
from dash import html
from flask import Flask
from flask_compress import Compress

from app import api
from app.cache import TraceCache
from app.settings import Settings

ASSETS = Path(__file__).parent.parent / "assets"


def create_app(settings: Settings | None = None) -> dash.Dash:
    """A new Dash application on a Flask server of its own; two in one process do not share anything but memory."""
    server = Flask("app")
    traces = TraceCache(server, settings or Settings.from_environment())
    Compress(server)
    app = dash.Dash("app", server=server, assets_folder=str(ASSETS), title="Gradient Flow Lab", update_title="")
    api.register(server, traces)
    app.layout = html.Div()
    return app


server: Flask = create_app().server
