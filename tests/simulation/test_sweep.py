"""Sweeps against brute force, exact scaling laws and mean-field theory."""

from dataclasses import replace
from math import inf, log10, sqrt

import numpy as np
import pytest
from scipy.optimize import brentq

from simulation import NetworkConfig, simulate
from simulation.axes import OVER
from simulation.network import PASSING_DRAWS, UNIT_DRAWS
from simulation.remedies import apply_remedies
from simulation.sentences_sweep import describe_sweep
from simulation.sweep import Sweep, coarse_to_fine, sweep

SMALL = NetworkConfig(depth=12, width=16, batch=8)


def whole(config: NetworkConfig, over: str = "weight_scale", remedies: tuple[str, ...] = ()) -> Sweep:
    *_, last = sweep(config, over, remedies)
    return last


def ratio(config: NetworkConfig) -> float:
    delta = simulate(config).log10_delta_rms
    return -inf if delta[0] == -inf else float(delta[0] - delta[-1])


def words(config: NetworkConfig, over: str = "weight_scale", remedies: tuple[str, ...] = ()) -> str:
    return describe_sweep(whole(config, over, remedies))


@pytest.mark.parametrize("over", OVER)
def test_the_last_equals_brute_force(over):
    config, remedies = (
        replace(SMALL, depth=3, activation="tanh", bias_scale=0.1, weight_scale=1.7),
        ("he", "layer_norm"),
    )
    result = whole(config, over, remedies)
    assert result.done == result.total
    assert list(result.axis) == sorted(result.axis)
    assert np.isclose(result.axis, getattr(config, over)).any()
    for value, *measured in zip(
        result.axis.tolist(),
        result.baseline.log10_gradient_ratio,
        result.baseline.log10_activation_rms_last,
        result.remedied.log10_gradient_ratio,
        strict=True,
    ):
        network = replace(config, **{over: value if over == "weight_scale" else int(value)})
        if over == "width":  # Xavier draws with 1 / sqrt(width)
            network = replace(network, weight_scale=config.weight_scale * sqrt(value / config.width))
        remedied = apply_remedies(network, remedies)
        last = simulate(network).log10_activation_rms[-1]
        assert measured == pytest.approx([ratio(network), last, ratio(remedied)], abs=1e-9)


def test_fills_in_from_coarse_to_fine():
    steps = list(sweep(SMALL, "weight_scale"))
    assert [step.done for step in steps[:-1]] == list(range(1, len(steps)))
    assert all(step.done < step.total for step in steps[:-1])
    assert steps[-1].done == steps[-1].total
    assert len(steps[-1].axis) == 66
    for step in steps[5:66]:
        gaps = np.diff(np.log(step.axis))
        assert gaps.max() <= 4.1 * np.median(gaps)
        place = np.isin(steps[-1].axis, step.axis)
        np.testing.assert_array_equal(
            step.baseline.log10_gradient_ratio, steps[-1].baseline.log10_gradient_ratio[place]
        )


@pytest.mark.parametrize("size", [1, 2, 3, 17, 40, 65])
def test_coarse_to_fine(size):
    values = [float(value) for value in range(size)]
    order = coarse_to_fine(values)
    assert sorted(order) == values
    assert order[: min(size, 2)] == [0, size - 1][: min(size, 2)]


@pytest.mark.parametrize(
    "settings",
    [
        {"activation": "linear"},
        {"activation": "linear", "initializer": "identity"},
        {"activation": "relu", "initializer": "he_normal"},
        {"activation": "leaky_relu", "initializer": "he_normal", "weight_scale": 0.01},
    ],
)
def test_homogeneous_networks_scale_exactly(settings):
    """Each of the depth - 1 steps back multiplies by the scale: slope and interval follow, at every depth."""
    config = replace(SMALL, **settings)
    result = whole(config)
    slopes = np.diff(result.baseline.log10_gradient_ratio) / np.diff(np.log10(result.axis))
    np.testing.assert_allclose(slopes, config.depth - 1, rtol=1e-8)
    expected = config.weight_scale / 10 ** (ratio(config) / (config.depth - 1))
    assert result.baseline.critical_weight_scale == pytest.approx(expected, rel=1e-8)
    assert list(result.critical_by_depth) == [3, 6, 12, 24]
    for depth, critical in result.critical_by_depth.items():
        assert critical.width == pytest.approx(10 ** (2 / (depth - 1)), rel=1e-7)
    assert result.baseline.crossings == 1


