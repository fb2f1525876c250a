"""The verdict: thresholds, directions, exact zeros, and where number formats end, on traces made by hand."""

from dataclasses import asdict, replace
from math import inf, log10

import numpy as np
import pytest

from simulation import NetworkConfig, SignalTrace, simulate
from simulation.diagnosis import FORMATS, STABLE_DECADES, diagnose


def hand_made(delta, activation=None, weight_grad=None, shares=0.0) -> SignalTrace:
    """A trace with these log10 sizes by layer, layer 1 first; what is not given is steady."""
    flat = np.zeros(len(delta))
    delta, activation, weight_grad = (
        flat if sizes is None else np.array(sizes, float) for sizes in (delta, activation, weight_grad)
    )
    share = np.broadcast_to(np.array(shares, float), flat.shape)
    return SignalTrace(flat, activation, delta, delta, weight_grad, weight_grad, share, share, share)


def powers(base: float, layers: int) -> np.ndarray:
    """log10 of base^l for l = 1, 2, ..."""
    return log10(base) * np.arange(1, layers + 1)


# The signal over five layers -> state
@pytest.mark.parametrize(
    ("total", "state"),
    [
        (0, "stable"),
        (-STABLE_DECADES, "stable"),
        (STABLE_DECADES, "stable"),
        (-STABLE_DECADES - 1e-6, "vanishing"),
        (STABLE_DECADES + 1e-6, "exploding"),
        (-1500, "vanishing"),
        (1500, "exploding"),
    ],
)
def test_state_by_decades(total, state):
    """Each signal is measured along its way: delta and dW from the last layer, the activation from the first."""
    ramp = np.linspace(0, total, 5)
    verdict = diagnose(hand_made(ramp[::-1], ramp, ramp[::-1]))
    for change in (verdict.delta, verdict.activation, verdict.weight_grad):
        assert change.state == state
        assert change.decades == pytest.approx(total)
        assert change.spread == pytest.approx(abs(total))
        assert log10(change.factor_per_layer) == pytest.approx(np.clip(total / 4, -300, 300))
    assert verdict.state == state
    assert verdict.depth == 5


def test_only_ratios_count():
    """A random output gradient has no size of its own: all verdicts are the same 50 decades up."""
    ramp = np.linspace(-1, 0, 5)
    low, high = diagnose(hand_made(ramp, ramp, ramp)), diagnose(hand_made(ramp + 50, ramp + 50, ramp + 50))
    for name in ("delta", "activation", "weight_grad"):
        assert getattr(low, name).decades == pytest.approx(getattr(high, name).decades)
    assert low.state == high.state == "stable"


@pytest.mark.parametrize("other", ["activation", "weight_grad"])
@pytest.mark.parametrize("end", [-3, 3, -inf])
def test_mixed(other, end):
    sizes = np.linspace(0, end, 4) if end > -inf else np.array([0, 0, 0, -inf])
    verdict = diagnose(hand_made(np.zeros(4), **{other: sizes if other == "activation" else sizes[::-1]}))
    assert verdict.delta.state == "stable"
    assert verdict.state == "mixed"
    assert getattr(verdict, other).decades == end
    assert verdict.two_stories == (other == "weight_grad")


# delta by layer -> the layer from which down nothing arrives
@pytest.mark.parametrize(
    ("delta", "dies_at"),
    [
        ([-inf, -inf, 0, 0], 2),
        ([-inf, 0, 0, 0], 1),
        ([-inf] * 4, 4),
        ([-inf, 0, -inf, 0], 1),  # a skip carries it past layer 3
        ([0, 0, -inf, 0], None),
        ([-1500, -1000, -500, 0], None),
    ],
)
def test_dead(delta, dies_at):
    verdict = diagnose(hand_made(delta))
    assert verdict.dies_at == dies_at
    assert (verdict.state == "dead") == (dies_at is not None)
    assert not (verdict.state == "dead" and verdict.two_stories)
    assert (verdict.delta.spread == inf) == (-inf in delta)


