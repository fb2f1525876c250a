"""Look: the whole address of the Train page: the training, what the heatmap shows, the run it is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from app.state import State
from app.training import state
from app.training.state import TRAIN_DEFAULTS, TRAIN_WORDS, TrainState, strict
from app.words import Pairs, Pinned, Word, nearest, pairs_of, written
from components.training.quantities import QUANTITIES
from simulation.parameters import Choice
from simulation.training.data import DATA

BESIDE = Pinned(
    "Compared with", "A training on the same seed and batches, drawn beside this one.", "the query string of a training",
    "The training to compare with is not one that can be run: it was left out.",
    lambda pairs: strict(pairs).query,
)  # fmt: skip
OWN_WORDS: dict[str, Word] = {"shows": Choice("Heatmap", "What the colors stand for.", QUANTITIES), "beside": BESIDE}
PAGE_WORDS: dict[str, Word] = {**TRAIN_WORDS, **OWN_WORDS}
PAGE_DEFAULTS: dict[str, Any] = {**TRAIN_DEFAULTS, "shows": "weight_grad", "beside": None}
EVER = "data"  # written always: an empty address is an invitation, not a training


@dataclass(frozen=True)
class Look:
    """A training, and what of it is shown."""

    train: TrainState = field(default_factory=TrainState)
    shows: str = "weight_grad"
    beside: str | None = None

    @property
    def other(self) -> TrainState | None:
        """The training that is drawn beside."""
        return None if self.beside is None else strict(pairs_of(self.beside.encode()))

    @property
    def values(self) -> dict[str, Any]:
        """Every word with its value."""
        return {**self.train.values, "shows": self.shows, "beside": self.beside}

    @property
    def query(self) -> str:
        """The canonical query string; never empty."""
        return written(self.values, PAGE_WORDS, {**PAGE_DEFAULTS, EVER: None})

    def training(self, **changes: Any) -> Look:
        """The same page for another training: fields of TrainingConfig, or `network`."""
        return replace(self, train=replace(self.train, config=replace(self.train.config, **changes)))


def train_address(network: State) -> str:
    """The Train page of a network of Explore, with its remedies; what it is given there it is given here, if it can be.

    It says the network alone: what else is trained way_back.js knows. Never empty, as an empty address invites.
    """
    given, data = network.config, ""
    if given.inputs in DATA:
        given, data = replace(given, inputs=TRAIN_DEFAULTS["inputs"]), f"data={given.inputs}"
    words = [word for word in (State(given, network.remedies).query, data) if word]
    return "/train?" + "&".join(words or [f"depth={given.depth}"])


def lenient(pairs: Pairs) -> tuple[Look, list[str]]:
    """The nearest page that can be shown, and a sentence for each thing that was changed to get there."""
    asked = list(pairs)
    train, notes = state.lenient([pair for pair in asked if pair[0] not in OWN_WORDS])
    own, more = nearest([pair for pair in asked if pair[0] in OWN_WORDS], OWN_WORDS, PAGE_DEFAULTS)
    return Look(train, **own), [*notes, *more]