def test_identity_is_critical_at_exactly_one():
    result = whole(replace(SMALL, activation="linear", initializer="identity", weight_scale=3))
    assert result.baseline.critical_weight_scale == pytest.approx(1, rel=1e-12)


def mean_field_critical(phi, derivative, depth: int) -> float:
    """The scale at which the product of the layers' gradient factors is 1, for wide networks and unit inputs."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(301)
    weights = weights / weights.sum()

    def log_product(scale: float) -> float:
        q, total = scale**2, 0.0
        for _ in range(depth - 1):
            z = sqrt(q) * nodes
            total += log10(scale**2 * (weights @ derivative(z) ** 2))
            q = scale**2 * (weights @ phi(z) ** 2)
        return total

    return brentq(log_product, 0.5, 15)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@pytest.mark.parametrize(
    ("activation", "phi", "derivative"),
    [
        ("sigmoid", sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
        ("tanh", np.tanh, lambda z: 1 / np.cosh(np.clip(z, -300, 300)) ** 2),
    ],
)
def test_wide_networks_are_critical_where_mean_field_theory_says(activation, phi, derivative):
    config = NetworkConfig(depth=30, width=256, batch=4, activation=activation)
    theory = mean_field_critical(phi, derivative, config.depth)
    assert whole(config).baseline.critical_weight_scale == pytest.approx(theory, rel=0.06)
    if activation == "sigmoid":
        assert theory == pytest.approx(10.149264, rel=0.02)


def test_wide_relu_with_he_is_critical_at_one():
    config = NetworkConfig(depth=30, width=256, batch=4, activation="relu", initializer="he_normal")
    assert whole(config).baseline.critical_weight_scale == pytest.approx(1, rel=0.03)


def test_batch_norm_is_flat_down_to_its_epsilon():
    config = NetworkConfig(depth=12, width=32, batch=32, activation="relu", normalization="batch")
    result = whole(config)
    ratios = result.baseline.log10_gradient_ratio
    assert np.ptp(ratios[result.axis >= 0.1]) < 0.2
    assert "the scale hardly matters" in describe_sweep(result)
    assert "batch norm takes the scale out again" in describe_sweep(result)


def test_interval_holds_where_simulated():
    config = NetworkConfig(depth=20, width=32, batch=16)
    critical = whole(config).baseline.critical
    assert abs(ratio(replace(config, weight_scale=critical.weight_scale))) < 1e-3
    for end, outward in zip(critical.interval, (1 / 1.01, 1.01), strict=True):
        assert abs(ratio(replace(config, weight_scale=end))) == pytest.approx(1, abs=0.01)
        assert abs(ratio(replace(config, weight_scale=end * outward))) > 1


def test_remedies_that_draw_anew_leave_a_flat_curve():
    result = whole(SMALL, remedies=("he", "relu"))
    assert result.remedied.fixed
    assert np.ptp(result.remedied.log10_gradient_ratio) == 0
    assert "With He init and ReLU: the weights are drawn anew at a scale of their own" in describe_sweep(result)
    assert not result.baseline.fixed


def test_one_sigma_three_diseases():
    """At a fixed sigma of 0.1, He is right at width 200 alone (CASES 2); the activations tell the same."""
    config = NetworkConfig(depth=20, width=200, batch=4, activation="relu", initializer="standard_normal", weight_scale=0.1)  # fmt: skip
    result = whole(config, "width")
    axis, ratios = result.axis.tolist(), result.baseline.log10_gradient_ratio
    assert ratios[axis.index(32)] < -4
    assert abs(ratios[axis.index(200)]) < 1
    assert ratios[axis.index(1024)] > 4
    for width in (128, 256, 512):
        rest = ratios[axis.index(width)] - 19 * log10(0.1 * sqrt(width / 2))
        assert abs(rest) < 0.6
    assert "standard deviation stays 0.1" in describe_sweep(result)
    assert "vanishing" in describe_sweep(result)
    assert "exploding" in describe_sweep(result)


def test_widths_that_cannot_be_are_left_out():
    config = replace(SMALL, depth=40, normalization="group", groups=4, weight_scale=10)
    result = whole(config, "width")
    assert result.left_out == {
        2: "4 groups do not divide it",
        128: "it would take a weight scale that is not allowed",
        256: "it would take a weight scale that is not allowed",
        512: "it would take a weight scale that is not allowed",
        1024: "over the budget",
    }
    assert "Left out at 2: 4 groups do not divide it." in describe_sweep(result)
    assert result.axis.tolist() == [4, 8, 16, 32, 64]


def test_widths_leave_the_draws_on_screen_alone():
    config = replace(SMALL, seed=4321)
    simulate(config)
    before, passing = UNIT_DRAWS.bytes, PASSING_DRAWS.bytes
    whole(config, "width")
    assert UNIT_DRAWS.bytes == before
    assert PASSING_DRAWS.bytes > passing


def test_depths_stay_within_the_budget():
    assert OVER["depth"].values(NetworkConfig(depth=800, width=8, batch=2))[-1] == 1000
    assert OVER["depth"].values(NetworkConfig(depth=1))[-1] == 20
    assert OVER["depth"].values(NetworkConfig(depth=38, width=1024, batch=8))[-1] == 38


def test_unknown_axis():
    with pytest.raises(KeyError):
        sweep(SMALL, "seed")


# A network -> what must be said of it
@pytest.mark.parametrize(
    ("settings", "over", "said"),
    [
        ({"activation": "linear"}, "weight_scale", ["Critical at weight scale ", "a factor of 1.52", "By depth that factor is 10 at 3, 2.5 at 6, 1.52 at 12, 1.22 at 24."]),
        ({"depth": 1}, "weight_scale", ["With one layer there is nothing to compare."]),
        ({"initializer": "zeros"}, "weight_scale", ["Every weight is 0: the slider changes nothing, the error signal is exactly 0 at layer 1."]),
        ({"initializer": "zeros", "residual": "plain"}, "weight_scale", ["Every weight is 0: the slider changes nothing, the ratio stays 10^0.0."]),
        ({"activation": "relu", "width": 2, "depth": 50}, "weight_scale", ["exactly 0 at layer 1 at every scale tried"]),
        ({"normalization": "layer"}, "weight_scale", ["No critical scale on the slider: the error signal shrinks at every scale tried", "layer norm takes the scale out again"]),
        ({"residual": "plain", "depth": 10, "activation": "relu", "width": 40}, "weight_scale", ["within a decade at every scale up to"]),
        ({"normalization": "batch", "activation": "relu"}, "batch", ["Batch: dead at 1, "]),
        ({}, "depth", ["Depth: stable from 1 to ", "vanishing from", "On average a layer more takes 0.6"]),
        ({"activation": "linear"}, "width", ["standard deviation stays 0.25", "The last activations go from"]),
        ({}, "width", ["The last activations keep their size"]),
    ],
)  # fmt: skip
def test_words(settings, over, said):
    text = words(replace(SMALL, **settings), over)
    for part in said:
        assert part in text


def test_a_last_layer_that_hears_nothing_at_any_scale_is_said():
    config = NetworkConfig(depth=8, width=2, batch=1, activation="relu", initializer="he_normal", residual="plain", seed=9)  # fmt: skip
    result = whole(config, "weight_scale")
    assert np.isposinf(result.baseline.log10_gradient_ratio).all()
    assert "exactly 0 at the last layer, but not at layer 1" in describe_sweep(result)
