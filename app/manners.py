"""HTTP manners of /api: how long an answer may be held, who may read it, and one form for every refusal.

Without a run, an answer is a function of the version and the query. Both make its tag, so that who asks again hears
"still right" without anything being computed. (To the byte on machines whose BLAS has the same kernels.)
"""

from hashlib import blake2b
from http import HTTPStatus
from typing import Any

import orjson
from flask import Flask, Response, request

from app.admission import Busy
from app.cache import version

RUNS = "/api/v1/train"
SECONDS_HELD, SECONDS_TO_RETRY = 3600, 5
_MESSAGES = {
    404: ("path", "the paths that /api/openapi.json lists", "There is nothing at this path."),
    413: ("body", "none: the query string carries the words", "This is too much to read."),
    414: ("path", "a shorter query", "This address is too long to read."),
    500: ("request", "the same, later", "Something went wrong here, and has been noted."),
}


def json_response(content: dict[str, Any], status: int = 200) -> Response:
    """The content as JSON; NumPy arrays as lists, infinities as null."""
    text = orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(text, status, mimetype="application/json")


def refusal(field: str, value: str, allowed: str, message: str, status: int = 404) -> Response:
    """What is not allowed or not there, what it was, and what would be: the form of every error of the API."""
    error = {"field": field, "value": value[:80], "allowed": allowed, "message": message}
    return json_response({"error": error}, status)


def tag() -> str:
    """The tag that this path and query have in this version."""
    asked = b"\0".join((version().encode(), request.path.encode(), request.query_string))
    return blake2b(asked, digest_size=12).hexdigest()


def register(app: Flask) -> None:
    """For every path of the API. After Flask-Compress, which adds the encoding to the tag."""

    @app.before_request
    def still_right() -> Response | None:
        """304 where the tag is known, without computing; a compressed answer's tag ends with its encoding."""
        if not _held() or not request.if_none_match:
            return None
        mine = tag()
        for known in request.if_none_match.as_set(include_weak=True):
            if known.partition(":")[0] == mine:
                response = Response(status=304)
                response.set_etag(known)
                return response
        return None

    @app.errorhandler(Busy)
    def busy(_: Busy) -> Response:
        response = refusal("request", request.path, "the same, in a moment", "The server is busy: please try again in a moment.", 503)  # fmt: skip
        response.headers["Retry-After"] = "1"
        response.cache_control.no_store = True
        return response

    @app.after_request
    def mannered(response: Response) -> Response:
        if not _of_api():
            return response
        if response.status_code >= 400 and response.mimetype != "application/json":
            _tell(response)
        if response.status_code in (429, 503):
            response.headers.setdefault("Retry-After", str(SECONDS_TO_RETRY))
        if request.method in ("GET", "HEAD"):
            response.headers["Access-Control-Allow-Origin"] = "*"
        if _held() and response.status_code in (200, 304):
            response.cache_control.public, response.cache_control.max_age = True, SECONDS_HELD
            if "ETag" not in response.headers:
                response.set_etag(tag())
        else:
            response.cache_control.no_store = True
        return response


def _of_api() -> bool:
    return request.path == "/api" or request.path.startswith("/api/")


def _held() -> bool:
    """Whether the answer follows from version and query alone."""
    run = request.path == RUNS or request.path.startswith(f"{RUNS}/")
    return _of_api() and not run and request.method in ("GET", "HEAD")


def _tell(response: Response) -> None:
    """Puts the refusal that somebody else made, in whatever form, into that of the API."""
    status = response.status_code
    if status == 405:
        field, value, allowed = "method", request.method, ", ".join(sorted(response.allow))
        message = f"This path is asked with {allowed}."
    else:
        field, allowed, message = _MESSAGES.get(status, ("request", "", f"{HTTPStatus(status).phrase}."))
        value = request.path if field == "path" else ""
    told = refusal(field, value, allowed, message, status)
    response.data, response.mimetype = told.data, "application/json"
