"""What the tests compare the core with: DESIGN's layers written down once more, over any arithmetic.

`run` is the text of DESIGN section 3 and nothing else. It works on PyTorch tensors, on NumPy arrays with
further axes in front (many perturbed networks at once) and on the `Var` of a small reverse-mode tape,
whose long doubles reach from 1e-4932 to 1e4932. None of it calls the core's operations.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import special

from simulation import Network, NetworkConfig

Long = np.longdouble
LONG_REACHES_FAR = np.finfo(Long).maxexp >= 16384
EPS = {"batch": 1e-5, "layer": 1e-5, "group": 1e-5, "rms": float(np.finfo(np.float64).eps)}


@dataclass
class Passed:
    """By layer: the raw affine output, what phi was given, and the layer's output."""

    z: list[Any] = field(default_factory=list)
    given: list[Any] = field(default_factory=list)
    h: list[Any] = field(default_factory=list)


def run(
    config: NetworkConfig,
    weights: list[Any],
    biases: list[Any],
    inputs: Any,
    phi: Callable[[Any, int], Any],
    norm: Callable[[Any], Any],
    watch: Callable[[str, int, Any], Any] = lambda name, layer, x: x,
) -> Passed:
    """The forward pass. `watch(name, layer, x)` sees each z and h, and what it returns goes on."""
    passed = Passed()
    residual = config.residual
    block = 1 if residual == "none" else config.block

    def affine(x: Any, layer: int) -> Any:
        z = watch("z", layer, x @ weights[layer] + biases[layer])
        passed.z.append(z)
        return z

    def activate(x: Any, layer: int) -> Any:
        passed.given.append(x)
        return phi(x, layer)

    h = inputs
    for first in range(0, len(weights), block):
        last = min(first + block, len(weights)) - 1
        h_in = h
        skips = residual != "none" and weights[first].shape[-2] == weights[last].shape[-1]
        for layer in range(first, last + 1):
            ends = skips and layer == last
            if residual == "pre_activation":
                h = affine(activate(norm(h), layer), layer)
                h = h_in + h * config.branch_scale if ends else h
            elif residual == "post_activation":
                y = norm(affine(h, layer))
                h = activate(h_in + y * config.branch_scale if ends else y, layer)
            else:
                z = affine(h, layer)
                h = activate(norm(z), layer) if config.norm_position == "before" else norm(activate(z, layer))
                h = h_in + h * config.branch_scale if ends else h
            h = watch("h", layer, h)
            passed.h.append(h)
    return passed


def slopes_of(network: Network) -> list[Any]:
    """The slope of each layer on the negative side, for the leaky family."""
    return [network.config.negative_slope if slopes is None else slopes for slopes in network.slopes]


# The activations and their derivatives, from their definitions; these also hold for long doubles.


def _normal_distribution(x: Any) -> Any:
    return special.ndtr(x.astype(np.float64)).astype(x.dtype)


def _normal_density(x: Any) -> Any:
    return np.exp(-x * x / 2) / np.sqrt(2 * np.asarray(np.pi, x.dtype))


def _erf(x: Any) -> Any:
    # Near 0 by its series, because SciPy's has no long doubles and would lose what float64 cannot hold.
    near = np.abs(x) < 1e-5
    series = 2 / np.sqrt(np.pi) * (x - x**3 / 3)
    return np.where(near, series, special.erf(x.astype(np.float64)).astype(x.dtype))