def test_two_stories_of_a_network_of_the_lecture():
    """W = 1.5 I: delta grows by 26 decades, dW is the same in all layers."""
    config = NetworkConfig(
        depth=150, width=2, batch=1, activation="linear", initializer="identity", inputs="ones", weight_scale=1.5
    )
    verdict = diagnose(simulate(config))
    assert (verdict.delta.state, verdict.weight_grad.state) == ("exploding", "stable")
    assert verdict.two_stories
    assert verdict.delta.factor_per_layer == pytest.approx(1.5)
    assert verdict.weight_grad.spread < 1e-9
    assert not diagnose(simulate(NetworkConfig())).two_stories  # sigmoid: both vanish


def test_shares_are_means_over_the_layers():
    verdict = diagnose(hand_made(np.zeros(4), shares=[0, 0, 0.5, 0.1]))
    assert verdict.inactive_fraction == verdict.dead_fraction == verdict.saturated_fraction == pytest.approx(0.15)


@pytest.mark.parametrize("depth", [1, 2])
def test_shallow(depth):
    verdict = diagnose(simulate(NetworkConfig(depth=depth, width=4, batch=3)))
    assert verdict.state == "stable"
    assert all(np.isfinite([c.decades for c in (verdict.delta, verdict.activation, verdict.weight_grad)]))


# FACTS 8: base -> the first l at which base^l is lost, by format in the registry's order
ENDS = {
    0.5: (25, 134, 150, 1075),
    0.25: (13, 67, 75, 538),
    1.1: (117, 931, 931, 7448),
    1.5: (28, 219, 219, 1751),
    2.0: (16, 128, 128, 1024),
}


@pytest.mark.parametrize("base", ENDS)
def test_where_the_formats_end(base):
    sizes = powers(base, 7500)
    forward = diagnose(hand_made(np.zeros(len(sizes)), sizes)).formats
    backward = diagnose(hand_made(sizes[::-1])).formats
    for fmt, layer in zip(FORMATS, ENDS[base], strict=True):
        way = len(sizes) + 1 - layer  # delta counts from the output, but the layer is named as always
        lost = (layer, None) if base < 1 else (None, layer)
        assert (forward[fmt]["activation"].first_zero, forward[fmt]["activation"].first_overflow) == lost
        lost = tuple(at and way for at in lost)
        assert (backward[fmt]["delta"].first_zero, backward[fmt]["delta"].first_overflow) == lost


@pytest.mark.parametrize("key", FORMATS)
def test_the_formats_are_those_of_pytorch(key):
    """Just inside a format's ends PyTorch keeps a number, just outside it does not (it rounds by way of float32)."""
    torch = pytest.importorskip("torch")
    dtype, fmt = getattr(torch, key), FORMATS[key]
    if key == "float64":
        tiny, top = np.nextafter(0, 1), np.finfo(np.float64).max
        assert fmt.log10_zero == pytest.approx(log10(tiny) - log10(2))
        assert fmt.log10_overflow == pytest.approx(log10(top))
        return
    for factor, kept in ((1.001, True), (0.999, False)):
        smallest = torch.tensor(10**fmt.log10_zero * factor, dtype=torch.float64)
        largest = torch.tensor(10**fmt.log10_overflow / factor, dtype=torch.float64)
        assert bool(smallest.to(dtype) > 0) == kept
        assert bool(largest.to(dtype).isfinite()) == kept


def test_exact_zeros_are_not_lost_to_a_format():
    for losses in diagnose(hand_made([-inf, -inf, 0], [0, -inf, -inf])).formats.values():
        for loss in losses.values():
            assert (loss.first_zero, loss.first_overflow) == (None, None)


def test_a_small_number_before_an_exact_zero_is_lost():
    losses = diagnose(hand_made([-inf, -60, 0])).formats
    assert losses["float32"]["delta"].first_zero == 2
    assert losses["float64"]["delta"].first_zero is None


def test_the_diagnosis_is_of_the_trace_alone():
    trace = simulate(NetworkConfig(depth=5, width=8, batch=4))
    assert diagnose(trace) == diagnose(replace(trace, activation_density=None))
    assert asdict(diagnose(trace))["delta"]["decades"] == trace.log10_delta_rms[0] - trace.log10_delta_rms[-1]
