"""What a verdict on a run rests on, measured on its records so far: how the loss went, and how the layers move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, inf, log, nan

import numpy as np
from numpy.typing import NDArray

from simulation.training.records import lengths

Array = NDArray[np.float64]
Records = Mapping[str, Array]
# Means are taken over the last tenth of the steps, but over as many records as this where there are.
FEWEST = 10


@dataclass(frozen=True)
class LossCourse:
    """How the loss went.

    records: how many there are. first: the first step's loss, finite or not. recent: mean over `lately`, which are
    recent_steps steps, noise: its standard error; a record counts as often as there are steps that it stands for. change: what it is multiplied by over
    the later half of the steps, by a straight line through its logs; change_noise: the factor that one standard error of
    that makes; change_steps: how many steps that half has. peak: the highest. lowest, lowest_at: the lowest mean over FEWEST records in a row, and the step at its
    end; NaN and -1 without so many. jump: what it is multiplied by, at least, from one record to the next in one case of
    20 of the later half, and divided by in another. Only finite losses are taken; NaN without any. accuracy: mean over
    `lately`, NaN for numbers. validation_loss: the last one, validation_lowest, validation_lowest_at: the lowest and its
    step, NaN and -1 before there is one; loss_then: the mean over the FEWEST records around that step.
    """

    records: int
    first: float
    recent: float
    recent_steps: int
    noise: float
    change: float
    change_noise: float
    change_steps: int
    peak: float
    lowest: float
    lowest_at: int
    jump: float
    accuracy: float
    validation_loss: float
    validation_lowest: float
    validation_lowest_at: int
    loss_then: float

    def moves(self, errors: float) -> bool:
        """Whether the change is more than so many standard errors."""
        return abs(log(self.change)) > errors * log(self.change_noise)


@dataclass(frozen=True)
class Motion:
    """How the layers move. Layers are counted from 1; lately: see there.

    log10_update_ratio: log10 of the mean of |step| / |weights| lately, by layer; head: the head's; first: the
    largest at the first step. -inf where no step was taken. untouched: layers whose gradient is exactly
    0 lately. dead: layers without a unit that lives, lately. cut_off_since: the step since when the gradient of
    layer 1 is exactly 0, None where it is not. log10_gradient_ratio: that of |dW|, layer 1 over the last layer, the
    median of lately; -inf where layer 1 has none, NaN where the last has none. log10_gradient_norm: the last one of
    all gradients together, those of biases and of the head included.
    """

    log10_update_ratio: tuple[float, ...]
    head: float
    first: float
    untouched: tuple[int, ...]
    dead: tuple[int, ...]
    cut_off_since: int | None
    log10_gradient_ratio: float
    log10_gradient_norm: float


def of_network(records: Records, network: int) -> dict[str, Array]:
    """The records of one of the networks: (records,) and (records, depth)."""
    return {name: values if name == "step" else values[:, network] for name, values in records.items()}


def loss_course(records: dict[str, Array]) -> LossCourse:
    """From one network's records, at least one."""
    known = np.isfinite(records["loss"])
    losses, steps, seen = records["loss"][known], records["step"][known], records["validation_loss"][known]
    recent, weights, looked = lately(steps), lengths(steps), np.flatnonzero(np.isfinite(seen))
    best = int(looked[seen[looked].argmin()]) if looked.size else -1
    later = np.arange(len(steps))[_last(steps, 0.5, FEWEST // 2)]
    later = later[losses[later] > 0]
    change, change_noise = _trend(losses[later], steps[later])
    lowest, lowest_at = _lowest(losses, steps)
    with np.errstate(over="ignore"):
        mean, error = _mean(losses[recent], weights[recent])
        return LossCourse(
            records=len(known),
            first=float(records["loss"][0]),
            recent=mean,
            recent_steps=int(steps[-1] - steps[recent][0]) + 1 if losses.size else 0,
            noise=error,
            change=change,
            change_noise=change_noise,
            change_steps=int(steps[later[-1]] - steps[later[0]]) + 1 if later.size else 0,
            peak=float(losses.max()) if losses.size else nan,
            lowest=lowest,
            lowest_at=lowest_at,
            jump=_jump(losses[later]),
            accuracy=_mean(records["accuracy"][known][recent], weights[recent])[0],
            validation_loss=float(seen[looked[-1]]) if looked.size else nan,
            validation_lowest=float(seen[best]) if looked.size else nan,
            validation_lowest_at=int(steps[best]) if looked.size else -1,
            loss_then=float(losses[max(best - FEWEST // 2, 0) : best + FEWEST // 2].mean()) if looked.size else nan,
        )


def motion(records: dict[str, Array]) -> Motion:
    """From one network's records, at least one."""
    gradients, dead = records["log10_weight_grad_norm"], records["dead_fraction"] == 1
    late, weights = lately(records["step"]), lengths(records["step"])
    ratios = np.column_stack([records["log10_update_ratio"], records["log10_head_update_ratio"]])
    arrived = np.flatnonzero(gradients[:, 0] != -inf)
    silent = int(arrived[-1]) + 1 if arrived.size else 0
    means = log10_mean(ratios[late], weights[late]).tolist()
    return Motion(
        log10_update_ratio=tuple(means[:-1]),
        head=means[-1],
        first=float(log10_mean(ratios[:1]).max()),
        untouched=_layers((gradients[late] == -inf).all(axis=0)),
        dead=_layers(dead[late].all(axis=0)),
        cut_off_since=int(records["step"][silent]) if silent < len(gradients) else None,
        log10_gradient_norm=float(records["log10_gradient_norm"][-1]),
        log10_gradient_ratio=_ratio(gradients[late, 0], gradients[late, -1]),
    )


def lately(steps: Array) -> slice:
    """The records of the last tenth of the steps, or the last FEWEST, if those are more and are no more than half of all."""
    return _last(steps, 0.1, FEWEST)


def _last(steps: Array, share: float, fewest: int) -> slice:
    """The records of that share of the steps, at its end, or that many records: whichever is more."""
    if not len(steps):
        return slice(0)
    begin = int(np.searchsorted(steps, steps[-1] - share * (steps[-1] + 1), "right"))
    return slice(min(begin, len(steps) - max(min(fewest, len(steps) // 2), 1)), None)


def _mean(values: Array, weights: Array) -> tuple[float, float]:
    """The weighted mean and its standard error; NaN of nothing."""
    if not values.size:
        return nan, nan
    mean = np.average(values, weights=weights)
    spread = np.sqrt(np.average((values - mean) ** 2, weights=weights))
    return float(mean), float(spread * np.sqrt(np.sum(weights**2)) / np.sum(weights))


def _trend(losses: Array, steps: Array) -> tuple[float, float]:
    """The factor from the first step to the last by a line through the logs, and that of one standard error."""
    if losses.size < 3:
        return 1.0, inf
    at = (steps - steps.mean()) / (steps[-1] - steps[0])
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


def log10_mean(log10_ratios: Array, weights: Array | None = None) -> Array:
    """log10 of the mean along axis 0. Where weights of 0 give no ratio it is left out, or is 0 if they do not move.

    weights: how often each counts, along axis 0; once, if not said.
    """
    ratios = np.where(np.isnan(log10_ratios), -inf, log10_ratios)
    numbers = np.where(ratios == inf, nan, 10.0 ** np.minimum(ratios, 300.0))
    known = np.isfinite(numbers)
    counts = (known.T * (1.0 if weights is None else weights)).T
    total = (np.where(known, numbers, 0.0) * counts).sum(axis=0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log10(total / np.where(known.any(axis=0), counts.sum(axis=0), 1.0)))


def _ratio(first: Array, last: Array) -> float:
    known = np.isfinite(last) & (first < inf)
    return float(np.sort(first[known] - last[known])[known.sum() // 2]) if known.any() else nan


def _layers(chosen: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple((np.flatnonzero(chosen) + 1).tolist())
