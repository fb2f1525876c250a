"""Clipping against PyTorch's own functions, on arrays and on the gradients of whole networks; then beyond floats."""

import os
import re
from dataclasses import replace
from math import inf, isnan, log10, nan, sqrt

import numpy as np
import pytest

from simulation import NetworkConfig, draw_network, propagate
from simulation.activations import ACTIVATIONS
from simulation.clipping import CLIPPINGS, _clamp, clip, clip_by_norm, clip_by_value
from simulation.normalizations import NORMALIZATIONS
from simulation.options import RESIDUALS
from simulation.presets import PRESETS
from simulation.sentences_clipping import describe_clipping
from simulation.sentences_layer import size
from tests.simulation.oracles import Taped, assert_logs_close, feeds_only_batch_norm, log10_norm

if os.environ.get("CI"):
    import torch  # there, a missing PyTorch is a failure
else:
    torch = pytest.importorskip("torch", reason="PyTorch (a development requirement) is the oracle here")


def torch_clipped(grads, kind, threshold):
    """What PyTorch makes of these gradients, and the norm it returns (None for value clipping)."""
    parameters = [torch.nn.Parameter(torch.zeros(g.shape, dtype=torch.float64)) for g in grads]
    for parameter, grad in zip(parameters, grads, strict=True):
        parameter.grad = torch.tensor(grad)
    if kind == "value":
        torch.nn.utils.clip_grad_value_(parameters, threshold)
        total = None
    else:
        total = torch.nn.utils.clip_grad_norm_(parameters, threshold).item()
    return [parameter.grad.numpy() for parameter in parameters], total


NON_FINITE = {
    "none": [],
    "infinity": [inf],
    "minus infinity": [-inf],
    "NaN": [nan],
    "both": [inf, nan],
}


@pytest.mark.parametrize("threshold", [0.0, 1e-9, 0.3, 1.0, 1e6])
@pytest.mark.parametrize("special", list(NON_FINITE))
@pytest.mark.parametrize("scale", [0.0, 1e-12, 1.0, 1e100])
def test_arrays_as_pytorch(threshold, special, scale):
    random = np.random.default_rng(0)
    grads = [scale * random.standard_normal(shape) for shape in ((3, 4), (4,), (2, 2))]
    for place, value in enumerate(NON_FINITE[special]):
        grads[place].flat[0] = value
    before = [grad.copy() for grad in grads]
    wanted, total = torch_clipped(grads, "norm", threshold)
    found, norm = clip_by_norm(grads, threshold)
    np.testing.assert_allclose(norm, total, rtol=1e-14)
    values = clip_by_value(grads, threshold)
    for found_one, wanted_one in zip(found + values, wanted + torch_clipped(grads, "value", threshold)[0], strict=True):
        np.testing.assert_allclose(found_one, wanted_one, rtol=1e-14, atol=1e-300)
    for grad, old in zip(grads, before, strict=True):
        np.testing.assert_array_equal(grad, old)


def test_numbers_of_the_facts():
    (clipped,), norm = clip_by_norm([np.array([3.0, 4, 12])], 1.0)
    assert norm == 13
    assert np.linalg.norm(clipped) == pytest.approx(0.9999999231, abs=5e-11)
    grad = np.array([3.0, 0.5])
    (clipped,) = clip_by_value([grad], 1.0)
    assert clipped @ grad / np.linalg.norm(clipped) / np.linalg.norm(grad) == pytest.approx(0.956, abs=5e-4)
    (clipped,), _ = clip_by_norm([np.array([inf, 1.0])], 1.0)
    np.testing.assert_array_equal(clipped, [nan, 0])
    assert clip_by_norm([], 1.0) == ([], 0.0)


def test_the_norm_of_arrays_does_not_overflow_early():
    """PyTorch squares first and would set these to 0."""
    (clipped,), norm = clip_by_norm([np.array([3e200, 4e200])], 1.0)
    assert norm == pytest.approx(5e200)
    np.testing.assert_allclose(clipped, [0.6, 0.8])
    assert clip_by_norm([np.array([3e-200, 4e-200])], 1.0)[1] == pytest.approx(5e-200)


