"""What is drawn: standard deviations as DESIGN states them, shared noise, exact special matrices."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from simulation import NetworkConfig, draw_network
from simulation.activations import ACTIVATIONS
from simulation.initializers import INITIALIZERS
from simulation.network import UNIT_DRAWS, _orthogonal, draw_weights

WIDTH = 200
BASE = NetworkConfig(depth=3, width=WIDTH, batch=2)

# DESIGN 3, at weight_scale 1, for fan_in, fan_out.
STANDARD_DEVIATIONS = {
    "zeros": lambda i, o: 0,
    "constant": lambda i, o: 0,
    "standard_normal": lambda i, o: 1,
    "standard_uniform": lambda i, o: 1 / sqrt(3),
    "gpt2": lambda i, o: 0.02,
    "torch_linear": lambda i, o: 1 / sqrt(3 * i),
    "lecun_normal": lambda i, o: 1 / sqrt(i),
    "lecun_uniform": lambda i, o: 1 / sqrt(i),
    "xavier_normal": lambda i, o: sqrt(2 / (i + o)),
    "xavier_uniform": lambda i, o: sqrt(2 / (i + o)),
    "he_normal": lambda i, o: sqrt(2 / i),
    "he_uniform": lambda i, o: sqrt(2 / i),
    "orthogonal": lambda i, o: 1 / sqrt(max(i, o)),
    "gain_matched": lambda i, o: 10.149264 / sqrt(i),
    "identity": lambda i, o: sqrt((1 - 1 / i) / i),
}


def test_every_initializer_has_its_deviation_here():
    assert set(STANDARD_DEVIATIONS) == set(INITIALIZERS)


@pytest.mark.parametrize("key", list(INITIALIZERS))
@pytest.mark.parametrize("weight_scale", [1, 2.5])
def test_drawn_standard_deviations(key, weight_scale):
    """To 1.5 %, the sampling error of 3 x 40,000 entries being 0.2 %."""
    network = draw_network(replace(BASE, initializer=key, weight_scale=weight_scale))
    wanted = weight_scale * STANDARD_DEVIATIONS[key](WIDTH, WIDTH)
    assert np.std(network.weights) == pytest.approx(wanted, rel=0.015, abs=1e-15)
    assert all(weights.shape == (WIDTH, WIDTH) for weights in network.weights)
    unit = draw_network(replace(BASE, initializer=key)).weights
    for scaled, one in zip(network.weights, unit, strict=True):
        np.testing.assert_allclose(scaled, weight_scale * one, rtol=1e-14)


@pytest.mark.parametrize("key", [key for key, entry in INITIALIZERS.items() if entry.unit in ("normal", "uniform")])
def test_rectangular_deviations(key):
    """fan_in is the number of rows: z = h @ W."""
    weights = draw_weights(replace(BASE, initializer=key), 0, 400, 100, UNIT_DRAWS)
    assert weights.shape == (400, 100)
    assert weights.std() == pytest.approx(STANDARD_DEVIATIONS[key](400, 100), rel=0.015)


@pytest.mark.parametrize("key", [key for key in INITIALIZERS if key.endswith("_uniform")])
def test_uniform_twins(key):
    """The same standard deviation as the normal one (but for the two standards), and bounded by sqrt 3 of it."""
    weights = draw_network(replace(BASE, initializer=key)).weights[0]
    bound = sqrt(3) * STANDARD_DEVIATIONS[key](WIDTH, WIDTH)
    assert np.abs(weights).max() <= bound
    assert np.abs(weights).max() > 0.999 * bound
    twin = key.replace("_uniform", "_normal")
    if key != "standard_uniform":
        assert STANDARD_DEVIATIONS[twin](WIDTH, WIDTH) == STANDARD_DEVIATIONS[key](WIDTH, WIDTH)


@pytest.mark.parametrize("unit", ["normal", "uniform"])
def test_initializers_of_a_kind_share_one_unit_draw(unit):
    """So that a comparison of two of them is paired: they differ by a factor, and in nothing else."""
    drawn = [draw_network(replace(BASE, initializer=k)).weights[1] for k, e in INITIALIZERS.items() if e.unit == unit]
    for weights in drawn:
        np.testing.assert_allclose(weights / weights[0, 0], drawn[0] / drawn[0][0, 0], rtol=1e-12)


@pytest.mark.parametrize("shape", [(6, 6), (30, 30), (12, 5), (5, 12), (1, 4), (1, 1)])
def test_orthogonal_singular_values_are_one(shape):
    config = NetworkConfig(width=shape[0], batch=1, depth=1, initializer="orthogonal")
    for weights in (
        _orthogonal(np.random.default_rng(0).standard_normal(shape)),
        draw_weights(config, 0, *shape, UNIT_DRAWS),
    ):
        assert weights.shape == shape
        np.testing.assert_allclose(np.linalg.svd(weights, compute_uv=False), 1, atol=1e-13)


def test_orthogonal_matrices_are_haar():
    """The signs matter: without them, a QR factor's diagonal leans to one side. The mean of a trace is 0, its square's 1."""
    random = np.random.default_rng(3)
    traces = np.array([np.trace(_orthogonal(random.standard_normal((4, 4)))) for _ in range(4000)])
    assert traces.mean() == pytest.approx(0, abs=0.06)
    assert (traces**2).mean() == pytest.approx(1, abs=0.1)


def test_identity_constant_and_zeros_are_exact():
    for weights in draw_network(replace(BASE, initializer="identity", weight_scale=1.5)).weights:
        np.testing.assert_array_equal(weights, 1.5 * np.eye(WIDTH))
    for weights in draw_network(replace(BASE, initializer="constant", weight_scale=3)).weights:
        np.testing.assert_allclose(weights, 3 / WIDTH, rtol=1e-15)
    for weights in draw_network(replace(BASE, initializer="zeros")).weights:
        assert not weights.any()


@pytest.mark.parametrize(("depth", "block", "ends"), [(5, 1, range(5)), (5, 2, [1, 3, 4]), (6, 2, [1, 3, 5])])
def test_gpt2_scales_the_last_layer_of_each_block(depth, block, ends):
    """By the root of the number of blocks, and only where there are skips."""
    config = replace(BASE, depth=depth, block=block, initializer="gpt2")
    plain, residual = draw_network(config), draw_network(replace(config, residual="pre_activation"))
    blocks = len(list(ends))
    for layer, (alone, skipped) in enumerate(zip(plain.weights, residual.weights, strict=True)):
        factor = 1 / sqrt(blocks) if layer in ends else 1
        np.testing.assert_allclose(skipped, alone * factor, rtol=1e-14)


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_gain_matched_takes_the_gain_of_the_activation(activation):
    config = NetworkConfig(depth=1, width=40, batch=1, activation=activation, negative_slope=0.3)
    matched = draw_network(replace(config, initializer="gain_matched")).weights[0]
    lecun = draw_network(replace(config, initializer="lecun_normal")).weights[0]
    np.testing.assert_allclose(matched, ACTIVATIONS[activation].gain(0.3) * lecun, rtol=1e-14)
