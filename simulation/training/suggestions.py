"""suggestions(config, verdict): edits of a run that are worth a run of their own beside it; what they do is then seen.

Nothing is promised: what ails the run decides which come first, and an edit that would change nothing is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from simulation.config import DEFAULTS, ConfigError
from simulation.initializers import INITIALIZERS
from simulation.remedies import REMEDIES, apply_remedies
from simulation.training.changes import RATE
from simulation.training.config import TrainingConfig
from simulation.training.data import draw_data
from simulation.training.diagnosis import TrainingVerdict
from simulation.training.expected import LARGE_RATIO
from simulation.training.readings import EARLY, SHORT

MOST = 6
RATE_STEP = 10.0
ADAM_RATE = 1e-3  # PyTorch's default
CLIP_AT, BATCH = 1.0, 64


@dataclass(frozen=True)
class Edit:
    """What only training can change. changes: the fields that it sets, the network's among them, given the config."""

    label: str
    summary: str
    changes: Callable[[TrainingConfig], dict[str, Any]]


@dataclass(frozen=True)
class Suggestion:
    """One edited run. key: of REMEDIES, two joined by a comma, or of EDITS; config: before `remedies`, as it was given."""

    key: str
    label: str
    summary: str
    config: TrainingConfig
    remedies: tuple[str, ...]

    @property
    def training(self) -> TrainingConfig:
        """What is trained."""
        return _trained(self.config, self.remedies)


EDITS = {
    "lower_rate": Edit("learning rate / 10", "Shorter steps: cures what long ones break, and no gradient that has vanished.",
                       lambda config: {"learning_rate": RATE.clamp(config.learning_rate / RATE_STEP)}),
    "higher_rate": Edit("learning rate x 10", "Longer steps in all layers alike: no ratio between them changes.",
                        lambda config: {"learning_rate": RATE.clamp(config.learning_rate * RATE_STEP)}),
    "clip": Edit("clip at norm 1", "Shortens a gradient that is longer than 1; its direction and the ratios between layers stay.",
                 lambda config: {"clip": "norm", "threshold": CLIP_AT}),
    "warmup": Edit("warm-up", "The rate rises over the first tenth of the run.", lambda config: {"schedule": "warmup"}),
    "adam": Edit("Adam", "Divides each gradient by its recent size: layers step alike, whatever their gradients' sizes.",
                 lambda config: {} if config.optimizer == "adam" else {"optimizer": "adam", "learning_rate": ADAM_RATE}),
    "batch": Edit("batch of 64", "Means over more samples: less noise in each step, and in the statistics of batch norm.",
                  lambda config: {"batch": max(config.network.batch, BATCH)}),
    "tanh": Edit("tanh", "Bends what each layer puts out: together they are more than one linear map.", lambda config: {"activation": "tanh"}),
    "input_scale": Edit("inputs as they are", "Input scale 1, offset 0.", lambda config: {"input_scale": 1.0, "input_offset": 0.0}),
    "target_scale": Edit("targets of size 1", "Target scale 1: errors, and so gradients, of order 1.", lambda config: {"target_scale": 1.0}),
}  # fmt: skip
# The most telling first, by what ails the run; before all, unless it is fine, the scales that it was set off with.
_SCALES = "input_scale", "target_scale"
_WELL = "fine", "linear"  # what is there was learned as well as it can be
_ORDER = {
    "start": ("scaled_branch", "gain_matched", "clip", "lower_rate", "batch_norm", "layer_norm"),
    "rate": ("lower_rate", "clip", "batch", "warmup", "layer_norm", "gain_matched", "adam"),
    "dead": ("batch", "gain_matched", "lower_rate", "leaky_relu", "layer_norm", "residual_v2", "adam"),
    "vanished": ("relu,he", "batch_norm", "gain_matched", "residual_v2", "layer_norm", "adam", "higher_rate"),
    "short": ("higher_rate", "adam", "gain_matched", "batch_norm", "residual_v2", "lower_rate"),
    "stuck": ("batch", "batch_norm", "residual_v2", "adam", "lower_rate", "higher_rate", "gain_matched"),
    "linear": ("tanh", "leaky_relu", "relu"),
    "fine": ("adam", "higher_rate", "batch_norm", "residual_v2", "lower_rate", "clip"),
}  # fmt: skip


