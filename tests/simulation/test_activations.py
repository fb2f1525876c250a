"""Every activation against its definition, finite differences, PyTorch and quadrature."""

from itertools import pairwise
from math import inf, isinf, sqrt

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from simulation.activations import ACTIVATIONS, RRELU_HIGH, RRELU_LOW, Activation
from tests.simulation.oracles import DERIVATIVES, LONG_REACHES_FAR, VALUES, Long

KEYS = list(ACTIVATIONS)
KINKS = {"relu": [0], "leaky_relu": [0], "rrelu": [0], "elu": [0], "selu": [0], "softsign": [0], "hardtanh": [-1, 1]}
SLOPE = 0.17


def expectation(function, q=1.0):
    """E f(sqrt(q) z) for a standard normal z, by adaptive quadrature in pieces between possible kinks."""
    root = sqrt(q)
    edges = sorted(
        {-14.0, 14.0, 0.0} | {e / root for e in (-1, 1, -30, 30) if abs(e / root) < 14} | {-6.0, -2.0, 2.0, 6.0}
    )
    weight = 1 / sqrt(2 * np.pi)

    def integrand(z):
        return float(function(np.array([root * z]))[0]) * np.exp(-z * z / 2) * weight

    return sum(quad(integrand, a, b, epsabs=1e-13, epsrel=1e-12, limit=200)[0] for a, b in pairwise(edges))


def mean_square(phi: Activation, q=1.0, slope=SLOPE):
    return expectation(lambda z: phi(z, slope) ** 2, q)


def mean_square_slope(phi: Activation, q=1.0, slope=SLOPE):
    return expectation(lambda z: phi.prime(z, slope) ** 2, q)


def points(key, reach, count):
    """Points away from the kinks, where a finite difference means something."""
    z = np.random.default_rng(1).uniform(-reach, reach, count)
    for kink in KINKS.get(key, []):
        z = z[np.abs(z - kink) > 1e-3]
    return z


@pytest.mark.parametrize("key", KEYS)
def test_function_and_derivative_are_their_definitions(key):
    z = np.concatenate([points(key, 5, 200), points(key, 40, 200), [-1e300, 1e300, 0.0]])
    phi = ACTIVATIONS[key]
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(phi(z, SLOPE), VALUES[key](z, SLOPE), rtol=2e-13, atol=1e-300)
        np.testing.assert_allclose(phi.prime(z, SLOPE)[:-3], DERIVATIVES[key](z, SLOPE)[:-3], rtol=2e-12, atol=1e-14)


