"""Every array of a SignalTrace against PyTorch's autograd in float64, on random configs."""

import os
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest

from simulation import Network, NetworkConfig, draw_network, propagate
from simulation.activations import ACTIVATIONS
from simulation.initializers import INITIALIZERS
from simulation.normalizations import NORMALIZATIONS
from simulation.options import INPUTS, NORM_POSITIONS, RESIDUALS
from tests.simulation.oracles import (
    FRACTIONS,
    LOGS,
    arrays_of,
    assert_logs_close,
    feeds_only_batch_norm,
    run,
    slopes_of,
)

if os.environ.get("CI"):
    import torch  # there, a missing PyTorch is a failure
else:
    torch = pytest.importorskip("torch", reason="PyTorch (a development requirement) is the oracle here")
F = torch.nn.functional

PHI = {
    "linear": lambda x, a: x * 1.0,
    "relu": lambda x, a: F.relu(x),
    "leaky_relu": lambda x, a: F.leaky_relu(x, a),
    "rrelu": lambda x, a: torch.where(x > 0, x, torch.from_numpy(np.asarray(a)) * x),  # F.rrelu draws its own slopes
    "elu": lambda x, a: F.elu(x),
    "selu": lambda x, a: F.selu(x),
    "gelu": lambda x, a: F.gelu(x),
    "silu": lambda x, a: F.silu(x),
    "mish": lambda x, a: F.mish(x),
    "softplus": lambda x, a: F.softplus(x, threshold=45),  # exact: the default gives up at 20
    "softsign": lambda x, a: F.softsign(x),
    "tanh": lambda x, a: torch.tanh(x),
    "hardtanh": lambda x, a: F.hardtanh(x),
    "sigmoid": lambda x, a: torch.sigmoid(x),
    "erf": lambda x, a: torch.erf(x),
}


def torch_norm(config: NetworkConfig, x):
    kind = config.normalization
    if kind == "batch":
        return F.batch_norm(x, None, None, training=True)
    if kind == "layer":
        return F.layer_norm(x, x.shape[1:])
    if kind == "rms":
        return F.rms_norm(x, x.shape[1:])
    return F.group_norm(x, config.groups) if kind == "group" else x


def torch_trace(network: Network) -> tuple[dict[str, np.ndarray], float]:
    """All arrays of SignalTrace, and the largest |z| that an activation was given."""
    config, slopes = network.config, slopes_of(network)

    def watch(name, layer, x):
        x.retain_grad()
        return x

    weights = [torch.tensor(w, requires_grad=True) for w in network.weights]
    biases = [torch.tensor(b, requires_grad=True) for b in network.biases]
    inputs = torch.tensor(network.inputs, requires_grad=True)
    passed = run(
        config,
        weights,
        biases,
        inputs,
        phi=lambda x, layer: PHI[config.activation](x, slopes[layer]),
        norm=lambda x: torch_norm(config, x),
        watch=watch,
    )
    (passed.h[-1] * torch.from_numpy(np.array(network.cotangent))).sum().backward()
    arrays = arrays_of(
        [z.detach() for z in passed.z],
        [h.detach() for h in passed.h],
        [z.grad for z in passed.z],
        [h.grad for h in passed.h],
        [w.grad for w in weights],
        [b.grad for b in biases],
    )
    given = [x.detach().clone().requires_grad_() for x in passed.given]
    low, high = ACTIVATIONS[config.activation].flat
    fractions = {name: [] for name in FRACTIONS}
    for layer, x in enumerate(given):
        (prime,) = torch.autograd.grad(PHI[config.activation](x, slopes[layer]).sum(), x)
        zero = prime.numpy() == 0
        fractions["inactive_fraction"].append(zero.mean())
        fractions["dead_fraction"].append(zero.all(axis=0).mean())
        fractions["saturated_fraction"].append(((x < low) | (x > high)).double().mean().item())
    return arrays | {name: np.array(values) for name, values in fractions.items()}, max(
        x.abs().max().item() for x in given
    )


