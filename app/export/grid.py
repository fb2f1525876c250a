"""The positions of an offline file's sliders: every combination is simulated before the file is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from math import ceil, prod
from typing import Any

import numpy as np

from app.options import Options
from app.state import State, StateError
from simulation.config import FIELDS, ConfigError, matters
from simulation.parameters import Number

SLIDABLE = {name: parameter for name, parameter in FIELDS.items() if isinstance(parameter, Number)}
FIRST = ("depth", "weight_scale")  # where nothing else is asked for
MOST_SLIDERS = 2

# The positions that each slider may have: the most that the budget of work allows, and the size of the file.
COUNTS = (129, 97, 65, 49, 33, 25, 17, 13, 9, 7, 5)
MOST_FRAMES = 1200
MOST_WORK = 2e10  # multiply-adds of all forward passes: some seconds on one core
LAYER_WORK = 2.5e5  # what a layer takes besides, in multiply-adds


@dataclass(frozen=True)
class Slider:
    """A setting with the values that it can be given, in order; `at` is the index of the present one."""

    name: str
    values: tuple[float, ...]
    at: int

    @property
    def texts(self) -> list[str]:
        """The values as the address says them: exactly those that are simulated."""
        return [SLIDABLE[self.name].format(value) for value in self.values]


def asked(state: State, text: str | None) -> tuple[str, ...]:
    """The settings of `sliders=`; StateError unless they are one or two numbers that matter in this network."""
    possible = [name for name in SLIDABLE if matters(state.config, name)]
    if text is None:
        return tuple(name for name in FIRST if name in possible)
    names = tuple(text.split(","))
    if len(set(names)) != len(names) or len(names) > MOST_SLIDERS or not set(names) <= set(possible):
        raise StateError("sliders", text, f"one or two, as a comma list, of {', '.join(possible)}")
    return names


def positions(parameter: Number, present: float, count: int) -> tuple[float, ...]:
    """At most `count` values along the slider, on its grid: the present one, others close to it, and few far away."""
    low, high = parameter.position(parameter.low), parameter.position(max(parameter.slider_high or parameter.high, present))  # fmt: skip
    here, way = parameter.position(present), np.linspace(-1, 1, count)
    places = here + np.where(way < 0, here - low, high - here) * way * np.abs(way)
    return tuple(sorted({present, *(_snapped(parameter, float(place)) for place in places[way != 0])}))


def _snapped(parameter: Number, place: float) -> float:
    """The value on the slider's grid, as the page's own slider would write it."""
    place = round(place / parameter.step) * parameter.step
    value = parameter.clamp(float(f"{10**place:.3g}") if parameter.logarithmic else place)
    return parameter.parse(parameter.format(value))


def sliders(state: State, names: tuple[str, ...], count: int) -> list[Slider]:
    """The sliders with at most so many positions; values that the network may not have are left out."""
    found: list[Slider] = []
    for name in names:
        present = getattr(state.config, name)
        values = positions(SLIDABLE[name], present, count)
        kept = tuple(v for v in values if all(_allowed(state, {**others, name: v}) for others in _settings(found)))
        found.append(Slider(name, kept, kept.index(present)))
    return found


def _settings(found: list[Slider]) -> Iterator[dict[str, Any]]:
    """Every combination; the last slider moves first."""
    for values in product(*(slider.values for slider in found)):
        yield dict(zip((slider.name for slider in found), values, strict=True))


def _allowed(state: State, values: Mapping[str, Any]) -> bool:
    try:
        replace(state.config, **values)
    except ConfigError:
        return False
    return True


def states(state: State, found: list[Slider]) -> list[State]:
    """The state of each combination, the last slider moving first."""
    plain = replace(state, options=Options())  # the charts are not asked anything
    return [replace(plain, config=replace(state.config, **values)) for values in _settings(found)]


def work(all_states: list[State]) -> float:
    """What simulating all of them takes, in multiply-adds."""
    configs = [config for state in all_states for config in {state.config, state.remedied}]
    return sum(config.depth * (config.width**2 * config.batch + LAYER_WORK) for config in configs)


def grids(state: State, names: tuple[str, ...]) -> Iterator[tuple[list[Slider], list[State]]]:
    """The grids that are affordable, the finest first; StateError if none is."""
    costs = 0.0
    for count in COUNTS:
        counts = [len(positions(SLIDABLE[name], getattr(state.config, name), count)) for name in names]
        if prod(counts) > MOST_FRAMES:
            continue
        found = sliders(state, names, count)
        every = states(state, found)
        costs = work(every)
        if costs <= MOST_WORK:
            yield found, every
    if costs > MOST_WORK:
        times = ceil(10 * costs / MOST_WORK) / 10
        allowed = f"settings whose networks, {COUNTS[-1]} positions a slider, take at most {MOST_WORK:,.0f} multiply-adds together (here {times:,} times as many): narrow the network, or name one slider"
        raise StateError("sliders", ",".join(names), allowed)
