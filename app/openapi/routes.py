"""GET /api/openapi.json, and /api, which is the same for people."""

from functools import cache

from flask import Flask, Response

from app.manners import json_response
from app.openapi.document import document
from app.openapi.page import page


@cache
def _page() -> str:
    return page(document())


def register(app: Flask) -> None:
    """Both routes."""

    @app.get("/api/openapi.json")
    def described() -> Response:
        return json_response(document())

    @app.get("/api")
    @app.get("/api/")
    def explained() -> Response:
        return Response(_page(), mimetype="text/html")
