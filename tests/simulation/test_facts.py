"""Measured slopes against the theory and the papers: what signal propagation is known to do, at width 400 to 512.

Factors are per layer and of the squared gradient norm, going toward the input. Each is an average of the
log over some 40 layers of two networks, whose sampling error is about 1 %.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from simulation import Network, NetworkConfig, draw_network, propagate, simulate

WIDE = NetworkConfig(depth=55, width=512, batch=4, activation="linear", initializer="lecun_normal")


def gradient_factor(traces, first=5, last=50):
    """Per layer, of the squared norm of delta, between two layers clear of both ends."""
    slopes = [(trace.log10_delta_rms[first] - trace.log10_delta_rms[last]) / (last - first) for trace in traces]
    return 10 ** (2 * np.mean(slopes))


def simulated(config, seeds=2):
    return [simulate(replace(config, seed=seed)) for seed in range(seeds)]


@cache
def drawn(config: NetworkConfig) -> Network:
    return draw_network(config)


def normalized(batch=4, seeds=2, **fields):
    """Traces of one set of drawn weights under other activations and norms, which do not see their scale."""
    for seed in range(seeds):
        network = drawn(replace(WIDE, batch=batch, seed=seed))
        yield propagate(replace(network, config=replace(network.config, **fields)))


# Table 1c: named initializations without norm, sigma_w = weight_scale at LeCun's deviation.
NAMED = [
    ("sigmoid", 1, 0.055721),
    ("sigmoid", 4, 0.398879),
    ("sigmoid", 10.149264, 1.0),
    ("tanh", 5 / 3, 1.209831),
    ("tanh", 2**0.5, 1.105533),
    ("relu", 1, 0.5),
    ("relu", 3**-0.5, 1 / 6),
    ("selu", 1, 1.071575),
    ("silu", 2**0.5, 0.5),
    ("silu", 1, 0.25),
    ("gelu", 1, 0.25),
    ("softplus", 1, 0.288722),
]


@pytest.mark.parametrize(("activation", "sigma_w", "chi"), NAMED, ids=[f"{a}-{s:.3g}" for a, s, _ in NAMED])
def test_named_initializations(activation, sigma_w, chi):
    traces = simulated(replace(WIDE, batch=16, activation=activation, weight_scale=sigma_w), seeds=3)
    assert gradient_factor(traces, 10) == pytest.approx(chi, rel=0.015)


def test_gelu_with_he_weights_vanishes_in_the_end():
    """The factor reaches sigma_w^2 / 4 only as the signal dies, which takes its time."""
    traces = simulated(replace(WIDE, activation="gelu", initializer="he_normal"))
    assert gradient_factor(traces, 40, 53) == pytest.approx(0.5, rel=0.03)


def test_selu_and_elu_reach_their_factors_late():
    """SELU at PyTorch's gain 3/4: q* = 0.023, chi 1.0037. SELU and ELU with He weights: q grows, chi falls to lambda^2, to 1."""
    late = [
        gradient_factor(
            simulated(replace(WIDE, depth=68, batch=16, activation="selu", weight_scale=scale), seeds=3), *span
        )
        for scale, span in ((0.75, (30, 60)), (2**0.5, (50, 65)))
    ]
    assert late == pytest.approx([1.0037, 1.0507009873554805**2], rel=0.015)
    elu = simulated(replace(WIDE, batch=16, activation="elu", weight_scale=2**0.5), seeds=3)
    assert 1 < gradient_factor(elu, 40, 53) < gradient_factor(elu, 10, 23)


def test_tanh_with_xavier_weights_decays_by_a_power_law():
    """Critical at q* = 0: q is about 1 / (2 l), and the factor 1 - 1 / l."""
    traces = simulated(replace(WIDE, activation="tanh"))
    squares = [10 ** (2 * trace.log10_pre_activation_rms[-1]) for trace in traces]
    assert np.mean(squares) == pytest.approx(1 / (2 * 55), rel=0.15)
    assert gradient_factor(traces, 35, 53) == pytest.approx(1 - 1 / 45, abs=0.015)


def test_saturation_by_bias_vanishes_and_by_weights_explodes():
    """FACTS 0.8: 60 % saturated at chi 0.104, 56 % at chi 2.90."""
    bias = simulated(replace(WIDE, activation="tanh", bias_scale=5))
    weights = simulated(replace(WIDE, activation="tanh", weight_scale=5))
    # The few units that are not saturated carry it all: noisier than the other factors.
    assert gradient_factor(bias) == pytest.approx(0.104, rel=0.06)
    assert gradient_factor(weights) == pytest.approx(2.90, rel=0.04)
    assert bias[0].saturated_fraction[-1] > 0.55
    assert weights[0].saturated_fraction[-1] > 0.55