@pytest.mark.parametrize("kind", list(CLIPPINGS))
@pytest.mark.parametrize("normalization", list(NORMALIZATIONS))
@pytest.mark.parametrize("residual", list(RESIDUALS))
def test_networks_as_pytorch(kind, normalization, residual):
    for index, activation in enumerate(list(ACTIVATIONS)[::2]):
        config = NetworkConfig(
            depth=4, width=6, batch=5, activation=activation, weight_scale=1.3, bias_scale=0.3 * (index % 4 // 2),
            normalization=normalization, groups=2, residual=residual, block=1 + index % 3 // 2, branch_scale=0.7,
            seed=index,
        )  # fmt: skip
        network = draw_network(config)
        taped = Taped(network)
        grads = [w.grad for w in taped.weights]
        if config.bias_scale:
            idle = feeds_only_batch_norm(config)
            grads += [b.grad * (not without) for b, without in zip(taped.biases, idle, strict=True)]
        whole = np.concatenate([grad.ravel() for grad in grads])
        for threshold in ((0.01, 10.0), (0.5, 1e4))[index % 2]:
            found = clip(network, kind, threshold)
            wanted, total = torch_clipped(grads, kind, threshold)
            after = np.concatenate([grad.ravel() for grad in wanted])
            assert found.norm_before == pytest.approx(np.linalg.norm(whole))
            assert found.norm_after == pytest.approx(np.linalg.norm(after))
            assert found.cosine == pytest.approx(cosine(whole, after), abs=1e-9)
            for layer in range(4):
                assert found.cosine_by_layer[layer] == pytest.approx(cosine(grads[layer], wanted[layer]), abs=1e-9)
                norm = found.log10_weight_grad_norm_clipped[layer]
                assert norm == pytest.approx(log10_norm(wanted[layer]), abs=1e-9)
            touched = np.abs(whole) > threshold
            if kind == "value":
                assert found.touched_fraction == pytest.approx(touched.mean())
                assert found.touched_fraction_by_layer == pytest.approx(
                    [(abs(g) > threshold).mean() for g in grads[:4]]
                )
                assert isnan(found.coefficient)
            else:
                assert found.norm_before == pytest.approx(total)
                assert found.coefficient == pytest.approx(min(1, threshold / (total + 1e-6)))
                assert found.touched_fraction == (found.coefficient < 1)


def cosine(x, y) -> float:
    x, y = x.ravel(), y.ravel()
    return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))


@pytest.mark.parametrize("weight_scale", [0.01, 1.0, 20.0])
def test_norm_clipping_changes_no_ratio_between_layers(weight_scale):
    """Gradients of 1e-700 and of 1e600 included."""
    config = NetworkConfig(
        depth=400, width=6, batch=4, activation="leaky_relu", initializer="he_normal", weight_scale=weight_scale
    )
    network = draw_network(config)
    found, trace = clip(network, "norm", 2.0), propagate(network)
    change = found.log10_weight_grad_norm_clipped - trace.log10_weight_grad_norm
    np.testing.assert_allclose(change, found.log10_coefficient, atol=1e-9)
    assert found.cosine == 1
    if found.log10_norm_before > 0.4:
        assert found.log10_norm_after == pytest.approx(log10(2), abs=1e-6)
    else:
        assert found.log10_coefficient == 0
    assert found.norm_before == (inf if weight_scale == 20 else pytest.approx(10**found.log10_norm_before))


def test_pytorchs_own_norm_overflows():
    """Just where the square of the norm leaves float64."""
    network = draw_network(NetworkConfig(depth=2, width=5, batch=3, activation="linear"))
    norm = clip(network, "norm", 1.0).norm_before
    for factor in (1.33e154, 1.35e154):
        found = clip(replace(network, cotangent=network.cotangent * (factor / norm)), "norm", 1.0)
        grads = [np.full((2, 2), found.norm_before / sqrt(8))] * 2
        clipped, total = torch_clipped(grads, "norm", 1.0)
        assert found.overflows == np.isinf(total) == (clipped[0][0, 0] == 0)
        assert found.norm_after == pytest.approx(1, abs=1e-5)
        assert ("overflows" in describe_clipping(found)) == found.overflows


