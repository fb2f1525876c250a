"""Words of the address as OpenAPI parameters: each from its one declaration."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from app.panels.panel import Panel
from app.runs.api import AFTER, OWN_WORDS
from app.runs.run import Run
from app.schemas import Schema
from app.state import NETWORK_WORDS, STATE_DEFAULTS, WORDS
from app.training.state import TRAIN_DEFAULTS, TRAIN_WORDS
from app.words import Word
from simulation.parameters import Choice, Number, Subset
from simulation.training.changes import CHANGEABLE

Parameter = dict[str, Any]
IDLE = "Changes nothing here: it is taken so that an address of the Explore page can be asked as it is."


def schema(word: Word) -> Schema:
    """What the word may be: a range, some keys, a list of keys, or a text."""
    if isinstance(word, Number):
        kind = "integer" if word.integer else "number"
        return {"type": kind, "minimum": word.low, "maximum": word.high}
    if isinstance(word, Choice):
        return {"type": "string", "enum": list(word.options)}
    if isinstance(word, Subset):
        return {"type": "array", "items": {"type": "string", "enum": list(word.options)}}
    return {"type": "string"}


def parameter(name: str, word: Word, default: Any = None) -> Parameter:
    """A word that may be left out; then it has its default, or, where that is None, no value."""
    said = [f"{word.label}: {getattr(word, 'summary', '')}"]
    kind = schema(word)
    if isinstance(word, Subset):
        default = list(default)
    elif kind == {"type": "string"}:  # whose form the schema cannot tell
        said.append(f"Allowed: {word.allowed}.")
        default = None if default is None else word.format(default)
    given = {} if default is None else {"default": default}
    listed = {"style": "form", "explode": False} if isinstance(word, Subset) else {}
    return {"name": name, "in": "query", "required": False, "description": " ".join(said), **listed, "schema": kind | given}  # fmt: skip


def in_path(name: str, said: str, kind: Schema) -> Parameter:
    """A part of the path."""
    return {"name": name, "in": "path", "required": True, "description": said, "schema": kind}


def _in_training(name: str) -> str:
    """Under which name a training's word is declared: its own where a panel has another one of that name."""
    return f"train_{name}" if name in WORDS and WORDS[name] is not TRAIN_WORDS[name] else name


@cache
def declared() -> Mapping[str, Parameter]:
    """All words by the names that the document refers to them by."""
    asked = {name: parameter(name, word, STATE_DEFAULTS[name]) for name, word in WORDS.items()}
    trained = {_in_training(name): parameter(name, word, TRAIN_DEFAULTS[name]) for name, word in TRAIN_WORDS.items()}
    value = {"anyOf": [schema(word) for word in CHANGEABLE.values()]}
    return {
        **trained, **asked,
        **{name: parameter(name, word, getattr(Run, name)) for name, word in OWN_WORDS.items()},
        "after": parameter("after", AFTER, 0),
        "field": {
            "name": "field", "in": "query", "description": "Of `change` alone: the setting that is altered.",
            "schema": {"type": "string", "enum": list(CHANGEABLE)},
        },
        "value": {"name": "value", "in": "query", "description": "Of `change` alone: what it is from now on.", "schema": value},
        "id": in_path("id", "A run, as POST answered.", {"type": "string"}),
    }  # fmt: skip


def refer(name: str, **instead: str) -> Parameter:
    """A reference to a word that is declared."""
    return {"$ref": f"#/components/parameters/{name}", **instead}


def of_panel(panel: Panel | None = None) -> list[Parameter]:
    """Of a panel, or of the trace: the network, what the panel is asked, and what is taken without effect."""
    own = panel.words if panel else ()
    idle = [name for name in WORDS if name not in NETWORK_WORDS and name not in own]
    return [*map(refer, NETWORK_WORDS), *map(refer, own), *(refer(name, description=IDLE) for name in idle)]


def of_training() -> list[Parameter]:
    """Of a training that is to be started."""
    return [*(refer(_in_training(name)) for name in TRAIN_WORDS), *map(refer, OWN_WORDS)]
