"""Beyond the range of floats, and in every corner: exact against long doubles, never NaN, zeros exactly zero."""

from dataclasses import replace
from itertools import product
from math import log10

import numpy as np
import pytest

from simulation import NetworkConfig, draw_network, propagate, simulate
from simulation.activations import ACTIVATIONS
from simulation.arithmetic import settle_scaled
from simulation.initializers import INITIALIZERS
from simulation.normalizations import NORMALIZATIONS
from simulation.options import INPUTS, NORM_POSITIONS, RESIDUALS
from simulation.propagation import Pass
from simulation.trace import ARRAYS
from tests.simulation.oracles import (
    FRACTIONS,
    LOGS,
    LONG_REACHES_FAR,
    assert_logs_close,
    feeds_only_batch_norm,
    long_double_arrays,
)

needs_long_doubles = pytest.mark.skipif(not LONG_REACHES_FAR, reason="long double is no wider than double here")


def assert_exact(network, everywhere=True):
    """The trace agrees with the long double reference to 1e-9, exact zeros included. Returns the share compared.

    Unless it must agree `everywhere`, values that float64 cannot know are left out: those that move in the
    reference itself when its products are rounded as float64 rounds them.
    """
    config = network.config
    trace, wanted = propagate(network), long_double_arrays(network)
    shares = []
    moved = wanted if everywhere else long_double_arrays(network, rounding=True)
    for name in LOGS:
        got, log = getattr(trace, name), wanted[name]
        if name == "log10_bias_grad_norm":
            log[feeds_only_batch_norm(config)] = -np.inf
        with np.errstate(invalid="ignore"):
            known = np.isneginf(log) | (np.abs(moved[name] - log) < 1e-11)
        assert_logs_close(got[known], log[known], 1e-9, (name, config))
        shares.append(known.mean())
    np.testing.assert_allclose(trace.inactive_fraction, wanted["inactive_fraction"], atol=1e-15, err_msg=str(config))
    return np.mean(shares)


@needs_long_doubles
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
@pytest.mark.parametrize("weight_scale", [0.01, 0.3, 12])
def test_deep_plain_networks(activation, weight_scale):
    """Down to 1e-1500 and up to 1e1500. Squashers at 12 are chaotic when deep: there 25 layers must do."""
    phi = ACTIVATIONS[activation]
    chaotic = weight_scale > 1 and not phi.homogeneous and phi.flat[1] < np.inf
    config = NetworkConfig(
        depth=25 if chaotic else 400, width=6, batch=4, activation=activation, initializer="he_normal",
        weight_scale=weight_scale, negative_slope=0.2, seed=3,
    )  # fmt: skip
    assert_exact(draw_network(config))
    assert_exact(draw_network(replace(config, depth=min(config.depth, 200), bias_scale=0.1)))


@needs_long_doubles
@pytest.mark.parametrize("residual", [key for key in RESIDUALS if key != "none"])
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_deep_residual_networks(activation, residual):
    """Skips add numbers of very different size. Squashers stay small enough not to be chaotic."""
    phi = ACTIVATIONS[activation]
    bounded = phi.flat[0] > -np.inf and phi.flat[1] < np.inf
    for index, (weight_scale, block) in enumerate(product((0.01, 0.3 if bounded else 12), (1, 2))):
        config = NetworkConfig(
            depth=301, width=6, batch=4, activation=activation, initializer="he_normal", weight_scale=weight_scale,
            residual=residual, block=block, branch_scale=(1, 0.1, 3)[index % 3] if not bounded else 0.1,
            bias_scale=(0, 0.1)[index % 2], seed=index,
        )  # fmt: skip
        assert_exact(draw_network(config))


@needs_long_doubles
@pytest.mark.parametrize("normalization", [key for key in NORMALIZATIONS if key != "none"])
@pytest.mark.parametrize("residual", list(RESIDUALS))
def test_deep_normalized_networks(normalization, residual):
    """Where gradients vanish through a norm (sigmoid), and signals far below its epsilon."""
    batch_norm = normalization == "batch"
    shares = []
    for index, activation in enumerate(("sigmoid", "relu", "tanh")):
        for weight_scale, position in product((0.01, 12), NORM_POSITIONS):
            config = NetworkConfig(
                depth=18 if batch_norm else 25 if weight_scale >= 1 and activation != "sigmoid" else 200,
                width=8, batch=6, activation=activation, initializer="he_normal", weight_scale=weight_scale,
                normalization=normalization, groups=2, norm_position=position, residual=residual,
                block=1 + index % 2, branch_scale=0.5, input_scale=(1, 0.001)[index % 2], seed=index,
            )  # fmt: skip
            shares.append(assert_exact(draw_network(config), everywhere=False))
    assert np.mean(shares) > 0.6


