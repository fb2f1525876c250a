"""sweep(config, over): what becomes of the gradient when one setting moves and all else stays.

Baseline and remedied networks are simulated at the same values, on the same noise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulation.axes import OVER, Axis, deepest_allowed
from simulation.config import ConfigError, NetworkConfig
from simulation.critical import Critical, crossings, find_critical, gradient_ratio
from simulation.network import PASSING_DRAWS, UNIT_DRAWS
from simulation.outcomes import Outcomes, Steps
from simulation.remedies import apply_remedies

Array = NDArray[np.float64]
_NARROWING = 15  # about how many simulations it takes to narrow one crossing and its interval


@dataclass(frozen=True)
class Curve:
    """One network along the axis.

    log10_gradient_ratio: delta at layer 1 over the last layer, -inf where it is exactly 0 at layer 1.
    log10_activation_rms_last: at the last layer; the coordinate check of the sweep over width.
    Over weight_scale: the critical scale nearest to the present one, None where there is none (or not yet),
    and the number of crossings of 0 between neighbors on the axis.
    fixed: whether the axis makes no difference to this network at all, as remedies set what is swept.
    """

    log10_gradient_ratio: Array
    log10_activation_rms_last: Array
    critical: Critical | None
    crossings: int
    fixed: bool

    @property
    def critical_weight_scale(self) -> float | None:
        return self.critical.weight_scale if self.critical else None

    @property
    def stable_interval(self) -> tuple[float | None, float | None] | None:
        return self.critical.interval if self.critical else None


@dataclass(frozen=True)
class Sweep:
    """What is known after `done` simulations; `total` is an estimate until they are equal, when all is known.

    axis: the values simulated so far, ascending, the present one among them. critical_by_depth: the baseline's
    critical scale and interval at other depths, over weight_scale where the baseline has one.
    left_out: values of the axis at which there is no such network, each with the reason.
    """

    config: NetworkConfig
    over: str
    remedies: tuple[str, ...]
    done: int
    total: int
    axis: Array
    baseline: Curve
    remedied: Curve | None
    critical_by_depth: dict[int, Critical | None]
    left_out: dict[float, str]


def sweep(config: NetworkConfig, over: str, remedies: tuple[str, ...] = ()) -> Iterator[Sweep]:
    """After each simulation what is known so far, evenly spread over the axis; the last one yielded is whole.

    `over` is a key of OVER (KeyError). With remedies there is a second curve.
    """
    return _Run(config, OVER[over], remedies).results()


def coarse_to_fine(values: Sequence[float]) -> list[float]:
    """The same values, ends first, then always halving the gaps."""
    stride = 1
    while stride < len(values) - 1:
        stride *= 2
    order: dict[int, None] = {0: None, len(values) - 1: None}
    while stride:
        order |= dict.fromkeys(range(0, len(values), stride))
        stride //= 2
    return [values[index] for index in order if values]


class _Run:
    """A sweep under way."""

    def __init__(self, config: NetworkConfig, axis: Axis, remedies: tuple[str, ...]) -> None:
        self.config, self.axis, self.remedies = config, axis, remedies
        # Draws of other widths serve nothing else; those of other depths and scales are the present ones.
        self.outcomes = Outcomes(PASSING_DRAWS if axis.key == "width" else UNIT_DRAWS)
        self.left_out: dict[float, str] = {}
        self.values = [value for value in axis.values(config) if self._exists(value)]
        self.sides = [(), remedies] if remedies else [()]
        self.points: dict[float, list[tuple[float, float]]] = {}
        self.critical: list[Critical | None] = [None for _ in self.sides]
        self.by_depth: dict[int, Critical | None] = {}

    def _exists(self, value: float) -> bool:
        try:
            self.axis.network(self.config, value)
        except ConfigError as error:
            self.left_out[value] = {
                "depth": "over the budget",
                "weight_scale": "it would take a weight scale that is not allowed",
                "groups": f"{self.config.groups} groups do not divide it",
            }[error.field]
            return False
        return True

    def network(self, side: tuple[str, ...], value: float) -> NetworkConfig:
        return apply_remedies(self.axis.network(self.config, value), side)

    def results(self) -> Iterator[Sweep]:
        planned = len({self.network(side, value).effective() for side in self.sides for value in self.values})
        planned += (len(self.sides) + 3) * _NARROWING if self.axis.key == "weight_scale" else 0
        for _ in self._steps():
            yield self._result(max(planned, self.outcomes.done + 1))
        yield self._result(self.outcomes.done)

    def _steps(self) -> Steps[None]:
        # Where a few values grow twofold, the last costs more than all others: the picture fills from the left.
        few = self.axis.key in ("width", "batch")
        for value in self.values if few else coarse_to_fine(self.values):
            point = []
            for side in self.sides:
                outcome = yield from self.outcomes.of(self.network(side, value))
                point.append((outcome.verdict.delta.decades, outcome.log10_activation_last))
            self.points[value] = point
        if self.axis.key == "weight_scale":
            for index, side in enumerate(self.sides):
                self.critical[index] = yield from self._critical(self.config, side, self.config.weight_scale)
            yield from self._other_depths()

    def _critical(self, config: NetworkConfig, side: tuple[str, ...], start: float) -> Steps[Critical | None]:
        ratio = gradient_ratio(self.outcomes, lambda scale: apply_remedies(replace(config, weight_scale=scale), side))
        return (yield from find_critical(ratio, start, self.values))

    def _other_depths(self) -> Steps[None]:
        here, present = self.critical[0], self.config.depth
        for depth in sorted({present // 4, present // 2, present, 2 * present}):
            if here and 2 <= depth <= deepest_allowed(self.config):
                config = replace(self.config, depth=depth)
                self.by_depth[depth] = yield from self._critical(config, (), here.weight_scale)

    def _curve(self, index: int, axis: Sequence[float]) -> Curve:
        side, points = self.sides[index], [self.points[value][index] for value in axis]
        ratios = [ratio for ratio, _ in points]
        return Curve(
            log10_gradient_ratio=np.array(ratios),
            log10_activation_rms_last=np.array([last for _, last in points]),
            critical=self.critical[index],
            crossings=crossings(ratios),
            fixed=len({self.network(side, value).effective() for value in (self.values[0], self.values[-1])}) == 1,
        )

    def _result(self, total: int) -> Sweep:
        axis = sorted(self.points)
        return Sweep(
            config=self.config,
            over=self.axis.key,
            remedies=self.remedies,
            done=self.outcomes.done,
            total=total,
            axis=np.array(axis, float),
            baseline=self._curve(0, axis),
            remedied=self._curve(1, axis) if self.remedies else None,
            critical_by_depth=dict(self.by_depth),
            left_out=self.left_out,
        )
