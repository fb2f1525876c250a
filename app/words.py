"""Words of an address: query text -> values, to the letter or to the nearest, and values -> query text.

A table of words says what there is; the states of the pages (`state`, `training.state`) are made from such tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qsl, unquote_to_bytes, urlencode

from simulation.config import ConfigError
from simulation.parameters import Number, Subset

Pairs = Iterable[tuple[str, str]]
_Made = TypeVar("_Made")
_MOST_PAIRS = 100


class Word(Protocol):
    """A word of an address: reads and prints its own values. `parse` raises ValueError, saying what is allowed."""

    @property
    def label(self) -> str: ...
    @property
    def allowed(self) -> str: ...
    def parse(self, text: str) -> Any: ...
    def format(self, value: Any) -> str: ...


@dataclass(frozen=True)
class Pinned:
    """Something kept for comparison: its query string, within the query string; None for nothing.

    lost: what is said where it cannot be read. canonical: strict(pairs) -> the canonical query.
    """

    label: str
    summary: str
    allowed: str
    lost: str
    canonical: Callable[[Pairs], str]

    def parse(self, text: str) -> str:
        """The canonical text; StateError (a ValueError) where the query is not allowed."""
        return self.canonical(pairs_of(text.encode()))

    def format(self, value: str) -> str:
        return value


class StateError(ValueError):
    """A query that is not allowed: `field`, the `value` it had, what is `allowed`."""

    def __init__(self, field: str, value: str, allowed: str) -> None:
        super().__init__(f"{field} was {value!r:.80}; allowed is {allowed}")
        self.field, self.value, self.allowed = field, value[:80], allowed


def pairs_of(query: bytes) -> list[tuple[str, str]]:
    """The name=value pairs of a raw query string; StateError if it is not UTF-8 or has too many."""
    try:
        return parse_qsl(
            query.decode("utf-8"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=_MOST_PAIRS
        )
    except UnicodeDecodeError:
        name, text = next(pair for pair in _raw_pairs(query) if not _is_text(b"=".join(pair)))
        raise StateError(_printable(name), _printable(text), "text encoded as UTF-8") from None
    except ValueError:
        raise StateError("query", _printable(query), f"at most {_MOST_PAIRS} name=value pairs") from None


def _raw_pairs(query: bytes) -> list[tuple[bytes, bytes]]:
    parts = [part.partition(b"=") for part in query.split(b"&")]
    return [(name, value) for name, _, value in parts]


def _is_text(raw: bytes) -> bool:
    try:
        unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _printable(raw: bytes) -> str:
    return raw[:60].decode("ascii", "backslashreplace")


def parsed(pairs: Pairs, words: Mapping[str, Word]) -> dict[str, Any]:
    """The values that the pairs say, to the letter, in these words; StateError otherwise."""
    values: dict[str, Any] = {}
    for name, text in pairs:
        if name not in words:
            raise StateError(name[:80], text, "a known field: " + ", ".join(words))
        if name in values:
            raise StateError(name, text, "given once")
        try:
            values[name] = words[name].parse(text)
        except StateError as error:  # within a pinned query
            raise StateError(name, text, f"within it, for {error.field}: {error.allowed}") from None
        except ValueError as error:
            raise StateError(name, text, str(error)) from None
    return values


def built(make: Callable[[Mapping[str, Any]], _Made], values: Mapping[str, Any]) -> _Made:
    """What is made of the values; StateError where they do not fit together."""
    try:
        return make(values)
    except ConfigError as error:
        raise StateError(error.field, str(error.value), error.allowed) from None


def written(values: Mapping[str, Any], words: Mapping[str, Word], defaults: Mapping[str, Any]) -> str:
    """The canonical query string: what differs from the defaults, in the order of the values."""
    changed = [(word, words[word].format(value)) for word, value in values.items() if value != defaults[word]]
    return urlencode(changed, safe=",")


def nearest(pairs: Pairs, words: Mapping[str, Word], defaults: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The nearest values that these words may have, and a sentence for each thing that was changed to get there."""
    values: dict[str, Any] = {}
    notes: list[str] = []
    unknown = []
    for name, text in pairs:
        if name not in words:
            unknown.append(name)
            continue
        if name in values:
            notes.append(f"{words[name].label} was given twice; the last one counts.")
        values[name] = _nearest(words[name], defaults[name], text, notes.append)
    if unknown:
        others = f" and {len(unknown) - 1} more unknown ones were" if len(unknown) > 1 else " was"
        notes.append(f"There is no setting {unknown[0]!r:.40}: it{others} left out.")
    return values, notes


def _nearest(parameter: Word, default: Any, text: str, say: Callable[[str], None]) -> Any:
    try:
        return parameter.parse(text.strip())
    except ValueError:
        pass
    if isinstance(parameter, Subset):
        kept = parameter.check(tuple(key for key in text.split(",") if key in parameter.options))
        say(f"{parameter.label}: only those that are known were kept.")
        return kept
    if isinstance(parameter, Number) and (number := _number(text)) is not None:
        value = parameter.check(parameter.clamp(number))
        say(f"{parameter.label} {text[:20]} is not {parameter.allowed}: {parameter.format(value)} is shown.")
        return value
    if isinstance(parameter, Pinned):
        say(parameter.lost)
        return default
    if not default:
        say(f"{parameter.label} {text!r:.24} could not be read: it was left out.")
        return default
    say(f"{parameter.label} {text!r:.24} is not {_short(parameter.allowed)}: {parameter.format(default)} is shown.")
    return default


def _short(allowed: str) -> str:
    return allowed if len(allowed) < 60 else "a known one"


def _number(text: str) -> float | None:
    try:
        value = float(text) if text.isascii() and len(text) < 400 else float("nan")
    except ValueError:
        return None
    return value if isfinite(value) else None
