"""describe_range_test(result): a learning-rate range test in words."""

from __future__ import annotations

from math import inf, isnan

import numpy as np

from simulation.diagnosis import STABLE_DECADES
from simulation.sentences import decades, digits, power
from simulation.training.curvature import STABLE_PRODUCT
from simulation.training.expected import loss_text
from simulation.training.optimizers import OPTIMIZERS
from simulation.training.range_test import RangeTest

NOTABLE = 0.1  # of what knowing nothing gives: a loss less than that below it is not worth a rate


def describe_range_test(result: RangeTest) -> str:
    """What the rate did, where it broke, what the theory says, and what no rate can change."""
    return " ".join((_best(result), _stable(result), _theory(result), _cannot(result))).replace("  ", " ").strip()


def _best(result: RangeTest) -> str:
    steps = result.config.steps
    if np.isinf(result.losses).all():
        return "At every rate tried the numbers end before the run does."
    loss = float(result.losses[result.best])
    if loss > (1 - NOTABLE) * result.expected.constant:
        return f"At no rate tried is the loss after {steps} steps a tenth below what knowing nothing gives, {result.expected.chance}: the best is {loss_text(loss)}, at {digits(result.rates[result.best], 3)}."  # fmt: skip
    return f"After {steps} steps the loss is lowest at rate {digits(result.rates[result.best], 3)}: {loss_text(loss)}, from {loss_text(result.first_loss)}."  # fmt: skip


def _stable(result: RangeTest) -> str:
    stable, broken = result.largest_stable, result.smallest_unstable
    if broken is None:
        return "No rate tried leaves it higher than it was."
    ends = "the numbers end" if np.isinf(result.losses[result.rates == broken][0]) else "it ends higher than it was"
    if stable is None:
        return f"Even at {digits(broken, 3)} {ends}."
    return f"The largest stable rate tried is {digits(stable, 3)}; at {digits(broken, 3)} {ends}."


def _theory(result: RangeTest) -> str:
    if result.theory is None:
        return ""
    product = STABLE_PRODUCT[result.config.optimizer]
    return f"The theory for deep linear networks, {digits(product, 3)} / λ at the start, gives {digits(result.theory, 3)}. Beyond it a run need not diverge: it may come to where the loss is less steep."  # fmt: skip


def _cannot(result: RangeTest) -> str:
    ratio, optimizer = result.log10_gradient_ratio, OPTIMIZERS[result.config.optimizer]
    if isnan(ratio):
        return ""
    if ratio == -inf:
        return "At no rate does layer 1 learn from the first step: its gradient is exactly 0 there."
    if abs(ratio) <= STABLE_DECADES:
        return f"The gradients of the first and the last layer start within {decades(max(abs(ratio), 0.1))} of each other: one rate can suit both."  # fmt: skip
    size = f"dW at layer 1 starts at {power(ratio)} of the last layer's"
    if optimizer.divides:
        return f"{size}, at every rate; {optimizer.label} divides each by its own size, and so hides that."
    moves = result.log10_movement[result.best]
    return f"What no rate changes: {size}. At the best rate a step changes layer 1 by {power(moves)} of its size; about 10^-3 is usual."  # fmt: skip
