"""GET /export/<part>.html?<state>&sliders=<one or two settings>: a part of the lab as a file. Strict, as the API is."""

from flask import Flask, Response, request

from app.admission import Admission
from app.export.file import PARTS, html, read
from app.state import pairs_of

PLACES, SECONDS = 1, 0.25  # files that are made at once in a process, each of some seconds; how long one waits for that
NOT_FOUND = f"There is no such offline file. There are: {', '.join(f'/export/{part}.html' for part in PARTS)}\n"


def register(app: Flask) -> None:
    """The route of all parts."""
    admission = Admission(PLACES, SECONDS)

    @app.get("/export/<part>.html")
    def export(part: str) -> Response:
        if part not in PARTS:
            return Response(NOT_FOUND, 404, mimetype="text/plain")
        state, names = read(pairs_of(request.query_string))
        with admission.place():
            text = html(part, state, names)
        name = f"gradient-flow-{part}.html"
        return Response(text, mimetype="text/html", headers={"Content-Disposition": f"attachment; filename={name}"})
