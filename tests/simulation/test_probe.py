"""One layer from inside: its numbers against the tape, the trace, finite differences and plain NumPy."""

import re
from decimal import Decimal
from itertools import product
from math import inf, isinf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation import NetworkConfig, draw_network, propagate
from simulation.activations import ACTIVATIONS
from simulation.curves import REACH, curve, dead_zone
from simulation.histograms import Histogram, decimal, from_tens, histogram, in_tens, tens
from simulation.normalizations import NORMALIZATIONS
from simulation.options import NORM_POSITIONS, RESIDUALS
from simulation.presets import PRESETS
from simulation.probe import probe
from simulation.sentences_layer import describe_backward, describe_forward, size
from tests.simulation.oracles import Taped, forward, log10_norm

unhurried = settings(deadline=None)
ordinary = st.floats(1e-300, 1e300) | st.floats(-1e300, -1e-300)
ARRANGEMENTS = [
    {"normalization": norm, "residual": residual, "norm_position": position, "block": block}
    for norm, residual, position, block in product(NORMALIZATIONS, RESIDUALS, NORM_POSITIONS, (1, 2))
    if (position == "before" or (norm != "none" and residual in ("none", "plain")))
    and (block == 1 or residual != "none")
]


@unhurried
@given(ordinary, st.integers(-8000, 8000))
def test_a_number_in_tens(x, e):
    value = tens(decimal(x, e))
    assert 1 <= abs(value.mantissa) < 10
    assert float(value.exact / (Decimal(x) * Decimal(2) ** e)) == pytest.approx(1, abs=2e-16)
    assert tens(Decimal(0)) == (0.0, 0)


@unhurried
@given(st.lists(st.floats(-100, 100), min_size=1, max_size=9), st.integers(-8000, 8000), st.integers(-3, 3))
def test_an_array_in_tens_and_back(values, e, near):
    x = np.array(values)
    x[np.abs(x) < 1e-9] = 0
    exponent = int(e * np.log10(2)) + near
    there = in_tens(x, e, exponent)
    wanted = [float(decimal(v, e).scaleb(-exponent)) for v in x]
    np.testing.assert_allclose(there, wanted, rtol=1e-15)
    back, f = from_tens(there, exponent)
    np.testing.assert_allclose(back * 2.0 ** (f - e), x, rtol=1e-15)


def total(found: Histogram) -> int:
    return int(found.counts.sum()) + found.zeros + found.below + found.above


@pytest.mark.parametrize("exponent", [0, -3000, 5000])
def test_a_histogram_counts_each_entry_once_whatever_its_size(exponent):
    random = np.random.default_rng(1)
    x = random.standard_t(3, (40, 30)) * (random.random((40, 30)) < 0.7)
    found = histogram(x, exponent)
    assert total(found) == x.size
    assert found.zeros == np.count_nonzero(x == 0)
    assert max(found.below, found.above) <= x.size / 200
    values = np.array([float(decimal(v, exponent).scaleb(-found.exponent)) for v in x[x != 0]])
    assert 0.01 <= np.sqrt(np.mean(values**2)) < 1000
    wanted, _ = np.histogram(values, found.edges)
    assert np.abs(found.counts - wanted).sum() <= 2  # an entry on an edge may be rounded to either side
    assert found.below == pytest.approx(np.count_nonzero(values < found.edges[0]), abs=1)


@pytest.mark.parametrize(
    ("values", "bins"),
    [([0.0, 0, 0], 0), ([2.0, 2, 2], 1), ([1e-7, 1e-7 * (1 + 1e-15)], 1), ([-1.0, 1], 2), ([3.0], 1)],
)
def test_a_histogram_of_few_values(values, bins):
    found = histogram(np.array([values]))
    assert total(found) == len(values)
    assert np.count_nonzero(found.counts) == bins
    assert (np.diff(found.edges) > 0).all()


