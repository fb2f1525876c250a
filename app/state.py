"""State: what the address says. Query text <-> State <-> configs. Lenient for pages, strict for the API.

    URL --layout(**query)--> controls --> query --> simulate (cached) --> frame --> charts
                                            \\--replaceState--> address bar

The words are NetworkConfig's field names, `remedies`, the options of the panels, and `pin`; only what differs
from the defaults is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from app.options import OPTIONS, Options
from app.words import Pairs, Pinned, StateError, Word, built, nearest, pairs_of, parsed, written
from simulation.config import DEFAULTS, FIELDS, ConfigError, NetworkConfig, deepest, most_groups
from simulation.options import INPUTS
from simulation.parameters import Parameter, Subset
from simulation.remedies import REMEDIES, apply_remedies

__all__ = ["NETWORK_WORDS", "STATE_DEFAULTS", "WORDS", "Pairs", "Pinned", "State", "StateError", "Word", "built", "fit_network", "lenient", "pairs_of", "parsed", "strict", "written"]  # fmt: skip

# What describes the network on the screen.
NETWORK_WORDS: dict[str, Parameter] = {
    **FIELDS,
    "remedies": Subset("Remedies", "What is done about it: edits of the network above.", REMEDIES),
}
PINNED = Pinned(
    "Pinned", "A network kept for comparison.", "the query string of a network and its remedies",
    "The pinned network is not one that can be simulated: it was left out.",
    lambda pairs: strict(pairs, NETWORK_WORDS).query,
)  # fmt: skip
# Every word of the address, in the order in which it is written.
WORDS: dict[str, Parameter | Pinned] = {**NETWORK_WORDS, **OPTIONS, "pin": PINNED}
STATE_DEFAULTS: dict[str, Any] = {**DEFAULTS, "remedies": (), **asdict(Options()), "pin": None}


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


def strict(pairs: Pairs, words: Mapping[str, Word] | None = None) -> State:
    """The state that the pairs say, to the letter, in these words (default: all); StateError otherwise."""
    return built(_state, parsed(pairs, WORDS if words is None else words))


def lenient(pairs: Pairs) -> tuple[State, list[str]]:
    """The nearest allowed state, and a sentence for each thing that was changed to get there."""
    values, notes = nearest(pairs, WORDS, STATE_DEFAULTS)
    fit_network(values, notes.append)
    layer, depth = values.get("layer", 1), values.get("depth", DEFAULTS["depth"])
    if layer > depth:
        values["layer"] = depth
        notes.append(f"There are {depth} layers: the last one is looked into.")
    return _state(values), notes


def _state(values: Mapping[str, Any]) -> State:
    """From the words that were given; ConfigError where they do not fit together."""
    fields = {word: value for word, value in values.items() if word in FIELDS}
    options = {word: value for word, value in values.items() if word in OPTIONS}
    return State(NetworkConfig(**fields), values.get("remedies", ()), Options(**options), values.get("pin"))


def fit_network(values: dict[str, Any], say: Callable[[str], None]) -> None:
    """Lowers depth to the budget and groups to a divisor of the width."""
    width, batch = values.get("width", DEFAULTS["width"]), values.get("batch", DEFAULTS["batch"])
    depth, most = values.get("depth", DEFAULTS["depth"]), deepest(width, batch)
    if depth > most:
        values["depth"] = most
        say(
            f"At width {width} and batch {batch} at most {most} layers are simulated here: depth is {most} instead of {depth}."
        )
    groups = values.get("groups", DEFAULTS["groups"])
    sizes = {"the width": width}
    features = INPUTS[values.get("inputs", DEFAULTS["inputs"])].features
    if features and values.get("residual") == "pre_activation":
        sizes["the inputs"] = features  # which the first norm is given
    most = most_groups(groups, *sizes.values())
    if values.get("normalization", DEFAULTS["normalization"]) == "group" and most < groups:
        values["groups"] = most
        divided = " and ".join(f"{name}, {size}" for name, size in sizes.items())
        say(f"Groups must divide {divided}: {most} are used instead of {groups}.")
