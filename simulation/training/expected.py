"""expect(config): the losses of networks that know nothing, which the losses of a run are read against."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import isfinite, isnan, log, nan

import numpy as np

from simulation.sentences import digits
from simulation.training.config import TrainingConfig
from simulation.training.data import Part, draw_data

# Up to USUAL times the expected one a first loss is as it should be: with He weights and a PyTorch head it is up to 1.3
# times, with squared error on one-hot targets 2 to 4. Beyond LARGE something is wrong: where starts failed in public,
# it was 30 to 10^7 times (CASES).
NEAR_RATIO, USUAL_RATIO, LARGE_RATIO = 1.25, 2.0, 5.0
# Squared errors from here on make steps that few learning rates can bear.
LARGE_SQUARE = 25.0
# Classes that are a little less even than 1 / C, as the part that is learned from makes them, are spoken of as even.
SAME = 0.005
NUMBERS = "Var(y)"


@dataclass(frozen=True)
class Expected:
    """What the loss is where nothing is known, on the training part.

    formula: `first` as it is derived. first: all outputs alike and small, as a run should start. constant: the
    least loss of an output that is the same for every sample. accuracy: of always naming the most frequent
    class, NaN for numbers. linear: of a network that is one linear map the least loss, NaN for others (see
    `linear_optimum`).
    """

    formula: str
    first: float
    constant: float
    accuracy: float
    linear: float = nan

    @property
    def chance(self) -> str:
        """The constant output's loss in words: how `first` is derived, where the two are as good as one."""
        if abs(self.first - self.constant) <= SAME * self.constant:
            return f"{self.formula} = {loss_text(self.first)}"
        return f"{loss_text(self.constant)} with one answer for all"


def loss_text(loss: float) -> str:
    """A loss with four digits, or with three in powers of 10."""
    return f"{loss:#.4g}".removesuffix(".") if 1e-3 <= loss < 1e4 else digits(loss, 3)


def expect(config: TrainingConfig) -> Expected:
    """The losses of a network that does not look at its inputs, for this run's data and loss.

    Cross-entropy: ln C; at best the entropy -sum p ln p of the class shares p. Squared error, on one-hot targets of
    height s: s^2 / C, at best the mean of s^2 p (1 - p); on numbers: their mean square, at best their variance.
    """
    targets = draw_data(config).train.targets
    if targets.ndim > 1:
        return Expected(
            NUMBERS, float(np.square(targets).mean()), float(targets.var(axis=0).mean()), nan, linear_optimum(config)
        )
    classes = config.shape[1]
    shares = np.bincount(targets, minlength=classes) / len(targets)
    accuracy = float(shares.max())
    if config.effective_loss == "cross_entropy":
        present = shares[shares > 0]
        return Expected(f"ln {classes}", log(classes), float(-present @ np.log(present)), accuracy)
    height, scale = config.target_scale**2, config.target_scale
    formula = f"1 / {classes}" if scale == 1 else f"{digits(scale, 4)}^2 / {classes}"
    return Expected(
        formula, height / classes, float(height * np.mean(shares * (1 - shares))), accuracy, linear_optimum(config)
    )


def linear_optimum(config: TrainingConfig) -> float:
    """The least squared error of any linear map on the training part, NaN where the network is not one or is less.

    With an intercept where biases are learned. Fixed biases, or layers narrower than both ends, leave less than all maps.
    """
    network, learns = config.network, "biases" in config.learn
    plain = network.activation == "linear" and network.normalization == "none" and (learns or not network.bias_scale)
    if config.effective_loss != "mean_squared" or not plain or network.width < min(config.shape):
        return nan
    data = draw_data(config)
    scale = config.target_scale if data.classes else 1.0
    return scale**2 * _least_squares(data.train, data.classes, learns)


@lru_cache(maxsize=4)
def _least_squares(part: Part, classes: int, intercept: bool) -> float:
    targets = np.eye(classes)[part.targets] if classes else part.targets
    inputs = np.column_stack([part.inputs, np.ones(len(targets))]) if intercept else part.inputs
    return float(np.square(inputs @ np.linalg.lstsq(inputs, targets)[0] - targets).mean())


def describe_first_loss(expected: Expected, first_loss: float) -> str:
    """The first loss beside the expected one, and what it means if it is much larger."""
    beside = f"a network that knows nothing has {expected.formula} = {loss_text(expected.first)}"
    if not isfinite(first_loss):
        what = "not a number" if isnan(first_loss) else "infinite"
        return (
            f"The first loss is {what}; {beside}. The numbers overflow before anything is learned: {look_at(expected)}."
        )
    ratio = first_loss / expected.first
    text = f"First loss {loss_text(first_loss)}; {beside}."
    if ratio >= LARGE_RATIO:
        return f"{text} That is {digits(ratio)} times as much, before anything is learned: {look_at(expected)}."
    if ratio >= USUAL_RATIO:
        return f"{text} That is {digits(ratio)} times as much: the outputs start rather large."
    if expected.formula == NUMBERS and expected.first >= LARGE_SQUARE:
        return f"{text} So it should start, but errors of that size make steps as large: look at target scale."
    if ratio > NEAR_RATIO:
        return f"{text} That is {digits(ratio)} times as much, which is usual for a start."
    if ratio > 1 / USUAL_RATIO:
        return f"{text} That is how a run should start."
    return f"{text} It is lower already, by luck of the first batch or of the draw."


def look_at(expected: Expected) -> str:
    """What sets how large outputs and errors are at the start; cross-entropy takes classes, which have no scale."""
    scales = " and input scale" if expected.formula.startswith("ln") else ", input scale and target scale"
    return f"look at initialization{scales}"
