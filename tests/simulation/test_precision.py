"""Number formats: FACTS' table by real passes, PyTorch's half tensors, and where NaNs are born."""

import os
from dataclasses import replace
from math import log10

import ml_dtypes
import numpy as np
import pytest

from simulation import Network, NetworkConfig, draw_network, propagate
from simulation.activations import ACTIVATIONS
from simulation.diagnosis import FORMATS
from simulation.normalizations import NORMALIZATIONS
from simulation.options import RESIDUALS
from simulation.precision import FormatRuns, describe_formats, run_in_formats
from simulation.rounded import RoundedPass
from tests.simulation.oracles import log10_norm

if os.environ.get("CI"):
    import torch
else:
    torch = pytest.importorskip("torch", reason="PyTorch (a development requirement) is the oracle here")
F = torch.nn.functional


def chain(factor: float, depth: int, width: int = 2, **fields) -> Network:
    """W = factor * I in each of the layers, which may be more than a config has; inputs and output gradient are 1."""
    config = NetworkConfig(depth=1, width=width, batch=1, **{"activation": "linear", **fields})
    ones = np.ones((1, width))
    return Network(
        config, (factor * np.eye(width),) * depth, (np.zeros(width),) * depth, ones, ones, slopes=(None,) * depth
    )


def complete(network: Network, loss_scale: int = 0) -> FormatRuns:
    *_, result = run_in_formats(network, loss_scale)
    assert list(result.runs) == list(FORMATS)
    return result


# FACTS 8: the power at which factor^l overflows; float16, bfloat16 (rounded layer by layer), float32, float64.
OVERFLOWS = {1.5: (28, 220, 219, 1751), 2.0: (16, 128, 128, 1024)}
# The powers at which it is subnormal and zero.
UNDERFLOWS = {
    0.5: ((15, 25), (127, 134), (127, 150), (1023, 1075)),
    0.25: ((8, 13), (64, 67), (64, 75), (512, 538)),
}


@pytest.mark.parametrize("factor", OVERFLOWS)
def test_where_powers_overflow(factor):
    depth = max(OVERFLOWS[factor]) + 5
    result = complete(chain(factor, depth, width=1))
    for run, power in zip(result.runs.values(), OVERFLOWS[factor], strict=True):
        assert run.activation.first_overflow == power
        assert run.delta.first_overflow == depth - power
        assert run.activation.first_zero is run.activation.first_nan is run.delta.first_zero is None


@pytest.mark.parametrize("factor", UNDERFLOWS)
def test_where_powers_underflow(factor):
    depth = max(zero for _, zero in UNDERFLOWS[factor]) + 5
    result = complete(chain(factor, depth))
    for run, (subnormal, zero) in zip(result.runs.values(), UNDERFLOWS[factor], strict=True):
        assert run.activation.first_zero == zero
        assert run.delta.first_zero == depth - zero
        assert list(np.flatnonzero(run.activation.subnormal)) == list(range(subnormal - 1, zero - 1))
        assert list(np.flatnonzero(run.delta.subnormal)) == list(range(depth - zero, depth - subnormal))
        assert not run.activation.inf.any()
    assert not result.exact_zeros["activation"].any()


def test_nine_tenths_never_reach_zero():
    """Round to nearest sticks at a few subnormals: 2.4e-7 in float16, 5.6e-45 in float32."""
    network = chain(0.9, 1200, width=1)
    *_, half = RoundedPass(network, "float16").forward()
    *_, single = RoundedPass(network, "float32").forward()
    assert half == pytest.approx(2.4e-7, rel=0.02)
    assert single / 2.0**-149 == 4
    assert {run.activation.first_zero for run in complete(network).runs.values()} == {None}


def test_the_formats_are_what_the_diagnosis_says_they_are():
    for key, fmt in FORMATS.items():
        limits = ml_dtypes.finfo(np.dtype(key))
        smallest, largest, eps = (float(x) for x in (limits.smallest_subnormal, limits.max, limits.eps))
        assert fmt.log10_zero == pytest.approx(log10(smallest) - log10(2), rel=1e-12)
        assert fmt.log10_overflow == pytest.approx(log10(largest) + log10(1 + eps / 2 / (2 - eps)), rel=1e-12)


# Whole passes.


