"""What a verdict on a run rests on, measured on its records so far: how the loss went, and how the layers move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, inf, log, nan

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Records = Mapping[str, Array]
# Means are taken over the last tenth of the records, but over as many as this where there are.
FEWEST = 10


@dataclass(frozen=True)
class LossCourse:
    """How the loss went.

    records: how many there are. first: the first step's loss, finite or not. recent: mean over the last tenth of the
    records, noise: its standard error. change: what it is multiplied by over the later half of the steps, by a
    straight line through its logs; change_noise: the factor that one standard error of that makes. peak: the highest.
    lowest, lowest_at: the lowest mean over FEWEST records in a row, and the step at its end; NaN and -1 without so many.
    jump: what one step in 20 of the later half multiplies it by, and another one divides it by, at least. Only finite
    losses are taken; NaN without any. accuracy: mean over the last tenth, NaN for numbers. validation_loss: the last
    one, NaN before there is one.
    """

    records: int
    first: float
    recent: float
    noise: float
    change: float
    change_noise: float
    peak: float
    lowest: float
    lowest_at: int
    jump: float
    accuracy: float
    validation_loss: float

    def moves(self, errors: float) -> bool:
        """Whether the change is more than so many standard errors."""
        return abs(log(self.change)) > errors * log(self.change_noise)


@dataclass(frozen=True)
class Motion:
    """How the layers move. Layers are counted from 1; lately: in the last tenth of the records.

    log10_update_ratio: log10 of the mean of |step| / |weights| lately, by layer; head: the head's; first: the
    largest at the first step. -inf where no step was taken. untouched: layers whose gradient is exactly
    0 lately. dead: layers without a unit that lives, lately. cut_off_since: the step since when the gradient of
    layer 1 is exactly 0, None where it is not. log10_gradient_ratio: that of |dW|, layer 1 over the last layer, the
    median of lately; -inf where layer 1 has none, NaN where the last has none.
    """

    log10_update_ratio: tuple[float, ...]
    head: float
    first: float
    untouched: tuple[int, ...]
    dead: tuple[int, ...]
    cut_off_since: int | None
    log10_gradient_ratio: float


def of_network(records: Records, network: int) -> dict[str, Array]:
    """The records of one of the networks: (records,) and (records, depth)."""
    return {name: values if name == "step" else values[:, network] for name, values in records.items()}


def loss_course(records: dict[str, Array]) -> LossCourse:
    """From one network's records, at least one."""
    known = np.isfinite(records["loss"])
    losses, seen = records["loss"][known], records["validation_loss"]
    recent, seen = losses[-tenth(len(losses)) :], seen[np.isfinite(seen)]
    later = losses[len(losses) // 2 :]
    change, change_noise = _trend(later[later > 0])
    lowest, lowest_at = _lowest(losses, records["step"][known])
    with np.errstate(over="ignore"):
        return LossCourse(
            records=len(known),
            first=float(records["loss"][0]),
            recent=float(recent.mean()) if recent.size else nan,
            noise=float(recent.std() / np.sqrt(recent.size)) if recent.size else nan,
            change=change,
            change_noise=change_noise,
            peak=float(losses.max()) if losses.size else nan,
            lowest=lowest,
            lowest_at=lowest_at,
            jump=_jump(later[later > 0]),
            accuracy=float(records["accuracy"][known][-tenth(len(losses)) :].mean()) if recent.size else nan,
            validation_loss=float(seen[-1]) if seen.size else nan,
        )


def motion(records: dict[str, Array]) -> Motion:
    """From one network's records, at least one."""
    gradients, dead = records["log10_weight_grad_norm"], records["dead_fraction"] == 1
    lately = slice(-tenth(len(gradients)), None)
    ratios = np.column_stack([records["log10_update_ratio"], records["log10_head_update_ratio"]])
    arrived = np.flatnonzero(gradients[:, 0] != -inf)
    silent = int(arrived[-1]) + 1 if arrived.size else 0
    means = log10_mean(ratios[lately]).tolist()
    return Motion(
        log10_update_ratio=tuple(means[:-1]),
        head=means[-1],
        first=float(log10_mean(ratios[:1]).max()),
        untouched=_layers((gradients[lately] == -inf).all(axis=0)),
        dead=_layers(dead[lately].all(axis=0)),
        cut_off_since=int(records["step"][silent]) if silent < len(gradients) else None,
        log10_gradient_ratio=_ratio(gradients[lately, 0], gradients[lately, -1]),
    )


def tenth(records: int) -> int:
    """How many of the last records "lately" means."""
    return max(1, min(records // 2, max(FEWEST, records // 10)))


def _trend(losses: Array) -> tuple[float, float]:
    """The factor from the first to the last by a line through the logs, and that of one standard error."""
    if losses.size < 3:
        return 1.0, inf
    at = np.linspace(-0.5, 0.5, losses.size)
    logs = np.log(losses)
    slope = float(at @ logs / (at @ at))
    left = logs - logs.mean() - slope * at
    error = float(np.sqrt(left @ left / (losses.size - 2) / (at @ at)))
    return exp(min(max(slope, -700.0), 700.0)), exp(min(error, 700.0))


def _lowest(losses: Array, steps: Array) -> tuple[float, int]:
    if losses.size < FEWEST:
        return nan, -1
    means = np.convolve(losses, np.full(FEWEST, 1 / FEWEST), "valid")
    at = int(means.argmin())
    return float(means[at]), int(steps[at + FEWEST - 1])


def _jump(losses: Array) -> float:
    """The factor of the upper and of the lower twentieth of all steps, the smaller one: a steep fall is no jump."""
    if losses.size < FEWEST:
        return 1.0
    steps = np.diff(np.log(losses))
    return float(np.exp(max(min(np.quantile(steps, 0.95), -np.quantile(steps, 0.05)), 0.0)))


def log10_mean(log10_ratios: Array) -> Array:
    """log10 of the mean along axis 0. Where weights of 0 give no ratio it is left out, or is 0 if they do not move."""
    ratios = np.where(np.isnan(log10_ratios), -inf, log10_ratios)
    numbers = np.where(ratios == inf, nan, 10.0 ** np.minimum(ratios, 300.0))
    known = np.isfinite(numbers)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log10(np.where(known, numbers, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)))


def _ratio(first: Array, last: Array) -> float:
    known = np.isfinite(last) & (first < inf)
    return float(np.sort(first[known] - last[known])[known.sum() // 2]) if known.any() else nan


def _layers(chosen: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple((np.flatnonzero(chosen) + 1).tolist())