@pytest.mark.parametrize("key", KEYS)
def test_derivative_is_the_slope_of_the_function(key):
    phi, z, step = ACTIVATIONS[key], points(key, 6, 400), 1e-5
    slope = (phi(z + step, SLOPE) - phi(z - step, SLOPE)) / (2 * step)
    np.testing.assert_allclose(phi.prime(z, SLOPE), slope, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("key", KEYS)
def test_derivative_takes_the_value_that_a_drawn_slope_says(key):
    """The slope may be an array, one for each entry."""
    phi = ACTIVATIONS[key]
    z, slopes = np.array([-2.0, -0.5, 0.5, 2.0]), np.array([0.2, 0.3, 0.2, 0.3])
    each = [phi.prime(z[i : i + 1], float(slopes[i]))[0] for i in range(4)]
    np.testing.assert_array_equal(phi.prime(z, slopes), each)


@pytest.mark.parametrize("key", KEYS)
def test_derivative_keeps_its_digits_down_to_underflow(key):
    """sech^2 lasts to |z| = 372 and the logistic slope to 745; 1 - h^2 would be 0 from 19 on."""
    if not LONG_REACHES_FAR:
        pytest.skip("long double is no wider than double here")
    z = np.concatenate([np.linspace(-760, -3, 3001), np.linspace(3, 760, 3001)])
    with np.errstate(all="ignore"):
        wanted = DERIVATIVES[key](z.astype(Long), SLOPE)
        got = ACTIVATIONS[key].prime(z, SLOPE)
    seen = np.abs(wanted) > 1e-305
    np.testing.assert_allclose(got[seen], wanted[seen].astype(np.float64), rtol=2e-12, atol=0)
    gone = np.abs(wanted) < 1e-324
    assert not got[gone].any()


def test_the_slopes_of_squashers_last():
    assert ACTIVATIONS["tanh"].prime(np.array([-372.0, 372.0])).min() > 0
    assert ACTIVATIONS["tanh"].prime(np.array([-374.0, 374.0])).max() == 0
    assert ACTIVATIONS["sigmoid"].prime(np.array([-744.0, 744.0])).min() > 0
    assert ACTIVATIONS["sigmoid"].prime(np.array([-746.0, 746.0])).max() == 0


@pytest.mark.parametrize("key", KEYS)
def test_array_memory_and_inputs_are_left_alone(key):
    """`propagate` hands in its own memory: the result is in it, z and h are as they were."""
    phi, z = ACTIVATIONS[key], np.linspace(-30, 30, 61)
    before, out = z.copy(), np.full_like(z, np.nan)
    assert phi.function(z, SLOPE, out) is out
    h, slopes = out.copy(), np.full_like(z, np.nan)
    assert phi.derivative(z, out, SLOPE, slopes) is slopes
    np.testing.assert_array_equal(z, before)
    np.testing.assert_array_equal(out, h)
    np.testing.assert_array_equal(slopes, phi.prime(z, SLOPE))


@pytest.mark.parametrize("key", KEYS)
def test_homogeneous_flag(key):
    z = np.linspace(-3, 3, 101)
    phi = ACTIVATIONS[key]
    scaled = all(np.allclose(phi(c * z, SLOPE), c * phi(z, SLOPE), rtol=1e-12, atol=0) for c in (1e-3, 0.5, 7.0))
    assert phi.homogeneous == scaled


def _supremum(phi):
    z = np.concatenate([np.linspace(-20, 20, 400_001), [-1e-300, 1e-300]])
    return np.abs(phi.prime(z, SLOPE)).max()


@pytest.mark.parametrize("key", KEYS)
def test_flat_zones(key):
    """Beyond the outermost z where |phi'| is 5 % of its supremum, on a side where phi' tends to 0."""
    phi = ACTIVATIONS[key]
    least = 0.05 * _supremum(phi)
    for edge, sign in zip(phi.flat, (-1, 1), strict=True):
        if isinf(edge):
            # No zone: the slope stays, or phi is of the ReLU family, where DESIGN wants none.
            assert phi.homogeneous or abs(phi.prime(np.array([sign * 1e6]), SLOPE)[0]) > least
            continue
        assert not phi.homogeneous
        inside, beyond = edge - sign * 1e-7, edge + sign * np.geomspace(1e-7, 1e6, 20_001)
        assert abs(phi.prime(np.array([inside]), SLOPE)[0]) >= least
        assert np.abs(phi.prime(beyond, SLOPE)).max() <= least
    assert key not in ("linear", "relu", "leaky_relu", "rrelu") or phi.flat == (-inf, inf)


def expected_gain(phi: Activation) -> float:
    """DESIGN 3: sigma_w where the gradient factor is 1 without bias, if that point attracts; else 1 / rms slope."""
    if phi.slopes == "drawn":
        return 1 / sqrt(quad(lambda a: mean_square_slope(phi, slope=a), RRELU_LOW, RRELU_HIGH)[0] * 4.8)
    if phi.homogeneous:
        return 1 / sqrt(mean_square_slope(phi))
    if phi(np.zeros(1))[0] == 0:  # q = 0 is a fixed point: is it critical, and does it attract?
        sigma = 1 / float(phi.prime(np.zeros(1))[0])
        if all(sigma**2 * mean_square(phi, q) <= q * (1 + 1e-9) for q in (1e-4, 1e-2, 1.0)):
            return sigma
    else:  # sigma^2 E phi^2 = q and sigma^2 E phi'^2 = 1 at once
        gap = [mean_square(phi, q) - q * mean_square_slope(phi, q) for q in (0.1, 1.0, 10.0, 100.0)]
        if gap[0] * gap[-1] < 0:
            q_star = brentq(lambda q: mean_square(phi, q) - q * mean_square_slope(phi, q), 10, 100, xtol=1e-9)
            return 1 / sqrt(mean_square_slope(phi, q_star))
    return 1 / sqrt(mean_square_slope(phi))


@pytest.mark.parametrize("key", KEYS)
def test_gain_by_quadrature(key):
    phi = ACTIVATIONS[key]
    if key == "selu":  # its own design: mean 0 and variance 1 are kept at sigma_w = 1
        assert phi.gain(SLOPE) == 1
        assert expectation(lambda z: phi(z)) == pytest.approx(0, abs=1e-9)
        assert mean_square(phi) == pytest.approx(1, abs=1e-9)
    else:
        assert phi.gain(SLOPE) == pytest.approx(expected_gain(phi), rel=1e-7)


def test_gains_that_design_prints():
    printed = {"gelu": 1.48111, "silu": 1.62332, "mish": 1.44475, "softplus": 1.84623, "sigmoid": 10.149264}
    for key, gain in printed.items():
        assert ACTIVATIONS[key].gain(0) == pytest.approx(gain, abs=1.5e-5)
    assert ACTIVATIONS["rrelu"].gain(0) == pytest.approx(1.376117, abs=1e-6)
    assert ACTIVATIONS["leaky_relu"].gain(0.5) == pytest.approx(sqrt(2 / 1.25), rel=1e-15)


# FACTS 1a: E phi, E phi^2, E phi'^2, E phi'^2 / E phi^2, E phi'^2 / Var phi at q = 1.
MOMENTS = {
    "linear": (0, 1, 1, 1, 1),
    "relu": (0.398942, 0.5, 0.5, 1, 1.466942),
    "leaky_relu": (0.394953, 0.500050, 0.500050, 1, 1.453371),
    "rrelu": (None, 0.526259, 0.526259, 1, 1.219062),
    "tanh": (0, 0.394294, 0.464403, 1.177807, 1.177807),
    "erf": (0, 0.464559, 0.569410, 1.225700, 1.225700),
    "sigmoid": (0.5, 0.293379, 0.044836, 0.152827, 1.033592),
    "elu": (0.160521, 0.644945, 0.668102, 1.035905, 1.079013),
    "selu": (0, 1, 1.071575, 1.071575, 1.071575),
    "gelu": (0.282095, 0.425221, 0.455851, 1.072032, 1.318845),
    "silu": (0.206621, 0.355776, 0.379482, 1.066634, 1.212081),
    "softplus": (0.806059, 0.921246, 0.293379, 0.318459, 1.080528),
    "softsign": (0, 0.183014, 0.227671, 1.244010, 1.244010),
    "mish": (0.240404, 0.452342, 0.479084, 1.059118, 1.214259),
}


@pytest.mark.parametrize("key", MOMENTS)
def test_moments_as_facts_print_them(key):
    phi, slope = ACTIVATIONS[key], 11 / 48 if key == "rrelu" else 0.01
    mean, square, d2 = (
        expectation(lambda z: phi(z, slope)),
        mean_square(phi, 1, slope),
        mean_square_slope(phi, 1, slope),
    )
    for got, wanted in zip((mean, square, d2, d2 / square, d2 / (square - mean**2)), MOMENTS[key], strict=True):
        assert wanted is None or got == pytest.approx(wanted, abs=6e-7)


@pytest.mark.parametrize("key", KEYS)
def test_in_float32_they_are_the_same_functions(key):
    """Training computes in float32: nothing may overflow into NaN, to the end of its range."""
    phi = ACTIVATIONS[key]
    far = np.geomspace(1e-20, 1e36, 200)
    z = np.concatenate([np.linspace(-20, 20, 4001), far, -far, [0.0]]).astype(np.float32)
    wide = z.astype(np.float64)
    with np.errstate(under="ignore", over="ignore"):
        h, slope = phi(z, SLOPE), phi.prime(z, SLOPE)
    assert h.dtype == slope.dtype == np.float32
    np.testing.assert_allclose(h, phi(wide, SLOPE), rtol=2e-5, atol=1e-30)
    np.testing.assert_allclose(slope, phi.prime(wide, SLOPE), rtol=2e-5, atol=1e-6)
