"""What multiplied the error signal, part by part, against a tape that knows none of the core's operations."""

import re
from dataclasses import fields, replace
from itertools import product
from math import inf, log10

import numpy as np
import pytest

from simulation import NetworkConfig, draw_network, propagate
from simulation.activations import ACTIVATIONS
from simulation.factors import PARTS, Factors, factors
from simulation.normalizations import NORMALIZATIONS
from simulation.options import NORM_POSITIONS, RESIDUALS
from simulation.presets import PRESETS
from simulation.sentences_factors import describe_factors, describe_weight_grad
from tests.simulation.oracles import Taped, assert_logs_close, log10_norm


def rms(x) -> float:
    return log10_norm(x, mean=True)


def factors_by_tape(network) -> dict[str, np.ndarray]:
    """The parts from the gradients at every point of the network, each taken before anything else joins it."""
    config, taped = network.config, Taped(network)
    passed, given, activated, primes, normed = taped.passed, taped.given, taped.activated, taped.primes, taped.normed
    pre, block = config.residual == "pre_activation", 1 if config.residual == "none" else config.block
    parts = {name: np.zeros(config.depth - 1) for name in PARTS}
    for step in range(config.depth - 1):
        over = step + 1 if pre else step  # the layer whose activation and norm lie in between
        delta = passed.z[step + 1].grad
        through = delta @ network.weights[step + 1].T
        parts["weights"][step] = rms(through) - rms(delta)
        if config.residual != "none" and (step + 1) % block == 0:
            parts["weights"][step] += log10(config.branch_scale)
            arrived = (normed[over][0] if normed else given[over]).grad if pre else through
            parts["skip"][step] = rms(passed.h[step].grad) - rms(arrived)
        if normed:
            parts["normalization"][step] = rms(normed[over][0].grad) - rms(normed[over][1].grad)
        grad, prime = activated[over].grad, primes[over]
        parts["slope"][step] = rms(prime)
        parts["rest"][step] = rms(grad * prime) - rms(grad) - rms(prime)
    return parts


@pytest.mark.parametrize("normalization", list(NORMALIZATIONS))
@pytest.mark.parametrize("residual", list(RESIDUALS))
def test_parts_against_the_tape(normalization, residual):
    for index, (activation, block, position) in enumerate(product(ACTIVATIONS, (1, 2), NORM_POSITIONS)):
        if position == "after" and (normalization == "none" or index % 3):
            continue
        config = NetworkConfig(
            depth=4, width=6, batch=5, activation=activation, negative_slope=0.2, weight_scale=1.3, bias_scale=0.3,
            normalization=normalization, groups=2, norm_position=position, residual=residual, block=block,
            branch_scale=0.7, seed=index,
        )  # fmt: skip
        network = draw_network(config)
        found, wanted = factors(network), factors_by_tape(network)
        for name in PARTS:
            assert_logs_close(found.part(name), wanted[name], 1e-9, (name, config))


def assert_adds_up(network) -> Factors:
    """The parts to the total, the total to the measured change, and the three of dW to its norm."""
    found, trace = factors(network), propagate(network)
    delta = trace.log10_delta_rms
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(found.log10_total, delta[:-1] - delta[1:])
        total = sum(found.part(name) for name in PARTS)
        pieces = found.log10_weight_grad_delta + found.log10_weight_grad_input + found.log10_weight_grad_alignment
    np.testing.assert_allclose(total[found.whole], found.log10_total[found.whole], rtol=0, atol=1e-9)
    assert np.isfinite(found.log10_total[found.whole]).all()
    alive = np.isfinite(found.log10_weight_grad_delta) & np.isfinite(found.log10_weight_grad_input)
    assert_logs_close(pieces[alive], trace.log10_weight_grad_norm[alive], 1e-9, network.config)
    assert np.isneginf(trace.log10_weight_grad_norm[~alive]).all()
    np.testing.assert_allclose(
        found.log10_weight_grad_delta, delta + 0.5 * np.log10(network.inputs.shape[0] * network.config.width), atol=1e-9
    )
    assert (found.log10_weight_grad_alignment[alive] < 1e-9).all()
    for field in fields(Factors):
        length = network.config.depth - (not field.name.startswith("log10_weight_grad"))
        assert getattr(found, field.name).shape == (length,)
    return found


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
@pytest.mark.parametrize("weight_scale", [0.01, 1, 20])
def test_parts_add_up_beyond_the_range_of_floats(activation, weight_scale):
    for index, (residual, normalization) in enumerate(zip(RESIDUALS, ("none", "none", "layer", "rms"), strict=True)):
        config = NetworkConfig(
            depth=200, width=6, batch=4, activation=activation, initializer="he_normal", weight_scale=weight_scale,
            residual=residual, normalization=normalization, block=1 + index % 2, seed=index, bias_scale=0.1 * (index % 3),
        )  # fmt: skip
        assert_adds_up(draw_network(config))


