"""range_test(config): the loss after a number of steps against the learning rate, each rate on the same seed and batches.

After Smith 2017 (1506.01186), who raised the rate during one run: a run for each rate shows what that rate does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf, isnan, nan

import numpy as np
from numpy.typing import NDArray

from simulation.training.config import MOST_MULTIPLY_ADDS, TrainingConfig
from simulation.training.curvature import stable_rate
from simulation.training.evidence import log10_mean, loss_course, of_network
from simulation.training.expected import Expected, expect
from simulation.training.records import Record, together
from simulation.training.trainer import Trainer

Array = NDArray[np.float64]
RATES: tuple[float, ...] = tuple(float(f"{rate:.3g}") for rate in np.geomspace(1e-5, 10, 19))  # three a decade
STEPS = 100  # for each rate
# What is measured of each rate; the last three are of the start, and the same for all.
POINT = ("learning_rate", "loss", "log10_update_ratio", "first_loss", "log10_gradient_ratio", "theory")
# Stable: the loss ends at most so many times as high as it starts, or as the smallest rate leaves it.
UNHARMED = 1.05


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


def steps_each(config: TrainingConfig) -> int:
    """How many steps each of RATES is tried for: STEPS, or the config's, or so many that all cost no more than one run may.

    That is more than 20 of the largest network that there can be.
    """
    affordable = int(MOST_MULTIPLY_ADDS / (3.0 * len(RATES) * config.network.batch * config.learned))
    return min(STEPS, config.steps, affordable)


def trial(config: TrainingConfig, steps: int) -> TrainingConfig:
    """The run of each rate, but for the rate: the config's, with so many steps or its own if it has fewer, at a constant rate."""
    return replace(config, steps=min(steps, config.steps), schedule="constant", changes=())


def so_far(config: TrainingConfig, total: int, points: Mapping[str, Array]) -> RangeTest:
    """The test of a `trial` from its points, at least one, by POINT."""
    first, ratio, theory = (float(points[name][0]) for name in POINT[3:])
    rates, losses, movements = (points[name] for name in POINT[:3])
    return RangeTest(config, total, rates, losses, movements, expect(config), first, ratio, None if isnan(theory) else theory)  # fmt: skip


class Trials:
    """A range test step by step: a run for each rate, from the smallest up.

    tried: how many rates are not to be run, since their points are known.
    """

    def __init__(
        self, config: TrainingConfig, rates: Iterable[float] = RATES, steps: int = STEPS, tried: int = 0
    ) -> None:
        self.config, self.rates, self.tried = trial(config, steps), sorted(rates), tried
        self._begin()

    @property
    def finished(self) -> bool:
        return self.tried == len(self.rates)

    @property
    def at(self) -> int:
        """How many steps are done; a run that crashed is done with all of its own."""
        return self.tried * self.config.steps + self._trainer.at

    def step(self) -> dict[str, float] | None:
        """One step of the present rate's run; its point, if that was the last."""
        if record := self._trainer.step():
            self._records.append(record)
        if not self._trainer.finished:
            return None
        point = self._point()
        self.tried += 1
        self._begin()
        return point

    def _begin(self) -> None:
        rate = self.rates[min(self.tried, len(self.rates) - 1)]
        self._trainer = Trainer(replace(self.config, learning_rate=float(rate)))
        self._records: list[Record] = []

    @cached_property
    def _theory(self) -> float | None:
        return stable_rate(self.config)

    def _point(self) -> dict[str, float]:
        """What the run of a rate that is through gives."""
        of = of_network(together(self._records), 0)
        start = of["log10_weight_grad_norm"][0]
        return {
            "learning_rate": self._trainer.config.learning_rate,
            "loss": inf if self._trainer.crashes[0] else loss_course(of).recent,
            "log10_update_ratio": float(log10_mean(of["log10_update_ratio"][:, 0])),
            "first_loss": float(of["loss"][0]),
            "log10_gradient_ratio": float(start[0] - start[-1]) if start[-1] > -inf else nan,
            "theory": nan if self._theory is None else self._theory,
        }


def range_test(config: TrainingConfig, rates: Sequence[float] = RATES, steps: int = STEPS) -> Iterator[RangeTest]:
    """After each rate the test so far; the last one yielded is whole."""
    trials = Trials(config, rates, steps)
    points: list[dict[str, float]] = []
    while not trials.finished:
        if point := trials.step():
            points.append(point)
            yield so_far(trials.config, len(rates), {name: np.array([one[name] for one in points]) for name in POINT})
