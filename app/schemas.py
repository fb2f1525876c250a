"""JSON Schemas of what is answered, made from the type hints and docstrings of the classes that hold it."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np

Schema = dict[str, Any]
# The classes within replies, by name; an OpenAPI document holds them once.
NAMED: dict[str, Schema] = {}
CONFIG = "NetworkConfig"  # the schema of a network's settings, by name
_PLACE = "#/components/schemas/"
_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": ["number", "null"]},  # an infinity, as of a zero's log, and NaN are null in JSON
    Any: {},
}
_KINDS = ((np.floating, float), (np.integer, int), (np.bool_, bool))


def of(hint: Any) -> Schema:
    """The schema of a value of this type, as orjson writes it; TypeError for a type that no reply holds."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    if origin is UnionType:
        return or_null(of(next(one for one in arguments if one is not NoneType)))
    if origin is np.ndarray:
        scalar = get_args(arguments[1])[0]
        return {"type": "array", "items": of(next(plain for kind, plain in _KINDS if issubclass(scalar, kind)))}
    if origin in (tuple, list):
        return _sequence(arguments)
    if origin is dict:
        return {"type": "object", "additionalProperties": of(arguments[1])}
    if is_dataclass(hint) or (inspect.isclass(hint) and issubclass(hint, tuple)):
        return _named(hint)
    raise TypeError(f"There is no schema of {hint!r}.")


def _sequence(arguments: tuple[Any, ...]) -> Schema:
    """Of as many as there are, or of so many, which are of one type or of any."""
    if len(arguments) == 1 or arguments[1] is Ellipsis:
        return {"type": "array", "items": of(arguments[0])}
    items = of(arguments[0]) if len(set(arguments)) == 1 else {}
    return {"type": "array", "items": items, "minItems": len(arguments), "maxItems": len(arguments)}


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    kinds = schema.get("type", [])
    if not kinds:
        return {"anyOf": [schema, {"type": "null"}]}
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return schema | {"type": list(dict.fromkeys([*kinds, "null"]))}


def reference(name: str) -> Schema:
    """To one of the schemas that the document holds by name."""
    return {"$ref": _PLACE + name}


def _named(cls: type) -> Schema:
    """A reference to the class, which is noted."""
    made = of_class(cls)
    if NAMED.setdefault(cls.__name__, made) != made:
        raise TypeError(f"There are two classes named {cls.__name__} in replies.")
    return reference(cls.__name__)


def of_class(cls: type) -> Schema:
    """All fields of the class; its docstring says what they are."""
    return record(members(cls, get_type_hints(cls)), said=said_of(cls))


def said_of(cls: type) -> str:
    """What the docstring of the class says, a line for each paragraph."""
    return "\n\n".join(" ".join(one.split()) for one in (inspect.getdoc(cls) or "").split("\n\n"))


def members(cls: type, names: Iterable[str]) -> dict[str, Schema]:
    """The schemas of these fields or properties of the class, by name."""
    hints = get_type_hints(cls)
    return {name: of(hints[name] if name in hints else _result(cls, name)) for name in names}


def _result(cls: type, name: str) -> Any:
    declared = inspect.getattr_static(cls, name)
    return get_type_hints(declared.fget if isinstance(declared, property) else declared.func)["return"]


def record(properties: Mapping[str, Schema], optional: Iterable[str] = (), said: str = "") -> Schema:
    """An object that has all these properties, but for optional ones."""
    required = [name for name in properties if name not in set(optional)]
    described = {"description": said} if said else {}
    return {"type": "object", **described, "properties": dict(properties), "required": required}


def text(said: str, options: Iterable[str] = ()) -> Schema:
    """Words, or one of these options, and what they say."""
    listed = list(options)
    return {"type": "string", "description": said, **({"enum": listed} if listed else {})}