def configs() -> list[NetworkConfig]:
    """Every activation, with norms and skips taking turns."""
    return [
        NetworkConfig(
            depth=6, width=8, batch=6, activation=activation, initializer="lecun_normal", weight_scale=1.3,
            bias_scale=0.2, normalization=list(NORMALIZATIONS)[index % 5], residual=list(RESIDUALS)[index % 4],
            norm_position=("before", "after")[index % 2], block=1 + index % 2, branch_scale=0.7, seed=index,
        )
        for index, activation in enumerate(ACTIVATIONS)
    ]  # fmt: skip


@pytest.mark.parametrize("config", configs(), ids=lambda config: config.activation)
def test_float64_is_what_the_core_computes(config):
    network = draw_network(config)
    trace, run = propagate(network), RoundedPass(network, "float64")
    activation = [log10_norm(h, mean=True) for h in run.forward()]
    delta = [log10_norm(delta, mean=True) for delta in run.backward()]
    np.testing.assert_allclose(activation, trace.log10_activation_rms, atol=1e-11)
    np.testing.assert_allclose(delta[::-1], trace.log10_delta_rms, atol=1e-11)


@pytest.mark.parametrize("config", configs(), ids=lambda config: config.activation)
def test_counts_add_up_and_zeros_are_true_ones(config):
    result = complete(draw_network(replace(config, depth=40)))
    for run in result.runs.values():
        for tally in (run.activation, run.delta):
            counts = [tally.zero, tally.subnormal, tally.normal, tally.inf, tally.nan]
            np.testing.assert_array_equal(sum(counts), np.full(40, 48))
            assert (tally.first_zero is None) == (not tally.lost.any())
    np.testing.assert_array_equal(result.runs["float64"].activation.zero, result.exact_zeros["activation"])
    np.testing.assert_array_equal(result.runs["float64"].delta.zero, result.exact_zeros["delta"])


def test_exact_zeros_are_those_of_the_trace():
    """A narrow ReLU network that dies, with numbers that leave float64 before."""
    network = draw_network(NetworkConfig(depth=60, width=3, batch=2, activation="relu", weight_scale=1e-3, seed=3))
    trace, result = propagate(network), complete(network)
    dead = trace.log10_activation_rms == -np.inf
    assert dead.any()
    assert not dead.all()
    np.testing.assert_array_equal(result.exact_zeros["activation"] == 6, dead)
    np.testing.assert_array_equal(result.exact_zeros["delta"] == 6, trace.log10_delta_rms == -np.inf)
    for run in result.runs.values():
        assert not run.activation.lost[dead].any()


@pytest.mark.parametrize(("key", "dtype"), [("float16", torch.float16), ("bfloat16", torch.bfloat16)])
def test_products_and_relus_are_pytorchs_to_the_bit(key, dtype):
    """Width 1 has no sums, so that each operation has one right answer, subnormal or not."""
    random = np.random.default_rng(0)
    weights = tuple(random.uniform(0.3, 0.8, (1, 1)) for _ in range(30))
    network = replace(chain(1, 30, width=1, activation="leaky_relu", negative_slope=0.25), weights=weights)
    network = replace(network, inputs=random.standard_normal((50, 1)), cotangent=random.standard_normal((50, 1)))
    run = RoundedPass(network, key)
    h, deltas = torch.tensor(network.inputs, dtype=dtype), []
    for weight, got in zip(weights, run.forward(), strict=True):
        z = (h * torch.tensor(weight, dtype=dtype)).requires_grad_()
        deltas.append(z)
        h = F.leaky_relu(z, 0.25)
        np.testing.assert_array_equal(got, h.detach().float().numpy())
    grad = torch.tensor(network.cotangent, dtype=dtype)
    for weight, z, got in zip(reversed(weights), reversed(deltas), run.backward(), strict=True):
        (delta,) = torch.autograd.grad(F.leaky_relu(z, 0.25), z, grad)
        np.testing.assert_array_equal(got, delta.float().numpy())
        grad = delta * torch.tensor(weight, dtype=dtype)


