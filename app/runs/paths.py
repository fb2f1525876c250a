"""The paths of /api/v1/train, for those who miss them: what there is, and how it is asked."""

from flask import Response, request

from app.manners import refusal
from app.runs.commands import VERBS

TOLD = (*VERBS, "resume")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PATHS = (
    "POST /api/v1/train, GET /api/v1/train/<id>, <id>.csv, <id>.json, <id>/checkpoint/<step>, "
    f"POST /api/v1/train/<id>/<verb>: {', '.join(TOLD)}"
)


def not_there(path: str) -> Response:
    """405 with the method that the path has, or 404 with the paths that there are."""
    match path.removeprefix("/api/v1/train").split("/"):
        case [""]:
            method = "POST"
        case ["", run_id] if run_id:
            method = "GET"
        case ["", _, verb] if verb in TOLD:
            method = "POST"
        case ["", _, "checkpoint", _]:
            method = "GET"
        case _:
            return refusal("path", path, PATHS, "There is nothing at this path.")
    reply = refusal("method", request.method, method, f"This path is asked with {method}.", 405)
    reply.headers["Allow"] = method
    return reply
