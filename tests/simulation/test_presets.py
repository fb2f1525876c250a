"""Every preset's lesson, word by word, on the simulated numbers."""

from dataclasses import replace
from functools import cache
from math import log10

import numpy as np
import pytest

from simulation import NetworkConfig, SignalTrace, draw_network, simulate
from simulation.activations import ACTIVATIONS
from simulation.diagnosis import Verdict, diagnose
from simulation.presets import PRESETS


@cache
def trace_of(config: NetworkConfig) -> SignalTrace:
    return simulate(config)


class Lesson:
    """A preset's network, simulated, and how to simulate the ones its lesson compares it with."""

    def __init__(self, key: str) -> None:
        self.config = PRESETS[key].config
        self.trace = trace_of(self.config)
        self.verdict = diagnose(self.trace)
        self.state, self.delta, self.weights = self.verdict.state, self.verdict.delta, self.verdict.weight_grad
        self.activation = self.verdict.activation

    def but(self, **changes: object) -> Verdict:
        """The verdict on the same network with some settings changed."""
        return diagnose(trace_of(replace(self.config, **changes)))

    def slope(self, name: str, first: int, last: int) -> float:
        """The factor per layer of a signal on its way from the first to the last of these layers."""
        sizes = getattr(self.trace, name)
        return float(10 ** ((sizes[last - 1] - sizes[first - 1]) / abs(last - first)))

    def exponent(self, name: str = "log10_delta_rms") -> float:
        """The power of the distance from the input with which a signal's size changes (layers 5 to the last)."""
        layers = np.arange(5, self.config.depth + 1)
        return float(np.polyfit(np.log10(layers), getattr(self.trace, name)[4:], 1)[0])


def near(value: float, wanted: float, tolerance: float) -> bool:
    return abs(value - wanted) <= tolerance


def same_everywhere(sizes: np.ndarray) -> bool:
    return bool(np.ptp(sizes) < 1e-9)


def whatever_the_scale(lesson: Lesson) -> bool:
    """The error signal's factor per layer is the same at a tenth and at ten times the weight scale."""
    factors = [lesson.but(weight_scale=scale).delta.factor_per_layer for scale in (0.1, 10)]
    return all(near(factor, lesson.delta.factor_per_layer, 0.01) for factor in factors)


def units_all_off(lesson: Lesson) -> bool:
    """In some layer every unit is off for every sample, and behind it nothing is left of either signal."""
    off = np.flatnonzero(lesson.trace.dead_fraction == 1)
    first = off[0] if off.size else lesson.config.depth
    return bool(
        off.size
        and np.isfinite(lesson.trace.log10_activation_rms[:first]).all()
        and np.isneginf(lesson.trace.log10_activation_rms[first:]).all()
        and np.isneginf(lesson.trace.log10_delta_rms[: first + 1]).all()
    )


def variance_over_he(lesson: Lesson) -> float:
    return float(np.var(draw_network(lesson.config).weights[0]) / (2 / lesson.config.width))


def is_chain(lesson: Lesson, gain: float) -> bool:
    """One and the same factor in every layer, forward and back, as in a plain chain of numbers."""
    steps = np.diff(lesson.trace.log10_activation_rms), -np.diff(lesson.trace.log10_delta_rms)
    return lesson.config.residual == "none" and bool(np.allclose(steps, log10(gain), atol=1e-9))