@needs_long_doubles
@pytest.mark.parametrize("normalization", ["batch", "layer", "group"])
def test_norms_far_below_their_epsilon(normalization):
    """What is much smaller than the epsilon is divided by its root: a linear map, layer after layer."""
    config = NetworkConfig(
        depth=400, width=8, batch=6, activation="tanh", initializer="he_normal", weight_scale=0.001,
        normalization=normalization, groups=2, input_scale=0.001,
    )  # fmt: skip
    trace = simulate(config)
    assert trace.log10_activation_rms[-1] < -100
    assert_exact(draw_network(config))


@needs_long_doubles
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
@pytest.mark.parametrize("residual", list(RESIDUALS))
@pytest.mark.parametrize("weight_scale", [0.5, 20])
def test_units_that_go_separate_ways(activation, residual, weight_scale):
    """W = s I: each unit has a chain of its own, so values of 20^200 and of order 1 stand side by side.

    Twice as far apart is more than one exponent for a whole array can hold.
    """
    config = NetworkConfig(
        depth=200, width=6, batch=4, activation=activation, initializer="identity", weight_scale=weight_scale,
        residual=residual, negative_slope=0.2,
    )  # fmt: skip
    if ACTIVATIONS[activation].flat[1] < np.inf:  # a squasher: keep its slopes clear of where floats end
        config = replace(config, depth=25, weight_scale=min(weight_scale, 2))
    network = draw_network(config)
    # Samples of different sign and size, none near 0.
    network = replace(network, inputs=np.sign(network.inputs) * (0.5 + np.abs(network.inputs)))
    # z = 20 gelu(z) and the like jump about chaotically below 0: left out once they are all that is left.
    assert assert_exact(network, everywhere=False) > 0.8


@needs_long_doubles
def test_a_thousand_layers():
    for config in (
        NetworkConfig(depth=1000, width=4, batch=3, activation="relu", weight_scale=0.001, initializer="he_normal"),
        NetworkConfig(depth=1000, width=8, batch=3, activation="rrelu", weight_scale=12, initializer="standard_normal"),
        NetworkConfig(depth=1000, width=4, batch=3, activation="sigmoid"),
        NetworkConfig(depth=1000, width=4, batch=3, activation="erf", weight_scale=0.1, residual="plain", block=2),
    ):
        assert_exact(draw_network(config))


def in_range_configs():
    random = np.random.default_rng(11)
    for index in range(60):
        activation = list(ACTIVATIONS)[index % len(ACTIVATIONS)]
        normalization = str(random.choice(list(NORMALIZATIONS)))
        yield NetworkConfig(
            depth=int(random.integers(1, 40)), width=4 * int(random.integers(1, 6)), batch=int(random.integers(1, 9)),
            activation=activation, initializer=str(random.choice([k for k in INITIALIZERS if k != "constant"])),
            weight_scale=float(random.choice([0.2, 1, 2])), bias_scale=float(random.choice([0, 0.3])),
            normalization=normalization, groups=2, norm_position=str(random.choice(list(NORM_POSITIONS))),
            residual=str(random.choice(list(RESIDUALS))), block=int(random.choice([1, 2])),
            branch_scale=float(random.choice([0, 0.5, 1])), inputs=str(random.choice(list(INPUTS))),
            input_offset=float(random.choice([0, 1])), seed=index,
        )  # fmt: skip


@pytest.mark.parametrize("config", list(in_range_configs()), ids=range(60))
def test_plain_and_scaled_arithmetic_agree(config):
    network = draw_network(config)
    plain, scaled = Pass(network).trace(), Pass(network, settle=settle_scaled).trace()
    for name in LOGS:
        assert_logs_close(getattr(scaled, name), getattr(plain, name), 1e-12, (name, config))
    for name in FRACTIONS:
        np.testing.assert_array_equal(getattr(scaled, name), getattr(plain, name), err_msg=name)


def assert_sound(trace, config):
    """Logs finite or -inf, shares in [0, 1]."""
    for name in LOGS:
        array = getattr(trace, name)
        assert not np.isnan(array).any(), (name, config)
        assert not np.isposinf(array).any(), (name, config)
    for name in FRACTIONS:
        array = getattr(trace, name)
        assert ((array >= 0) & (array <= 1)).all(), (name, config)


EXTREMES = {
    "width": (1, 2, 8),
    "batch": (1, 2, 5),
    "weight_scale": (0.001, 1, 20),
    "bias_scale": (0, 10),
    "branch_scale": (0, 1, 10),
    "inputs": tuple(INPUTS),
    "input_scale": (0.001, 1000),
    "input_offset": (-10, 0, 10),
    "negative_slope": (0, 1),
    "block": (1, 2),
    "initializer": tuple(INITIALIZERS),
    "norm_position": tuple(NORM_POSITIONS),
}