def assert_parity(network: Network, wanted: dict[str, np.ndarray], ineffective: np.ndarray) -> None:
    trace = propagate(network)
    # PyTorch gives round-off where a bias feeds only a batch norm; the core knows that it is 0.
    wanted["log10_bias_grad_norm"][ineffective] = -np.inf
    for name in LOGS:
        assert_logs_close(getattr(trace, name), wanted[name], 1e-9, (name, network.config))
    for name in FRACTIONS:
        np.testing.assert_allclose(getattr(trace, name), wanted[name], atol=1e-14, err_msg=f"{name} {network.config}")


def random_config(random: np.random.Generator, index: int) -> NetworkConfig:
    """A config whose activation, norm and residual take turns, so that every triple comes up often."""

    def pick(options):
        return str(random.choice(list(options)))

    activation = list(ACTIVATIONS)[index % len(ACTIVATIONS)]
    normalization, groups = pick(NORMALIZATIONS), int(random.choice([1, 2, 3]))
    return NetworkConfig(
        depth=int(random.integers(1, 21 if normalization == "batch" else 31)),
        width=groups * int(random.integers(3, 9)),
        batch=int(random.integers(4, 12)),
        activation=activation,
        negative_slope=float(random.choice([0, 0.01, 0.3, 1])),
        initializer=pick(key for key in INITIALIZERS if key != "zeros"),
        weight_scale=float(np.exp(random.uniform(np.log(0.3), np.log(3)))),
        bias_scale=float(random.choice([0, 0, 0.1, 1.5])),
        normalization=normalization,
        groups=groups,
        norm_position=pick(NORM_POSITIONS),
        residual=pick(RESIDUALS),
        block=int(random.choice([1, 2])),
        branch_scale=float(random.choice([1, 1, 0.3, 2, 0])),
        inputs=pick(key for key in INPUTS if groups != 3 or key != "digits") if random.random() < 0.3 else "gaussian",
        input_scale=float(random.choice([1, 1, 0.1, 3])),
        input_offset=float(random.choice([0, 0, -1, 2])),
        seed=int(random.integers(10_000)),
    )


# Functions whose slope PyTorch computes as 1 - h^2 and the like: it runs out of digits for large |z|.
SQUASHERS = {"tanh", "sigmoid", "mish", "silu", "erf"}


def at_a_rounding_edge(config: NetworkConfig) -> bool:
    """Whether two correct codes may differ: what is 0 in exact arithmetic is round-off in one of them.

    Samples that are all alike in a batch norm, or units that are all alike in a layer or group norm; a pixel
    that is paper in all samples, given to a norm.
    """
    paper = config.inputs == "digits" and (config.residual == "pre_activation" or config.initializer == "identity")
    alike_samples = INPUTS[config.inputs].alike or paper
    alike_units = config.initializer == "constant" and not config.bias_scale
    return config.normalization != "none" and (alike_samples or alike_units)


@pytest.mark.parametrize("chunk", range(10))
def test_random_configs(chunk):
    random = np.random.default_rng([7, chunk])
    compared = 0
    while compared < 15:
        config = random_config(random, compared)
        if at_a_rounding_edge(config):
            continue
        network = draw_network(config)
        wanted, largest = torch_trace(network)
        if largest > (8 if config.activation in SQUASHERS else 1e6):
            continue
        assert_parity(network, wanted, feeds_only_batch_norm(config))
        compared += 1


@pytest.mark.parametrize("key", list(ACTIVATIONS))
def test_kinks_take_the_value_of_pytorch(key):
    z = np.array([0.0, -1.0, 1.0])
    x = torch.tensor(z, requires_grad=True)
    slope = np.full(3, 0.2) if key == "rrelu" else 0.2
    PHI[key](x, slope).sum().backward()
    np.testing.assert_allclose(ACTIVATIONS[key].prime(z, slope), x.grad.numpy(), rtol=1e-14)


