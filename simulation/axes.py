"""The settings that can be swept, the values each is swept over, and the network at each value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import isclose

import numpy as np

from simulation.config import FIELDS, NetworkConfig, deepest
from simulation.initializers import INITIALIZERS
from simulation.options import Option
from simulation.parameters import Number
from simulation.registry import Registry

_MOST_DEPTHS = 40


@dataclass(frozen=True)
class Axis(Option):
    """A setting that can be swept: the values, in ascending order, and the network at each (ConfigError if none)."""

    values: Callable[[NetworkConfig], list[float]]
    network: Callable[[NetworkConfig, float], NetworkConfig]


def _with(values: Sequence[float], present: float) -> list[float]:
    """The values with the present one among them."""
    return sorted([value for value in values if not isclose(value, present, rel_tol=1e-9)] + [present])


def _weight_scales(config: NetworkConfig) -> list[float]:
    setting = FIELDS["weight_scale"]
    assert isinstance(setting, Number)
    return _with(np.geomspace(setting.low, setting.high, 65).tolist(), config.weight_scale)


def deepest_allowed(config: NetworkConfig) -> int:
    """The largest depth that a network of this width and batch may have."""
    setting = FIELDS["depth"]
    assert isinstance(setting, Number)
    return min(deepest(config.width, config.batch), int(setting.high))


def _depths(config: NetworkConfig) -> list[float]:
    most = min(max(2 * config.depth, 20), deepest_allowed(config))
    depths = np.linspace(1, most, min(most, _MOST_DEPTHS)).round().astype(int)
    return _with(np.unique(depths).tolist(), config.depth)


def _at_fixed_sigma(config: NetworkConfig, width: float) -> NetworkConfig:
    """The network at this width with the present standard deviation of one weight."""
    initializer = INITIALIZERS[config.initializer]
    other = replace(config, width=int(width))
    before, after = initializer.sigma(config), initializer.sigma(other)
    return replace(other, weight_scale=config.weight_scale * before / after) if after else other


OVER: Registry[Axis] = Registry(
    Axis("weight_scale", "weight scale", "Every weight times the same factor: where the gradient keeps its size.",
         _weight_scales, lambda config, value: replace(config, weight_scale=value)),
    Axis("depth", "depth", "The same layers, more and more of them: how the change adds up.",
         _depths, lambda config, value: replace(config, depth=int(value))),
    Axis("width", "width at fixed sigma", "The standard deviation of one weight stays while the layers get wider: does one sigma fit them all?",
         lambda config: _with([2**k for k in range(1, 11)], config.width), _at_fixed_sigma),
    Axis("batch", "batch", "More samples together: without batch norm hardly a difference, with it a large one when they are few.",
         lambda config: _with([2**k for k in range(9)], config.batch), lambda config, value: replace(config, batch=int(value))),
)  # fmt: skip