def suggestions(
    config: TrainingConfig, verdict: TrainingVerdict, remedies: Iterable[str] = ()
) -> tuple[Suggestion, ...]:
    """At most MOST of them, each another run than this one and than the others.

    config: the run before its `remedies`. Edits start from what its settings became while it ran; where that did it
    no good, the run without those changes comes first.
    """
    untouched, chosen = replace(config, changes=()), tuple(remedies)
    base = replace(untouched, **{name: config.setting_at(name, verdict.step) for _, name, _ in config.changes})
    ailment = _ailment(verdict)
    if base.clip != "none" and base.threshold == 0:
        keys: tuple[str, ...] = ("clip",)
    else:
        keys = (*(_SCALES if ailment not in _WELL else ()), *_ORDER[ailment])
    found: list[Suggestion] = []
    tried = [_to_compare(_trained(base, chosen))]
    if config.changes and ailment not in _WELL and _to_compare(_trained(untouched, chosen)) not in tried:
        found.append(Suggestion("unchanged", "without the changes", "The same run, left as it was set.", untouched, chosen))  # fmt: skip
        tried.append(_to_compare(_trained(untouched, chosen)))
    for key in keys:
        try:
            one = _suggest(key, base, chosen)
            trained = _to_compare(one.training)
        except ConfigError:  # groups that do not divide a width, more than may be computed
            continue
        if trained not in tried and len(found) < MOST:
            found.append(one)
            tried.append(trained)
    return tuple(found)


def _ailment(verdict: TrainingVerdict) -> str:
    large = verdict.course.first >= LARGE_RATIO * verdict.expected.first
    unbounded = verdict.state in ("crashed", "diverging", "erratic")
    if (unbounded or verdict.state in ("dead", "plateau", "learning")) and large:
        return "start"
    if verdict.crash and verdict.crash.step < EARLY:
        return "start"
    if unbounded:
        return "rate"
    if verdict.state == "dead":
        return "dead"
    if verdict.state == "fitted":
        return "linear"
    if verdict.state not in ("plateau", "slow"):
        return "fine"
    if verdict.idle:
        return "vanished"
    return "short" if max(verdict.motion.log10_update_ratio) < SHORT else "stuck"


def _suggest(key: str, base: TrainingConfig, chosen: tuple[str, ...]) -> Suggestion:
    if edit := EDITS.get(key):
        changes = edit.changes(base)
        of_network = {name: value for name, value in changes.items() if name in DEFAULTS}
        rest = {name: value for name, value in changes.items() if name not in of_network}
        edited = replace(base, network=replace(base.network, **of_network), **rest)
        return Suggestion(key, edit.label, edit.summary, edited, chosen)
    added = [REMEDIES[part] for part in key.split(",")]
    together = tuple(known for known in REMEDIES if known in {*chosen, *(one.key for one in added)})
    label, summary = " and ".join(one.label for one in added), " ".join(one.summary for one in added)
    return Suggestion(key, label, summary, base, together)


def _to_compare(config: TrainingConfig) -> tuple[TrainingConfig, float, str]:
    """Equal for equal runs: an initializer counts by the weights that it draws, a batch by the samples that it gets."""
    network = config.network
    draws = INITIALIZERS[network.initializer]
    sigma = float(f"{draws.sigma(network) * network.weight_scale:.9g}")
    batch = min(network.batch, len(draw_data(config).train.inputs))
    plain = replace(config, network=replace(network, initializer="he_normal", weight_scale=1.0, batch=batch))
    return plain.effective(), sigma, draws.unit


def _trained(config: TrainingConfig, remedies: tuple[str, ...]) -> TrainingConfig:
    return replace(config, network=apply_remedies(config.network, remedies))