def corner(random, **fixed):
    width = int(random.choice(EXTREMES["width"]))
    groups = int(random.choice([g for g in (1, 2, 4, 8) if width % g == 0]))
    picked = {name: values[random.integers(len(values))] for name, values in EXTREMES.items()}
    return NetworkConfig(**(picked | {"width": width, "groups": groups} | fixed))


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_corners_of_the_box_are_sound(activation):
    """RuntimeWarnings are errors here (pyproject.toml), so nothing is swept under the carpet either."""
    random = np.random.default_rng(5)
    for residual, normalization in product(RESIDUALS, NORMALIZATIONS):
        for depth in (1, 2, 60):
            config = corner(random, activation=activation, residual=residual, normalization=normalization, depth=depth)
            assert_sound(simulate(config, densities=True), config)


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_deep_corners_of_the_box_are_sound(activation):
    random = np.random.default_rng(6)
    for weight_scale in (0.001, 20):
        config = corner(
            random, activation=activation, weight_scale=weight_scale, depth=1000,
            residual=str(random.choice(list(RESIDUALS))), normalization=str(random.choice(list(NORMALIZATIONS))),
        )  # fmt: skip
        assert_sound(simulate(config), config)
    config = NetworkConfig(
        depth=1000, width=24, batch=4, activation=activation, initializer="standard_normal", weight_scale=20
    )
    trace = simulate(config)
    assert_sound(trace, config)
    if ACTIVATIONS[activation].homogeneous:
        assert trace.log10_activation_rms[-1] > 1000


@pytest.mark.parametrize(("scale", "end"), [(1.5, 2.592321e26), (0.5, 7.006492e-46)])
def test_the_lecture_notes_own_network(scale, end):
    """W = lambda I, width 2, inputs 1 (FACTS 13, S0): the gradient of W is the same in all 150 layers."""
    config = NetworkConfig(
        depth=150, width=2, batch=1, activation="linear", initializer="identity", weight_scale=scale, inputs="ones"
    )
    trace = simulate(config)
    layers = np.arange(1, 151)
    assert 10 ** trace.log10_activation_rms[-1] == pytest.approx(end, rel=1e-6)
    np.testing.assert_allclose(trace.log10_activation_rms, layers * log10(scale), atol=1e-11)
    steps = trace.log10_delta_rms[:-1] - trace.log10_delta_rms[1:]
    np.testing.assert_allclose(steps, log10(scale), atol=1e-12)
    assert np.ptp(trace.log10_weight_grad_norm) < 1e-12


def test_the_lecture_notes_numbers_for_the_weight_gradient():
    """FACTS 0.1 has 4.0523e26 with an error of 1 at the second unit's output, per unit of its own."""
    config = NetworkConfig(
        depth=150, width=2, batch=1, activation="linear", initializer="identity", weight_scale=1.5, inputs="ones"
    )
    trace = simulate(config)
    cotangent = np.linalg.norm(draw_network(config).cotangent)
    np.testing.assert_allclose(
        trace.log10_weight_grad_norm, 149 * log10(1.5) + log10(np.sqrt(2) * cotangent), atol=1e-11
    )


# Exact zeros.


def zeros_of(trace, *names):
    return all(np.isneginf(getattr(trace, f"log10_{name}")).all() for name in names)


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_zero_weights_pass_nothing_back(activation):
    trace = simulate(NetworkConfig(depth=5, width=4, batch=3, activation=activation, initializer="zeros"))
    assert np.isneginf(trace.log10_delta_rms[:-1]).all()
    assert zeros_of(trace, "pre_activation_rms")
    assert np.isneginf(trace.log10_weight_grad_norm[:-1]).all()


def test_zero_inputs_without_bias():
    for activation, phi in ACTIVATIONS.items():
        trace = simulate(NetworkConfig(depth=5, width=4, batch=3, activation=activation, inputs="zeros"))
        assert np.isneginf(trace.log10_pre_activation_rms[0])
        assert np.isneginf(trace.log10_weight_grad_norm[0])
        if phi(np.zeros(1))[0] == 0:
            assert zeros_of(trace, "pre_activation_rms", "activation_rms", "weight_grad_norm")


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_batch_norm_of_one_sample_is_zero(activation):
    """The sample is its own mean."""
    config = NetworkConfig(depth=4, width=6, batch=1, activation=activation, normalization="batch")
    trace = simulate(replace(config, norm_position="after"))
    assert zeros_of(trace, "activation_rms", "delta_rms", "bias_grad_norm")
    trace = simulate(config)
    assert zeros_of(trace, "delta_rms", "weight_grad_norm", "bias_grad_norm")


