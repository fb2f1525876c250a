"""range_test(config): the loss after a number of steps against the learning rate, each rate on the same seed and batches.

After Smith 2017 (1506.01186), who raised the rate during one run: a run for each rate shows what that rate does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf, isnan, nan

import numpy as np
from numpy.typing import NDArray

from simulation.diagnosis import STABLE_DECADES
from simulation.sentences import decades, digits, power
from simulation.training.config import TrainingConfig
from simulation.training.curvature import STABLE_PRODUCT, stable_rate
from simulation.training.evidence import log10_mean, loss_course, of_network
from simulation.training.expected import Expected, expect, loss_text
from simulation.training.optimizers import OPTIMIZERS
from simulation.training.trainer import train

Array = NDArray[np.float64]
RATES: tuple[float, ...] = tuple(float(f"{rate:.3g}") for rate in np.geomspace(1e-5, 10, 19))  # three a decade
STEPS = 100
# Stable: the loss ends at most so many times as high as it starts, or as the smallest rate leaves it.
UNHARMED = 1.05
NOTABLE = 0.1  # of what knowing nothing gives: a loss less than that below it is not worth a rate


@dataclass(frozen=True)
class RangeTest:
    """Of the rates tried so far, ascending; each run has `steps` steps.

    losses: mean over the last tenth of each run (at least ten steps, where there are twenty); inf where it crashed.
    first_loss: that of the first step, the same for every rate.
    log10_gradient_ratio: dW at layer 1 over the last layer at the first step, before any rate acts; -inf where layer
    1 has none, NaN where the last has none. log10_movement: layer 1's mean update-to-weight ratio at each rate.
    theory: see `stable_rate`.
    """

    config: TrainingConfig
    total: int
    rates: Array
    losses: Array
    log10_movement: Array
    expected: Expected
    first_loss: float
    log10_gradient_ratio: float
    theory: float | None

    @property
    def stable(self) -> NDArray[np.bool_]:
        """By rate: whether it leaves the loss no higher than it was."""
        limit = UNHARMED * max(self.first_loss, float(self.losses[0]))
        return np.asarray(np.isfinite(self.losses) & (self.losses <= limit))

    @property
    def largest_stable(self) -> float | None:
        """The largest rate below which, itself included, all that were tried are stable; None if the smallest is not."""
        unstable = np.flatnonzero(~self.stable)
        count = int(unstable[0]) if unstable.size else len(self.rates)
        return float(self.rates[count - 1]) if count else None

    @property
    def smallest_unstable(self) -> float | None:
        """The rate after it; None while none was found."""
        unstable = np.flatnonzero(~self.stable)
        return float(self.rates[unstable[0]]) if unstable.size else None

    @property
    def best(self) -> int:
        """Which of the rates has the lowest loss."""
        return int(np.argmin(self.losses))


def range_test(config: TrainingConfig, rates: Sequence[float] = RATES, steps: int = STEPS) -> Iterator[RangeTest]:
    """After each rate the test so far, from the smallest up; the last one yielded is whole.

    All else is the config's, but for a constant rate and a run of `steps`, or the config's if it has fewer.
    """
    base = replace(config, steps=min(steps, config.steps), schedule="constant", changes=())
    theory, expected = stable_rate(base), expect(base)
    order = np.array(sorted(rates))
    losses: list[float] = []
    movements: list[float] = []
    first, ratio = nan, nan
    for rate in order:
        run = train(replace(base, learning_rate=float(rate)))
        of = of_network(run.records, 0)
        losses.append(inf if run.crashes[0] else loss_course(of).recent)
        movements.append(float(log10_mean(of["log10_update_ratio"][:, 0])))
        if len(losses) == 1:
            start = of["log10_weight_grad_norm"][0]
            first, ratio = float(of["loss"][0]), float(start[0] - start[-1]) if start[-1] > -inf else nan
        yield RangeTest(base, len(order), order[: len(losses)], np.array(losses), np.array(movements), expected, first, ratio, theory)  # fmt: skip


def describe_range_test(result: RangeTest) -> str:
    """What the rate did, where it broke, what the theory says, and what no rate can change."""
    return " ".join((_best(result), _stable(result), _theory(result), _cannot(result))).replace("  ", " ").strip()


def _best(result: RangeTest) -> str:
    steps = result.config.steps
    if np.isinf(result.losses).all():
        return "At every rate tried the numbers end before the run does."
    loss = float(result.losses[result.best])
    if loss > (1 - NOTABLE) * result.expected.constant:
        return f"At no rate tried is the loss after {steps} steps a tenth below what knowing nothing gives, {result.expected.chance}: the best is {loss_text(loss)}, at {digits(result.rates[result.best], 3)}."  # fmt: skip
    return f"After {steps} steps the loss is lowest at rate {digits(result.rates[result.best], 3)}: {loss_text(loss)}, from {loss_text(result.first_loss)}."  # fmt: skip


def _stable(result: RangeTest) -> str:
    stable, broken = result.largest_stable, result.smallest_unstable
    if broken is None:
        return "No rate tried leaves it higher than it was."
    ends = "the numbers end" if np.isinf(result.losses[result.rates == broken][0]) else "it ends higher than it was"
    if stable is None:
        return f"Even at {digits(broken, 3)} {ends}."
    return f"The largest stable rate tried is {digits(stable, 3)}; at {digits(broken, 3)} {ends}."


def _theory(result: RangeTest) -> str:
    if result.theory is None:
        return ""
    product = STABLE_PRODUCT[result.config.optimizer]
    return f"The theory for deep linear networks, {digits(product, 3)} / λ at the start, gives {digits(result.theory)}. Beyond it a run need not diverge: it may come to where the loss is less steep."  # fmt: skip


def _cannot(result: RangeTest) -> str:
    ratio, optimizer = result.log10_gradient_ratio, OPTIMIZERS[result.config.optimizer]
    if isnan(ratio):
        return ""
    if ratio == -inf:
        return "At no rate does layer 1 learn from the first step: its gradient is exactly 0 there."
    if abs(ratio) <= STABLE_DECADES:
        return f"The gradients of the first and the last layer start within {decades(max(abs(ratio), 0.1))} of each other: one rate can suit both."  # fmt: skip
    size = f"dW at layer 1 starts at {power(ratio)} of the last layer's"
    if optimizer.divides:
        return f"{size}, at every rate; {optimizer.label} divides each by its own size, and so hides that."
    moves = result.log10_movement[result.best]
    return f"What no rate changes: {size}. At the best rate a step changes layer 1 by {power(moves)} of its size; about 10^-3 is usual."  # fmt: skip
