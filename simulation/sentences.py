"""Verdicts in words: short, and true for the very network they are about."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isinf

from simulation.diagnosis import STABLE_DECADES, Change, Verdict

WORDS = {
    "vanishing": "Vanishing.",
    "stable": "Stable.",
    "exploding": "Exploding.",
    "mixed": "Mixed.",
    "dead": "Dead.",
}


@dataclass(frozen=True)
class Sentence:
    """A verdict in one word, what it means in one sentence, and what else there is to say."""

    word: str
    text: str
    note: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.word, self.text, self.note) if part)


def digits(value: float, significant: int = 2) -> str:
    """The number with so many significant digits, never rounded to 0."""
    if value == 0 or isinf(value):
        return f"{value:g}"
    text = f"{value:.{significant}g}"
    if "e" in text and 1e-3 <= abs(value) < 1e6:
        return f"{float(text):,.0f}" if abs(value) >= 1 else f"{float(text):.6g}"
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa} x 10^{int(exponent)}" if exponent else mantissa


def decades(value: float) -> str:
    """A number of decades, without its sign."""
    size = abs(value)
    text = f"{size:,.0f}" if size >= 9.95 else f"{size:.1f}" if size >= 0.05 else digits(size, 1)
    return f"{text} decade{'' if text in ('1', '1.0') else 's'}"


def power(log10_size: float) -> str:
    """A size, given by its log10, as a power of ten."""
    if isinf(log10_size):
        return "exactly 0"
    return f"10^{round(log10_size, 1) + 0.0:.{1 if abs(log10_size) < 10 else 0}f}"  # + 0.0 makes -0.0 a plain 0


def percent(share: float) -> str:
    """A share in percent, with two digits or more, never rounded to 0 or to 100."""
    value = 100 * share
    if 0 < value < 1:
        return f"{digits(value)} %"
    if 99 < value < 100:
        return f"{min(value, 99.99):.4g} %"
    return f"{value:.0f} %"


def factor(change: Change) -> str:
    """The factor per layer with as many digits as tell it from 1."""
    value = change.factor_per_layer
    places = 1 if value >= 10 else 2 if abs(value - 1) >= 0.02 else 3 if abs(value - 1) >= 0.002 else 4
    return f"x {value:.{places}f}" if 0.1 <= value < 100 else f"x {digits(value)}"


def describe(verdict: Verdict) -> Sentence:
    """The verdict on the network, with its numbers."""
    delta, depth = verdict.delta, verdict.depth
    over = f"{depth} layers" if depth > 1 else "one layer"
    if verdict.state == "dead":
        text = f"No error signal reaches layer 1: it is exactly 0 from layer {verdict.dies_at} down; nothing can learn there."
    elif verdict.state == "vanishing":
        text = f"On average a layer keeps {percent(delta.factor_per_layer)} of the error signal: {decades(delta.decades)} lost over {over}."
    elif isinf(delta.decades):
        text = f"The error signal is exactly 0 at layer {depth}, yet skips carry it on to layer 1: there is no ratio to tell."
    elif verdict.state == "exploding":
        text = f"On average a layer multiplies the error signal by {factor(delta)[2:]}: {decades(delta.decades)} gained over {over}."
    elif depth == 1:
        text = "With one layer there is nothing to compare."
    else:
        text = (
            f"Over {over} the error signal ends within {_within(delta)} of where it starts ({factor(delta)} a layer)."
        )
    return Sentence(WORDS[verdict.state], text, _advice(verdict))


def _advice(verdict: Verdict) -> str:
    """What to look at next; that the gradients are fine only where all layers are alike, not just the two ends."""
    if verdict.state == "mixed":
        return _what_else_moves(verdict)
    if verdict.state != "stable" or verdict.depth == 1:
        return ""
    swing = max(change.spread for change in (verdict.delta, verdict.activation, verdict.weight_grad))
    if isinf(swing):
        return "The two ends agree, but in some layers on the way a signal is exactly 0."
    if swing > STABLE_DECADES:
        return f"The two ends agree, but on the way a signal swings by {decades(swing)}."
    return "The gradients are fine at the start: look at data, loss and learning rate next."


def _what_else_moves(verdict: Verdict) -> str:
    parts = []
    if verdict.weight_grad.state != "stable":
        parts.append(f"the weight gradient {_toward(verdict.weight_grad, 'layer 1')}")
    if verdict.activation.state != "stable":
        parts.append(f"the activation {_toward(verdict.activation, 'the last layer')}")
    return "But " + ", and ".join(parts) + "."


def _toward(change: Change, end: str) -> str:
    if isinf(change.decades):
        return f"is exactly 0 at {end}" if change.decades < 0 else f"comes up from exactly 0 toward {end}"
    return f"{'shrinks' if change.decades < 0 else 'grows'} by {decades(change.decades)} toward {end}"


def _within(change: Change) -> str:
    """A bound on the decades, to one place: rounded up, so that it is one."""
    return decades(max(ceil(abs(change.decades) * 10) / 10, 0.1))


def describe_remedied(verdict: Verdict) -> str:
    """What the remedies make of the error signal; follows "With so and so, ..."."""
    delta = verdict.delta
    if verdict.state == "dead":
        return "no error signal reaches layer 1: it is exactly 0 there."
    if verdict.depth == 1:
        return "with one layer there is nothing to compare."
    if delta.state == "stable":
        return f"it reaches layer 1 within {_within(delta)} of its full size ({factor(delta)} a layer)."
    average = "" if isinf(delta.decades) else f" ({factor(delta)} a layer)"
    return f"it {_toward(delta, 'layer 1')}{average}."


def two_stories(verdict: Verdict) -> str:
    """Why the error signal and the weight gradient part, or "" where they agree.

    dW_l is the product of delta_l and the layer's input: what one gains on the way the other may lose.
    """
    if not verdict.two_stories:
        return ""
    delta, weight, inputs = verdict.delta, verdict.weight_grad, verdict.activation
    if isinf(verdict.log10_weight_grad_typical):
        return "Another story: dW is exactly 0 in most layers, because their inputs are."
    if isinf(weight.decades) and weight.decades < 0:
        return "Another story: dW is exactly 0 at layer 1, because its input is."
    if weight.state == "stable":
        alike = (
            "is alike in all layers"
            if weight.spread <= STABLE_DECADES
            else "is about as large at layer 1 as at the last"
        )
        near = power(verdict.log10_weight_grad_typical)
        return f"Another story: dW {alike}, near {near}. It is δ times the layer's input{_makes_up(delta, inputs)}."
    other = "is steady" if delta.state == "stable" else _toward(delta, "layer 1")
    return f"Another story: dW {_toward(weight, 'layer 1')}, while δ {other}. It is δ times the layer's input."


def _makes_up(delta: Change, inputs: Change) -> str:
    """That the inputs lose forward what delta loses backward, where they do."""
    same_way = delta.decades * inputs.decades > 0 and abs(inputs.decades) > abs(delta.decades) / 2
    return f", which {'shrinks' if delta.decades < 0 else 'grows'} forward as δ does backward" if same_way else ""
