"""diagnose_training(config, records, crash) -> TrainingVerdict: how a run goes, or went, with the numbers behind it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan

from simulation.training.config import TrainingConfig
from simulation.training.evidence import FEWEST, LossCourse, Motion, Records, loss_course, motion, of_network
from simulation.training.expected import Expected, expect
from simulation.training.records import Crash

# The thresholds. Losses are compared with the constant output's (`Expected.constant`).
# Learned: a tenth of it is left (for ten classes 0.23: 19 samples in 20 are right). Or as many are right, at 60 % of
# it: where classes overlap no loss comes near 0, nor where a network without biases can say nothing about samples
# that reach no living unit: with two of XOR's four its loss ends at half of ln 2.
LEARNED_SHARE = 0.1
LEARNED_ACCURACY, LEARNED_LOSS = 0.95, 0.6
# Plateau: within 1 % of it, as in CASES 1 and 4; or within two standard errors, up to 5 %.
PLATEAU_SHARE, NOISE, MOST_NOISE = 0.01, 2.0, 0.05
# Learning: a tenth of the loss went over the later half of the steps. Less is slow, and below half a percent, or
# below three standard errors, it is nothing. Where the batches' noise would hide even a tenth, it counts that the loss
# is below the constant output's, or half the first.
LEARNING_SHARE, SLOW_SHARE, CLEARLY = 0.1, 0.005, 3.0
# Diverging: the loss is so many times that of a constant output, and of the first step, and does not fall. In the
# first steps healthy runs overshoot, too, so there it takes more.
WORSE, FAR_WORSE = 1.5, 10.0
# Erratic: once in 20 steps the loss is tripled, and once divided by 3; or it has been that high, and is still worse
# than a constant output. Batches of 64 alone make it jump by 1.5 to 2.5.
JUMP, PEAK = 3.0, 3.0
# Overfitting: the loss of the samples kept back is so many times its lowest, while that of those learned from fell.
RISEN = 1.5
# A step usually changes weights by 10^-3 of their size (a rule of thumb). A layer changed by a hundredth of that, and
# by a hundredth of what the quickest layer is, stands still beside it.
REFERENCE, BEHIND = -3.0, 2.0


@dataclass(frozen=True)
class TrainingVerdict:
    """The diagnosis of one network's run, as far as it is recorded.

    state: "starting" (too few steps to tell), "learning", "learned", "slow", "plateau", "erratic", "diverging",
    "dead" (no gradient reaches layer 1, as all units of a layer are dead, or none reaches any layer), "crashed".
    "fitted": a network that is one linear map, at the least loss of any.
    constant: whether the loss is that of an output that is the same for all samples, within the batches' noise.
    idle: the layers that stand still beside the quickest one, from 1. clipping_steps: how many of the steps so far
    had clipping on; clipped_share: of these, NaN of none.
    step: of the last record; steps: how many are asked for.
    """

    state: str
    step: int
    steps: int
    expected: Expected
    course: LossCourse
    motion: Motion
    constant: bool
    idle: tuple[int, ...]
    clipping_steps: int
    clipped_share: float
    crash: Crash | None

    @property
    def overfits(self) -> bool:
        """Whether the loss of the samples kept back rose, by more than a plateau is wide, while the other one fell."""
        course, least = self.course, PLATEAU_SHARE * self.expected.constant
        rose = course.validation_loss > max(RISEN * course.validation_lowest, course.validation_lowest + least)
        return rose and course.recent < course.loss_then and self.state not in ("starting", "dead", "crashed")


def diagnose_training(
    config: TrainingConfig, records: Records, crash: Crash | None = None, network: int = 0
) -> TrainingVerdict:
    """The verdict on one network of a run, be it done or not.

    config: with the `changes` that were made (Trainer.config). records: as `records.together` gives them, at least
    one. crash: that network's.
    """
    of = of_network(records, network)
    expected, course = expect(config), loss_course(of)
    whole = of if crash is None else {name: values[of["step"] < crash.step] for name, values in of.items()}
    moves = motion(whole if len(whole["step"]) else of)  # the step that broke says nothing of how layers move
    taken = int(of["step"][-1]) + 1
    clipping = config.clipping_steps(taken)
    return TrainingVerdict(
        state="crashed" if crash else _state(expected, course, moves, config.network.depth),
        step=taken - 1,
        steps=config.steps,
        expected=expected,
        course=course,
        motion=moves,
        constant=_is_constant(expected, course),
        idle=_idle(moves) if len(whole["step"]) else (),
        clipping_steps=clipping,
        clipped_share=round(taken * float(of["clipped_share"][-1])) / clipping if clipping else nan,
        crash=crash,
    )


def _state(expected: Expected, course: LossCourse, moves: Motion, depth: int) -> str:
    constant, loss = expected.constant, course.recent
    worst = max(constant, course.first)
    falls = course.change < 1 and course.moves(CLEARLY)
    if course.records < FEWEST:
        return "diverging" if loss >= FAR_WORSE * worst else "starting"
    if _is_learned(expected, course):
        return "learned"
    if moves.cut_off_since is not None and (moves.dead or len(moves.untouched) == depth):
        return "dead"
    if loss <= expected.linear + _noise(course, expected.linear):
        return "fitted"
    if loss >= WORSE * worst and not falls:
        return "diverging"
    if falls and course.change <= 1 - LEARNING_SHARE and (loss < constant or course.peak < PEAK * worst):
        return "learning"
    at_constant = _is_constant(expected, course)
    if course.jump >= JUMP or (loss > constant and not at_constant and course.peak >= PEAK * worst):
        return "erratic"
    if falls and course.change <= 1 - SLOW_SHARE and loss < constant:
        return "slow"
    unclear = course.change_noise**-CLEARLY <= 1 - LEARNING_SHARE
    fell = loss < constant or loss < course.first / 2
    return "learning" if unclear and fell and not at_constant else "plateau"


def _is_learned(expected: Expected, course: LossCourse) -> bool:
    loss = course.recent + NOISE * course.noise
    few_wrong = course.accuracy >= LEARNED_ACCURACY and loss <= LEARNED_LOSS * expected.constant
    return loss <= LEARNED_SHARE * expected.constant or few_wrong


def _is_constant(expected: Expected, course: LossCourse) -> bool:
    return abs(course.recent - expected.constant) <= _noise(course, expected.constant)


def _noise(course: LossCourse, level: float) -> float:
    """So far from a level a loss may be, and still be there."""
    return max(PLATEAU_SHARE * level, min(NOISE * course.noise, MOST_NOISE * level))


def _idle(moves: Motion) -> tuple[int, ...]:
    quickest = max(*moves.log10_update_ratio, moves.head)
    limit = min(REFERENCE - BEHIND, quickest - BEHIND)
    return tuple(i for i, ratio in enumerate(moves.log10_update_ratio, 1) if ratio <= limit or ratio == -inf)