@pytest.mark.parametrize("normalization", ["none", "layer", "rms", "batch"])
@pytest.mark.parametrize(("key", "dtype"), [("float16", torch.float16), ("bfloat16", torch.bfloat16)])
def test_layers_are_pytorchs_up_to_the_last_bits(key, dtype, normalization):
    config = NetworkConfig(
        depth=3, width=16, batch=8, activation="gelu", initializer="he_normal", normalization=normalization,
        residual="plain",
    )  # fmt: skip
    network = draw_network(config)
    norms = {
        "none": lambda x: x,
        "layer": lambda x: F.layer_norm(x, x.shape[1:]),
        "rms": lambda x: F.rms_norm(x, x.shape[1:]),
        "batch": lambda x: F.batch_norm(x, None, None, training=True),
    }
    h, zs, hs = torch.tensor(network.inputs, dtype=dtype), [], []
    for weights in network.weights:
        z = h @ torch.tensor(weights, dtype=dtype)
        z.requires_grad_().retain_grad()
        h = h + F.gelu(norms[normalization](z))
        zs.append(z)
        hs.append(h)
    h.backward(torch.tensor(network.cotangent, dtype=dtype))
    run, step = RoundedPass(network, key), float(ml_dtypes.finfo(np.dtype(key)).eps)
    for got, wanted in zip(run.forward(), hs, strict=True):
        np.testing.assert_allclose(got, wanted.detach().float().numpy(), atol=4 * step)
    for got, wanted in zip(run.backward(), reversed(zs), strict=True):
        wanted = wanted.grad.float().numpy()
        np.testing.assert_allclose(got, wanted, atol=8 * step * np.abs(wanted).max())


# How sums are taken.


def test_sums_do_not_stop_at_2048():
    network = replace(chain(1, 1, width=1), weights=(np.ones((5000, 1)),), inputs=np.ones((1, 5000)))
    (z,) = RoundedPass(network, "float16").forward()
    assert z == np.float16(5000)


@pytest.mark.parametrize("normalization", ["layer", "rms", "group"])
def test_norm_statistics_have_the_range_of_float32(normalization):
    """The squares of 1000 are beyond float16; not so those of the sums. Beyond 1e19 float32's are, too."""
    config = NetworkConfig(depth=1, width=8, batch=3, activation="linear", initializer="identity", groups=2,
                           normalization=normalization)  # fmt: skip
    for key, scale, survives in (("float16", 1e3, True), ("float32", 1e3, True), ("float32", 1e25, False)):
        network = draw_network(config)
        network = replace(network, inputs=network.inputs * scale)
        (h,) = RoundedPass(network, key).forward()
        assert h.any() == survives


def test_samples_and_units_that_are_alike_become_exact_zeros():
    config = NetworkConfig(depth=4, width=7, batch=5, inputs="ones", input_offset=0.1, normalization="batch")
    result = complete(draw_network(replace(config, activation="linear")))
    for run in result.runs.values():
        np.testing.assert_array_equal(run.activation.zero, np.full(4, 35))
        assert run.activation.first_zero is None


# Where NaNs are born.


def test_infinity_meets_the_zeros_of_the_identity():
    tally = complete(chain(1.5, 40)).runs["float16"].activation
    assert (tally.first_overflow, tally.first_nan, tally.nan_from) == (28, 29, "0 x inf in the product")


def test_infinities_of_both_signs_meet_in_a_sum():
    network = draw_network(NetworkConfig(depth=20, activation="linear", initializer="standard_normal"))
    run = complete(network).runs["float16"]
    assert run.activation.first_nan == run.activation.first_overflow + 1
    assert run.activation.nan_from == "inf - inf in the product"
    assert (run.delta.first_nan, run.delta.nan_from) == (20, "a NaN of the forward pass")


@pytest.mark.parametrize(
    ("normalization", "cause"), [("layer", "inf - inf"), ("batch", "inf - inf"), ("rms", "0 x inf")]
)
def test_infinity_in_a_norm(normalization, cause):
    network = draw_network(NetworkConfig(depth=2, activation="linear", normalization=normalization))
    network = replace(network, weights=tuple(weights * 1e3 for weights in network.weights), inputs=network.inputs * 1e3)
    tally = complete(network).runs["float16"].activation
    assert (tally.first_nan, tally.nan_from) == (1, f"{cause} in the norm")


def test_infinity_at_a_skip():
    """z = -2 h from h = 60,000 on: -inf, then 2 inf - inf."""
    network = chain(-2, 4, width=1, residual="plain")
    network = replace(network, inputs=np.full((1, 1), 6e4))
    tally = complete(network).runs["float16"].activation
    assert (tally.first_overflow, tally.first_nan, tally.nan_from) == (1, 2, "inf - inf in the skip")


