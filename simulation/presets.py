"""Presets: networks worth looking at, each with the one thing it teaches.

`tests/simulation/test_presets.py` holds every lesson against the simulated numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from simulation.config import NetworkConfig
from simulation.registry import Registry


@dataclass(frozen=True)
class Preset:
    """A named network: its settings (all others at their defaults) and, as its summary, the lesson."""

    key: str
    label: str
    summary: str
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def config(self) -> NetworkConfig:
        return NetworkConfig(**self.settings)


def _preset(key: str, label: str, lesson: str, **settings: Any) -> Preset:
    return Preset(key, label, lesson, MappingProxyType(settings))


_CHAIN = {"activation": "linear", "initializer": "identity", "inputs": "ones", "width": 2}
_RELU_HE = {"activation": "relu", "initializer": "he_normal"}

PRESETS: Registry[Preset] = Registry(
    _preset("sigmoid_xavier", "Sigmoid, Xavier weights",
            "The net of the 1990s: every layer costs the error signal three quarters of itself."),
    _preset("tanh_xavier", "tanh, Xavier weights",
            "At its critical scale tanh loses only as a power of depth: steady enough for 100 layers.",
            activation="tanh", depth=100, width=128),
    _preset("tanh_five_thirds", "tanh, PyTorch's gain 5/3",
            "The gain that PyTorch recommends for tanh is too large for depth: the error signal grows by about a tenth a layer.",
            activation="tanh", weight_scale=1.666666667, depth=100, width=128),
    _preset("relu_xavier", "ReLU, Xavier weights",
            "ReLU drops half of the power and Xavier does not make up for it: 0.7 of the error signal is left a layer.",
            activation="relu"),
    _preset("relu_he", "ReLU, He weights",
            "Twice the variance makes up for the half that ReLU drops: nothing vanishes, nothing explodes.", **_RELU_HE),
    _preset("relu_he_narrow", "ReLU, He weights, but narrow",
            "Four units a layer: somewhere on the way all four are off at once for every sample, and nothing passes back.",
            **_RELU_HE, width=4),
    _preset("gelu_he", "GELU, He weights",
            "He weights fit ReLU, not GELU: once the signal has shrunk, 0.7 of it is left a layer.",
            activation="gelu", initializer="he_normal", depth=100, width=128),
    _preset("torch_default", "ReLU, PyTorch's default Linear",
            "nn.Linear's own weights have a sixth of He's variance: the error signal loses 60 % a layer, yet dW is alike in all layers.",
            activation="relu", initializer="torch_linear", depth=30),
    _preset("standard_normal", "ReLU, standard normal weights",
            "Weights of size 1, whatever the width: at width 64 each layer multiplies the error signal by more than 5.",
            activation="relu", initializer="standard_normal"),
    _preset("zero_init", "All weights zero",
            "Nothing passes and all units stay alike: activations and error signal are exactly 0 in every layer.",
            activation="relu", initializer="zeros"),
    _preset("gpt2", "GPT-2's 0.02 in a plain narrow net",
            "A fixed 0.02 suits wide nets with norms and skips; here, at width 128, a sixth of the error signal is left a layer.",
            activation="relu", initializer="gpt2", width=128),
    _preset("s0_exploding", "Lecture: W = 1.5 I, 150 layers",
            "The error signal grows by half a layer, to 10^26; the weight gradient is the same in every layer.",
            **_CHAIN, depth=150, batch=1, weight_scale=1.5),
    _preset("s0_vanishing", "Lecture: W = 0.5 I, 150 layers",
            "The error signal halves in each layer, down to 10^-45; the weight gradient is the same, and as tiny, in every layer.",
            **_CHAIN, depth=150, batch=1, weight_scale=0.5),
    _preset("depth_152_at_1_1", "ResNet-152's depth, plain, factor 1.1",
            "Ten percent too much, 152 times: a factor of two million forward. This is a plain chain, not a ResNet.",
            **_CHAIN, depth=152, batch=1, weight_scale=1.1),
    _preset("depth_152_at_0_9", "ResNet-152's depth, plain, factor 0.9",
            "Ten percent too little, 152 times: a ten-millionth is left. This is a plain chain, not a ResNet.",
            **_CHAIN, depth=152, batch=1, weight_scale=0.9),
    _preset("resnet_152", "152 layers as ResNets have them",
            "Skip connections with batch norm: the error signal grows like a power of depth, by less than 2 decades in 152 layers.",
            **_RELU_HE, depth=152, residual="pre_activation", block=2, normalization="batch"),
    _preset("batch_norm_relu", "Batch norm and ReLU, no skips",
            "Batch norm makes the error signal explode, by a fifth a layer, whatever the scale of the weights.",
            **_RELU_HE, depth=100, normalization="batch"),
    _preset("batch_norm_batch_4", "Batch norm at batch 4",
            "The smaller the batch, the faster it explodes: at 4 samples by about 70 % a layer.",
            **_RELU_HE, normalization="batch", batch=4),
    _preset("layer_norm_relu", "Layer norm and ReLU",
            "Layer norm before ReLU holds the error signal as steady as He's weights do, at any weight scale.",
            **_RELU_HE, normalization="layer", width=128),
    _preset("sigmoid_batch_norm", "Sigmoid with batch norm",
            "Batch norm keeps sigmoid in its steep middle: the error signal stays steady where it lost three quarters a layer.",
            normalization="batch"),
    _preset("residual_plain", "Plain skips, He weights",
            "Each block adds a branch as large as its input, so the power about doubles in every one: 8 decades in size after 50.",
            **_RELU_HE, residual="pre_activation"),
    _preset("residual_scaled", "Skips with a scaled branch",
            "Branches times 1 / sqrt(blocks): 50 blocks together grow the signal by less than a factor of 2.",
            **_RELU_HE, residual="pre_activation", branch_scale=0.1414213562),
    _preset("residual_layer_norm", "Pre-activation skips with layer norm",
            "The shape of a transformer's stream: growth like a power of depth, about one decade in 100 layers.",
            **_RELU_HE, depth=100, residual="pre_activation", normalization="layer"),
    _preset("saturated_by_bias", "tanh saturated by its biases",
            "Large biases push more than half of the entries into the flat parts, and the error signal vanishes.",
            activation="tanh", bias_scale=5.0, width=128),
    _preset("saturated_exploding", "tanh saturated by its weights",
            "Even more is saturated here, yet the error signal explodes: large weights more than make up for flat slopes.",
            activation="tanh", initializer="standard_normal", width=200),
    _preset("sigmoid_notebook", "A notebook's 20 x 100 sigmoid",
            "PyTorch's default weights, batch 1: x 0.14 a layer, so that the first layers print as 0.0000000000, and are not 0.",
            initializer="torch_linear", bias_scale=0.05773502692, depth=20, width=100, batch=1),
    _preset("overflow_forward", "100 x 256 linear, standard normal weights",
            "The activations grow 16-fold a layer: float32 overflows near layer 32, and a float32 rms of them near layer 15.",
            activation="linear", initializer="standard_normal", depth=100, width=256, batch=16),
)  # fmt: skip
