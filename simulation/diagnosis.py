"""diagnose(trace) -> Verdict: what happens to each signal, always with the numbers behind it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isinf, log10

import numpy as np
from numpy.typing import NDArray

from simulation.registry import Registry
from simulation.trace import SignalTrace

Array = NDArray[np.float64]

# A signal that changes by no more than this over the whole depth counts as stable.
STABLE_DECADES = 2.0


@dataclass(frozen=True)
class NumberFormat:
    """A floating-point format: sizes at or below `log10_zero` round to 0, at or above `log10_overflow` to infinity."""

    key: str
    label: str
    summary: str
    log10_zero: float
    log10_overflow: float


def _format(key: str, digits: int, smallest_exponent: int, largest_exponent: int, summary: str) -> NumberFormat:
    """From the number of significand bits, the smallest subnormal's exponent and the largest number's."""
    half_step_over_largest = log10(2 - 2.0**-digits)
    return NumberFormat(
        key, key, summary,
        log10_zero=(smallest_exponent - 1) * log10(2),
        log10_overflow=largest_exponent * log10(2) + half_step_over_largest,
    )  # fmt: skip


FORMATS: Registry[NumberFormat] = Registry(
    _format("float16", 11, -24, 15, "Half precision: from 6e-8 to 65,504."),
    _format("bfloat16", 8, -133, 127, "Brain float: float32's range with a quarter of its digits."),
    _format("float32", 24, -149, 127, "Single precision: from 1e-45 to 3e38."),
    _format("float64", 53, -1074, 1023, "Double precision: from 5e-324 to 2e308."),
)


@dataclass(frozen=True)
class Change:
    """How much a signal changes over the depth, in the direction in which it travels.

    decades: log10 of its size at the end of its way over that at the start; for dW, layer 1 over the
    last layer, like delta. -inf if it arrives as exactly 0.
    factor_per_layer: the same, as the average factor from one layer to the next.
    state: "stable", "vanishing" or "exploding", by the decades alone.
    spread: log10 of the largest over the smallest layer, whichever they are; inf if one is exactly 0.
    """

    decades: float
    factor_per_layer: float
    state: str
    spread: float


@dataclass(frozen=True)
class Loss:
    """Where, on its way, a signal of this size would first round to 0 or overflow in a format (1-based layers)."""

    first_zero: int | None
    first_overflow: int | None
    exact_zero: int | None = None  # where it is exactly 0 anyway, in any format


@dataclass(frozen=True)
class Verdict:
    """The diagnosis of one trace.

    state: "vanishing", "stable", "exploding" (all three delta's), "mixed" (delta is stable, another
        signal is not) or "dead" (delta at layer 1 is exactly 0).
    Shares are means over the layers. `dies_at` is the layer from which down delta is exactly 0 in every
    layer, None if it reaches layer 1. `log10_weight_grad_typical` is the median over the layers. `formats`
    tells for each number format what becomes of "activation" and of "delta" (by their rms; delta for the
    output gradient put in).
    """

    state: str
    depth: int
    delta: Change
    activation: Change
    weight_grad: Change
    inactive_fraction: float
    dead_fraction: float
    saturated_fraction: float
    dies_at: int | None
    log10_weight_grad_typical: float
    formats: dict[str, dict[str, Loss]]

    @property
    def two_stories(self) -> bool:
        """Whether delta and dW lead to different conclusions."""
        return self.delta.state != self.weight_grad.state and self.state != "dead"


def _change(log10_sizes: Array) -> Change:
    """For sizes in the order of travel."""
    start, end = float(log10_sizes[0]), float(log10_sizes[-1])
    decades = -inf if isinf(end) else inf if isinf(start) else end - start
    per_layer = decades / max(len(log10_sizes) - 1, 1)
    factor = 10.0 ** (per_layer if isinf(per_layer) else min(max(per_layer, -300.0), 300.0))
    state = "stable" if abs(decades) <= STABLE_DECADES else "vanishing" if decades < 0 else "exploding"
    smallest = float(log10_sizes.min())
    return Change(decades, factor, state, inf if isinf(smallest) else float(log10_sizes.max()) - smallest)


def _loss(log10_sizes: Array, fmt: NumberFormat, layers: NDArray[np.int_]) -> Loss:
    """For sizes in the order of travel; `layers` names them (1-based)."""

    def first(hit: NDArray[np.bool_]) -> int | None:
        return int(layers[int(np.argmax(hit))]) if hit.any() else None

    alive = log10_sizes > -inf  # what is 0 already is not lost to the format
    slack = 1e-9  # 0.5^25 is half of float16's smallest number and rounds to 0; its log may come out above
    return Loss(
        first_zero=first(alive & (log10_sizes <= fmt.log10_zero + slack)),
        first_overflow=first(log10_sizes >= fmt.log10_overflow - slack),
        exact_zero=first(~alive),
    )


def diagnose(trace: SignalTrace) -> Verdict:
    """The verdict on a trace (DESIGN 3): ratios only, as the output gradient's size is arbitrary."""
    depth, delta = trace.depth, trace.log10_delta_rms
    forward = np.arange(1, depth + 1)
    changes = {
        "delta": _change(delta[::-1]),
        "activation": _change(trace.log10_activation_rms),
        "weight_grad": _change(trace.log10_weight_grad_norm[::-1]),
    }
    alive = np.flatnonzero(delta > -inf)
    if isinf(delta[0]):
        state = "dead"
    elif changes["delta"].state != "stable":
        state = changes["delta"].state
    else:
        state = "stable" if all(change.state == "stable" for change in changes.values()) else "mixed"
    return Verdict(
        state=state,
        depth=depth,
        **changes,
        inactive_fraction=float(trace.inactive_fraction.mean()),
        dead_fraction=float(trace.dead_fraction.mean()),
        saturated_fraction=float(trace.saturated_fraction.mean()),
        dies_at=(int(alive[0]) if alive.size else depth) or None,
        log10_weight_grad_typical=float(np.median(trace.log10_weight_grad_norm)),
        formats={
            key: {
                "activation": _loss(trace.log10_activation_rms, fmt, forward),
                "delta": _loss(delta[::-1], fmt, forward[::-1]),
            }
            for key, fmt in FORMATS.items()
        },
    )