# Table 2: batch norm before the activation, by batch. Finite width shifts the rate by O(batch / width).
BATCH_NORM = [
    ("linear", 16, 14 / 13),
    ("linear", 64, 62 / 61),
    ("relu", 16, 1.591),
    ("relu", 32, 1.522),
    ("relu", 64, 1.492),
    ("tanh", 16, 1.247),
    ("tanh", 32, 1.208),
    ("tanh", 64, 1.192),
]


@pytest.mark.parametrize(("activation", "batch", "rate"), BATCH_NORM, ids=[f"{a}-{b}" for a, b, _ in BATCH_NORM])
def test_batch_norm_makes_gradients_explode(activation, batch, rate):
    traces = normalized(batch, seeds=1, activation=activation, normalization="batch")
    assert gradient_factor(traces) == pytest.approx(rate, rel=0.03)


def test_batch_norm_does_not_see_the_weight_scale():
    """Weights times 10: the same outputs, dW a tenth, the same growth (FACTS 2)."""
    config = NetworkConfig(depth=20, width=100, batch=32, activation="relu", initializer="he_normal")
    one, ten = (simulate(replace(config, normalization="batch", weight_scale=scale)) for scale in (1, 10))
    np.testing.assert_allclose(ten.log10_activation_rms, one.log10_activation_rms, atol=2e-5)
    np.testing.assert_allclose(one.log10_weight_grad_norm - ten.log10_weight_grad_norm, 1, atol=0.02)
    np.testing.assert_allclose(np.diff(one.log10_delta_rms), np.diff(ten.log10_delta_rms), atol=0.02)


# Table 3: E phi'^2 / E phi^2 (table 1a), over Var phi where a mean is taken out after phi; groups of 64 cost
# (m - 2) / (m - 3) more. With groups after phi the entries are correlated: FACTS' measured factor there.
MOMENTS = {  # E phi, E phi^2, E phi'^2
    "linear": (0, 1, 1),
    "relu": (0.398942, 0.5, 0.5),
    "tanh": (0, 0.394294, 0.464403),
    "gelu": (0.282095, 0.425221, 0.455851),
    "sigmoid": (0.5, 0.293379, 0.044836),
    "selu": (0, 1, 1.071575),
}
GROUPS_AFTER = {"linear": 1.014, "relu": 1.522, "tanh": 1.188, "gelu": 1.354, "sigmoid": 1.047, "selu": 1.087}


def norm_factor(activation, normalization, position):
    mean, square, slope = MOMENTS[activation]
    if normalization == "group":
        return slope / square * 62 / 61 if position == "before" else GROUPS_AFTER[activation]
    return slope / (square - mean**2 if normalization == "layer" and position == "after" else square)


@pytest.mark.parametrize("position", ["before", "after"])
@pytest.mark.parametrize("activation", MOMENTS)
def test_layer_rms_and_group_norm(activation, position):
    for normalization in ("layer", "rms", "group"):
        traces = normalized(
            16, seeds=3, activation=activation, normalization=normalization, norm_position=position, groups=8
        )
        expected = norm_factor(activation, normalization, position)
        assert gradient_factor(traces) == pytest.approx(expected, rel=0.015), normalization


# Table 4: residual nets of 64 blocks.
RESIDUAL = NetworkConfig(depth=64, width=400, batch=32, activation="relu", initializer="he_normal")


@pytest.mark.parametrize(("residual", "growth"), [("pre_activation", 2.0), ("plain", 2.904)])
def test_unnormalized_residual_nets_explode(residual, growth):
    """x + W relu(x): q doubles in each block. x + relu(W x): 2 + (2 / pi) / (sqrt r - 1) = r = 2.904."""
    q = [2 * trace.log10_activation_rms for trace in simulated(replace(RESIDUAL, residual=residual))]
    assert 10 ** np.mean([(one[-1] - one[0]) / 63 for one in q]) == pytest.approx(growth, rel=0.03)


