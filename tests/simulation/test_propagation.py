"""The whole backward pass against finite differences of the forward pass, and what goes with it."""

from dataclasses import replace
from itertools import product
from threading import Thread

import numpy as np
import pytest

from simulation import NetworkConfig, draw_network, propagate, simulate
from simulation.activations import ACTIVATIONS
from simulation.normalizations import NORMALIZATIONS
from simulation.options import NORM_POSITIONS, RESIDUALS
from simulation.trace import ARRAYS
from tests.simulation.oracles import LOGS, feeds_only_batch_norm, forward, log10_norm

DEPTH, WIDTH, BATCH, STEP = 3, 6, 5, 1e-5

ARRANGEMENTS = [
    {"normalization": norm, "residual": residual, "norm_position": position, "block": block}
    for norm, residual, position, block in product(NORMALIZATIONS, RESIDUALS, NORM_POSITIONS, (1, 2))
    # Leave out what differs from another one by a field without effect.
    if (position == "before" or (norm != "none" and residual in ("none", "plain")))
    and (block == 1 or residual != "none")
]


def finite_differences(network, name):
    """dS/d(something) of every layer, by central differences: all perturbed networks pass at once.

    weights and biases are those of the network; "z" and "h" are a layer's affine and final output, to
    which each sample's own perturbation is added.
    """
    gradients = []
    for layer in range(DEPTH):
        shape = {"weights": (WIDTH, WIDTH), "biases": (1, WIDTH)}.get(name, (BATCH, WIDTH))
        size = int(np.prod(shape))
        nudges = STEP * np.eye(size).reshape(size, *shape)
        nudges = np.concatenate([nudges, -nudges])
        if name == "h":
            passed = forward(
                network, watch=lambda what, at, x, layer=layer, n=nudges: x + n if (what, at) == ("h", layer) else x
            )
        else:
            part = "weights" if name == "weights" else "biases"
            changed = list(getattr(network, part))
            changed[layer] = changed[layer] + nudges
            passed = forward(network, **{part: changed})
        sums = (passed.h[-1] * network.cotangent).sum(axis=(-2, -1))
        gradients.append((sums[:size] - sums[size:]) / (2 * STEP))
    return gradients


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
@pytest.mark.parametrize("arrangement", ARRANGEMENTS, ids=lambda a: "-".join(str(value) for value in a.values()))
def test_backward_pass_is_the_slope_of_the_forward_pass(activation, arrangement):
    config = NetworkConfig(
        depth=DEPTH, width=WIDTH, batch=BATCH, activation=activation, negative_slope=0.2, weight_scale=1.5,
        bias_scale=0.5, branch_scale=0.7, groups=2, seed=3, **arrangement,
    )  # fmt: skip
    network = draw_network(config)
    trace, passed = propagate(network), forward(network)
    for name, values in (("log10_pre_activation_rms", passed.z), ("log10_activation_rms", passed.h)):
        np.testing.assert_allclose(getattr(trace, name), [log10_norm(x, mean=True) for x in values], atol=1e-12)
    weightless = feeds_only_batch_norm(config)
    np.testing.assert_array_equal(np.isneginf(trace.log10_bias_grad_norm), weightless)
    for name, array, mean in (
        ("weights", trace.log10_weight_grad_norm, False),
        ("biases", trace.log10_bias_grad_norm, False),
        ("z", trace.log10_delta_rms, True),
        ("h", trace.log10_activation_grad_rms, True),
    ):
        wanted = np.array([10 ** log10_norm(g, mean) for g in finite_differences(network, name)])
        np.testing.assert_allclose(10**array, wanted, rtol=2e-6, atol=3e-9, err_msg=name)


def test_the_perturbed_networks_stay_clear_of_kinks():
    """A kink within a step of a unit would spoil the test above for some activation, not point at a bug."""
    for arrangement in ARRANGEMENTS[:1]:
        config = NetworkConfig(depth=DEPTH, width=WIDTH, batch=BATCH, activation="relu", seed=3, **arrangement)
        given = np.array(forward(draw_network(config)).given)
        assert np.abs(given).min() > 10 * STEP