@pytest.mark.parametrize("exponent", [-3000, -1100, -40, 0, 40, 1100, 3000])
def test_clamping_at_any_size(exponent):
    x = np.random.default_rng(2).standard_normal((20, 30))
    clamped = _clamp(x, exponent, 0.7)
    assert clamped.before == pytest.approx(log10(np.linalg.norm(x)) + exponent * log10(2))
    with np.errstate(over="ignore", under="ignore"):
        limit = np.ldexp(0.7, -exponent)
    assert clamped.touched == np.count_nonzero(np.abs(x) > limit)
    if exponent < -1000:
        assert (clamped.after, clamped.cosine) == (clamped.before, 1)
    elif exponent > 1000:
        assert clamped.after == pytest.approx(log10(0.7 * sqrt(x.size)))
        assert clamped.cosine == pytest.approx(np.abs(x).sum() / sqrt(x.size) / np.linalg.norm(x))
    else:
        wanted = np.clip(x, -limit, limit)
        assert clamped.after == pytest.approx(log10(np.linalg.norm(wanted)) + exponent * log10(2))
        assert clamped.cosine == pytest.approx(cosine(x, wanted))


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_value_clipping_of_extreme_networks(activation):
    for scale in (0.01, 20):
        config = NetworkConfig(depth=300, width=5, batch=3, activation=activation, weight_scale=scale, bias_scale=0.1)
        network = draw_network(config)
        found, trace = clip(network, "value", 0.5), propagate(network)
        assert_logs_close(found.log10_weight_grad_norm, trace.log10_weight_grad_norm, 1e-12, config)
        assert (found.log10_weight_grad_norm_clipped <= found.log10_weight_grad_norm + 1e-12).all()
        assert (found.log10_weight_grad_norm_clipped <= log10(0.5 * 5) + 1e-9).all()
        alive = np.isfinite(found.log10_weight_grad_norm)
        assert ((found.cosine_by_layer[alive] > 0) & (found.cosine_by_layer[alive] <= 1)).all()
        assert np.isnan(found.cosine_by_layer[~alive]).all()
        untouched = alive & (found.touched_fraction_by_layer == 0)
        assert (found.cosine_by_layer[untouched] == 1).all()


@pytest.mark.parametrize(("kind", "threshold"), [("none", 1), ("norm", -1), ("value", inf), ("norm", nan)])
def test_what_cannot_be_asked_for(kind, threshold):
    with pytest.raises(ValueError, match=r"kind was|threshold was"):
        clip(draw_network(NetworkConfig(depth=2, width=3, batch=2)), kind, threshold)


def words(key: str, kind: str, threshold: float) -> str:
    return describe_clipping(clip(draw_network(PRESETS[key].config), kind, threshold))


@pytest.mark.parametrize(
    ("key", "kind", "threshold", "wanted"),
    [
        ("sigmoid_xavier", "norm", 1, ["multiplied by 0.018", "now 1.", "every ratio between layers", "is 10^-30 as before"]),
        ("sigmoid_xavier", "norm", 100, ["Nothing is clipped", "what has vanished stays so"]),
        ("s0_vanishing", "value", 1, ["no entry of a gradient exceeds 1", "what has vanished stays so"]),
        ("relu_he", "value", 1, ["35 % of all entries are cut off", "cosine to the gradient is 0.610", "in layer 26 even 0.535"]),
        ("zero_init", "norm", 1, ["exactly 0: there is nothing to clip"]),
        ("relu_he", "norm", 0, ["every gradient becomes 0"]),
        ("overflow_forward", "norm", 1, ["multiplied by 5.5 x 10^-124"]),
    ],
)  # fmt: skip
def test_in_words(key, kind, threshold, wanted):
    text = words(key, kind, threshold)
    assert all(part in text for part in wanted), text


@pytest.mark.parametrize("kind", list(CLIPPINGS))
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_the_words_are_true_of_every_network(kind, activation):
    for depth, weight_scale, threshold in (
        (1, 1, 0.1),
        (2, 1, 1e4),
        (30, 0.01, 1e-3),
        (30, 20, 1),
        (300, 8, 1e-9),
        (5, 1, 0),
    ):
        config = NetworkConfig(depth=depth, width=5, batch=3, activation=activation, weight_scale=weight_scale)
        found = clip(draw_network(config), kind, threshold)
        text = describe_clipping(found)
        assert text.endswith(".")
        assert not re.search(r"nan|inf\b|None|e[+-]\d", text), text
        nothing = not found.touched_fraction and np.isfinite(found.log10_norm_before)
        assert text.startswith("Nothing is clipped") == (nothing and threshold > 0), text
        if found.touched_fraction and threshold and np.isfinite(found.log10_norm_before):
            assert f"norm {size(found.log10_norm_before)}, now {size(found.log10_norm_after)}." in text
        assert ("ratio between layers" in text) <= (kind == "norm" and depth > 1)
