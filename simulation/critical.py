"""Where on the axis of weight scales the gradient keeps its size, and how far around it nearly does.

For one drawn network the curve of log10(delta at layer 1 / at the last layer) against the scale is a
deterministic function, but not a tame one: it may jump, turn back, or be -inf (a dead network). So what is
said is what was simulated: crossings are those between neighbors on the grid, then narrowed down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite, log10

from simulation.config import NetworkConfig
from simulation.outcomes import Outcomes, Steps

# "Stable interval": the gradient stays within this many decades of its size at the output.
INTERVAL_DECADES = 1.0
# Crossings and ends are narrowed to one part in 10,000: at depth 1000 the whole interval is 0.5 % wide.
_PRECISION = log10(1.0001)
Height = Callable[[float], Steps[float]]


@dataclass(frozen=True)
class Critical:
    """A crossing of 0 and the connected piece of scales around it within one decade.

    weight_scale: to 0.01 %. ratios: the curve just below and just above it; far apart where it jumps.
    interval: its two ends, to 0.01 %, an end None at the slider's end; None where the curve jumps across it all.
    """

    weight_scale: float
    ratios: tuple[float, float]
    interval: tuple[float | None, float | None] | None

    @property
    def width(self) -> float | None:
        """By what factor the interval's high end exceeds its low one; None where an end is open or there is none."""
        low, high = self.interval or (None, None)
        return None if low is None or high is None else high / low


@dataclass(frozen=True)
class _Bracket:
    """Two scales, next to each other, between which a height changes its sign, and where on a straight line it does."""

    low: float
    high: float
    heights: tuple[float, float]

    @property
    def place(self) -> float:
        at_low, at_high = self.heights
        share = at_low / (at_low - at_high) if isfinite(at_low) and isfinite(at_high) and at_low != at_high else 0.5
        return float(self.low * (self.high / self.low) ** share)


def gradient_ratio(outcomes: Outcomes, network: Callable[[float], NetworkConfig]) -> Height:
    """scale -> log10 of delta at layer 1 over the last layer; -inf where it is exactly 0 at layer 1."""

    def ratio(scale: float) -> Steps[float]:
        outcome = yield from outcomes.of(network(scale))
        return outcome.verdict.delta.decades

    return ratio


def crossings(ratios: Iterable[float]) -> int:
    """How often neighbors lie on two sides of 0; 0 itself counts as above."""
    return sum((a < 0) != (b < 0) for a, b in pairwise(ratios))


def find_critical(ratio: Height, start: float, scales: Sequence[float]) -> Steps[Critical | None]:
    """The crossing of 0 nearest to `start` (in log), None if no two neighbors of the ascending `scales` show one.

    Looks from `start` outward and no further than it has to.
    """

    def distance(scale: float) -> float:
        return abs(log10(scale / start))

    def reach(cell: tuple[float, float]) -> float:
        return 0.0 if cell[0] <= start <= cell[1] else min(map(distance, cell))

    nearest: _Bracket | None = None
    for cell in sorted(pairwise(scales), key=reach):
        if nearest and distance(nearest.place) <= reach(cell):
            break
        low, high = cell
        if (yield from _crosses(ratio, low, high)):
            found = yield from _narrowed(ratio, low, high)
            if nearest is None or distance(found.place) < distance(nearest.place):
                nearest = found
    if nearest is None:
        return None
    interval = yield from _stable_interval(ratio, nearest, scales)
    return Critical(nearest.place, nearest.heights, interval)


def _crosses(height: Height, low: float, high: float) -> Steps[bool]:
    return crossings([(yield from height(low)), (yield from height(high))]) > 0


def _narrowed(height: Height, low: float, high: float) -> Steps[_Bracket]:
    """The bracket narrowed to the precision by false position, with the Illinois rule and every third step a bisection.

    A step never stops short of half the precision from an end: so it soon comes to lie beyond the zero, and
    the bracket closes from both sides.
    """
    at_low, at_high = (yield from height(low)), (yield from height(high))
    weights, last, step = [at_low, at_high], -1, 0
    while log10(high / low) > _PRECISION and at_low and at_high:
        step += 1
        bisect = step % 3 == 0 or not all(map(isfinite, weights))
        margin = 0.5 * _PRECISION / log10(high / low)
        share = 0.5 if bisect else min(max(weights[0] / (weights[0] - weights[1]), margin), 1 - margin)
        middle = low * (high / low) ** share
        at_middle = yield from height(middle)
        side = 0 if (at_middle < 0) == (at_low < 0) else 1
        if side == 0:
            low, at_low = middle, at_middle
        else:
            high, at_high = middle, at_middle
        weights[side] = at_middle
        if side == last:
            weights[1 - side] /= 2
        last = side
    if not (at_low and at_high):
        low = high = high if at_low else low  # the zero itself
        at_low = at_high = 0.0
    return _Bracket(low, high, (at_low, at_high))


def _stable_interval(
    ratio: Height, crossing: _Bracket, scales: Sequence[float]
) -> Steps[tuple[float | None, float | None] | None]:
    """From the crossing outward to where the curve first leaves the decade."""

    def excess(scale: float) -> Steps[float]:
        return abs((yield from ratio(scale))) - INTERVAL_DECADES

    sides = zip((crossing.low, crossing.high), crossing.heights, strict=True)
    inside = [scale for scale, at_scale in sides if abs(at_scale) <= INTERVAL_DECADES]
    if not inside:
        return None
    below = [scale for scale in (*scales, crossing.low) if scale < inside[0]]
    above = [scale for scale in (*scales, crossing.high) if scale > inside[-1]]
    low = yield from _first_beyond(excess, inside[0], sorted(below, reverse=True))
    high = yield from _first_beyond(excess, inside[-1], sorted(above))
    return low, high


def _first_beyond(excess: Height, inside: float, outward: Iterable[float]) -> Steps[float | None]:
    for scale in outward:
        if (yield from excess(scale)) > 0:
            return (yield from _narrowed(excess, min(inside, scale), max(inside, scale))).place
        inside = scale
    return None