def test_a_thousand_layers():
    config = NetworkConfig(depth=1000, width=6, batch=3, activation="leaky_relu", weight_scale=20)
    found = assert_adds_up(draw_network(config))
    assert found.whole.all()
    assert found.log10_total.sum() > 900


def test_the_average_adds_up_to_the_decades_from_end_to_end():
    for key in ("sigmoid_xavier", "resnet_152", "residual_scaled", "gelu_he"):
        network = draw_network(PRESETS[key].config)
        average, delta = factors(network).average(), propagate(network).log10_delta_rms
        assert average["total"] * (network.config.depth - 1) == pytest.approx(delta[0] - delta[-1], abs=1e-9)
        assert sum(average[name] for name in PARTS) == pytest.approx(average["total"], abs=1e-9)


def test_weights_by_hand():
    """W = s I multiplies by s; a rotation by 1; independent weights by about sigma_w."""
    base = NetworkConfig(depth=8, width=50, batch=20, activation="linear", initializer="identity", weight_scale=1.7)
    np.testing.assert_allclose(factors(draw_network(base)).log10_weights, log10(1.7), atol=1e-12)
    rotated = factors(draw_network(replace(base, initializer="orthogonal", weight_scale=1, activation="tanh")))
    np.testing.assert_allclose(rotated.log10_weights, 0, atol=1e-12)
    wide = NetworkConfig(depth=6, width=400, batch=50, activation="relu", initializer="he_normal")
    np.testing.assert_allclose(factors(draw_network(wide)).log10_weights, log10(2) / 2, atol=0.02)


def test_the_slope_of_relu_is_its_active_share():
    network = draw_network(NetworkConfig(depth=9, width=40, batch=30, activation="relu", initializer="he_normal"))
    found, trace = factors(network), propagate(network)
    np.testing.assert_allclose(found.log10_slope, np.log10(1 - trace.inactive_fraction[:-1]) / 2, atol=1e-12)
    assert found.log10_slope.mean() == pytest.approx(log10(0.5) / 2, abs=0.02)


def test_sigmoid_with_xavier_weights():
    """FACTS 1c: 0.236 a layer, all of it by a slope a little below 1/4."""
    average = factors(draw_network(NetworkConfig(depth=50, width=128, activation="sigmoid"))).average()
    assert abs(average["weights"]) < 0.01
    assert abs(average["rest"]) < 0.01
    assert log10(0.25) - 0.04 < average["slope"] < log10(0.25)
    assert average["total"] == pytest.approx(log10(0.236), abs=0.01)


def test_batch_norm_makes_up_for_the_weights_scale():
    """Ten times the weights: the norm gives ten times less, all else is as it was."""
    config = NetworkConfig(depth=8, width=32, batch=32, activation="tanh", normalization="batch", weight_scale=1.0)
    small, large = (factors(draw_network(replace(config, weight_scale=scale))) for scale in (1.0, 10.0))
    np.testing.assert_allclose(large.log10_weights - small.log10_weights, 1, atol=1e-3)
    np.testing.assert_allclose(large.log10_normalization - small.log10_normalization, -1, atol=1e-3)


def test_one_sample_is_aligned_with_itself():
    """dW is then an outer product, whose norm is the product of the norms."""
    found = factors(draw_network(NetworkConfig(depth=5, width=7, batch=1, activation="tanh")))
    np.testing.assert_allclose(found.log10_weight_grad_alignment, 0, atol=1e-12)


def test_independent_samples_are_aligned_by_chance_alone():
    """At the last layer delta is noise: |h^T delta|^2 is about |h|^2 |delta|^2 / batch."""
    found = factors(draw_network(NetworkConfig(depth=1, width=200, batch=64, activation="linear")))
    assert found.log10_weight_grad_alignment[0] == pytest.approx(-log10(64) / 2, abs=0.02)


def dead_relu():
    """Every unit of layer 2 of 4 is negative for every sample; biases keep the layers above alive."""
    config = NetworkConfig(depth=4, width=5, batch=6, activation="relu", initializer="he_normal", bias_scale=1)
    network = draw_network(config)
    biases = list(network.biases)
    biases[1] = np.full(5, -100.0)
    return replace(network, biases=tuple(biases))