# What each lesson claims: (the claim, whether it holds).
LESSONS = {
    "sigmoid_xavier": lambda n: {
        "every layer costs three quarters": near(n.slope("log10_delta_rms", 50, 40), 0.25, 0.02)
        and near(n.delta.factor_per_layer, 0.25, 0.02),
        "of the error signal": n.state == "vanishing",
    },
    "tanh_xavier": lambda n: {
        "at its critical scale": n.config.weight_scale == ACTIVATIONS["tanh"].gain(0) == 1,
        "a power of depth": near(n.exponent("log10_activation_rms"), -0.5, 0.35) and n.but(depth=200).state == "stable",
        "loses": n.delta.decades < 0,
        "steady enough for 100 layers": n.config.depth == 100 and n.state == "stable",
    },
    "tanh_five_thirds": lambda n: {
        "the gain that PyTorch recommends": near(n.config.weight_scale, 5 / 3, 1e-9),
        "grows by about a tenth a layer": near(n.delta.factor_per_layer, 1.1, 0.01),
        "too large for depth": n.state == "exploding",
    },
    "relu_xavier": lambda n: {
        "drops half of the power": near(n.delta.factor_per_layer**2, 0.5, 0.05),
        "0.7 is left a layer": near(n.delta.factor_per_layer, 0.7, 0.03),
        "Xavier does not make up for it": n.state == "vanishing",
    },
    "relu_he": lambda n: {
        "twice the variance": near(variance_over_he(n), 1, 0.05),
        "nothing vanishes, nothing explodes": n.state == "stable",
        "makes up": near(n.delta.factor_per_layer, 1, 0.02),
    },
    "relu_he_narrow": lambda n: {
        "four units": n.config.width == 4,
        "all four are off at once for every sample": units_all_off(n),
        "nothing passes back": n.state == "dead",
    },
    "gelu_he": lambda n: {
        "He weights fit ReLU, not GELU": n.state == "vanishing" and n.but(activation="relu").state == "stable",
        "the signal has shrunk": n.trace.log10_activation_rms[60] < -2,
        "0.7 is left a layer": near(n.slope("log10_delta_rms", 100, 60), 0.7, 0.03)
        and near(n.slope("log10_activation_rms", 60, 100), 0.7, 0.03),
    },
    "torch_default": lambda n: {
        "a sixth of He's variance": near(variance_over_he(n), 1 / 6, 0.01),
        "loses 60 % a layer": near(n.delta.factor_per_layer, 0.4, 0.02),
        "dW is alike in all layers": n.weights.state == "stable" and n.weights.spread < 0.5,
    },
    "standard_normal": lambda n: {
        "weights of size 1": near(np.std(draw_network(n.config).weights[0]), 1, 0.03),
        "whatever the width": near(np.std(draw_network(replace(n.config, width=256)).weights[0]), 1, 0.03),
        "at width 64": n.config.width == 64,
        "more than 5": n.delta.factor_per_layer > 5,
        "multiplies": n.state == "exploding",
    },
    "zero_init": lambda n: {
        "activations are exactly 0": np.isneginf(n.trace.log10_activation_rms).all(),
        "error signal is exactly 0": np.isneginf(n.trace.log10_delta_rms).all(),
        "nothing passes": n.state == "dead",
    },
    "gpt2": lambda n: {
        "a fixed 0.02": near(np.std(draw_network(n.config).weights[0]), 0.02, 0.001),
        "suits wide nets with norms and skips": n.but(
            width=256, batch=16, normalization="layer", residual="pre_activation"
        ).state
        == "stable",
        "at width 128": n.config.width == 128,
        "a sixth is left a layer": near(n.delta.factor_per_layer, 1 / 6, 0.01),
        "plain": n.state == "vanishing" and n.config.residual == n.config.normalization == "none",
    },
    "s0_exploding": lambda n: {
        "grows by half a layer": is_chain(n, 1.5),
        "to 10^26": near(n.delta.decades, 26, 0.5),
        "the weight gradient is the same in every layer": same_everywhere(n.trace.log10_weight_grad_norm),
    },
    "s0_vanishing": lambda n: {
        "halves in each layer": is_chain(n, 0.5),
        "down to 10^-45": near(n.delta.decades, -45, 0.5),
        "the weight gradient is the same in every layer": same_everywhere(n.trace.log10_weight_grad_norm),
        "and as tiny": near(n.verdict.log10_weight_grad_typical, -45, 0.5),
    },
    "depth_152_at_1_1": lambda n: {
        "ten percent, 152 times, a plain chain": n.config.depth == 152 and is_chain(n, 1.1),
        "two million forward": near(10 ** n.trace.log10_activation_rms[-1] / 2e6, 1, 0.05),
    },
    "depth_152_at_0_9": lambda n: {
        "ten percent, 152 times, a plain chain": n.config.depth == 152 and is_chain(n, 0.9),
        "a ten-millionth is left": near(10 ** n.trace.log10_activation_rms[-1] / 1e-7, 1, 0.15),
    },
    "resnet_152": lambda n: {
        "skip connections with batch norm": (n.config.residual, n.config.normalization) == ("pre_activation", "batch"),
        "grows": n.delta.decades > 1,
        "like a power of depth": near(n.but(depth=76).delta.decades, n.delta.decades - 0.3, 0.15)
        and near(n.but(depth=38).delta.decades, n.delta.decades - 0.6, 0.2),
        "less than 2 decades in 152 layers": n.config.depth == 152 and n.delta.decades < 2,
    },
    "batch_norm_relu": lambda n: {
        "explode": n.state == "exploding",
        "by a fifth a layer": near(n.delta.factor_per_layer, 1.2, 0.03),
        "batch norm makes it": n.but(normalization="none").state == "stable",
        "whatever the scale of the weights": whatever_the_scale(n),
    },
    "batch_norm_batch_4": lambda n: {
        "the smaller the batch, the faster": n.delta.factor_per_layer
        > n.but(batch=8).delta.factor_per_layer
        > n.but(batch=16).delta.factor_per_layer
        > n.but(batch=64).delta.factor_per_layer,
        "at 4 samples by about 70 % a layer": n.config.batch == 4 and near(n.delta.factor_per_layer, 1.7, 0.05),
    },
    "layer_norm_relu": lambda n: {
        "before ReLU": n.config.norm_position == "before",
        "steady": n.state == "stable",
        "as He's weights do": near(n.delta.factor_per_layer, n.but(normalization="none").delta.factor_per_layer, 0.02),
        "at any weight scale": whatever_the_scale(n),
    },
    "sigmoid_batch_norm": lambda n: {
        "in its steep middle": n.verdict.saturated_fraction < 0.001,
        "stays steady": n.state == "stable" and near(n.delta.factor_per_layer, 1, 0.02),
        "where it lost three quarters": near(n.but(normalization="none").delta.factor_per_layer, 0.25, 0.02),
    },
    "residual_plain": lambda n: {
        "a branch as large as its input": near(
            float(np.mean(n.trace.log10_pre_activation_rms[1:] - n.trace.log10_activation_rms[:-1])), 0, 0.05
        ),
        "the power about doubles": near(n.activation.factor_per_layer**2, 2, 0.2)
        and near(n.delta.factor_per_layer**2, 2, 0.2),
        "8 decades in size after 50": n.config.blocks == 50
        and near(n.activation.decades, 8, 0.5)
        and near(n.delta.decades, 8, 0.5),
    },
    "residual_scaled": lambda n: {
        "1 / sqrt(blocks), 50 blocks": n.config.blocks == 50 and near(n.config.branch_scale, 50**-0.5, 1e-9),
        "less than a factor of 2": 0 < n.activation.decades < log10(2) and 0 < n.delta.decades < log10(2),
    },
    "residual_layer_norm": lambda n: {
        "pre-activation skips with layer norm": (n.config.residual, n.config.normalization)
        == ("pre_activation", "layer"),
        "growth like a power of depth": near(n.exponent("log10_activation_rms"), 0.5, 0.1),
        "about one decade in 100 layers": n.config.depth == 100
        and near(n.delta.decades, 1, 0.2)
        and near(n.activation.decades, 1, 0.2),
    },
    "saturated_by_bias": lambda n: {
        "biases push more than half into the flat parts": n.verdict.saturated_fraction > 0.5
        and n.but(bias_scale=0.0).saturated_fraction < 0.01,
        "vanishes": n.state == "vanishing" and n.but(bias_scale=0.0).state == "stable",
    },
    "saturated_exploding": lambda n: {
        "even more is saturated": n.verdict.saturated_fraction > Lesson("saturated_by_bias").verdict.saturated_fraction,
        "yet the error signal explodes": n.state == "exploding",
        "by its weights": n.config.bias_scale == 0 and np.std(draw_network(n.config).weights[0]) > 0.9,
    },
    "sigmoid_notebook": lambda n: {
        "20 x 100, batch 1": (n.config.depth, n.config.width, n.config.batch) == (20, 100, 1),
        "x 0.14 a layer": near(n.delta.factor_per_layer, 0.14, 0.005),
        "print as 0.0000000000": all(f"{10**size:.10f}" == "0.0000000000" for size in n.trace.log10_delta_rms[:3]),
        "and are not 0": np.isfinite(n.trace.log10_delta_rms).all(),
        "PyTorch's default biases": near(n.config.bias_scale, (3 * n.config.width) ** -0.5, 1e-9),
    },
    "overflow_forward": lambda n: {
        "16-fold a layer": near(n.activation.factor_per_layer, 16, 0.2),
        "float32 overflows near layer 32": near(n.verdict.formats["float32"]["activation"].first_overflow, 32, 1),
        "its rms near layer 15": near(first_not_finite_float32(n.config)[1], 15, 1),
    },
}


