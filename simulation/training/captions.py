"""captions(config, records, verdict): a line for each chart of a run, true for the very numbers that it draws."""

from __future__ import annotations

from math import inf, isfinite, isnan, sqrt

import numpy as np
from numpy.typing import NDArray

from simulation.sentences import decades, digits, percent, power
from simulation.training.config import TrainingConfig
from simulation.training.data import DATA
from simulation.training.diagnosis import TrainingVerdict
from simulation.training.evidence import Records, of_network
from simulation.training.expected import loss_text
from simulation.training.sentences import clipping_steps, layers

Array = NDArray[np.float64]
# What the heat map of layers and steps can show: the record's name, and what it is called.
MAPS = {
    "weight_grad": ("log10_weight_grad_norm", "dW"),
    "delta": ("log10_delta_rms", "The error signal δ"),
    "activation": ("log10_activation_rms", "The activation"),
    "update": ("log10_update_ratio", "A step over the size of the weights"),
    "dead": ("dead_fraction", "The share of dead units"),
}
ALIKE = 0.1  # decades between layers that are called alike


def captions(config: TrainingConfig, records: Records, verdict: TrainingVerdict, network: int = 0) -> dict[str, str]:
    """By chart: loss, accuracy, gradient_norm, update_ratio, boundary, and each of MAPS; "" where there is no chart."""
    of = of_network(records, network)
    maps = {key: _dead(of) if key == "dead" else _map(of, name, what) for key, (name, what) in MAPS.items()}
    return {
        "loss": _loss(of, verdict),
        "accuracy": _accuracy(verdict),
        "gradient_norm": _gradient_norm(config, of, verdict),
        "update_ratio": f"{maps['update']} A healthy one is about 10^-3, the dashed line: a rule of thumb.",
        "boundary": _boundary(config, verdict),
        **maps,
    }


def _loss(of: dict[str, Array], verdict: TrainingVerdict) -> str:
    lowest, zero = int(np.argmin(np.nan_to_num(of["loss"], nan=inf))), np.flatnonzero(of["loss"] == 0)
    if zero.size:
        low = f"At step {int(of['step'][zero[0]]):,} it is exactly 0, which a log axis cannot show."
    elif not np.isfinite(of["loss"]).any():
        low = "It is a number in no step."
    else:
        low = f"That of a single batch is lowest at step {int(of['step'][lowest]):,}: {loss_text(float(of['loss'][lowest]))}."
    unseen = verdict.course.validation_loss
    kept = "" if isnan(unseen) else f" On the samples kept back: {loss_text(unseen)}."
    return f"{low}{kept} The line is what knowing nothing gives: {verdict.expected.chance}."


def _accuracy(verdict: TrainingVerdict) -> str:
    share = verdict.course.accuracy
    if isnan(share):
        return ""
    return f"Of late {percent(share)} of a batch are right; always naming the most frequent class gives {percent(verdict.expected.accuracy)}."  # fmt: skip


def _gradient_norm(config: TrainingConfig, of: dict[str, Array], verdict: TrainingVerdict) -> str:
    norms = of["log10_gradient_norm"]
    known = norms < inf  # neither inf nor NaN
    if not known.any():
        return "All gradients together have no norm that is a number."
    peak, last = int(np.argmax(np.where(known, norms, -inf))), int(np.flatnonzero(known)[-1])
    text = f"All gradients together are longest at step {int(of['step'][peak]):,}, {power(norms[peak])}, and {power(norms[last])} at step {int(of['step'][last]):,}."  # fmt: skip
    if config.setting_at("clip", verdict.step) == "none":
        return text
    threshold = digits(config.setting_at("threshold", verdict.step))
    kind = "the norm" if config.setting_at("clip", verdict.step) == "norm" else "each entry"
    return f"{text} Clipping holds {kind} to {threshold} and cut {percent(verdict.clipped_share)} of {clipping_steps(verdict)}; both norms are drawn, before and after."  # fmt: skip


def _boundary(config: TrainingConfig, verdict: TrainingVerdict) -> str:
    line = config.shape == (1, 1) and DATA[config.data].task == "regression"
    if not line and (config.shape[0] != 2 or DATA[config.data].task != "classes"):
        return ""
    if verdict.crash or isnan(verdict.course.recent):
        return "What the network answers at each place: nothing that is a number."
    if line:
        return _fit(verdict)
    return f"What the network answers at each place at step {verdict.step:,}; {percent(verdict.course.accuracy)} of a batch lie on the right side."  # fmt: skip


def _fit(verdict: TrainingVerdict) -> str:
    drawn = f"The line is what the network answers at step {verdict.step:,}, the dots are what it learns from."
    unseen, constant = verdict.course.validation_loss, verdict.expected.constant
    if not isfinite(unseen):
        return drawn
    return f"{drawn} It is off by {digits(sqrt(unseen))}, one answer for all by {digits(sqrt(constant))} (root of the mean square)."  # fmt: skip


def _map(of: dict[str, Array], name: str, what: str) -> str:
    """Where it is smallest and largest at the last step that has numbers, and how far the first layer has come."""
    usable = np.flatnonzero((of[name] < inf).all(axis=1))
    if not usable.size:
        return f"{what} is a number in no step."
    step, sizes = int(of["step"][usable[-1]]), of[name][usable[-1]]
    zeros = tuple((np.flatnonzero(sizes == -inf) + 1).tolist())
    if len(zeros) == len(sizes):
        return f"{what} is exactly 0 in every layer at step {step:,}."
    exact = f" It is exactly 0 in {layers(zeros)}." if zeros else ""
    low, high = int(np.argmin(np.where(sizes > -inf, sizes, inf))), int(np.argmax(sizes))
    if len(zeros) == len(sizes) - 1:
        return f"{what} is {power(sizes[high])} in layer {high + 1} at step {step:,}.{exact}"
    if sizes[high] - sizes[low] < ALIKE:
        return f"{what} is alike in all {'other ' if zeros else ''}layers at step {step:,}, near {power(sizes[high])}.{exact}"
    return f"{what} goes from {power(sizes[low])} in layer {low + 1} to {power(sizes[high])} in layer {high + 1} at step {step:,}: {decades(sizes[high] - sizes[low])}.{exact}"  # fmt: skip


def _dead(of: dict[str, Array]) -> str:
    """At the last step in which every layer has numbers."""
    known = np.flatnonzero(~np.isnan(of["dead_fraction"]).any(axis=1))
    if not known.size:
        return "In no step have all layers numbers, so no share of dead units can be told."
    shares, step = of["dead_fraction"][known[-1]], int(of["step"][known[-1]])
    died, revived = int(of["died"].sum()), int(of["revived"].sum())
    if not (shares.any() or died):
        return f"No unit is dead, up to step {step:,}."
    since = f"Since the start {died:,} died and {revived:,} came back."
    if not shares.any():
        return f"At step {step:,} no unit is dead. {since}"
    most = int(np.argmax(shares))
    where = f", the most in layer {most + 1}: {percent(shares[most])}" if len(shares) > 1 else ""
    return f"At step {step:,} {percent(shares.mean())} of all units are dead{where}. {since}"
