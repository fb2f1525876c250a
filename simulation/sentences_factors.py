"""The factors in words: what costs the error signal most on its way back, and what makes dW as large as it is."""

from __future__ import annotations

from math import inf

import numpy as np

from simulation.activations import ACTIVATIONS
from simulation.config import NetworkConfig
from simulation.factors import PARTS, Factors
from simulation.normalizations import NORMALIZATIONS
from simulation.sentences import decades, digits

# Net decades over the whole depth that a part may make and still be said to keep the signal ...
KEEPS_DECADES = 0.5
# ... if it is also less than this share of the largest part.
KEEPS_SHARE = 0.1
# A part this many times as large as any other decides alone.
DECIDES = 2.0
# A norm that changes by less, in decades, stays alike: it would be printed as 0.0.
ALIKE = 0.05


def describe_factors(factors: Factors, config: NetworkConfig) -> str:
    """What costs and what gives the error signal how many decades in an average layer."""
    steps = len(factors.log10_total)
    if not steps:
        return "One layer: nothing between."
    names = part_names(config)
    if not factors.whole.any():
        return _where_nothing_is_whole(factors, names)
    text = _average(factors, names)
    if factors.whole.all():
        return text
    return f"{text} {_where_it_ends(factors, names) or 'Steps in which a part is exactly 0 are left out.'}"


def part_names(config: NetworkConfig) -> dict[str, str]:
    """What each of PARTS is in this network, with its article."""
    activation = ACTIVATIONS[config.activation].label.partition(" (")[0]
    return {
        "weights": "the weights",
        "slope": f"the {activation}'s slope",
        "normalization": NORMALIZATIONS[config.normalization].label,
        "skip": "the skip connection",
        "rest": "the correlation of gradient and slope",
    }


def _average(factors: Factors, names: dict[str, str]) -> str:
    average, steps = factors.average(), int(factors.whole.sum())
    # What is 0 in every step is not there (no norm, no skip, the slope of a linear function). Weights always are.
    present = [name for name in PARTS if name == "weights" or factors.part(name)[factors.whole].any()]
    present.sort(key=lambda name: -abs(average[name]))
    sizes = [abs(average[name]) for name in present]
    if sizes[0] * steps < KEEPS_DECADES:
        return "No part of a layer changes the error signal by even half a decade over the whole depth."

    def keeps(name: str) -> bool:
        return abs(average[name]) * steps < KEEPS_DECADES and abs(average[name]) <= KEEPS_SHARE * sizes[0]

    movers = [name for name in present if not keeps(name)]
    keepers = listed([names[name] for name in present if keeps(name) and name != "rest"])
    a_layer = " a layer" if steps > 1 else ""
    start = "on average" if steps > 1 else f"from layer {_only(factors) + 2} to layer {_only(factors) + 1}"
    amount = f"{_amount(average[movers[0]])}{a_layer}"
    if len(movers) == 1 and keepers:
        text = f"{start}, {keepers} would keep the error signal, but {_moves(movers[0], average, names)} it {amount}"
        return _sentence(text)
    text = f"{start}, {_moves(movers[0], average, names)} the error signal {amount}"
    if len(movers) > 1:
        if sizes[0] < DECIDES * sizes[1]:
            text = f"no part decides alone: {text}"
        others = [f"{_moves(name, average, names)} {digits(abs(average[name]))}" for name in movers[1:]]
        kept = f", {keepers} would keep it" if keepers else ""
        verb = "cost" if average["total"] < 0 else "give"
        together = "keep it" if keeps("total") else f"{verb} {digits(abs(average['total']))}"
        text = f"{text}, {', '.join(others)}{kept}; together they {together}"
    return _sentence(text)


def _only(factors: Factors) -> int:
    return int(np.flatnonzero(factors.whole)[0])


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def listed(words: list[str]) -> str:
    """a; a and b; a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _amount(value: float) -> str:
    text = digits(abs(value))
    return f"{text} decade{'' if text == '1' else 's'}"


def _moves(name: str, average: dict[str, float], names: dict[str, str]) -> str:
    verb = "cost" if average[name] < 0 else "give"
    return f"{names[name]} {verb if name == 'weights' else verb + 's'}"


def _where_it_ends(factors: Factors, names: dict[str, str]) -> str:
    """The layer at which the error signal first becomes exactly 0 on its way back, and by what; "" if nowhere."""
    ends = np.flatnonzero(np.isneginf(factors.log10_total))
    if not ends.size:
        return ""
    step = int(ends[-1])
    reasons = _zeros(factors, step)
    where = f"At layer {step + 1} the error signal becomes exactly 0"
    if not reasons:
        return f"{where}."
    if reasons == ["rest"]:
        return f"{where}: all of it meets slopes that are 0."
    return f"{where}, through {listed([names[name] for name in reasons])}."


def _zeros(factors: Factors, step: int) -> list[str]:
    """The parts that make the signal exactly 0 in this step."""
    return [name for name in PARTS if factors.part(name)[step] == -inf]


def _where_nothing_is_whole(factors: Factors, names: dict[str, str]) -> str:
    if np.isneginf(factors.log10_weight_grad_delta).all():
        return "The error signal is exactly 0 in every layer: there is nothing to split."
    carried = np.flatnonzero(np.isfinite(factors.log10_total))
    if carried.size:
        return "Nothing passes the branches: what error signal there is, skip connections alone carry on."
    return _where_it_ends(factors, names) or "The error signal comes up from exactly 0: there is no step to split."


def describe_weight_grad(factors: Factors) -> str:
    """What makes dW larger or smaller at layer 1 than at the last layer."""
    pieces = {
        "δ": factors.log10_weight_grad_delta,
        "the input": factors.log10_weight_grad_input,
        "their alignment": factors.log10_weight_grad_alignment,
    }
    start = "dW is δ times the layer's input."
    depth = len(factors.log10_weight_grad_delta)
    for layer in (1, depth):
        for name, sizes in pieces.items():
            if sizes[layer - 1] == -inf:
                reason = "δ and the input never meet" if name == "their alignment" else f"{name} is"
                return f"{start} At layer {layer} it is exactly 0, as {reason}."
    if depth == 1:
        return f"{start} With one layer there is nothing to compare."
    changes = {name: float(sizes[0] - sizes[-1]) for name, sizes in pieces.items()}
    moved = [f"{name} {_toward(change)}" for name, change in changes.items() if abs(change) >= ALIKE]
    whole = sum(changes.values())
    if not moved:
        return f"{start} Neither is larger or smaller at layer 1 than at layer {depth}."
    outcome = "is about as large as there" if abs(whole) < ALIKE else _toward(whole)
    return f"{start} From layer {depth} down to layer 1 {listed(moved)}: dW {outcome}."


def _toward(change: float) -> str:
    return f"{'shrinks' if change < 0 else 'grows'} by {decades(change)}"
