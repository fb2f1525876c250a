"""Training presets: runs worth watching, from papers and from public reports of networks that failed.

Every sentence is held to its run: on one seed in `tests/simulation/training/test_training_presets.py`, on many seeds
and over whole sweeps in `tests/reproduce/` (`make reproduce`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import sqrt
from types import MappingProxyType
from typing import Any

from simulation.config import DEFAULTS, NetworkConfig
from simulation.registry import Registry
from simulation.training.config import TrainingConfig


@dataclass(frozen=True)
class TrainingPreset:
    """A run, what it shows, and the runs that it is compared with.

    beside: by what they do otherwise, the most telling one first. networks: how many seeds at once, where one
    seed tells nothing.
    """

    key: str
    label: str
    summary: str
    config: TrainingConfig
    beside: Mapping[str, TrainingConfig]
    networks: int = 1


def _but(config: TrainingConfig, **settings: Any) -> TrainingConfig:
    """The same run with some settings of its network or its training changed."""
    network = {name: value for name, value in settings.items() if name in DEFAULTS}
    rest = {name: value for name, value in settings.items() if name not in DEFAULTS}
    return replace(config, network=replace(config.network, **network), **rest)


def _preset(
    key: str, label: str, summary: str, config: TrainingConfig, beside: dict[str, dict[str, Any]], networks: int = 1
) -> TrainingPreset:
    others = {name: _but(config, **settings) for name, settings in beside.items()}
    return TrainingPreset(key, label, summary, config, MappingProxyType(others), networks)


def _digits(value: float) -> float:
    """As many digits as an address keeps."""
    return float(f"{value:.10g}")


_RELU_HE: dict[str, Any] = {"activation": "relu", "initializer": "he_normal"}
_XAVIER = {"initializer": "xavier_normal"}
_BLOBS = _but(TrainingConfig(NetworkConfig(**_RELU_HE)), data="blobs", optimizer="momentum")  # 10 classes, 32 features
_GAUSS64 = _but(_BLOBS, features=64, optimizer="sgd")
_PIXELS = _but(_BLOBS, data="pixels", optimizer="sgd", head_initializer="same")
# Some published experiments move the weights alone; learned biases or gains soften what they show.
_WEIGHTS: dict[str, Any] = {"learn": ()}

_TANH = _but(
    _BLOBS, **_WEIGHTS, depth=80, width=100, activation="tanh", initializer="lecun_normal", bias_scale=_digits(sqrt(0.05)),
    weight_scale=_digits(sqrt(1.76)), learning_rate=1e-3, steps=200,
)  # fmt: skip
_RESNET = {"residual": "pre_activation", "block": 2}

PRESETS: Registry[TrainingPreset] = Registry(
    _preset("he_30_layers", "He's 30 layers",
            "30 layers of ReLU learn from He's weights; from Xavier's their loss never leaves 2.30, that of guessing. With 22 layers Xavier's still gets away (He et al. 2015).",
            _but(_BLOBS, depth=29, width=100, learning_rate=0.01, steps=400, head_initializer="same"),
            {"Xavier weights": _XAVIER, "Xavier weights, 22 layers": {**_XAVIER, "depth": 21}, "22 layers": {"depth": 21}}),
    _preset("orthogonal_linear", "Deep linear, orthogonal",
            "50 linear layers that start as rotations are down to 1 % of their first loss within 200 steps; from normal weights of the same size they are not there after 600 (Saxe et al. 2014).",
            _but(_BLOBS, depth=50, width=32, activation="linear", initializer="orthogonal", optimizer="sgd",
                 learning_rate=0.02, steps=600, head_initializer="same"),
            {"normal weights": {"initializer": "lecun_normal"}, "identity weights": {"initializer": "identity"}}),
    _preset("largest_rate", "The largest stable rate",
            "10 linear layers, squared error, every point in each batch: by the curvature at the start, rates up to 2 / λ = 0.070 are stable. At 0.065 the loss falls to what a straight line leaves; at 0.2 the numbers end within five steps. 5 layers, with 2 / λ = 0.13, bear that (Saxe et al. 2014). The range test below tries 19 rates.",
            _but(_BLOBS, data="sine", depth=10, width=32, batch=800, activation="linear", initializer="orthogonal", optimizer="sgd",
                 learning_rate=0.065, steps=100, head_initializer="same"),
            {"rate 0.2": {"learning_rate": 0.2}, "5 layers, rate 0.2": {"depth": 5, "learning_rate": 0.2}}),
    _preset("trainable_depth", "As deep as signals reach",
            "At the critical weight scale, 1.33 (sigma_w^2 = 1.76), 80 layers of tanh come below 1.2 in 200 steps; on either side of it they stay above 1.4, and so do 40 layers far from it (Schoenholz et al. 2017).",
            _TANH,
            {"weight scale 1.58": {"weight_scale": _digits(sqrt(2.5))}, "weight scale 1.18": {"weight_scale": _digits(sqrt(1.4))},
             "weight scale 1, 40 layers": {"weight_scale": 1.0, "depth": 40}, "weight scale 2, 40 layers": {"weight_scale": 2.0, "depth": 40}}),
    _preset("degradation", "56 plain layers against skips",
            "With batch norm, 8 plain layers learn and 56 stay above 2.2, where guessing has 2.30; with skips, of either kind, 56 layers come below 0.4 in the same 150 steps (He et al. 2016).",
            _but(_BLOBS, **_WEIGHTS, depth=56, width=48, normalization="batch", learning_rate=0.02, steps=150),
            {"skips, post-activation (v1)": {**_RESNET, "residual": "post_activation"}, "skips, pre-activation (v2)": _RESNET, "20 layers": {"depth": 20}, "8 layers": {"depth": 8}}),
    _preset("clipping_saves", "Saved by clipping",
            "30 layers of ReLU at learning rate 0.1: about a third of the seeds reach NaN within 250 steps, and most others stay above 2. With the gradient's norm clipped at 1 none does, and most fall below 1.6 (Pascanu et al. 2013).",
            _but(_BLOBS, **_WEIGHTS, depth=30, width=100, learning_rate=0.1, steps=250),
            {"gradient clipped at 1": {"clip": "norm"}}, networks=24),
    _preset("scaled_branches", "101 layers, branches scaled",
            "100 layers and a head, no norm: skips as they are reach NaN at step 1, the second, without skips nothing is learned; with branches of 1 / sqrt(50) the loss falls below 0.3 in 120 steps (the idea of Fixup, Zhang et al. 2019).",
            _but(_BLOBS, **_RESNET, depth=100, width=64, learning_rate=0.02, steps=120),
            {"branches / sqrt(50)": {"branch_scale": _digits(1 / sqrt(50))}, "branches / 50": {"branch_scale": 0.02}, "no skips": {"residual": "none"}}),
    _preset("sigmoid_stuck", "Sigmoid, stuck at chance",
            "8 layers of sigmoid stay above 2.25 for 300 steps, where guessing has 2.30, and so do 5; tanh with Xavier's weights and ReLU with He's are below 0.05 by then (after Glorot and Bengio 2010).",
            _but(_BLOBS, depth=8, width=64, activation="sigmoid", **_XAVIER, learning_rate=0.03, steps=300, head_initializer="same"),
            {"tanh": {"activation": "tanh"}, "ReLU, He weights": _RELU_HE, "5 layers": {"depth": 5}}),
    _preset("zero_weights", "All weights zero",
            "After 500 full-batch steps every weight is still exactly 0: the output is a constant, and the loss is the entropy of how often each class occurs. No layer's weights get a gradient, with ReLU or tanh.",
            _but(_BLOBS, data="spirals", depth=3, batch=1024, initializer="zeros", head_initializer="zeros", optimizer="sgd", learning_rate=0.5, steps=500),
            {"tanh": {"activation": "tanh"}}),
    _preset("sigma_0_001", "Weights of 0.001",
            "A report of 784-256-256-10: the loss stays within 1 % of ln 10 for over 1,000 steps before it falls. One layer more, and it never does in 2,500.",
            _but(_PIXELS, depth=2, width=256, batch=32, initializer="standard_normal", weight_scale=0.001, learning_rate=0.1, steps=2500),
            {"three layers": {"depth": 3}, "three layers, weights of 0.01": {"depth": 3, "weight_scale": 0.01},
             "three layers, He weights": {"depth": 3, "weight_scale": 1.0, "initializer": "he_normal"}}),
    _preset("sigma_0_1", "Weights of 0.1, nine layers",
            "A report of 9 x 512: the first loss is above 50 where guessing has 2.30, and step 4 or 5 makes NaN. The same 0.1 stands still at width 32, learns at 200, where it is He's, and breaks at 512.",
            _but(_PIXELS, depth=9, width=512, initializer="standard_normal", weight_scale=0.1, learning_rate=0.01, steps=200),
            {"gradient clipped at 1": {"clip": "norm"}, "He weights": {"initializer": "he_normal", "weight_scale": 1.0},
             **{f"width {width}": {"width": width} for width in (32, 64, 128, 200, 256, 384)}}),
    _preset("xor_nine_layers", "XOR with nine layers",
            "A lecture's lab, 9 hidden layers of 5: with sigmoid every seed stays at ln 2, with one hidden layer every seed learns. ReLU, the taught cure, solves about half of the seeds, and a quarter stay at ln 2.",
            _but(_BLOBS, data="xor", depth=9, width=5, activation="sigmoid", batch=4, initializer="standard_uniform",
                 input_scale=0.5, input_offset=0.5, optimizer="sgd", learning_rate=0.1, steps=10000),
            {"ReLU": {"activation": "relu"}, "ReLU, He weights": _RELU_HE, "one layer": {"depth": 1}}, networks=200),
    _preset("selu_three_fates", "SELU, three initializers",
            "50 x 100 with SELU: LeCun's weights learn, He's are NaN within five steps, PyTorch's default leaves activations of 1e-4 and a loss of 2.30.",
            _but(_GAUSS64, depth=50, width=100, activation="selu", initializer="lecun_normal", learning_rate=0.03, steps=300),
            {"He weights": {"initializer": "he_normal"}, "PyTorch's default weights": {"initializer": "torch_linear"},
             "ELU, He weights": {"activation": "elu", "initializer": "he_normal"}, "ReLU, He weights": _RELU_HE, "ReLU, Xavier weights": {"activation": "relu", **_XAVIER}}),
    _preset("inputs_to_255", "Pixels from 0 to 255",
            "A report of images that nobody scaled: the first loss is near 100, then every unit dies and the loss stays at 2.30 for ever, without a NaN. Adam learns all the same, and so does SGD on pixels from 0 to 1.",
            _but(_PIXELS, depth=2, width=200, **_XAVIER, input_scale=255.0, learning_rate=0.1, steps=500),
            {"input scale 1": {"input_scale": 1.0}, "Adam at rate 0.001": {"optimizer": "adam", "learning_rate": 0.001}}),
    _preset("batch_norm_of_one", "Batch norm at batch 1",
            "At batch 1 batch norm makes every hidden gradient exactly 0, and only the head's bias moves. Batch 2 is worse than guessing; from 4 to 64 samples the loss falls from above 1 to below 0.3. Layer norm learns at any batch.",
            _but(_GAUSS64, depth=5, width=100, normalization="batch", batch=1, learning_rate=0.05, steps=300),
            {"layer norm": {"normalization": "layer"}, **{f"batch {batch}": {"batch": batch} for batch in (2, 4, 16, 64)}}),
    _preset("skips_explode", "Skips without a norm",
            "A report of h + relu(W h): 10 layers begin above a loss of 100 and reach NaN at step 3, the fourth, though the same layers without skips learn. Batch norm or a scaled branch cures it; clipping only lets it live.",
            _but(_GAUSS64, depth=10, width=64, residual="plain", learning_rate=0.1, steps=300, head_initializer="same"),
            {"batch norm": {"normalization": "batch"}, "branches / sqrt(10)": {"branch_scale": _digits(1 / sqrt(10))},
             "gradient clipped at 1": {"clip": "norm"}, "no skips": {"residual": "none"}, "30 layers": {"depth": 30}}),
)  # fmt: skip