CONFIGS = [
    NetworkConfig(depth=7, width=9, batch=6, activation="gelu", bias_scale=0.3, residual="plain", block=2),
    NetworkConfig(depth=300, width=5, batch=3, activation="relu", weight_scale=0.01),
    NetworkConfig(depth=12, width=16, batch=8, activation="tanh", normalization="batch"),
    NetworkConfig(depth=9, width=8, batch=6, activation="rrelu", normalization="group", residual="pre_activation"),
    NetworkConfig(depth=20, width=12, batch=4, activation="mish", initializer="orthogonal", residual="post_activation"),
]


def assert_same(one, other):
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@pytest.mark.parametrize("config", CONFIGS, ids=range(len(CONFIGS)))
def test_equal_configs_give_equal_arrays_to_the_bit(config):
    """Also when work memory was used for something else in between, and for another shape."""
    first = simulate(config)
    for other in CONFIGS:
        simulate(other)
    assert_same(simulate(replace(config)), first)
    assert_same(propagate(draw_network(config)), first)


def test_threads_do_not_disturb_each_other():
    wanted = [simulate(config) for config in CONFIGS]
    got: dict[tuple[int, int], object] = {}

    def work(thread):
        for repeat in range(10):
            for index in range(len(CONFIGS)):
                index = (index + thread) % len(CONFIGS)
                got[thread, repeat * 10 + index] = simulate(CONFIGS[index])

    threads = [Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 150
    for (_, number), trace in got.items():
        assert_same(trace, wanted[number % 10])


@pytest.mark.parametrize("config", CONFIGS, ids=range(len(CONFIGS)))
def test_a_trace_is_not_touched_by_later_passes(config):
    """Its arrays are its own, not work memory."""
    trace = simulate(config, densities=True)
    before = {name: getattr(trace, name).copy() for name in ARRAYS}
    counts = [c.copy() for c in trace.delta_density.counts]
    for other in CONFIGS:
        simulate(other, densities=True)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(trace, name), before[name])
    assert all(np.array_equal(a, b) for a, b in zip(trace.delta_density.counts, counts, strict=True))


@pytest.mark.parametrize("config", CONFIGS, ids=range(len(CONFIGS)))
def test_a_network_is_left_as_it_was(config):
    network = draw_network(config)
    before = [a.copy() for a in (*network.weights, *network.biases, network.inputs, network.cotangent)]
    propagate(network)
    for array, old in zip((*network.weights, *network.biases, network.inputs, network.cotangent), before, strict=True):
        np.testing.assert_array_equal(array, old)


def test_every_array_has_a_value_for_each_layer():
    for config in CONFIGS:
        trace = simulate(config)
        assert trace.depth == config.depth
        for name in ARRAYS:
            assert getattr(trace, name).shape == (config.depth,)
            assert getattr(trace, name).dtype == np.float64
        assert set(LOGS) < set(ARRAYS)


