"""readings(config, verdict): what practitioners would look at next, each with the number that says so.

From what reports of failed trainings had in common (CASES): NaN within ten steps is born of the start, NaN after
hundreds of good ones of the learning rate; clipping cannot repair what has overflowed; healthy gradients mean that the
fault is elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, isfinite

from simulation.sentences import digits, percent, power
from simulation.training.config import TrainingConfig
from simulation.training.diagnosis import BEHIND, LEARNED_SHARE, REFERENCE, TrainingVerdict
from simulation.training.expected import LARGE_RATIO, look_at, loss_text
from simulation.training.optimizers import OPTIMIZERS
from simulation.training.sentences import clipping_steps, layers

# A crash before the one is of the start, one after the other of the learning rate; between them it may be either.
EARLY, LATE = 10, 100
# Steps of more than 3 % of the weights are long, of less than 10^-4 short: a decade and a half, and one, from usual.
LONG, SHORT = REFERENCE + 1.5, REFERENCE - 1
UNDONE = 1.5  # a loss so many times its lowest has lost what was learned
HIDDEN_DECADES = 2.0  # so much smaller layer 1's gradient is where an optimizer hides that
FEW_SAMPLES = 4  # for batch norm: at 4, and without skips, the gradient grows by 3 a layer (FACTS 0.7)


def readings(config: TrainingConfig, verdict: TrainingVerdict) -> tuple[str, ...]:
    """Sentences, the most telling first; none where nothing is to be said."""
    rules = (_crash, _undone, _clipping, _batch_norm, _zeros, _lengths, _hidden, _validation)
    return tuple(text for rule in rules for text in rule(config, verdict))


def _crash(config: TrainingConfig, verdict: TrainingVerdict) -> Iterator[str]:
    crash = verdict.crash
    if not crash:
        return
    if crash.step < EARLY:
        yield f"Gone within ten steps: {look_at(verdict.expected)}{_suspects(config)}."
        if verdict.course.first < LARGE_RATIO * verdict.expected.first:
            yield f"The first loss is as expected, though: it is the steps that are too long, the first by {power(verdict.motion.first)} of the size of a layer's weights."  # fmt: skip
    elif crash.step >= LATE:
        yield f"Gone after {crash.step:,} steps that could be taken: look at the learning rate, {digits(config.setting_at('learning_rate', crash.step))}."  # fmt: skip
    else:
        yield f"Gone after {crash.step} steps: first look at the learning rate, then {look_at(verdict.expected)}{_suspects(config)}."  # fmt: skip
    if config.setting_at("clip", crash.step) == "norm" and crash.operation.startswith("the gradient"):
        yield "Clipping could not help: an infinite entry makes its coefficient 0, and 0 x infinity is NaN."


def _undone(config: TrainingConfig, verdict: TrainingVerdict) -> Iterator[str]:
    """That the loss was much lower before, and what was changed since."""
    course = verdict.course
    if verdict.state not in ("plateau", "slow", "erratic", "diverging", "dead") or not course.recent > UNDONE * course.lowest:  # fmt: skip
        return
    since = [f"{name.replace('_', ' ')} became {value} at step {step:,}" for step, name, value in config.changes if course.lowest_at <= step <= verdict.step]  # fmt: skip
    why = f": then {', and '.join(since)}" if since else ""
    yield f"The loss was {loss_text(course.lowest)} at step {course.lowest_at:,}{why}."


def _suspects(config: TrainingConfig) -> str:
    """Those that are not at their defaults, with their values."""
    network = config.network
    values = {"weight scale": network.weight_scale, "input scale": network.input_scale}
    if config.effective_loss == "mean_squared":
        values["target scale"] = config.target_scale
    unusual = [f"{name} {digits(value, 3)}" for name, value in values.items() if value != 1]
    return f" ({', '.join(unusual)})" if unusual else ""


def _clipping(config: TrainingConfig, verdict: TrainingVerdict) -> Iterator[str]:
    if config.setting_at("clip", verdict.step) == "none":
        return
    threshold, share = config.setting_at("threshold", verdict.step), verdict.clipped_share
    beyond = "the threshold" if any(name == "threshold" for _, name, _ in config.changes) else digits(threshold)
    if threshold == 0:
        yield "At threshold 0 every gradient becomes 0: nothing can learn."
    elif not share:
        yield f"Not one of {clipping_steps(verdict)} was clipped: no gradient was beyond {beyond} there."
    else:
        also = ": the threshold sets the length of the steps" if share == 1 else ""
        yield f"{percent(share)} of {clipping_steps(verdict)} were clipped, at {beyond}{also}."


def _batch_norm(config: TrainingConfig, verdict: TrainingVerdict) -> Iterator[str]:
    batch = config.network.batch
    if config.network.normalization != "batch" or batch > FEW_SAMPLES:
        return
    if batch == 1:
        yield "Batch norm over one sample gives 0 whatever the sample is: no gradient passes it."
    else:
        yield f"Batch norm takes mean and variance from {batch} samples: they are mostly noise."


def _zeros(config: TrainingConfig, verdict: TrainingVerdict) -> Iterator[str]:
    moves = verdict.motion
    if verdict.state == "dead" or verdict.crash:
        return
    if moves.dead:
        yield f"No unit of {layers(moves.dead)} lives."
    elif moves.untouched and verdict.state != "learned":
        yield f"In {layers(moves.untouched)} the gradient is exactly 0: smaller than {config.precision} can hold."


def _lengths(config: TrainingConfig, verdict: TrainingVerdict) -> Iterator[str]:
    """What the lengths of the steps say of gradients and learning rate."""
    ratios = verdict.motion.log10_update_ratio
    low, high = min(ratios), max(ratios)
    if verdict.state in ("erratic", "diverging", "plateau") and LONG < high < inf:
        yield f"Steps are long: on average one changes layer {ratios.index(high) + 1} by {power(high)} of its size, and about 10^-3 is usual. Lower the learning rate, or clip."  # fmt: skip
    elif verdict.state not in ("plateau", "slow") or verdict.idle:
        return
    elif high < SHORT:
        yield f"All layers move alike, but little: by {power(low)} to {power(high)} of their size in a step, and about 10^-3 is usual. Either the learning rate is low, or all gradients are small, as they are where the loss is flat."  # fmt: skip
    elif high - low <= BEHIND:
        yield f"Every layer moves: a step changes each by {power(low)} to {power(high)} of its size. Look at data, loss and learning rate."  # fmt: skip


def _hidden(config: TrainingConfig, verdict: TrainingVerdict) -> Iterator[str]:
    ratio, optimizer = verdict.motion.log10_gradient_ratio, OPTIMIZERS[config.optimizer]
    if optimizer.divides and -inf < ratio < -HIDDEN_DECADES and not verdict.crash:
        yield f"The gradient at layer 1 is {power(ratio)} of the last layer's; {optimizer.label} divides each by its own size, and so hides it."  # fmt: skip


def _validation(config: TrainingConfig, verdict: TrainingVerdict) -> Iterator[str]:
    seen, unseen = verdict.course.recent, verdict.course.validation_loss
    least = max(seen, LEARNED_SHARE * verdict.expected.constant)
    if verdict.state in ("learned", "learning") and not verdict.overfits and isfinite(unseen) and unseen > 2 * least:
        yield f"On the samples kept back the loss is {loss_text(unseen)}, on those learned from {loss_text(seen)}: part of what was learned holds for these alone."  # fmt: skip
