"""Suggestions: trainings that differ from one by a remedy, to be run beside it: what would help is seen, not promised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from app.training.look import Look
from app.training.state import TrainState
from simulation.config import ConfigError
from simulation.remedies import REMEDIES

CLIP_AT, ADAM_RATE, MOST = 1.0, 0.001, 6


@dataclass(frozen=True)
class Suggestion:
    """A change of a training: its label, why, and the query of the page that trains it beside the present one."""

    label: str
    why: str
    query: str


def _of_training(**changes: object) -> Callable[[TrainState], TrainState]:
    return lambda state: replace(state, config=replace(state.config, **changes))  # type: ignore[arg-type]


def _slower(state: TrainState) -> TrainState:
    return replace(state, config=replace(state.config, learning_rate=max(state.config.learning_rate / 10, 1e-6)))


_TRAINING: dict[str, tuple[str, str, Callable[[TrainState], TrainState]]] = {
    "clip": ("clip at norm 1", "Shortens every gradient longer than 1; direction and ratios between layers stay.", _of_training(clip="norm", threshold=CLIP_AT)),
    "slower": ("learning rate ÷ 10", "Shorter steps: cures what long ones break, and no gradient that has vanished.", _slower),
    "warmup": ("warm-up", "The rate rises over the first tenth of the run.", _of_training(schedule="warmup")),
    "adam": ("Adam", "Divides each gradient by its recent size: small ones are enlarged.", _of_training(optimizer="adam", learning_rate=ADAM_RATE)),
}  # fmt: skip
# The most promising first, by what ails the run. Keys of REMEDIES edit the network, the others how it is trained.
_BY_STATE = {
    "broken": ("clip", "slower", "gain_matched", "layer_norm", "batch_norm", "warmup", "scaled_branch", "adam"),
    "stuck": ("relu+he", "batch_norm", "gain_matched", "residual_v2", "layer_norm", "adam", "slower"),
    "fine": ("adam", "batch_norm", "residual_v2", "slower", "clip", "warmup"),
}  # fmt: skip
_AILS = {
    "crashed": "broken", "diverging": "broken", "erratic": "broken",
    "plateau": "stuck", "dead": "stuck", "slow": "stuck",
}  # fmt: skip


def ails(verdict: str) -> str:
    """What a run in this state suffers from: "broken", "stuck", or "fine"."""
    return _AILS.get(verdict, "fine")


def suggestions(state: TrainState, verdict: str) -> list[Suggestion]:
    """The most promising remedies for a run in this state, at most MOST; none that changes nothing or cannot be run."""
    found: list[Suggestion] = []
    tried = [state.training]
    for label, why, other in _others(state, _BY_STATE[ails(verdict)]):
        if len(found) < MOST and other.training.effective() not in [one.effective() for one in tried]:
            tried.append(other.training)
            found.append(Suggestion(label, why, Look(other, beside=state.query).query))
    return found


def _others(state: TrainState, keys: tuple[str, ...]) -> Iterator[tuple[str, str, TrainState]]:
    base = replace(state, config=replace(state.config, changes=()))
    for key in keys:
        try:
            if key in _TRAINING:
                label, why, change = _TRAINING[key]
                yield label, why, change(base)
            else:
                added = [REMEDIES[part] for part in ("relu", "he") if key == "relu+he"] or [REMEDIES[key]]
                chosen = tuple(known for known in REMEDIES if known in {*base.remedies, *(one.key for one in added)})
                yield " and ".join(one.label for one in added), " ".join(one.summary for one in added), replace(base, remedies=chosen)  # fmt: skip
        except ConfigError:  # group norm may not divide the data's features, a smaller rate may not be allowed
            continue
