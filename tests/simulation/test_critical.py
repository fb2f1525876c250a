"""The search for the critical scale: on curves made by hand, whose crossings and intervals are known."""

from math import inf, log10

import numpy as np
import pytest

from simulation.critical import Critical, crossings, find_critical

SCALES = np.geomspace(0.001, 20, 65).tolist()


def found(curve, start: float) -> tuple[Critical | None, int]:
    """What the search finds on the curve, and how many different scales it asked for."""
    asked = set()

    def ratio(scale: float):
        asked.add(scale)
        yield
        return curve(scale)

    search = find_critical(ratio, start, SCALES)
    while True:
        try:
            next(search)
        except StopIteration as end:
            return end.value, len(asked)


@pytest.mark.parametrize("slope", [0.9, 10, 49, 999, -49])
@pytest.mark.parametrize("zero", [0.0123, 1, 10.149])
def test_a_straight_line(slope, zero):
    """Crossing and ends are exact, however narrow the interval, at a few steps each."""
    critical, asked = found(lambda scale: slope * log10(scale / zero), 1.0)
    assert critical.weight_scale == pytest.approx(zero, rel=1e-9)
    for end, expected in zip(critical.interval, (zero / 10 ** (1 / abs(slope)), zero * 10 ** (1 / abs(slope))), strict=True):  # fmt: skip
        assert end is None if not SCALES[0] <= expected <= SCALES[-1] else end == pytest.approx(expected, rel=1e-8)
    assert asked < 65 + 12


@pytest.mark.parametrize("power", [0.3, 1, 3])
@pytest.mark.parametrize("steep", [1, 30])
def test_bent_curves_to_a_ten_thousandth(power, steep):
    zero = 0.7

    def bent(scale: float) -> float:
        x = steep * log10(scale / zero)
        return float(np.sign(x) * abs(x) ** power)

    critical, _ = found(bent, 5.0)
    assert critical.weight_scale == pytest.approx(zero, rel=1e-4)
    assert critical.interval == pytest.approx((zero / 10 ** (1 / steep), zero * 10 ** (1 / steep)), rel=2e-4)
    assert critical.width == pytest.approx(10 ** (2 / steep), rel=4e-4)


@pytest.mark.parametrize(("start", "expected"), [(0.05, 0.1), (0.9, 1), (1.5, 1), (19, 10)])
def test_nearest_of_several_crossings(start, expected):
    def wave(scale: float) -> float:
        return float(5 * np.sin(np.pi * log10(scale)))

    critical, asked = found(wave, start)
    assert critical.weight_scale == pytest.approx(expected, rel=1e-6)
    reach = float(np.arcsin(0.2) / np.pi)
    assert critical.interval == pytest.approx((expected / 10**reach, expected * 10**reach), rel=1e-4)
    assert crossings(map(wave, SCALES[1:])) == 4
    assert asked < 65


def test_a_jump_is_told_by_what_is_on_both_sides():
    critical, _ = found(lambda scale: -9.0 if scale < 0.5 else 0.4 if scale < 2 else 3.0, 1.0)
    assert critical.weight_scale == pytest.approx(0.5, rel=1e-4)
    assert critical.ratios == (-9.0, 0.4)
    assert critical.interval == pytest.approx((0.5, 2), rel=2e-4)

    across, _ = found(lambda scale: -inf if scale < 0.5 else 3.0, 1.0)
    assert across.weight_scale == pytest.approx(0.5, rel=1e-4)
    assert (across.ratios, across.interval, across.width) == ((-inf, 3.0), None, None)


def test_open_ends():
    critical, _ = found(lambda scale: 0.1 * log10(scale), 3.0)
    assert critical.weight_scale == pytest.approx(1, rel=1e-9)
    assert (critical.interval, critical.width) == ((None, None), None)
    upward, _ = found(lambda scale: log10(scale) if scale > 1 else 0.01 * log10(scale), 3.0)
    assert upward.interval == (None, pytest.approx(10, rel=1e-4))


@pytest.mark.parametrize("curve", [lambda s: -inf, lambda s: 0.0, lambda s: 3.0, lambda s: -1e-9, lambda s: inf])
def test_no_crossing(curve):
    assert found(curve, 1.0) == (None, 65)


def test_an_exact_zero_on_the_grid():
    critical, asked = found(lambda scale: 0.0 if scale == SCALES[30] else 49 * log10(scale / SCALES[30]), SCALES[30])
    assert critical.weight_scale == SCALES[30]
    assert critical.ratios == (0, 0)
    assert critical.width == pytest.approx(10 ** (2 / 49), rel=1e-8)
    assert asked < 15
