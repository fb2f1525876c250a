"""ensemble(config, networks): the same network drawn with many seeds, because one draw is only one draw.

Sizes multiply from layer to layer, so they are averaged as logs. The mean of the norms themselves belongs to
a few lucky draws and says nothing about a typical network (Hanin 2018, 1801.03744).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulation.config import NetworkConfig, seeds_from
from simulation.diagnosis import diagnose
from simulation.network import PASSING_DRAWS, draw_network
from simulation.propagation import propagate
from simulation.sentences import decades, power
from simulation.trace import ARRAYS

Array = NDArray[np.float64]
LOW, HIGH = 0.1, 0.9  # the band holds four networks in five
MOST_NETWORKS = 256
LOG10_ARRAYS: tuple[str, ...] = tuple(name for name in ARRAYS if name.startswith("log10_"))


@dataclass(frozen=True)
class Ensemble:
    """What `done` networks of `total` have in common and how they differ.

    logs: for each log10 array of SignalTrace, (done, depth); -inf stands for the log of an exact zero.
    log10_delta_ratio: (done,), delta at layer 1 over the last layer; -inf where the network is dead.
    """

    done: int
    total: int
    logs: dict[str, Array]
    log10_delta_ratio: Array

    @cached_property
    def median(self) -> dict[str, Array]:
        """By layer: half of the networks lie below."""
        return self._quantiles(0.5)

    @cached_property
    def low(self) -> dict[str, Array]:
        """By layer: one network in ten lies below."""
        return self._quantiles(LOW)

    @cached_property
    def high(self) -> dict[str, Array]:
        """By layer: nine networks in ten lie below."""
        return self._quantiles(HIGH)

    def _quantiles(self, share: float) -> dict[str, Array]:
        return {name: quantile(values, share) for name, values in self.logs.items()}

    @property
    def dead_share(self) -> float:
        """The share of networks whose delta at layer 1 is exactly 0."""
        return float(np.mean(self.logs["log10_delta_rms"][:, 0] == -np.inf))

    @property
    def log10_delta_ratio_mean(self) -> float | None:
        """Over the networks that have such a ratio (a dead one has none); None if none has."""
        alive = self.alive_ratios
        return float(alive.mean()) if alive.size else None

    @property
    def log10_delta_ratio_sd(self) -> float | None:
        """The standard deviation over the same networks (n - 1); None for fewer than two."""
        alive = self.alive_ratios
        return float(alive.std(ddof=1)) if alive.size > 1 else None

    @property
    def spread(self) -> float | None:
        """How many decades of delta at layer 1 the 10 to 90 % band covers; None where an end of it is 0."""
        low, high = self.low["log10_delta_rms"][0], self.high["log10_delta_rms"][0]
        return float(high - low) if low > -np.inf else None

    @property
    def alive_ratios(self) -> Array:
        """The ratios that are numbers: neither end of the way is exactly 0."""
        return self.log10_delta_ratio[np.isfinite(self.log10_delta_ratio)]


def quantile(values: Array, share: float) -> Array:
    """Along axis 0, between order statistics as np.quantile does, for values that may be -inf.

    Anything between -inf and a number is -inf: an average of logs of which one is that of 0.
    """
    ordered = np.sort(values, axis=0)
    place = share * (len(values) - 1)
    below = ordered[int(place)]
    above = ordered[min(int(place) + 1, len(values) - 1)]
    step = np.subtract(above, below, out=np.zeros_like(below), where=below > -np.inf)
    return np.asarray(below + (place - int(place)) * step)


def ensemble(config: NetworkConfig, networks: int) -> Iterator[Ensemble]:
    """After each network the ensemble so far; the last one yielded is whole.

    Network i has seed (seed + i) mod 10000, so that the first is `config` itself and a longer ensemble
    contains a shorter one. ValueError unless 2 <= networks <= 256.
    """
    if not 2 <= networks <= MOST_NETWORKS:
        raise ValueError(f"networks: a whole number from 2 to {MOST_NETWORKS}")
    return _grow(config, networks)


def _grow(config: NetworkConfig, networks: int) -> Iterator[Ensemble]:
    logs = {name: np.empty((networks, config.depth)) for name in LOG10_ARRAYS}
    ratios = np.empty(networks)
    for i, seed in enumerate(seeds_from(config.seed, networks)):
        trace = propagate(draw_network(replace(config, seed=seed), PASSING_DRAWS))
        for name, values in logs.items():
            values[i] = getattr(trace, name)
        ratios[i] = diagnose(trace).delta.decades
        done = i + 1  # rows so far: views, as those that follow are not written to them
        yield Ensemble(done, networks, {name: values[:done] for name, values in logs.items()}, ratios[:done])


def describe_ensemble(result: Ensemble) -> str:
    """What the networks have in common and how they differ, in sentences."""
    dead = round(result.dead_share * result.done)
    if dead == result.done:
        return f"All {dead} networks are dead: in each the error signal is exactly 0 at layer 1."
    share = f"{dead} of {result.done} networks {'is' if dead == 1 else 'are'} dead: the error signal is exactly 0 at layer 1."
    none = f"None of {result.done} networks is dead."
    return " ".join(part for part in (share if dead else none, _average(result, dead), _band(result)) if part)


def _average(result: Ensemble, dead: int) -> str:
    mean, sd = result.log10_delta_ratio_mean, result.log10_delta_ratio_sd
    counted = result.alive_ratios.size
    if mean is None or result.logs["log10_delta_rms"].shape[1] == 1:
        return ""
    whose = f"In the {counted} where neither end is 0" if counted + dead < result.done else f"In the other {counted}" if dead else "In them"  # fmt: skip
    size = "keeps its size" if abs(mean) < 0.05 else f"{'shrinks' if mean < 0 else 'grows'} by {decades(mean)}"
    give = "" if sd is None else f", give or take {decades(sd)}"
    return f"{whose} the error signal {size} on its way to layer 1, by the mean of the logs{give}."


def _band(result: Ensemble) -> str:
    if result.spread is None:
        return "The band's lower end is exactly 0 at layer 1."
    low, high = (power(float(end["log10_delta_rms"][0])) for end in (result.low, result.high))
    return f"At layer 1 the 10 to 90 % band goes from {low} to {high}: {decades(result.spread)}."
