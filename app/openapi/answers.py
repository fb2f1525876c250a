"""What an operation answers: media types, headers, refusals. The same pieces for all."""

from typing import Any

from app.schemas import Schema, of, or_null, record, reference, text

Answers = dict[str, Any]
ERROR = record(
    {
        "error": record(
            {
                "field": text("What is not allowed: a word of the query, path, method, body; or request."),
                "value": text("What it was, cut after 80 characters."),
                "allowed": text("What it may be, in words."),
                "message": text("All of it in a sentence."),
            }
        )
    },
    said="Why nothing was answered, and what would be.",
)
REFUSED = record(
    {
        "error": record(
            {
                "reason": text("Which bound it is: of one address, of those who wait, of the store; or the state of the run."),
                "message": text("All of it in a sentence."),
                "place": or_null(of(int)) | {"description": "In the queue, that there would have been."},
            },
            ("reason", "place"),
        )
    },
    said="Why it cannot be done now.",
)  # fmt: skip
_RETRY = {"Retry-After": {"description": "After how many seconds to ask again.", "schema": {"type": "integer"}}}
_TAG = {"description": "Of the version and the query.", "schema": {"type": "string"}}
_CACHED = {"ETag": _TAG, "Cache-Control": {"schema": {"type": "string"}}}


def content(said: str, kind: str, schema: Schema, headers: Answers | None = None) -> Answers:
    """A reply with a body of one media type."""
    return {"description": said, **({"headers": headers} if headers else {}), "content": {kind: {"schema": schema}}}


def json(said: str, schema: Schema, headers: Answers | None = None) -> Answers:
    """A reply in JSON."""
    return content(said, "application/json", schema, headers)


def kept(body: Answers) -> Answers:
    """Of a question whose answer follows from version and query: it may be held, and be asked for by its tag."""
    error = reference("Error")
    return {
        "200": body | {"headers": _CACHED},
        "304": {"description": "If-None-Match names the tag: what you hold is still right.", "headers": _CACHED},
        "422": json("A word is not allowed: which, and what is.", error),
        **busy(error),
        "default": json("404, 405 and every other refusal.", error),
    }


def busy(schema: Schema) -> Answers:
    """Too much is asked for at the moment."""
    return {
        "429": json("Too many from your address, or too many at once.", schema, _RETRY),
        "503": json("Too busy, or the store is away.", schema, _RETRY),
    }