# Drawn slopes would tell the samples apart.
@pytest.mark.parametrize("activation", [key for key, phi in ACTIVATIONS.items() if phi.slopes != "drawn"])
@pytest.mark.parametrize("batch", [2, 3, 7, 64])
def test_identical_samples_through_batch_norm_are_zero(activation, batch):
    """Each sample is the mean of all, to the last bit, whatever the width."""
    for width, inputs, offset in ((5, "ones", 0.0), (64, "ones", 0.1), (33, "zeros", 0.3)):
        config = NetworkConfig(
            depth=3, width=width, batch=batch, activation=activation, normalization="batch", inputs=inputs,
            input_offset=offset, norm_position="after", bias_scale=0.7,
        )  # fmt: skip
        trace = simulate(config)
        assert zeros_of(trace, "activation_rms")
        assert np.isneginf(simulate(replace(config, norm_position="before")).log10_weight_grad_norm[1:]).all() == (
            ACTIVATIONS[activation](np.zeros(1))[0] == 0
        )


def test_dead_relu_is_zero():
    """Every unit of the second layer is negative for every sample."""
    network = draw_network(NetworkConfig(depth=4, width=5, batch=6, activation="relu", initializer="he_normal"))
    biases = list(network.biases)
    biases[1] = np.full(5, -100.0)
    trace = propagate(replace(network, biases=tuple(biases)))
    assert np.isneginf(trace.log10_delta_rms[:2]).all()
    assert np.isneginf(trace.log10_weight_grad_norm).all()  # layer 3 has a zero input, layer 1 a zero gradient
    assert np.isneginf(trace.log10_activation_rms[1:]).all()
    assert trace.dead_fraction[1] == trace.inactive_fraction[1] == 1


def test_a_branch_scaled_by_zero_gets_no_gradient():
    for residual in ("plain", "pre_activation"):
        config = NetworkConfig(depth=4, width=5, batch=3, activation="tanh", residual=residual, branch_scale=0)
        trace = simulate(config)
        assert zeros_of(trace, "delta_rms", "weight_grad_norm", "bias_grad_norm")
        assert np.ptp(trace.log10_activation_rms) == 0
        assert np.ptp(trace.log10_activation_grad_rms) == 0


@pytest.mark.parametrize("normalization", list(NORMALIZATIONS))
@pytest.mark.parametrize("residual", list(RESIDUALS))
@pytest.mark.parametrize("position", list(NORM_POSITIONS))
@pytest.mark.parametrize("block", [1, 2])
def test_a_bias_has_no_gradient_where_it_feeds_only_a_batch_norm(normalization, residual, position, block):
    """Exactly 0 there, and a number everywhere else."""
    config = NetworkConfig(
        depth=5, width=8, batch=6, activation="softplus", bias_scale=0.2, normalization=normalization, groups=2,
        norm_position=position, residual=residual, block=block,
    )  # fmt: skip
    trace = simulate(config)
    np.testing.assert_array_equal(np.isneginf(trace.log10_bias_grad_norm), feeds_only_batch_norm(config))


def test_what_underflows_float64_counts_as_zero():
    """tanh' lasts to |z| = 372 (not to 19, where 1 - h^2 ends), the logistic slope to 745."""
    for activation, last in (("tanh", 372.0), ("sigmoid", 744.0)):
        base = NetworkConfig(
            depth=1, width=1, batch=1, activation=activation, initializer="identity", inputs="ones",
        )  # fmt: skip
        alive, dead = simulate(replace(base, input_scale=last)), simulate(replace(base, input_scale=last + 10))
        assert np.isfinite(alive.log10_delta_rms[0])
        assert alive.inactive_fraction[0] == 0
        assert np.isneginf(dead.log10_delta_rms[0])
        assert dead.inactive_fraction[0] == dead.dead_fraction[0] == 1


def test_huge_and_tiny_hand_made_inputs():
    """Inputs of 1e300 and 1e-300: their squares leave the range of floats, their logs are exact."""
    network = draw_network(NetworkConfig(depth=3, width=4, batch=2, activation="relu", initializer="he_normal"))
    usual = propagate(network)
    for exponent in (-300, 300):
        trace = propagate(replace(network, inputs=network.inputs * 10.0**exponent))
        for name in ("log10_pre_activation_rms", "log10_activation_rms", "log10_weight_grad_norm"):
            np.testing.assert_allclose(getattr(trace, name), getattr(usual, name) + exponent, atol=1e-11)
        np.testing.assert_allclose(trace.log10_delta_rms, usual.log10_delta_rms, atol=1e-11)
        assert set(ARRAYS) >= {*LOGS, *FRACTIONS}