def test_where_a_part_is_exactly_zero():
    found = factors(dead_relu())
    assert found.log10_slope[1] == found.log10_total[1] == -inf
    assert np.isnan(found.log10_rest[1])
    assert np.isfinite(found.log10_weights[1])  # what comes before is as measured
    assert np.isnan(found.log10_total[0])
    assert list(found.whole) == [False, False, True]


def test_a_skip_brings_back_what_the_weights_make_zero():
    config = NetworkConfig(depth=4, width=5, batch=3, activation="tanh", residual="plain", initializer="zeros")
    found = assert_adds_up(draw_network(config))
    assert (found.log10_weights == -inf).all()
    assert (found.log10_skip == inf).all()
    np.testing.assert_array_equal(found.log10_total, 0)  # tanh'(0) = 1, and the skip hands all on


def described(**settings) -> str:
    config = NetworkConfig(**settings)
    return describe_factors(factors(draw_network(config)), config)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"depth": 1}, ["One layer: nothing between."]),
        ({}, ["the weights would keep the error signal, but the sigmoid's slope costs it 0.63 decades a layer"]),
        ({"depth": 2}, ["From layer 2 to layer 1, ", "sigmoid's slope costs it"]),
        ({"activation": "relu", "initializer": "he_normal"}, ["No part decides alone", "the weights give", "the ReLU's slope costs", "together they keep it"]),
        ({"activation": "relu", "initializer": "standard_normal"}, ["On average, the weights give the error signal 0.91"]),
        ({"activation": "linear", "initializer": "orthogonal"}, ["No part of a layer changes"]),
        ({"activation": "tanh", "initializer": "zeros", "residual": "plain"}, ["skip connections alone"]),
        ({"activation": "relu", "initializer": "zeros"}, ["exactly 0 in every layer"]),
        ({"activation": "hardtanh", "depth": 30, "weight_scale": 20, "width": 3, "batch": 3, "seed": 2}, ["becomes exactly 0", "the hard tanh's slope"]),
        ({"activation": "linear", "normalization": "batch", "batch": 1, "depth": 2, "norm_position": "after"}, ["exactly 0 in every layer"]),
    ],
)  # fmt: skip
def test_factors_in_words(settings, words):
    text = described(**settings)
    assert all(word in text for word in words), text


def test_a_layer_at_which_it_ends_in_words():
    network = dead_relu()
    text = describe_factors(factors(network), network.config)
    assert text.endswith("At layer 2 the error signal becomes exactly 0, through the ReLU's slope.")
    assert describe_weight_grad(factors(network)).endswith("At layer 1 it is exactly 0, as δ is.")


@pytest.mark.parametrize("normalization", list(NORMALIZATIONS))
@pytest.mark.parametrize("residual", list(RESIDUALS))
def test_the_words_are_true_of_every_network(normalization, residual):
    """Each amount is that of its part, and costs or gives are its sign."""
    for index, activation in enumerate(ACTIVATIONS):
        config = NetworkConfig(
            depth=2 + 10 * (index % 3), width=8, batch=(1, 2, 8)[index % 3], activation=activation,
            normalization=normalization, groups=2, residual=residual, block=1 + index % 2,
            weight_scale=(0.05, 1, 8)[index // 5], seed=index,
        )  # fmt: skip
        found = factors(draw_network(config))
        text, average = describe_factors(found, config), found.average()
        for other in (text, describe_weight_grad(found)):
            assert other.endswith(".")
            assert not re.search(r"nan|inf\b|None|[ -]0+(\.0+)? decades|e[+-]\d", other), other
        nouns = {
            "weights": "the weights", "slope": r"the [\w ]+'s slope", "normalization": NORMALIZATIONS[normalization].label,
            "skip": "the skip connection", "rest": "the correlation of gradient and slope", "total": "together they",
        }  # fmt: skip
        said = 0
        for name, noun in nouns.items():
            number = r"\d+(?:[.,]\d+)*(?: x 10\^-?\d+)?"
            for verb, amount in re.findall(rf"{noun} (costs?|gives?) (?:the error signal |it )?({number})", text):
                size = float(amount.replace(",", "").replace(" x 10^", "e"))
                assert size == pytest.approx(abs(average[name]), rel=0.06), (name, text)
                assert verb.startswith("cost") == (average[name] < 0), (name, text)
                said += 1
        assert said or not found.whole.any() or "half a decade" in text, text


def test_dW_in_words():
    config = PRESETS["s0_exploding"].config
    text = describe_weight_grad(factors(draw_network(config)))
    assert text == (
        "dW is δ times the layer's input. From layer 150 down to layer 1 δ grows by 26 decades and the input "
        "shrinks by 26 decades: dW is about as large as there."
    )
