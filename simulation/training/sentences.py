"""How a run goes, in words: a headline with its numbers, true for the very run it is about."""

from __future__ import annotations

from itertools import pairwise
from math import inf, isnan

from simulation.sentences import Sentence, digits, percent, power
from simulation.training.config import TrainingConfig
from simulation.training.diagnosis import JUMP, TrainingVerdict
from simulation.training.evidence import FEWEST
from simulation.training.expected import loss_text
from simulation.training.records import Crash

WORDS = {
    "starting": "Too few steps to tell.",
    "learning": "Learning.",
    "learned": "Learned.",
    "slow": "Slow.",
    "fitted": "Fitted.",
    "plateau": "Plateau.",
    "erratic": "Erratic.",
    "diverging": "Diverging.",
    "dead": "Dead.",
    "crashed": "Crashed.",
}


def describe_training(config: TrainingConfig, verdict: TrainingVerdict) -> Sentence:
    """The headline: the state in a word, its numbers, and the layers that do not learn."""
    text = describe_crash(config, verdict.crash) if verdict.crash else _TEXTS[verdict.state](verdict)
    if verdict.overfits:
        text += f" {describe_overfitting(verdict)}"
    return Sentence(WORDS[verdict.state], text, "" if verdict.state in ("starting", "dead") else describe_idle(verdict))


def describe_overfitting(verdict: TrainingVerdict) -> str:
    """What became of the loss of the samples kept back."""
    course = verdict.course
    return f"On the samples kept back it rose meanwhile, from {loss_text(course.validation_lowest)} at step {course.validation_lowest_at:,} to {loss_text(course.validation_loss)}: overfitting."  # fmt: skip


def _after(verdict: TrainingVerdict) -> str:
    taken = verdict.step + 1
    return f"{taken:,} step{'' if taken == 1 else 's'}"


def _loss(verdict: TrainingVerdict) -> str:
    """The mean of late, said to be one where it is of more than one step."""
    course = verdict.course
    mean = f" (mean of the last {course.recent_steps:,} steps)" if course.recent_steps > 1 else ""
    return f"{loss_text(course.recent)}{mean}"


def _starting(verdict: TrainingVerdict) -> str:
    few = f", and this run has only {verdict.steps}" if verdict.steps < FEWEST else ""
    return f"After {_after(verdict)} the loss is {_loss(verdict)}; it takes {FEWEST} to see where it goes{few}."


def _learned(verdict: TrainingVerdict) -> str:
    course = verdict.course
    share = percent(course.recent / verdict.expected.constant)
    right = "" if isnan(course.accuracy) else f" {percent(course.accuracy)} of a batch are right."
    return f"In {_after(verdict)} the loss went from {loss_text(course.first)} to {_loss(verdict)}: {share} of what knowing nothing gives.{right}"  # fmt: skip


def _learning(verdict: TrainingVerdict) -> str:
    course, nothing = verdict.course, verdict.expected
    text = f"The loss went from {loss_text(course.first)} to {_loss(verdict)} in {_after(verdict)}"
    text += f"; over the last {course.change_steps:,} of them it fell by {percent(1 - course.change)}" if course.change < 1 else ""  # fmt: skip
    times = course.recent / nothing.constant
    still = f". It is still {digits(times)} times what knowing nothing gives, {nothing.chance}" if times > 1 else ""
    return f"{text}{still}."


def _slow(verdict: TrainingVerdict) -> str:
    course = verdict.course
    return f"The loss falls, but over the last {course.change_steps:,} of {_after(verdict)} by only {percent(1 - course.change)}: it is {_loss(verdict)}, and knowing nothing gives {verdict.expected.chance}."  # fmt: skip


def _plateau(verdict: TrainingVerdict) -> str:
    course, chance = verdict.course, verdict.expected.chance
    text = f"After {_after(verdict)} the loss stands at {_loss(verdict)}"
    if verdict.constant:
        return f"{text}: no better than knowing nothing, {chance}."
    beside = "worse than" if course.recent > verdict.expected.constant else "below"
    return f"{text} and hardly moves, {beside} what knowing nothing gives, {chance}."


def _fitted(verdict: TrainingVerdict) -> str:
    return f"After {_after(verdict)} the loss is {_loss(verdict)}: as low as a straight line, or plane, gets. Linear layers are one linear map together, and the best one, by least squares, leaves {loss_text(verdict.expected.linear)}; knowing nothing gives {verdict.expected.chance}."  # fmt: skip


