"""Streams of noise: each depends on seed, purpose, layer and shape, and on nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from simulation import NetworkConfig, draw_network
from simulation.activations import ACTIVATIONS, RRELU_HIGH, RRELU_LOW
from simulation.digits import load_digits, standardized_digits
from simulation.initializers import INITIALIZERS
from simulation.network import UNIT_DRAWS, UnitDraws

CONFIG = NetworkConfig(depth=50, width=7, batch=5, activation="rrelu", bias_scale=0.5)


def parts(network):
    slopes = [slopes for slopes in network.slopes if slopes is not None]
    return [*network.weights, *network.biases, *slopes, network.inputs, network.cotangent]


@pytest.mark.parametrize("initializer", list(INITIALIZERS))
def test_one_layer_more_draws_one_layer_more(initializer, monkeypatch):
    config = replace(CONFIG, initializer=initializer)
    shallow = draw_network(config)
    drawn = []

    def counted(seed, purpose, layer, shape, kind, draw=UnitDraws.get.__globals__["_unit_draw"]):
        drawn.append(layer)
        return draw(seed, purpose, layer, shape, kind)

    monkeypatch.setitem(UnitDraws.get.__globals__, "_unit_draw", counted)
    deep = draw_network(replace(config, depth=51))
    assert set(drawn) <= {50}
    for name in ("weights", "biases", "slopes"):
        for one, other in zip(getattr(shallow, name), getattr(deep, name)[:50], strict=True):
            np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(shallow.inputs, deep.inputs)
    np.testing.assert_array_equal(shallow.cotangent, deep.cotangent)


def test_equal_configs_draw_equal_networks_and_other_seeds_others():
    for one, same in zip(parts(draw_network(CONFIG)), parts(draw_network(replace(CONFIG))), strict=True):
        np.testing.assert_array_equal(one, same)
    for one, other in zip(parts(draw_network(CONFIG)), parts(draw_network(replace(CONFIG, seed=1))), strict=True):
        assert not np.array_equal(one, other)


def test_drawing_again_without_the_cache_gives_the_same():
    """The cache saves time and changes nothing."""
    cached = UNIT_DRAWS.get(3, 2, 4, (5, 6), "normal")
    fresh = UnitDraws(10**6).get(3, 2, 4, (5, 6), "normal")
    assert cached is not fresh
    np.testing.assert_array_equal(cached, fresh)


def test_streams_differ_by_purpose_layer_and_seed():
    draws = UnitDraws(10**6)
    seen = [
        draws.get(seed, purpose, layer, (4, 4), "normal")
        for seed in range(3)
        for purpose in range(6)
        for layer in range(3)
    ]
    firsts = {float(draw[0, 0]) for draw in seen}
    assert len(firsts) == len(seen)


def test_what_another_setting_needs_no_noise_for_is_left_alone():
    """Baseline and remedied share their noise: only what a field scales or adds changes."""
    network = draw_network(CONFIG)
    for change in (
        {"activation": "tanh"},
        {"normalization": "batch"},
        {"residual": "plain", "block": 2},
        {"bias_scale": 1.0},
        {"initializer": "he_normal"},
        {"weight_scale": 2.0},
    ):
        other = draw_network(replace(CONFIG, **change))
        np.testing.assert_array_equal(network.inputs, other.inputs)
        np.testing.assert_array_equal(network.cotangent, other.cotangent)
        if "bias_scale" not in change:
            for one, two in zip(network.biases, other.biases, strict=True):
                np.testing.assert_array_equal(one, two)


def test_shapes_and_biases():
    network = draw_network(CONFIG)
    assert network.inputs.shape == network.cotangent.shape == (5, 7)
    assert {weights.shape for weights in network.weights} == {(7, 7)}
    assert {biases.shape for biases in network.biases} == {(7,)}
    wide = draw_network(NetworkConfig(depth=20, width=256, batch=1, bias_scale=0.5))
    assert np.std(wide.biases) == pytest.approx(0.5, rel=0.03)
    for biases in draw_network(replace(CONFIG, bias_scale=0)).biases:
        assert not biases.any()


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_slopes_are_drawn_where_they_are_needed(activation):
    network = draw_network(NetworkConfig(depth=10, width=32, batch=32, activation=activation))
    if ACTIVATIONS[activation].slopes != "drawn":
        assert network.slopes == (None,) * 10
        return
    slopes = np.array(network.slopes)
    assert slopes.shape == (10, 32, 32)
    assert slopes.min() >= RRELU_LOW
    assert slopes.max() <= RRELU_HIGH
    assert slopes.mean() == pytest.approx((RRELU_LOW + RRELU_HIGH) / 2, abs=0.002)
    assert np.square(slopes).mean() == pytest.approx(0.0561343, abs=0.001)


def test_inputs():
    def inputs(**fields):
        return draw_network(NetworkConfig(depth=1, width=100, batch=300, **fields)).inputs

    assert inputs().std() == pytest.approx(1, rel=0.02)
    np.testing.assert_allclose(inputs(input_scale=3, input_offset=-2), 3 * inputs() - 2, rtol=1e-12)
    assert (inputs(inputs="ones", input_scale=3, input_offset=-2) == 1).all()
    assert (inputs(inputs="zeros", input_scale=3, input_offset=-2) == -2).all()
    cotangent = draw_network(NetworkConfig(depth=1, width=100, batch=300)).cotangent
    assert cotangent.std() == pytest.approx(1, rel=0.02)
    assert abs(np.corrcoef(cotangent.ravel(), inputs().ravel())[0, 1]) < 0.03


@pytest.mark.parametrize("width", [7, 64, 100])
def test_digits_are_real_images_and_the_first_matrix_takes_their_pixels(width):
    config = NetworkConfig(depth=3, width=width, batch=50, inputs="digits", activation="rrelu", initializer="he_normal")
    network = draw_network(config)
    assert network.inputs.shape == (50, 64)
    assert [weights.shape for weights in network.weights] == [(64, width), (width, width), (width, width)]
    assert network.weights[0].std() == pytest.approx(np.sqrt(2 / 64), rel=0.12)
    pixels, _ = load_digits()
    images = {row.tobytes() for row in pixels}
    for row in network.inputs * pixels.std() + pixels.mean():
        assert np.abs(row - row.round()).max() < 1e-12
        assert (row.round() + 0.0).tobytes() in images
    assert [slopes.shape[1] for slopes in network.slopes] == [width] * 3
    before = draw_network(replace(config, residual="pre_activation"))
    assert [slopes.shape[1] for slopes in before.slopes] == [64, width, width]
    made_up = draw_network(replace(config, inputs="gaussian"))
    for one, other in zip(network.weights[width != 64 :], made_up.weights[width != 64 :], strict=True):
        np.testing.assert_array_equal(one, other)  # only what cannot be alike is drawn anew


def test_digits_by_seed_and_batch():
    config = NetworkConfig(depth=1, width=8, batch=1024, inputs="digits")
    all_of_them = draw_network(config).inputs
    assert len({row.tobytes() for row in all_of_them}) > 1000  # no image twice; a few may be alike
    np.testing.assert_array_equal(draw_network(replace(config, batch=10)).inputs, all_of_them[:10])
    assert not np.array_equal(draw_network(replace(config, seed=1)).inputs, all_of_them)
    np.testing.assert_array_equal(
        draw_network(replace(config, input_scale=3, input_offset=-2)).inputs, all_of_them * 3 - 2
    )
    assert standardized_digits().mean() == pytest.approx(0, abs=1e-12)
    assert standardized_digits().std() == pytest.approx(1, rel=1e-12)


def test_shared_draws_are_read_only():
    draw = UNIT_DRAWS.get(0, 2, 0, (3, 3), "normal")
    with pytest.raises(ValueError, match="read-only"):
        draw[0, 0] = 1
    network = draw_network(CONFIG)
    with pytest.raises(ValueError, match="read-only"):
        network.cotangent[0, 0] = 1


def test_unit_draws_respect_their_cap():
    draws = UnitDraws(max_bytes=10 * 8 * 16)
    for layer in range(25):
        draws.get(0, 2, layer, (4, 4), "normal")
        assert draws.bytes <= draws.max_bytes
    assert draws.bytes == sum(draw.nbytes for draw in draws._draws.values()) == 10 * 8 * 16
    # The least recently used one goes first.
    kept = draws.get(0, 2, 15, (4, 4), "normal")
    draws.get(0, 2, 99, (4, 4), "normal")
    assert draws.get(0, 2, 15, (4, 4), "normal") is kept
    too_large = draws.get(0, 2, 0, (100, 100), "normal")
    assert too_large.shape == (100, 100)
    assert draws.bytes <= draws.max_bytes
