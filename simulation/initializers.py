"""How weights are drawn: a unit matrix that all initializers of its kind share, times a scale.

Sharing the unit draw makes comparisons paired: He against Xavier differs by a factor and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from simulation.activations import ACTIVATIONS
from simulation.registry import Registry

if TYPE_CHECKING:
    from simulation.config import NetworkConfig


@dataclass(frozen=True)
class Initializer:
    """W = weight_scale * scale(config, layer, fan_in, fan_out) * unit matrix.

    unit: "normal" or "uniform" (entries of variance 1), "orthogonal" (singular values 1), "identity",
        "ones". The scale may depend on the layer (0-based), as GPT-2's does.
    """

    key: str
    label: str
    summary: str
    unit: str
    scale: Callable[[NetworkConfig, int, int, int], float]

    def sigma(self, config: NetworkConfig) -> float:
        """The root mean square of one weight at weight scale 1: its standard deviation, if drawn.

        Of a matrix between two layers, width x width; at other inputs than units the first one may differ.
        """
        entries = 1 / sqrt(config.width) if self.unit in ("orthogonal", "identity") else 1.0
        return self.scale(config, 0, config.width, config.width) * entries


def _lecun(config: NetworkConfig, layer: int, fan_in: int, fan_out: int) -> float:
    return 1 / sqrt(fan_in)


def _xavier(config: NetworkConfig, layer: int, fan_in: int, fan_out: int) -> float:
    return sqrt(2 / (fan_in + fan_out))


def _he(config: NetworkConfig, layer: int, fan_in: int, fan_out: int) -> float:
    return sqrt(2 / fan_in)


def _gpt2(config: NetworkConfig, layer: int, fan_in: int, fan_out: int) -> float:
    ends_block = (layer + 1) % config.block == 0 or layer + 1 == config.depth
    return 0.02 / sqrt(config.blocks) if config.residual != "none" and ends_block else 0.02


def _gain_matched(config: NetworkConfig, layer: int, fan_in: int, fan_out: int) -> float:
    return ACTIVATIONS[config.activation].gain(config.negative_slope) / sqrt(fan_in)


def _constant(value: float) -> Callable[[NetworkConfig, int, int, int], float]:
    return lambda config, layer, fan_in, fan_out: value


INITIALIZERS: Registry[Initializer] = Registry(
    Initializer("zeros", "zeros", "Every weight is 0: without skips or biases no signal, and units that stay alike.",
                "ones", _constant(0.0)),
    Initializer("constant", "constant", "Every weight is 1 / fan_in: each layer acts like a single unit.",
                "ones", lambda config, layer, fan_in, fan_out: 1 / fan_in),
    Initializer("identity", "identity", "W = weight scale times I, as in lecture notes: each unit has a chain of its own.",
                "identity", _constant(1.0)),
    Initializer("standard_normal", "standard normal", "N(0, 1), whatever the width: explodes in every wide network that can.",
                "normal", _constant(1.0)),
    Initializer("standard_uniform", "uniform -1 to 1", "U(-1, 1), whatever the width.",
                "uniform", _constant(1 / sqrt(3))),
    Initializer("gpt2", "GPT-2", "N(0, 0.02), whatever the width; a block's last layer also divided by the root of the number of blocks.",
                "normal", _gpt2),
    Initializer("torch_linear", "PyTorch Linear", "U(-1, 1) / sqrt(fan_in), what nn.Linear does by itself: a third of LeCun's variance.",
                "uniform", lambda config, layer, fan_in, fan_out: 1 / sqrt(3 * fan_in)),
    Initializer("lecun_normal", "LeCun, normal", "Variance 1 / fan_in: keeps the size of a linear signal (and SELU's).",
                "normal", _lecun),
    Initializer("lecun_uniform", "LeCun, uniform", "LeCun's variance, 1 / fan_in, uniform.", "uniform", _lecun),
    Initializer("xavier_normal", "Xavier, normal", "Variance 2 / (fan_in + fan_out): meant for tanh (Glorot and Bengio 2010).",
                "normal", _xavier),
    Initializer("xavier_uniform", "Xavier, uniform", "Xavier's variance, 2 / (fan_in + fan_out), uniform.", "uniform", _xavier),
    Initializer("he_normal", "He, normal", "Variance 2 / fan_in: makes up for the half that ReLU drops (He et al. 2015).",
                "normal", _he),
    Initializer("he_uniform", "He, uniform", "He's variance, 2 / fan_in, uniform.", "uniform", _he),
    Initializer("orthogonal", "orthogonal", "A random rotation: every singular value is 1 (Saxe et al. 2014).",
                "orthogonal", _constant(1.0)),
    Initializer("gain_matched", "matched to the activation", "Normal, with the gain at which this very activation keeps the gradient's size.",
                "normal", _gain_matched),
)  # fmt: skip