@pytest.mark.parametrize("arrangement", ARRANGEMENTS, ids=lambda a: "-".join(str(value) for value in a.values()))
def test_every_number_against_the_tape(arrangement):
    """Sizes of every step, delta, dW, and the chain rule of every unit of sample 0."""
    for index, activation in enumerate(("tanh", "relu", "gelu", "rrelu", "softplus")):
        config = NetworkConfig(
            depth=4, width=6, batch=5, activation=activation, weight_scale=1.3, bias_scale=0.3, groups=2,
            branch_scale=(0.7, 1)[index % 2], seed=index, **arrangement,
        )  # fmt: skip
        network = draw_network(config)
        taped, trace = Taped(network), propagate(network)
        passed = taped.passed
        pre = config.residual == "pre_activation"
        for at in range(4):
            view = probe(network, at + 1, unit=index)
            ends = [network.inputs if at == 0 else passed.h[at - 1].value, passed.h[at].value, passed.z[at].value]
            sizes = [step.log10_rms for step in view.forward]
            weights = next(step.log10_rms for step in view.forward if step.kind == "weights")
            assert [sizes[0], sizes[-1], weights] == pytest.approx([log10_norm(x, mean=True) for x in ends], abs=1e-9)
            grads = [passed.h[at].grad, taped.inputs.grad if at == 0 else passed.h[at - 1].grad]
            sizes = [view.backward[0].log10_rms, view.backward[-1].log10_rms]
            assert sizes == pytest.approx([log10_norm(x, mean=True) for x in grads], abs=1e-9)
            assert view.log10_delta_rms == pytest.approx(log10_norm(passed.z[at].grad, mean=True), abs=1e-9)
            assert view.log10_weight_grad_norm == pytest.approx(log10_norm(taped.weights[at].grad), abs=1e-9)
            for name in ("inactive_fraction", "dead_fraction", "saturated_fraction"):
                assert getattr(view, name) == getattr(trace, name)[at]
            chain = view.chain
            assert (chain.unit, chain.is_delta) == (index, not pre)
            start = taped.normed[at][0] if pre and taped.normed else taped.given[at]
            result = start.grad if pre else passed.z[at].grad
            for value, wanted in (
                (chain.given, taped.given[at].value), (chain.grad, taped.activated[at].grad),
                (chain.slope, taped.primes[at]), (chain.result, result),
            ):  # fmt: skip
                assert float(value.exact) == pytest.approx(wanted[0, index], rel=1e-9, abs=1e-13)
            assert_multiplies(chain)
            row, column = view.weight.row, view.weight.column
            assert float(view.weight.value.exact) == pytest.approx(taped.weights[at].grad[row, column], abs=1e-12)
            entered = taped.activated[at] if pre else None
            entered = entered.value if entered else network.inputs if at == 0 else passed.h[at - 1].value
            product_ = entered[0, row] * passed.z[at].grad[0, column]
            assert float(view.weight.product.exact) == pytest.approx(product_, rel=1e-9, abs=1e-13)


def assert_multiplies(chain) -> None:
    """grad * slope * factor = result, and the terms make the gradient."""
    through = chain.grad.exact * chain.slope.exact
    if chain.factor is None:
        assert not through
    elif not chain.result.exact:
        assert not through * chain.factor.exact
    else:
        assert float(through * chain.factor.exact / chain.result.exact) == pytest.approx(1, abs=1e-12)
    if not chain.between:
        assert chain.factor == (1.0, 0)
    if chain.terms:
        products = [term.product.exact for term in chain.terms]
        assert [abs(p) for p in products] == sorted((abs(p) for p in products), reverse=True)
        for term in chain.terms:
            assert float(Decimal(term.weight) * term.delta.exact - term.product.exact) == pytest.approx(
                0, abs=1e-15 * abs(float(term.product.exact)) if term.product.exponent > -300 else 0
            )
        scale = sum(abs(p) for p in products) + abs(chain.others.exact)
        gap = abs(sum(products) + chain.others.exact - chain.grad.exact)
        assert gap <= Decimal("1e-13") * scale * (len(chain.terms) + chain.other_terms)


