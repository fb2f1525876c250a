"""State: what the address says. Query text <-> State <-> configs. Lenient for pages, strict for the API.

    URL --layout(**query)--> controls --> query --> simulate (cached) --> frame --> charts
                                            \\--replaceState--> address bar

The words are NetworkConfig's field names, `remedies`, the options of the panels, and `pin`; only what differs
from the defaults is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from math import isfinite
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qsl, unquote_to_bytes, urlencode

from app.options import OPTIONS, Options
from simulation.config import DEFAULTS, FIELDS, ConfigError, NetworkConfig, deepest
from simulation.parameters import Number, Parameter, Subset
from simulation.remedies import REMEDIES, apply_remedies

Pairs = Iterable[tuple[str, str]]
_Made = TypeVar("_Made")


class Word(Protocol):
    """A word of an address: reads and prints its own values. `parse` raises ValueError, saying what is allowed."""

    def parse(self, text: str) -> Any: ...
    def format(self, value: Any) -> str: ...


@dataclass(frozen=True)
class Pinned:
    """A network kept for comparison: the query string of its fields and remedies, within the query string."""

    label: str = "Pinned"
    summary: str = "A network kept for comparison."
    allowed: str = "the query string of a network and its remedies"

    def parse(self, text: str) -> str:
        """The canonical text; StateError (a ValueError) where the query is not allowed."""
        return strict(pairs_of(text.encode()), NETWORK_WORDS).query

    def format(self, value: str) -> str:
        return value


# What describes the network on the screen.
NETWORK_WORDS: dict[str, Parameter] = {
    **FIELDS,
    "remedies": Subset("Remedies", "What is done about it: edits of the network above.", REMEDIES),
}
# Every word of the address, in the order in which it is written.
WORDS: dict[str, Parameter | Pinned] = {**NETWORK_WORDS, **OPTIONS, "pin": Pinned()}
STATE_DEFAULTS: dict[str, Any] = {**DEFAULTS, "remedies": (), **asdict(Options()), "pin": None}
_MOST_PAIRS = 100


@dataclass(frozen=True)
class State:
    """A network as set, the remedies switched on, what the panels are asked, and the query of a pinned network."""

    config: NetworkConfig = field(default_factory=NetworkConfig)
    remedies: tuple[str, ...] = ()
    options: Options = field(default_factory=Options)
    pin: str | None = None

    def __post_init__(self) -> None:
        if self.options.layer > self.config.depth:
            raise ConfigError("layer", self.options.layer, f"a layer of the network, 1 to {self.config.depth}")

    @property
    def remedied(self) -> NetworkConfig:
        """The config with the remedies applied (the config itself when there are none)."""
        return apply_remedies(self.config, self.remedies)

    @property
    def network(self) -> State:
        """The same network and remedies, with nothing asked of the panels and nothing pinned."""
        return State(self.config, self.remedies)

    @property
    def pinned(self) -> State | None:
        """The network kept for comparison."""
        return None if self.pin is None else lenient(pairs_of(self.pin.encode()))[0].network

    @property
    def values(self) -> dict[str, Any]:
        """Every word with its value."""
        return {**asdict(self.config), "remedies": self.remedies, **asdict(self.options), "pin": self.pin}

    @property
    def query(self) -> str:
        """The canonical query string: what differs from the defaults, in the order of the words."""
        return written(self.values, WORDS, STATE_DEFAULTS)

    def asking(self, **options: Any) -> State:
        """The same with other options."""
        return replace(self, options=replace(self.options, **options))


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


def strict(pairs: Pairs, words: Mapping[str, Word] | None = None) -> State:
    """The state that the pairs say, to the letter, in these words (default: all); StateError otherwise."""
    return built(_state, parsed(pairs, WORDS if words is None else words))


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


def lenient(pairs: Pairs) -> tuple[State, list[str]]:
    """The nearest allowed state, and a sentence for each thing that was changed to get there."""
    values: dict[str, Any] = {}
    notes: list[str] = []
    unknown = []
    for name, text in pairs:
        if name not in WORDS:
            unknown.append(name)
            continue
        if name in values:
            notes.append(f"{WORDS[name].label} was given twice; the last one counts.")
        values[name] = _nearest(WORDS[name], name, text, notes.append)
    if unknown:
        others = f" and {len(unknown) - 1} more unknown ones were" if len(unknown) > 1 else " was"
        notes.append(f"There is no setting {unknown[0]!r:.40}: it{others} left out.")
    _fit(values, notes.append)
    return _state(values), notes


def _state(values: Mapping[str, Any]) -> State:
    """From the words that were given; ConfigError where they do not fit together."""
    fields = {word: value for word, value in values.items() if word in FIELDS}
    options = {word: value for word, value in values.items() if word in OPTIONS}
    return State(NetworkConfig(**fields), values.get("remedies", ()), Options(**options), values.get("pin"))


def _nearest(parameter: Parameter | Pinned, name: str, text: str, say: Callable[[str], None]) -> Any:
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
        say("The pinned network is not one that can be simulated: it was left out.")
        return None
    default = STATE_DEFAULTS[name]
    say(f"{parameter.label} {text!r:.24} is not {_short(parameter.allowed)}: {default} is shown.")
    return default


def _short(allowed: str) -> str:
    return allowed if len(allowed) < 60 else "a known one"


def _number(text: str) -> float | None:
    try:
        value = float(text) if text.isascii() and len(text) < 400 else float("nan")
    except ValueError:
        return None
    return value if isfinite(value) else None


def _fit(values: dict[str, Any], say: Callable[[str], None]) -> None:
    """Lowers depth to the budget and groups to a divisor of the width."""
    width, batch = values.get("width", DEFAULTS["width"]), values.get("batch", DEFAULTS["batch"])
    depth, most = values.get("depth", DEFAULTS["depth"]), deepest(width, batch)
    if depth > most:
        values["depth"] = most
        say(
            f"At width {width} and batch {batch} at most {most} layers are simulated here: depth is {most} instead of {depth}."
        )
    depth = values.get("depth", DEFAULTS["depth"])
    if values.get("layer", 1) > depth:
        values["layer"] = depth
        say(f"There are {depth} layers: the last one is looked into.")
    groups = values.get("groups", DEFAULTS["groups"])
    if values.get("normalization", DEFAULTS["normalization"]) == "group" and width % groups:
        values["groups"] = max(g for g in range(1, groups + 1) if width % g == 0)
        say(f"Groups must divide the width, {width}: {values['groups']} are used instead of {groups}.")