@pytest.mark.parametrize("key", list(PRESETS))
def test_lesson(key):
    claims = LESSONS[key](Lesson(key))
    assert all(claims.values()), (PRESETS[key].summary, claims)


def test_every_lesson_is_of_a_preset():
    assert set(LESSONS) == set(PRESETS)


def test_the_first_preset_is_the_opening_state():
    assert next(iter(PRESETS.values())).config == NetworkConfig()


def test_every_preset_is_another_network_with_a_lesson_of_one_line():
    assert len({preset.config for preset in PRESETS.values()}) == len(PRESETS)
    assert all(20 < len(preset.summary) < 140 for preset in PRESETS.values())


def first_not_finite_float32(config: NetworkConfig) -> tuple[int, int]:
    """The first layers at which float32 activations, and their float32 rms, are not finite."""
    network = draw_network(config)
    h, layers = network.inputs.astype(np.float32), [0, 0]
    with np.errstate(over="ignore", invalid="ignore"):
        for layer, weights in enumerate(network.weights, 1):
            h = h @ weights.astype(np.float32)
            for which, finite in enumerate((np.isfinite(h).all(), np.isfinite(np.sqrt(np.mean(h * h))))):
                layers[which] = layers[which] or (0 if finite else layer)
    return layers[0], layers[1]


def test_case_of_the_sigmoid_notebook():
    """A course notebook, seed by seed: 0.140 a layer; from layer 20 (1.1e-2) to 11 (2.3e-10) to 1 (9e-19)."""
    for seed in range(5):
        delta = trace_of(replace(PRESETS["sigmoid_notebook"].config, seed=seed)).log10_delta_rms
        factors = 10 ** ((delta[0] - delta[-1]) / 19), 10 ** ((delta[0] - delta[10]) / 10)
        assert np.allclose(factors, 0.140, atol=0.007)
        assert np.allclose([delta[0] - delta[-1], delta[10] - delta[-1]], np.log10([9e-19 / 1.1e-2, 2.3e-10 / 1.1e-2]), atol=0.6)  # fmt: skip


def test_case_of_the_float32_overflow():
    """Course notes: rms 16^(l+1) at layer index l; float32 ends at index 31, its rms already at index 14."""
    config = PRESETS["overflow_forward"].config
    rms = trace_of(config).log10_activation_rms
    assert np.allclose(rms, log10(16) * np.arange(1, 101), atol=0.2)
    assert first_not_finite_float32(config) == (32, 15)