def test_the_terms_of_a_gradient_are_those_of_the_layer_above():
    network = draw_network(NetworkConfig(depth=3, width=7, batch=4, activation="tanh"))
    chain = probe(network, 2, unit=5).chain
    delta = Taped(network).passed.z[2].grad[0]
    products = network.weights[2][5] * delta
    order = np.argsort(-np.abs(products))
    assert [term.unit for term in chain.terms] == list(order[:3])
    assert [term.weight for term in chain.terms] == list(network.weights[2][5][order[:3]])
    assert [float(term.product.exact) for term in chain.terms] == pytest.approx(products[order[:3]])
    assert chain.other_terms == 4
    assert float(chain.others.exact) == pytest.approx(products[order[3:]].sum())
    assert probe(network, 3).chain.terms == ()  # there the output gradient arrives


def test_one_entry_of_dW_by_finite_differences():
    network = draw_network(
        NetworkConfig(depth=4, width=6, batch=5, activation="gelu", weight_scale=2, residual="plain")
    )
    weight = probe(network, 2).weight
    sums = []
    for step in (1e-5, -1e-5):
        weights = [w.copy() for w in network.weights]
        weights[1][weight.row, weight.column] += step
        sums.append((forward(network, weights=weights).h[-1] * network.cotangent).sum())
    assert float(weight.value.exact) == pytest.approx((sums[0] - sums[1]) / 2e-5, rel=1e-6)