@pytest.mark.parametrize("normalization", [key for key in NORMALIZATIONS if key != "batch"])
def test_samples_do_not_see_each_other_without_batch_norm(normalization):
    """The first three samples alone go through the same values as among eight."""
    config = NetworkConfig(
        depth=6, width=8, batch=8, activation="silu", bias_scale=0.3, normalization=normalization, residual="plain"
    )
    network = draw_network(config)
    parts = [
        propagate(replace(network, inputs=network.inputs[part], cotangent=network.cotangent[part]))
        for part in (slice(0, 3), slice(3, 8))
    ]
    whole = propagate(network)
    for name in LOGS[:4]:
        squares = [10 ** (2 * getattr(part, name)) for part in parts]
        np.testing.assert_allclose(10 ** (2 * getattr(whole, name)), (3 * squares[0] + 5 * squares[1]) / 8, rtol=1e-12)


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_fractions_by_direct_computation(activation):
    """Shares of inactive and saturated entries, and of units inactive for the whole batch."""
    for weight_scale, arrangement in product((0.5, 4.0, 40.0), ({}, {"residual": "pre_activation"})):
        config = NetworkConfig(
            depth=4, width=10, batch=4, activation=activation, bias_scale=1.0, initializer="lecun_normal",
            weight_scale=min(weight_scale, 20), input_scale=weight_scale, **arrangement,
        )  # fmt: skip
        network = draw_network(config)
        trace, phi = propagate(network), ACTIVATIONS[activation]
        for layer, given in enumerate(forward(network).given):
            slope = config.negative_slope if network.slopes[layer] is None else network.slopes[layer]
            zero = phi.prime(given, slope) == 0
            flat = (given < phi.flat[0]) | (given > phi.flat[1])
            assert trace.inactive_fraction[layer] == pytest.approx(zero.mean(), abs=1e-15)
            assert trace.dead_fraction[layer] == pytest.approx(zero.all(axis=0).mean(), abs=1e-15)
            assert trace.saturated_fraction[layer] == pytest.approx(flat.mean(), abs=1e-15)


def assert_counts_everything(density, size):
    """Each entry is counted once: on the grid, below it (1 in 200 at most), or as an exact zero."""
    total = density.counts.sum(axis=0, dtype=np.int64) + density.below + density.zeros
    np.testing.assert_array_equal(total, size)
    assert (density.below <= size / 200).all()


@pytest.mark.parametrize("activation", ["relu", "tanh", "softplus", "hardtanh"])
def test_densities_are_histograms_of_the_same_pass(activation):
    config = NetworkConfig(depth=6, width=20, batch=9, activation=activation, bias_scale=0.2, initializer="he_normal")
    network = draw_network(config)
    with_densities, without = propagate(network, densities=True), propagate(network)
    assert_same(with_densities, without)
    assert without.activation_density is None
    assert without.delta_density is None
    assert_counts_everything(with_densities.delta_density, 20 * 9)
    density = with_densities.activation_density
    assert_counts_everything(density, 20 * 9)
    edges = np.round(density.low + density.step * np.arange(len(density.counts) + 1), 9)
    for layer, h in enumerate(forward(network).h):
        sizes = np.log10(np.abs(h[h != 0]))
        assert density.zeros[layer] == np.count_nonzero(h == 0)
        assert density.below[layer] == np.count_nonzero(sizes < density.low)
        # An entry on the edge of a bin may fall to either side of it; the last bin does not hold its end.
        wanted = np.histogram(sizes, bins=[*edges, np.inf])[0][:-1]
        assert np.abs(density.counts[:, layer].astype(int) - wanted).sum() <= 4


@pytest.mark.parametrize("scale", [0.001, 20])
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_densities_beyond_the_range_of_floats(activation, scale):
    """A plain pass that overflows is thrown away: its infinities must not reach the histograms."""
    config = NetworkConfig(
        depth=600, width=6, batch=4, activation=activation, initializer="standard_normal", weight_scale=scale
    )
    trace = simulate(config, densities=True)
    assert_same(trace, simulate(config))
    for density, rms in (
        (trace.activation_density, trace.log10_activation_rms),
        (trace.delta_density, trace.log10_delta_rms),
    ):
        assert_counts_everything(density, 24)
        np.testing.assert_array_equal(density.counts.sum(axis=0) == 0, np.isneginf(rms))
        for layer in np.flatnonzero(np.isfinite(rms)):
            # The largest entry lies between the rms and the rms times the root of their number.
            top = density.low + density.step * (np.flatnonzero(density.counts[:, layer])[-1] + 1)
            assert rms[layer] <= top + 1e-9
            assert top - density.step <= rms[layer] + np.log10(24) / 2 + 1e-9