def rectangular(config: NetworkConfig, widths: list[int], seed: int) -> Network:
    """A network of the config whose layers have these widths (the first is the inputs')."""
    random = np.random.default_rng(seed)
    pairs = list(pairwise(widths))
    drawn = draw_network(config)
    given = widths[:-1] if config.residual == "pre_activation" else widths[1:]
    return replace(
        drawn,
        weights=tuple(random.standard_normal(pair) * 1.2 / np.sqrt(pair[0]) for pair in pairs),
        biases=tuple(random.standard_normal(pair[1]) * 0.3 for pair in pairs),
        inputs=random.standard_normal((config.batch, widths[0])),
        cotangent=random.standard_normal((config.batch, widths[-1])),
        slopes=tuple(
            None if drawn.slopes[0] is None else random.uniform(1 / 8, 1 / 3, (config.batch, width)) for width in given
        ),
    )


def ineffective_biases(config: NetworkConfig, widths: list[int]) -> np.ndarray:
    """As `feeds_only_batch_norm`, for blocks that may have lost their skips.

    With pre-activation, a shift of a block's output is carried on by skips, and every block's norm takes it
    out again: it reaches the output only if no later block is without a skip.
    """
    ineffective = feeds_only_batch_norm(config)
    if config.normalization == "batch" and config.residual == "pre_activation":
        firsts = range(0, config.depth, config.block)
        lasts = [min(first + config.block, config.depth) - 1 for first in firsts]
        skips = [widths[first] == widths[last + 1] for first, last in zip(firsts, lasts, strict=True)]
        for block, last in enumerate(lasts):
            ineffective[last] = not all(skips[block + 1 :])
    return ineffective


@pytest.mark.parametrize("normalization", list(NORMALIZATIONS))
@pytest.mark.parametrize("residual", list(RESIDUALS))
@pytest.mark.parametrize("block", [1, 2])
def test_rectangular_networks(normalization, residual, block):
    """Weights of any shapes; a block whose ends differ in width has no skip."""
    widths = [6, 9, 9, 12, 6, 6, 9, 6, 9, 9, 3, 9, 12, 12]
    for index, activation in enumerate(["tanh", "rrelu", "gelu", "softplus"]):
        config = NetworkConfig(
            depth=len(widths) - 1, width=6, batch=7, groups=3, activation=activation, normalization=normalization,
            residual=residual, block=block, branch_scale=0.7, norm_position=list(NORM_POSITIONS)[index % 2],
        )  # fmt: skip
        if normalization == "group":  # a group of one unit is 0, to the last bit only by luck
            widths = [width if width != 3 else 6 for width in widths]
        network = rectangular(config, widths, seed=index)
        wanted, _ = torch_trace(network)
        assert_parity(network, wanted, ineffective_biases(config, widths))


@pytest.mark.parametrize("width", [12, 64, 80])
@pytest.mark.parametrize("residual", list(RESIDUALS))
def test_digits(width, residual):
    """Real inputs, and a first matrix that is square only at width 64."""
    for index, (normalization, activation) in enumerate(product(NORMALIZATIONS, ["tanh", "rrelu", "relu"])):
        config = NetworkConfig(
            depth=1 + index % 7, width=width, batch=9, activation=activation, initializer="he_normal", bias_scale=0.2,
            normalization=normalization, groups=2, residual=residual, block=1 + index % 2, branch_scale=0.7,
            norm_position=list(NORM_POSITIONS)[index % 2], inputs="digits", input_offset=0.5, seed=index,
        )  # fmt: skip
        if at_a_rounding_edge(config) and activation == "relu":  # whose slope tells round-off's sign
            continue
        network = draw_network(config)
        wanted, _ = torch_trace(network)
        assert_parity(network, wanted, feeds_only_batch_norm(config))


@pytest.mark.parametrize("activation", ["linear", "leaky_relu"])
@pytest.mark.parametrize("residual", ["none", "plain"])
def test_a_bias_that_reaches_a_batch_norm_through_a_linear_function_is_without_effect_too(activation, residual):
    """W -> phi -> norm with phi(z) = z: the norm takes the bias out again, exactly."""
    config = NetworkConfig(
        depth=5, width=6, batch=8, activation=activation, negative_slope=1, bias_scale=0.5, normalization="batch",
        norm_position="after", residual=residual,
    )  # fmt: skip
    network = draw_network(config)
    wanted, _ = torch_trace(network)
    assert wanted["log10_bias_grad_norm"].max() < -13
    assert_parity(network, wanted, np.ones(5, bool))