def test_the_unit_shown_by_itself_is_the_median_of_those_alive():
    network = draw_network(NetworkConfig(depth=6, width=40, batch=4, activation="relu", initializer="he_normal"))
    view, delta = probe(network, 3), Taped(network).passed.z[2].grad[0]
    alive = np.sort(np.abs(delta[delta != 0]))
    assert float(abs(view.chain.result.exact)) == pytest.approx(alive[alive.size // 2])
    assert view.chain.slope == (1.0, 0)


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_beyond_the_range_of_floats(activation):
    """Deep and extreme: all counted, the chain multiplies, sizes as in the trace."""
    for index, (weight_scale, residual) in enumerate(product((0.01, 20), ("none", "pre_activation"))):
        config = NetworkConfig(
            depth=400, width=6, batch=4, activation=activation, weight_scale=weight_scale, residual=residual, seed=index
        )
        network = draw_network(config)
        trace = propagate(network)
        for layer in (1, 400):
            view = probe(network, layer)
            for shown in (view.given, view.pre_activation, view.delta):
                assert total(shown) == 24
            assert total(view.weight_grad) == 36
            assert view.log10_delta_rms == trace.log10_delta_rms[layer - 1]
            assert view.backward[0].log10_rms == pytest.approx(trace.log10_activation_grad_rms[layer - 1], abs=1e-9)
            assert_multiplies(view.chain)
            assert np.isfinite(view.curve.phi).all()
            assert np.isfinite(view.curve.slope).all()
            if np.isfinite(view.log10_delta_rms):
                assert abs(view.delta.exponent - view.log10_delta_rms) < 3
            for text in (describe_forward(view), describe_backward(view)):
                assert not re.search(r"nan|inf\b|e[+-]\d", text), text


@pytest.mark.parametrize("key", list(ACTIVATIONS))
def test_the_dead_zone_is_where_no_gradient_comes_through(key):
    phi = ACTIVATIONS[key]
    low, high = dead_zone(phi, 0.2)
    with np.errstate(under="ignore", over="ignore"):
        for side, edge in ((-1, low), (1, high)):
            if isinf(edge):
                assert phi.prime(np.array([side * 1e6]), 0.2)[0] != 0
                continue
            gap = 1e-6 * max(abs(edge), 1)
            beyond, inside = edge + side * np.array([gap, 1, 100, 1e9]), edge - side * np.array([gap, 0.1])
            assert (phi.prime(beyond, 0.2) == 0).all()
            assert (phi.prime(inside, 0.2) != 0).all()
    if key in ("relu", "hardtanh"):
        assert (low, high) == {"relu": (0.0, inf), "hardtanh": (-1.0, 1.0)}[key]
    assert dead_zone(ACTIVATIONS["leaky_relu"], 0.0) == (0.0, inf)


@pytest.mark.parametrize("key", list(ACTIVATIONS))
def test_curves(key):
    phi = ACTIVATIONS[key]
    shown = curve(phi, 0.2, histogram(np.linspace(-3, 6, 1001)[None]))
    assert (shown.x[0], shown.exponent, shown.phi_exponent) == (-REACH, 0, 0)
    assert shown.x[-1] == pytest.approx(6, abs=0.05)
    np.testing.assert_allclose(shown.phi, phi(shown.x, 0.2), rtol=1e-13)
    np.testing.assert_array_equal(shown.slope, phi.prime(shown.x, 0.2))
    far = curve(phi, 0.2, histogram(np.linspace(-1, 1, 11)[None], 2000))
    assert far.exponent == 601
    # Out there phi is its asymptotes: slope times x, or a constant.
    slopes = phi.prime(np.array([-1e9, 1e9]), 0.2)
    if np.abs(slopes).max() > 0.1:
        wanted = np.where(far.x > 0, slopes[1], slopes[0]) * far.x
        value = far.phi * 10.0 ** (far.phi_exponent - far.exponent)
        np.testing.assert_allclose(value, wanted, rtol=1e-12, atol=1e-12)
    else:
        np.testing.assert_allclose(far.phi[[0, -1]], phi(np.array([-1e300, 1e300]), 0.2), rtol=1e-12)


@pytest.mark.parametrize(("layer", "unit"), [(0, None), (4, None), (-1, None), (2, 6), (2, -1)])
def test_what_is_not_there(layer, unit):
    with pytest.raises(ValueError, match=r"layer was|unit was"):
        probe(draw_network(NetworkConfig(depth=3, width=6, batch=2)), layer, unit)


@unhurried
@given(st.floats(-3000, 3000))
def test_a_size_in_words(log10_size):
    mantissa, _, exponent = size(log10_size).replace(",", "").partition(" x 10^")
    assert np.log10(float(mantissa)) + int(exponent or 0) == pytest.approx(log10_size, abs=0.025)
    assert size(-inf) == "exactly 0"


def test_a_layer_in_words():
    network = draw_network(PRESETS["sigmoid_xavier"].config)
    trace = propagate(network)
    first, middle, last = (probe(network, layer) for layer in (1, 25, 50))
    assert describe_forward(first).startswith("Layer 1 gets values of rms")
    assert "from the inputs" in describe_forward(first)
    text = describe_forward(middle)
    assert "from layer 24: after the weights" in text
    assert f"after sigmoid {size(trace.log10_activation_rms[24])}. That goes on to layer 26." in text
    assert "That is the network's output." in describe_forward(last)
    text = describe_backward(last)
    assert text.startswith("In place of a loss's gradient, numbers of rms 1 are put in at the output")
    text = describe_backward(middle)
    assert f"gets a gradient of rms {size(trace.log10_activation_grad_rms[24])} from layer 26" in text
    assert f"after the slope of sigmoid {size(trace.log10_delta_rms[24])}. That is its δ." in text
    assert f"makes dW, of norm {size(trace.log10_weight_grad_norm[24])}." in text
    assert f"After the weights {size(trace.log10_activation_grad_rms[23])}: that goes on to layer 24." in text
    assert "is the gradient of the inputs" in describe_backward(first)


def test_other_layers_in_words():
    config = NetworkConfig(
        depth=4, activation="relu", normalization="layer", residual="pre_activation", branch_scale=0.5
    )
    view = probe(draw_network(config), 2)
    kinds = ["in", "norm", "activation", "weights", "skip"]
    assert [step.kind for step in view.forward] == kinds
    assert [step.kind for step in view.backward] == ["in", "scale", "weights", "activation", "norm", "skip"]
    assert "after layer norm 1, after ReLU" in describe_forward(view)
    assert "with the block's input added" in describe_forward(view)
    text = describe_backward(view)
    assert "after the branch scale" in text
    assert "with the skip's gradient added" in text
    assert "% of the entries the slope is exactly 0" in text
    dead = probe(draw_network(NetworkConfig(depth=3, initializer="zeros", activation="relu")), 2)
    assert "gets a gradient of rms exactly 0" in describe_backward(dead)
    assert "dW, which is exactly 0." in describe_backward(dead)