def _logistic(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


_SELU_SCALE, _SELU_ALPHA = 1.0507009873554805, 1.6732632423543772

VALUES: dict[str, Callable[[Any, Any], Any]] = {
    "linear": lambda x, a: x + 0,
    "relu": lambda x, a: np.where(x > 0, x, 0),
    "leaky_relu": lambda x, a: np.where(x > 0, x, a * x),
    "rrelu": lambda x, a: np.where(x > 0, x, a * x),
    "elu": lambda x, a: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "selu": lambda x, a: _SELU_SCALE * np.where(x > 0, x, _SELU_ALPHA * np.expm1(np.minimum(x, 0))),
    "gelu": lambda x, a: x * _normal_distribution(x),
    "silu": lambda x, a: x * _logistic(x),
    "mish": lambda x, a: x * np.tanh(np.logaddexp(x, np.zeros_like(x))),
    "softplus": lambda x, a: np.logaddexp(x, np.zeros_like(x)),
    "softsign": lambda x, a: x / (1 + np.abs(x)),
    "tanh": lambda x, a: np.tanh(x),
    "hardtanh": lambda x, a: np.clip(x, -1, 1),
    "sigmoid": lambda x, a: _logistic(x),
    "erf": lambda x, a: _erf(x),
}

DERIVATIVES: dict[str, Callable[[Any, Any], Any]] = {
    "linear": lambda x, a: np.ones_like(x),
    "relu": lambda x, a: np.where(x > 0, 1, np.zeros_like(x)),
    "leaky_relu": lambda x, a: np.where(x > 0, 1, a + np.zeros_like(x)),
    "rrelu": lambda x, a: np.where(x > 0, 1, a + np.zeros_like(x)),
    "elu": lambda x, a: np.exp(np.minimum(x, 0)),
    "selu": lambda x, a: _SELU_SCALE * np.where(x > 0, 1, _SELU_ALPHA * np.exp(np.minimum(x, 0))),
    "gelu": lambda x, a: _normal_distribution(x) + x * _normal_density(x),
    "silu": lambda x, a: _logistic(x) * (1 + x * _logistic(-x)),
    "mish": lambda x, a: (
        np.tanh(np.logaddexp(x, np.zeros_like(x))) + x * _logistic(x) / np.cosh(np.logaddexp(x, np.zeros_like(x))) ** 2
    ),
    "softplus": lambda x, a: _logistic(x),
    "softsign": lambda x, a: 1 / (1 + np.abs(x)) ** 2,
    "tanh": lambda x, a: 1 / np.cosh(x) ** 2,
    "hardtanh": lambda x, a: np.where(np.abs(x) < 1, 1, np.zeros_like(x)),
    "sigmoid": lambda x, a: _logistic(x) * _logistic(-x),
    "erf": lambda x, a: 2 / np.sqrt(np.asarray(np.pi, x.dtype)) * np.exp(-x * x),
}


def normalized(config: NetworkConfig, x: Any) -> Any:
    """The normalization of a NumPy array (..., batch, units), as its definition says."""
    kind = config.normalization
    if kind == "none":
        return x
    sets = x.reshape(*x.shape[:-1], config.groups, -1) if kind == "group" else x
    axis = -2 if kind == "batch" else -1
    centered = sets if kind == "rms" else sets - sets.mean(axis=axis, keepdims=True)
    variance = (centered * centered).mean(axis=axis, keepdims=True)
    return (centered / np.sqrt(variance + EPS[kind])).reshape(x.shape)


def forward(network: Network, dtype: Any = np.float64, **changed: Any) -> Passed:
    """The forward pass in NumPy; `changed` may replace weights, biases or inputs, or give a `watch`."""
    config, slopes = network.config, slopes_of(network)
    value = VALUES[config.activation]
    parts = {"weights": network.weights, "biases": network.biases, "inputs": network.inputs.astype(dtype)} | changed
    with np.errstate(all="ignore"):
        return run(
            config,
            phi=lambda x, layer: value(np.asarray(x), slopes[layer]),
            norm=lambda x: normalized(config, x),
            **parts,
        )


# A reverse-mode tape over long doubles.


class Var:
    """A value on the tape, with the ways by which a gradient goes on to what it was made of."""

    def __init__(self, value: Any, *parents: tuple["Var", Callable[[Any], Any]]) -> None:
        self.value, self.parents, self.grad = value, parents, None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def __matmul__(self, other: "Var") -> "Var":
        a, b = self.value, other.value
        return Var(a @ b, (self, lambda g: g @ b.T), (other, lambda g: a.T @ g))

    def __add__(self, other: "Var") -> "Var":
        return Var(
            self.value + other.value,
            (self, lambda g: _shaped(g, self.shape)),
            (other, lambda g: _shaped(g, other.shape)),
        )

    def __mul__(self, other: "Var | float") -> "Var":
        if not isinstance(other, Var):
            return Var(self.value * other, (self, lambda g: g * other))
        a, b = self.value, other.value
        return Var(a * b, (self, lambda g: _shaped(g * b, a.shape)), (other, lambda g: _shaped(g * a, b.shape)))

    def mapped(self, value: Any, slope: Any) -> "Var":
        return Var(value, (self, lambda g: g * slope))

    def mean(self, axis: int) -> "Var":
        n = self.shape[axis]
        return Var(self.value.mean(axis=axis, keepdims=True), (self, lambda g: np.broadcast_to(g / n, self.shape)))

    def reshape(self, *shape: int) -> "Var":
        return Var(self.value.reshape(*shape), (self, lambda g: g.reshape(self.shape)))


def _shaped(g: Any, shape: tuple[int, ...]) -> Any:
    """The gradient of a broadcast: summed over the axes that were stretched."""
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1 and g.shape[axis] != 1:
            g = g.sum(axis=axis, keepdims=True)
    return g


def backpropagate(output: Var, cotangent: Any) -> None:
    """Fills `grad` of everything that the output was made of."""
    order: list[Var] = []
    seen: set[int] = set()
    stack: list[tuple[Var, bool]] = [(output, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((parent, False) for parent, _ in node.parents)
    output.grad = cotangent
    for node in reversed(order):
        for parent, rule in node.parents:
            g = rule(node.grad)
            parent.grad = g if parent.grad is None else parent.grad + g


def _var_norm(config: NetworkConfig, x: Var, rounded: Callable[[Any], Any]) -> Var:
    kind = config.normalization
    if kind == "none":
        return x
    sets = x.reshape(x.shape[0], config.groups, -1) if kind == "group" else x
    axis = 0 if kind == "batch" else -1
    centered = sets if kind == "rms" else sets + sets.mean(axis) * -1.0
    variance = (centered * centered).mean(axis)
    inverse = 1 / np.sqrt(variance.value + EPS[kind])
    # Rounded apart, forward and backward: so a gradient that is 0 but for rounding shows.
    return (centered * variance.mapped(rounded(inverse), rounded(-(inverse**3) / 2))).reshape(*x.shape)


def log10_norm(x: Any, mean: bool = False) -> float:
    """log10 of the Frobenius norm, or of the root mean square; scaled first, so that squares cannot overflow."""
    x = np.asarray(x)
    size = np.abs(x).max()
    if not size:
        return -np.inf
    squares = np.square(x / size)
    return float(np.log10(size) + np.log10(squares.mean() if mean else squares.sum()) / 2)


def arrays_of(zs: Any, hs: Any, delta: Any, grad: Any, dW: Any, db: Any) -> dict[str, np.ndarray]:
    """The log arrays of a SignalTrace."""
    rms = {
        "log10_pre_activation_rms": zs,
        "log10_activation_rms": hs,
        "log10_delta_rms": delta,
        "log10_activation_grad_rms": grad,
    }
    norms = {"log10_weight_grad_norm": dW, "log10_bias_grad_norm": db}
    return {name: np.array([log10_norm(x, mean=True) for x in xs]) for name, xs in rms.items()} | {
        name: np.array([log10_norm(x) for x in xs]) for name, xs in norms.items()
    }


def long_double_arrays(network: Network, rounding: bool = False) -> dict[str, np.ndarray]:
    """The log arrays of SignalTrace and the inactive fractions, by the tape.

    With `rounding`, every product and activation is off by as much as float64 would round it: how far the
    result moves tells how well float64 can know it (not at all where it is chaotic or cancels to 0).
    """
    noise = np.random.default_rng(0)

    def rounded(x: Any) -> Any:
        return x * (1 + Long(2.0**-53) * noise.uniform(-1, 1, x.shape)) if rounding else x

    config, slopes = network.config, slopes_of(network)
    value, derivative = VALUES[config.activation], DERIVATIVES[config.activation]
    primes: list[Any] = []

    def phi(x: Var, layer: int) -> Var:
        prime = np.asarray(derivative(x.value, slopes[layer]), Long)
        prime = np.where(np.abs(prime) < 1e-300, prime.astype(np.float64), prime)  # float64's underflow counts as 0
        primes.append(prime)
        return x.mapped(rounded(np.asarray(value(x.value, slopes[layer]), Long)), prime)

    with np.errstate(all="ignore"):
        weights = [Var(rounded(w.astype(Long))) for w in network.weights]
        biases = [Var(b.astype(Long)) for b in network.biases]
        inputs = Var(network.inputs.astype(Long))
        passed = run(config, weights, biases, inputs, phi, lambda x: _var_norm(config, x, rounded))
        backpropagate(passed.h[-1], network.cotangent.astype(Long))
        arrays = arrays_of(
            [z.value for z in passed.z],
            [h.value for h in passed.h],
            [z.grad for z in passed.z],
            [h.grad for h in passed.h],
            [w.grad for w in weights],
            [b.grad for b in biases],
        )
    return arrays | {"inactive_fraction": np.array([np.mean(prime == 0) for prime in primes])}


class Taped:
    """A pass over the tape in float64, with the gradient at every point, before anything else joins it there.

    By layer: what phi was given, phi' there, what phi returned, and the norm's input and output.
    """

    def __init__(self, network: Network) -> None:
        self.config, self.slopes = network.config, slopes_of(network)
        self.given: list[Var] = []
        self.primes: list[Any] = []
        self.activated: list[Var] = []
        self.normed: list[tuple[Var, Var]] = []
        self.weights = [Var(w) for w in network.weights]
        self.biases, self.inputs = [Var(b) for b in network.biases], Var(network.inputs)
        self.passed = run(self.config, self.weights, self.biases, self.inputs, self._phi, self._norm)
        backpropagate(self.passed.h[-1], network.cotangent)

    @staticmethod
    def _branch(x: Var) -> Var:
        """The same value at a point of its own, whose gradient is that of this way alone."""
        return x.mapped(x.value, 1.0)

    def _phi(self, x: Var, layer: int) -> Var:
        self.given.append(self._branch(x))
        value, slope, key = self.given[-1].value, self.slopes[layer], self.config.activation
        self.primes.append(DERIVATIVES[key](value, slope))
        self.activated.append(self.given[-1].mapped(VALUES[key](value, slope), self.primes[-1]))
        return self._branch(self.activated[-1])

    def _norm(self, x: Var) -> Var:
        if self.config.normalization == "none":
            return x
        start = self._branch(x)
        end = _var_norm(self.config, start, lambda x: x)
        self.normed.append((start, end))
        return self._branch(end)


# Comparing.

LOGS = (
    "log10_pre_activation_rms",
    "log10_activation_rms",
    "log10_delta_rms",
    "log10_activation_grad_rms",
    "log10_weight_grad_norm",
    "log10_bias_grad_norm",
)
FRACTIONS = ("inactive_fraction", "dead_fraction", "saturated_fraction")


def assert_logs_close(got: np.ndarray, wanted: np.ndarray, tolerance: float | np.ndarray, what: object) -> None:
    """The same -inf, nothing else infinite or NaN, and the rest within an absolute tolerance."""
    zero = np.isneginf(wanted)
    assert np.array_equal(np.isneginf(got), zero), f"{what}: zeros at {np.isneginf(got)} instead of {zero}"
    assert np.isfinite(got[~zero]).all(), what
    gap = np.abs(got[~zero] - wanted[~zero])
    allowed = np.broadcast_to(tolerance, got.shape)[~zero]
    assert (gap <= allowed).all(), f"{what}: {gap.max():.2e} apart"


def feeds_only_batch_norm(config: NetworkConfig) -> np.ndarray:
    """Whether the z of each layer is read by nothing but a batch norm, for square weights.

    An activation that changes nothing in between does not count.
    """
    none = np.zeros(config.depth, bool)
    if config.normalization != "batch":
        return none
    if config.residual == "pre_activation":
        # The next layer's norm reads it, but at a block's end z first joins the skip.
        layers = np.arange(config.depth)
        return ((layers + 1) % config.block != 0) & (layers + 1 != config.depth)
    identity = config.activation == "linear" or (config.activation == "leaky_relu" and config.negative_slope == 1)
    before = config.residual == "post_activation" or config.norm_position == "before"
    return ~none if before or identity else none