def test_a_branch_scaled_by_the_root_of_the_depth_is_tame():
    """(1 + 1/L)^L: both signals grow by e in all."""
    trace = simulate(replace(RESIDUAL, residual="pre_activation", branch_scale=1 / 8))
    gain = 2 * (trace.log10_activation_grad_rms[0] - trace.log10_activation_grad_rms[-1])
    assert 2 * trace.log10_activation_rms[-1] == pytest.approx(np.log10(np.e), abs=0.08)
    assert gain == pytest.approx(np.log10(np.e), abs=0.08)


@pytest.mark.parametrize(
    ("normalization", "block", "drift", "exponent"),
    [
        ("batch", 1, 1 - 1 / np.pi, np.pi / (np.pi - 1)),
        ("batch", 2, 1 - 1 / np.pi, (np.pi / (np.pi - 1)) ** 2),
        ("layer", 1, 1, 1),
        ("rms", 1, 1, 1),
    ],
)
def test_normalized_residual_nets_grow_by_a_power_law(normalization, block, drift, exponent):
    """The squared gradient is a power of the stream's variance 1 + drift x block, after the first few blocks."""
    config = replace(RESIDUAL, depth=64 * block, residual="pre_activation", normalization=normalization, block=block)
    trace = simulate(replace(config, batch=64))
    gradient = 2 * trace.log10_activation_grad_rms[block - 1 :: block]
    variance = 1 + drift * np.arange(1, 65)
    measured = -np.polyfit(np.log10(variance[3:]), gradient[3:], 1)[0]
    assert measured == pytest.approx(exponent, abs=0.12)
    assert 10 ** (2 * trace.log10_activation_rms[-1]) == pytest.approx(65, rel=0.12)


# Section 0: surprises.


def test_weight_gradients_may_be_flat_where_deltas_vanish():
    """Glorot and Bengio's standard tanh net: delta and activation both lose 0.577 a layer, dW nothing."""
    trace = simulate(NetworkConfig(depth=5, width=600, batch=200, activation="tanh", initializer="torch_linear"))
    np.testing.assert_allclose(10**trace.log10_activation_rms, [0.461, 0.250, 0.1415, 0.081, 0.0465], rtol=0.03)
    ratios = 10 ** (trace.log10_delta_rms - trace.log10_delta_rms[-1])
    np.testing.assert_allclose(ratios, [0.082, 0.175, 0.323, 0.570, 1], rtol=0.05)
    assert np.ptp(trace.log10_weight_grad_norm) < 0.02


def test_he_weights_do_not_save_a_narrow_network():
    """Width 32, 1000 layers: log10 of the norm is -17.9 +- 2.9, though the mean of its square is conserved."""
    config = NetworkConfig(depth=1000, width=32, batch=1, activation="relu", initializer="he_normal")
    ratios = [trace.log10_delta_rms[0] - trace.log10_delta_rms[-1] for trace in simulated(config, 6)]
    assert np.mean(ratios) == pytest.approx(-17.9, abs=3 * 2.9 / 6**0.5)


def test_a_network_of_width_two_dies():
    """With probability 1 - (3/4)^depth for one input: 99 % at 16 layers."""
    config = NetworkConfig(depth=16, width=2, batch=1, activation="relu", initializer="he_normal")
    dead = [np.isneginf(trace.log10_delta_rms[0]) for trace in simulated(config, 100)]
    assert sum(dead) >= 95


def test_half_of_a_healthy_relu_network_is_inactive():
    traces = simulated(NetworkConfig(depth=20, width=256, batch=64, activation="relu", initializer="he_normal"))
    assert np.mean([trace.inactive_fraction for trace in traces]) == pytest.approx(0.5, abs=0.02)
    assert all((trace.saturated_fraction == 0).all() for trace in traces)


def test_a_pair_in_batch_norm_leaks_only_through_epsilon():
    """Two samples a and -a become +-1 but for epsilon, whatever a: (1 - y^2) / sqrt(a^2 + epsilon) of the gradient stays."""
    config = NetworkConfig(
        depth=1, width=50, batch=2, activation="linear", initializer="identity", normalization="batch"
    )
    network = draw_network(config)
    for size in (0.1, 1, 100):
        trace = propagate(replace(network, inputs=size * np.array([[1.0], [-1.0]]) * np.ones(50)))
        half = (network.cotangent[0] - network.cotangent[1]) / 2
        leak = 1e-5 / (size**2 + 1e-5) ** 1.5
        assert trace.log10_delta_rms[0] == pytest.approx(np.log10(leak * np.sqrt(np.mean(half**2))), abs=1e-7)