def _erratic(verdict: TrainingVerdict) -> str:
    course = verdict.course
    if course.jump >= JUMP:
        return f"The loss jumps: from one point of its curve to the next it is multiplied by {digits(course.jump)} or more once in 20 times, and as often divided by as much. Of late it is {_loss(verdict)}; knowing nothing gives {verdict.expected.chance}."  # fmt: skip
    return f"The loss shot up to {loss_text(course.peak)} and is back at {_loss(verdict)}: still worse than what knowing nothing gives, {verdict.expected.chance}."  # fmt: skip


def _diverging(verdict: TrainingVerdict) -> str:
    course, nothing = verdict.course, verdict.expected
    times = digits(course.recent / nothing.constant)
    return f"The loss began at {loss_text(course.first)} and is {_loss(verdict)} after {_after(verdict)}: {times} times what knowing nothing gives, {nothing.chance}."  # fmt: skip


def _dead(verdict: TrainingVerdict) -> str:
    moves = verdict.motion
    since = f"Since step {moves.cut_off_since:,}" if moves.cut_off_since else "From the first step on"
    everywhere = len(moves.untouched) == len(moves.log10_update_ratio)
    why = f", as no unit of {layers(moves.dead)} lives" if moves.dead else ""
    text = f"{since} the gradient is exactly 0 for the weights of {'every layer' if everywhere else 'layer 1'}{why}."
    if everywhere and -inf < moves.log10_gradient_norm < inf:
        text += f" What there is, {power(moves.log10_gradient_norm)}, is that of biases and the head."
    chance = f", no better than knowing nothing, {verdict.expected.chance}" if verdict.constant else ""
    return f"{text} The loss stays at {_loss(verdict)}{chance}."


_TEXTS = {
    "starting": _starting, "learning": _learning, "learned": _learned, "slow": _slow, "fitted": _fitted, "plateau": _plateau,
    "erratic": _erratic, "diverging": _diverging, "dead": _dead,
}  # fmt: skip
_PLACES = {
    "weights": "the product with the weights of layer {}", "norm": "the norm of layer {}", "activation": "the activation of layer {}",
    "skip": "the skip connection at layer {}", "head": "the head", "loss": "the loss", "clipping": "clipping", "step": "the step itself",
}  # fmt: skip


def describe_crash(config: TrainingConfig, crash: Crash) -> str:
    """Where and when the first number was born that is none."""
    operation = crash.operation.removeprefix("the gradient of ")
    way = "in" if operation == crash.operation else "on the way back through"
    born = f"a number became too large for {config.precision}" if crash.what == "inf" else "the first NaN was born"
    return f"At step {crash.step:,} {born} {way} {_PLACES[operation].format(crash.layer)}. There the run ends."


def describe_idle(verdict: TrainingVerdict) -> str:
    """Which layers do not learn, with their steps beside the quickest one's; "" where all do."""
    idle, moves = verdict.idle, verdict.motion
    ratios = moves.log10_update_ratio
    if not idle:
        return ""
    who = "No layer learns" if len(idle) == len(ratios) > 1 else f"{capital(layers(idle))} {'do' if len(idle) > 1 else 'does'} not learn"  # fmt: skip
    slowest = min(idle, key=lambda layer: ratios[layer - 1])
    least, most = ratios[slowest - 1], max(*ratios, moves.head)
    quickest = "the head" if moves.head == most else f"layer {ratios.index(most) + 1}"
    if least == -inf:
        beside = "" if most == -inf else f", while {quickest} is changed by {power(most)} of its size"
        return f"{who}: layer {slowest} stays exactly as it was drawn{beside}."
    return f"{who}: a step changes layer {slowest} by {power(least)} of its size, {quickest} by {power(most)}; about 10^-3 is usual."  # fmt: skip


def clipping_steps(verdict: TrainingVerdict) -> str:
    """The steps that could be clipped: all of them, or those with clipping on."""
    count = verdict.clipping_steps
    return "the steps" if count == verdict.step + 1 else f"the {count:,} step{'' if count == 1 else 's'} with clipping"


def layers(numbers: tuple[int, ...]) -> str:
    """ "layer 3", "layers 1 and 2", "layers 1 to 5, 7 and 9": ascending numbers in words."""
    gaps = [(low, high) for low, high in pairwise(numbers) if high > low + 1]
    starts, ends = [numbers[0], *(high for _, high in gaps)], [*(low for low, _ in gaps), numbers[-1]]
    parts: list[str] = []
    for start, end in zip(starts, ends, strict=True):
        parts += [f"{start} to {end}"] if end > start + 1 else [str(layer) for layer in range(start, end + 1)]
    text = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"layer{'s' if len(numbers) > 1 else ''} {text}"


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]
