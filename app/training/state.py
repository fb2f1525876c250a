"""TrainState: what the address of a training says. Query text <-> TrainState <-> TrainingConfig.

The words are NetworkConfig's fields, `remedies`, TrainingConfig's fields and `networks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from app.state import NETWORK_WORDS, STATE_DEFAULTS, fit_network
from app.words import Pairs, Word, built, nearest, parsed, written
from simulation.config import FIELDS, ConfigError, NetworkConfig
from simulation.parameters import Number
from simulation.remedies import apply_remedies
from simulation.training.config import TRAINING_DEFAULTS, TRAINING_FIELDS, TrainingConfig, check_cost

NETWORKS = Number("Networks", "How many seeds are trained at once.", 1, 200, integer=True)
# Every word of a training's address, in the order in which it is written.
TRAIN_WORDS: dict[str, Word] = {**NETWORK_WORDS, **TRAINING_FIELDS, "networks": NETWORKS}
TRAIN_DEFAULTS: dict[str, Any] = {
    **{word: STATE_DEFAULTS[word] for word in NETWORK_WORDS}, **TRAINING_DEFAULTS, "networks": 1,
}  # fmt: skip


@dataclass(frozen=True)
class TrainState:
    """A training as set, the remedies switched on, and how many networks are trained at once."""

    config: TrainingConfig = field(default_factory=TrainingConfig)
    remedies: tuple[str, ...] = ()
    networks: int = 1

    def __post_init__(self) -> None:
        check_cost(self.training, self.networks)  # a remedy, too, may ask for what the data or the budget do not allow

    @property
    def training(self) -> TrainingConfig:
        """What is run: the config with the remedies applied to its network."""
        return replace(self.config, network=apply_remedies(self.config.network, self.remedies))

    @property
    def values(self) -> dict[str, Any]:
        """Every word with its value."""
        training = {word: getattr(self.config, word) for word in TRAINING_FIELDS}
        return {**asdict(self.config.network), "remedies": self.remedies, **training, "networks": self.networks}

    @property
    def query(self) -> str:
        """The canonical query string: what differs from the defaults, in the order of the words."""
        return written(self.values, TRAIN_WORDS, TRAIN_DEFAULTS)


def strict(pairs: Pairs) -> TrainState:
    """The state that the pairs say, to the letter; app.state.StateError otherwise."""
    return built(_state, parsed(pairs, TRAIN_WORDS))


def lenient(pairs: Pairs) -> tuple[TrainState, list[str]]:
    """The nearest training that can be run, and a sentence for each thing that was changed to get there."""
    values, notes = nearest(pairs, TRAIN_WORDS, TRAIN_DEFAULTS)
    fit_network(values, notes.append)
    refused: dict[str, ConfigError] = {}
    while True:
        try:
            state = _state(values)
            break
        except ConfigError as error:
            refused.setdefault(error.field, error)
            values[error.field] = _smaller(error.field, values.get(error.field, TRAIN_DEFAULTS[error.field]))
    notes += [
        f"{TRAIN_WORDS[name].label} {error.value}: {error.allowed}. It is {values[name]} now."
        for name, error in refused.items()
    ]
    return state, notes


def _smaller(name: str, value: Any) -> Any:
    """A value that asks for less: what is not a size goes back to its default; one group always divides."""
    if name == "groups":
        return 1
    return max(int(0.9 * value), 1) if name in ("depth", "steps") else TRAIN_DEFAULTS[name]


def _state(values: Mapping[str, Any]) -> TrainState:
    """From the words that were given; ConfigError where they do not fit together."""
    network = NetworkConfig(**{word: value for word, value in values.items() if word in FIELDS})
    training = {word: value for word, value in values.items() if word in TRAINING_FIELDS}
    return TrainState(TrainingConfig(network, **training), values.get("remedies", ()), values.get("networks", 1))