def test_infinity_and_a_branch_scale_of_zero():
    network = chain(1e6, 1, width=1, residual="plain", branch_scale=0)
    tally = complete(network).runs["float16"].activation
    assert (tally.first_nan, tally.nan_from) == (1, "0 x inf in the branch scale")


@pytest.mark.parametrize(
    ("activation", "nan"), [("sigmoid", True), ("tanh", True), ("relu", False), ("hardtanh", False)]
)
def test_an_infinite_gradient_at_a_slope_of_zero(activation, nan):
    """ReLU and hard tanh select the gradient: 0 where they are flat. The others multiply it by 0."""
    network = chain(-1000, 1, width=1, activation=activation)
    half = complete(network, loss_scale=16).runs["float16"].delta
    assert (half.first_nan, half.nan_from) == ((1, "0 x inf in the slope") if nan else (None, ""))
    reference = torch.full((1,), -1000.0, requires_grad=True)
    PYTORCH[activation](reference).backward(torch.full((1,), torch.inf))
    assert torch.isnan(reference.grad).item() == nan


PYTORCH = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": F.relu, "hardtanh": F.hardtanh}


@pytest.mark.parametrize("key", list(ACTIVATIONS))
@pytest.mark.parametrize("sign", [1, -1])
def test_activations_of_infinity_are_their_limits(key, sign):
    """Forward alone makes no NaN, and the value is what it tends to."""
    network = chain(sign * 1e6, 1, width=1, activation=key)
    if key == "rrelu":
        network = replace(network, slopes=(np.full((1, 1), 0.25),))
    (limit,) = RoundedPass(network, "float16").forward()
    with np.errstate(over="ignore"):
        wanted = ACTIVATIONS[key](np.array([sign * 1e30]), 0.25 if key == "rrelu" else 0.01).astype(np.float16)
    assert limit == wanted


# Loss scaling.

SHORT = NetworkConfig(depth=13, width=32, batch=16, activation="sigmoid")


def test_the_rescue_is_the_smallest_that_works():
    network = draw_network(SHORT)
    result = complete(network)
    assert result.runs["float16"].delta.first_zero is not None
    assert result.rescue > 0
    for loss_scale, saved in ((result.rescue, True), (result.rescue - 1, False)):
        again = complete(network, loss_scale)
        delta = again.runs["float16"].delta
        assert (delta.first_zero is None) == saved
        assert not delta.inf.any()
        assert not delta.nan.any()
        assert again.rescue == result.rescue
    assert f"multiplying the loss by 2^{result.rescue} would bring it through" in describe_formats(result)


def test_loss_scaling_multiplies_every_delta():
    network = draw_network(replace(SHORT, depth=5))
    run = RoundedPass(network, "float32")
    list(run.forward())
    for plain, scaled in zip(list(run.backward()), run.backward(10), strict=True):
        np.testing.assert_array_equal(plain * 1024, scaled)


@pytest.mark.parametrize(
    ("changes", "rescue"),
    [
        ({"depth": 3}, 0),  # nothing to rescue
        ({"depth": 40}, None),  # no scale is large enough
        ({"depth": 40, "activation": "linear", "initializer": "standard_normal"}, None),  # forward is NaN
        ({"depth": 5, "weight_scale": 0.001, "activation": "linear", "bias_scale": 1}, 10),
    ],
)
def test_whether_there_is_a_rescue(changes, rescue):
    result = complete(draw_network(replace(SHORT, **changes)))
    assert result.rescue == rescue or (rescue and 0 < result.rescue < 20)


def test_an_output_gradient_of_zero_has_nothing_to_lose():
    network = draw_network(SHORT)
    assert complete(replace(network, cotangent=np.zeros_like(network.cotangent))).rescue == 0


# Words.


def test_words():
    assert describe_formats(complete(draw_network(replace(SHORT, depth=3)))) == (
        "In float16, bfloat16, float32 and float64 no layer is lost."
    )
    first = next(run_in_formats(draw_network(replace(SHORT, depth=40))))
    layer = first.runs["float16"].delta.first_zero
    assert describe_formats(first) == (
        f"In float16 the error signal is exactly 0 from layer {layer} down; no loss scale would bring it through."
    )
    assert describe_formats(complete(chain(1.5, 40))) == (
        "In float16 the activation overflows at layer 28 and is NaN from layer 29 on (0 x inf in the product), "
        "and the error signal is NaN from layer 40 down (a NaN of the forward pass). "
        "In bfloat16, float32 and float64 no layer is lost."
    )
