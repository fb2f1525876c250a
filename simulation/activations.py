"""The activation functions: one entry is the whole truth about one of them.

Both functions of an entry fill and return `out`, an array like `z`, which lets `propagate` reuse its
memory. `slope` is what the leaky family needs besides z: the config's negative slope, or for rrelu the
drawn slopes, one per entry of z. `derivative` also gets `h = function(z)`, to be used where h already
tells; it is precise relative to itself all the way down to its underflow (so never plainly 1 - h^2).
At a kink it takes the value that PyTorch takes.

The file is long because it is a table: fifteen entries, each with two functions of a few lines.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import atanh, inf, log, pi, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, erfc

from simulation.formulas import Formula
from simulation.registry import Registry
from simulation.workspace import WORKSPACE

Array = NDArray[np.float64]
Slope = float | Array
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. 2017, 1706.02515
RRELU_LOW, RRELU_HIGH = 1 / 8, 1 / 3  # Xu et al. 2015, 1505.00853, as in PyTorch


@dataclass(frozen=True)
class Activation:
    """One activation function phi.

    gain: given the negative slope, the sigma_w at which its gradient factor is 1, where that point exists
        and attracts ("critical"); else 1 / sqrt(E phi'^2) at unit variance, or SELU's own 1.
    flat: beyond these two z it counts as saturated: outside the outermost z where |phi'| is 5 % of
        its largest value, on a side where phi' tends to 0; infinite on a side where it does not.
    homogeneous: phi(c z) = c phi(z) for every c > 0.
    common: among the few that are shown first.
    slopes: whether it reads the config's `negative_slope`, has its slopes "drawn", or needs none.
    code: how the programs that people take away say it; without it there is no program with this activation.
    """

    key: str
    label: str
    summary: str
    formula: str
    function: Callable[[Array, Slope, Array], Array]
    derivative: Callable[[Array, Array, Slope, Array], Array]
    gain: Callable[[float], float]
    flat: tuple[float, float] = (-inf, inf)
    homogeneous: bool = False
    slopes: str = "none"
    critical: bool = True
    common: bool = False
    code: Formula | None = None

    def __call__(self, z: Array, slope: Slope = 0.0) -> Array:
        """phi(z), in a new array."""
        return self.function(z, slope, np.empty_like(z))

    def prime(self, z: Array, slope: Slope = 0.0) -> Array:
        """phi'(z), in a new array."""
        return self.derivative(z, self(z, slope), slope, np.empty_like(z))


def _constant(value: float) -> Callable[[float], float]:
    return lambda negative_slope: value


def _above(z: Array, low: float, out: Array) -> Array:
    """max(z, low). Against an array NumPy finds it three times as fast as against a number."""
    out.fill(low)
    return np.maximum(z, out, out=out)


def _below(z: Array, high: float, out: Array) -> Array:
    """min(z, high)."""
    out.fill(high)
    return np.minimum(z, out, out=out)


def _spare(z: Array) -> Array:
    """Memory for one temporary array like z; a fresh one of 128 KB and more costs as much as ten sweeps."""
    return WORKSPACE.scratch("spare", z.shape, z.dtype)


def _exp(z: Array, out: Array, highest: float = 700.0) -> Array:
    """e^z, but no more than e^highest, which must be where the caller has reached its asymptote."""
    if out.dtype == np.float32:  # its numbers end at e^88
        highest /= 8.75
    return np.exp(_below(z, highest, out), out=out)


def _factor(z: Array) -> Array:
    """z to multiply a vanishing factor with, which in float32 would not have vanished for the largest z."""
    return _below(z, 1e4, _spare(z)) if z.dtype == np.float32 else z


def _linear(z: Array, slope: Slope, out: Array) -> Array:
    np.copyto(out, z)
    return out


def _linear_derivative(z: Array, h: Array, slope: Slope, out: Array) -> Array:
    out.fill(1.0)
    return out


def _relu(z: Array, slope: Slope, out: Array) -> Array:
    return _above(z, 0.0, out)


def _relu_derivative(z: Array, h: Array, slope: Slope, out: Array) -> Array:
    np.copyto(out, z > 0)
    return out


def _leaky(z: Array, slope: Slope, out: Array) -> Array:
    np.multiply(z, slope, out=out)
    return np.maximum(z, out, out=out)  # every slope is in [0, 1]


def _leaky_derivative(z: Array, h: Array, slope: Slope, out: Array) -> Array:
    np.copyto(out, np.where(z > 0, 1.0, slope))
    return out


def _elu(z: Array, slope: Slope, out: Array) -> Array:
    np.expm1(_below(z, 0.0, out), out=out)
    return np.maximum(z, out, out=out)  # e^z - 1 is never less than z


def _elu_derivative(z: Array, h: Array, slope: Slope, out: Array) -> Array:
    return _exp(z, out, 0.0)


def _selu(z: Array, slope: Slope, out: Array) -> Array:
    np.expm1(_below(z, 0.0, out), out=out)
    out *= SELU_ALPHA
    out += np.maximum(z, 0.0)
    out *= SELU_SCALE
    return out


def _selu_derivative(z: Array, h: Array, slope: Slope, out: Array) -> Array:
    _exp(z, out, 0.0)
    out *= SELU_SCALE * SELU_ALPHA
    np.copyto(out, SELU_SCALE, where=z > 0)
    return out


def _gelu(z: Array, slope: Slope, out: Array) -> Array:
    """z Phi(z) as max(z, 0) - |z| Phi(-|z|): erfc takes half the time where it meets one sign only."""
    size = np.abs(z, out=_spare(z))
    np.multiply(size, sqrt(0.5), out=out)
    erfc(out, out=out)
    out *= size
    out *= -0.5
    out += _above(z, 0.0, size)
    return out


def _gelu_derivative(z: Array, h: Array, slope: Slope, out: Array) -> Array:
    """Phi(z) + z exp(-z^2/2) / sqrt(2 pi); Phi is h / z, which spares its second computation."""
    if np.abs(z, out=out).min(initial=1.0) > 1e-30:
        np.divide(h, z, out=out)
    else:
        far = out > 1e-30
        out.fill(0.5)
        np.divide(h, z, out=out, where=far)
    density = np.multiply(z, -0.5, out=_spare(z))
    density *= z
    np.exp(density, out=density)
    density *= z
    density *= 1 / sqrt(2 * pi)
    out += density
    return out


def _silu(z: Array, slope: Slope, out: Array) -> Array:
    _sigmoid(z, slope, out)
    out *= z
    return out


def _silu_derivative(z: Array, h: Array, slope: Slope, out: Array) -> Array:
    """s(z) (1 + z s(-z)), where neither sigmoid loses its small side."""
    s = _exp(z, out)
    mirrored = 1.0 / (s + 1.0)
    s *= mirrored
    mirrored *= _factor(z)
    mirrored += 1.0
    s *= mirrored
    return s


def _mish(z: Array, slope: Slope, out: Array) -> Array:
    """z tanh(log(1 + e^z)), whose tanh is t / (t + 2) with t = w (w + 2), w = e^z."""
    t, spare = _exp(z, out, 300.0), _spare(z)
    t *= np.add(t, 2.0, out=spare)
    t /= np.add(t, 2.0, out=spare)
    t *= z
    return t


def _mish_derivative(z: Array, h: Array, slope: Slope, out: Array) -> Array:
    """(t + 4 z (t - w) s) s with s = 1 / (t + 2)."""
    w = _exp(z, out, 300.0)
    t = w + 2.0
    t *= w
    s = 1.0 / (t + 2.0)
    np.subtract(t, w, out=out)
    out *= s
    out *= _factor(z)
    out *= 4.0
    out += t
    out *= s
    return out


def _softplus(z: Array, slope: Slope, out: Array) -> Array:
    np.log1p(_exp(z, out), out=out)
    return np.maximum(z, out, out=out)  # z itself where e^z stops


def _softplus_derivative(z: Array, h: Array, slope: Slope, out: Array) -> Array:
    return _sigmoid(z, slope, out)


def _softsign(z: Array, slope: Slope, out: Array) -> Array:
    np.abs(z, out=out)
    out += 1.0
    return np.divide(z, out, out=out)


def _softsign_derivative(z: Array, h: Array, slope: Slope, out: Array) -> Array:
    np.abs(z, out=out)
    out += 1.0
    out *= out
    return np.reciprocal(out, out=out)


def _tanh(z: Array, slope: Slope, out: Array) -> Array:
    return np.tanh(z, out=out)


def _tanh_derivative(z: Array, h: Array, slope: Slope, out: Array) -> Array:
    """sech^2: 1 - h^2 while that still has its digits, 4 e / (1 + e)^2, e = exp(-2 |z|), beyond."""
    np.multiply(h, h, out=out)
    np.subtract(1.0, out, out=out)
    if out.min(initial=1.0) < 1e-3:
        e = np.exp(-2.0 * np.abs(z))
        np.divide(4.0 * e, (1.0 + e) ** 2, out=out)
    return out


def _hardtanh(z: Array, slope: Slope, out: Array) -> Array:
    return np.clip(z, -1.0, 1.0, out=out)


def _hardtanh_derivative(z: Array, h: Array, slope: Slope, out: Array) -> Array:
    np.copyto(out, np.abs(z) < 1.0)
    return out


def _sigmoid(z: Array, slope: Slope, out: Array) -> Array:
    """e^z / (e^z + 1), which keeps its digits however small it is."""
    e = _exp(z, out)
    e /= np.add(e, 1.0, out=_spare(z))
    return e


def _sigmoid_derivative(z: Array, h: Array, slope: Slope, out: Array) -> Array:
    """h (1 - h) while 1 - h still has its digits, e / (1 + e)^2, e = exp(-|z|), beyond."""
    np.subtract(1.0, h, out=out)
    if out.min(initial=1.0) < 1e-3:
        e = np.exp(-np.abs(z))
        np.divide(e, (1.0 + e) ** 2, out=out)
    else:
        out *= h
    return out


def _erf(z: Array, slope: Slope, out: Array) -> Array:
    erf(np.abs(z), out=out)  # half the time where it meets one sign only
    return np.copysign(out, z, out=out)


def _erf_derivative(z: Array, h: Array, slope: Slope, out: Array) -> Array:
    np.multiply(z, z, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    out *= 2 / sqrt(pi)
    return out


_MEAN_SQUARE_RRELU = (RRELU_HIGH**3 - RRELU_LOW**3) / (3 * (RRELU_HIGH - RRELU_LOW))
_TANH_FLAT = atanh(sqrt(0.95))
_SIGMOID_FLAT = 2 * _TANH_FLAT

ACTIVATIONS: Registry[Activation] = Registry(
    Activation(
        "linear", "linear", "Passes everything on: depth is then a product of matrices, nothing else.",
        "z", _linear, _linear_derivative, _constant(1.0), homogeneous=True,
        code=Formula("z", "np.ones_like(z)", "z"),
    ),
    Activation(
        "relu", "ReLU", "Keeps what is positive and drops the rest, half of the power; He's weights make up for it.",
        "max(z, 0)", _relu, _relu_derivative, _constant(sqrt(2)), homogeneous=True, common=True,
        code=Formula("np.maximum(z, 0)", "np.where(z > 0, 1.0, 0.0)", "F.relu(z)"),
    ),
    Activation(
        "leaky_relu", "leaky ReLU", "ReLU with a small slope below 0, so that no unit is ever wholly dead.",
        "max(z, a z)", _leaky, _leaky_derivative, lambda a: sqrt(2 / (1 + a * a)), homogeneous=True, slopes="config", common=True,
        code=Formula("np.where(z > 0, z, {a} * z)", "np.where(z > 0, 1.0, {a})", "F.leaky_relu(z, {a})"),
    ),
    Activation(
        "rrelu", "randomized leaky ReLU", "Leaky ReLU whose negative slope is drawn between 1/8 and 1/3 for every entry.",
        "max(z, a z), a drawn", _leaky, _leaky_derivative, _constant(sqrt(2 / (1 + _MEAN_SQUARE_RRELU))),
        homogeneous=True, slopes="drawn",
        code=Formula("np.where(z > 0, z, a * z)", "np.where(z > 0, 1.0, a)", "torch.where(z > 0, z, a * z)"),
    ),
    Activation(
        "elu", "ELU", "Linear above 0, an exponential that levels off at -1 below.",
        "z or e^z - 1", _elu, _elu_derivative, _constant(1.0), flat=(log(0.05), inf),
        code=Formula("np.where(z > 0, z, np.expm1(np.minimum(z, 0)))", "np.exp(np.minimum(z, 0))", "F.elu(z)"),
    ),
    Activation(
        "selu", "SELU", "ELU scaled so that activations settle at mean 0 and variance 1; gradients still grow by 1.035 a layer.",
        "scaled ELU", _selu, _selu_derivative, _constant(1.0), flat=(log(0.05), inf), critical=False,
        code=Formula(f"{SELU_SCALE} * np.where(z > 0, z, {SELU_ALPHA} * np.expm1(np.minimum(z, 0)))", f"{SELU_SCALE} * np.where(z > 0, 1.0, {SELU_ALPHA} * np.exp(np.minimum(z, 0)))", "F.selu(z)"),
    ),
    Activation(
        "gelu", "GELU", "z times the chance that a normal variable is below it; vanishes with He weights.",
        "z Phi(z)", _gelu, _gelu_derivative, _constant(1.481114412708348), flat=(-2.2785606938035556, inf), common=True, critical=False,
        code=Formula("z * normal_cdf(z)", "normal_cdf(z) + z * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)", "z * torch.erfc(-z / math.sqrt(2)) / 2", numpy_helpers=("normal_cdf",), torch_why="F.gelu takes 1 + erf, which is exactly 0 from z = -8.4 down; this keeps its digits."),
    ),
    Activation(
        "silu", "SiLU (swish)", "z times its sigmoid: a smooth ReLU that, like GELU, vanishes with He weights.",
        "z sigmoid(z)", _silu, _silu_derivative, _constant(1.6233202579524972), flat=(-3.9298973160966497, inf), critical=False,
        code=Formula("z * sigmoid(z)", "sigmoid(z) * (1 + z * sigmoid(-z))", "F.silu(z)", numpy_helpers=("sigmoid",)),
    ),
    Activation(
        "mish", "Mish", "z times the tanh of its softplus: a close cousin of SiLU.",
        "z tanh(log(1 + e^z))", _mish, _mish_derivative, _constant(1.4447552325473194), flat=(-3.9812514949128044, inf), critical=False,
        code=Formula("z * np.tanh(np.logaddexp(0, z))", "np.tanh(np.logaddexp(0, z)) + z * sigmoid(z) * (1 - np.tanh(np.logaddexp(0, z)) ** 2)", "F.mish(z)", numpy_helpers=("sigmoid",)),
    ),
    Activation(
        "softplus", "softplus", "A smooth ReLU that never reaches 0: no weight scale keeps both its signals steady.",
        "log(1 + e^z)", _softplus, _softplus_derivative, _constant(1.8462285453386054), flat=(log(0.05 / 0.95), inf), critical=False,
        code=Formula("np.logaddexp(0, z)", "sigmoid(z)", "F.softplus(z, threshold=45)", numpy_helpers=("sigmoid",), torch_why="From its threshold on F.softplus returns z itself: at the default, 20, that is off by 2e-9."),
    ),
    Activation(
        "softsign", "softsign", "Levels off like tanh, but slowly: its flat parts are never wholly flat.",
        "z / (1 + |z|)", _softsign, _softsign_derivative, _constant(1.0), flat=(1 - sqrt(20), sqrt(20) - 1),
        code=Formula("z / (1 + np.abs(z))", "1 / (1 + np.abs(z)) ** 2", "F.softsign(z)"),
    ),
    Activation(
        "tanh", "tanh", "Levels off at -1 and 1. Critical at gain 1; the 5/3 that PyTorch recommends explodes.",
        "tanh(z)", _tanh, _tanh_derivative, _constant(1.0), flat=(-_TANH_FLAT, _TANH_FLAT), common=True,
        code=Formula("np.tanh(z)", "sech2(z)", "Tanh.apply(z)", numpy_helpers=("sech2",), torch_helpers=("Tanh",)),
    ),
    Activation(
        "hardtanh", "hard tanh", "Linear between -1 and 1 and wholly flat outside: there the gradient is exactly 0.",
        "clip(z, -1, 1)", _hardtanh, _hardtanh_derivative, _constant(1.0), flat=(-1.0, 1.0),
        code=Formula("np.clip(z, -1, 1)", "np.where(np.abs(z) < 1, 1.0, 0.0)", "F.hardtanh(z)"),
    ),
    Activation(
        "sigmoid", "sigmoid", "Levels off at 0 and 1; its slope of at most 1/4 costs most of the signal.",
        "1 / (1 + e^-z)", _sigmoid, _sigmoid_derivative, _constant(10.149263710019529), flat=(-_SIGMOID_FLAT, _SIGMOID_FLAT), common=True,
        code=Formula("np.exp(-np.logaddexp(0, -z))", "phi(z) * phi(-z)", "torch.exp(F.logsigmoid(z))", torch_why="torch.sigmoid's slope, s (1 - s), is exactly 0 from z = 37 on; the true one, and this one, from 745."),
    ),
    Activation(
        "erf", "erf", "The error function: close to tanh, and the one whose theory has closed formulas.",
        "erf(z)", _erf, _erf_derivative, _constant(sqrt(pi) / 2), flat=(-sqrt(log(20)), sqrt(log(20))),
        code=Formula("erf(z)", "2 / math.sqrt(math.pi) * np.exp(-z * z)", "torch.erf(z)", numpy_helpers=("erf",)),
    ),
)  # fmt: skip
