"""Under each title: what to look for, for the very network on the screen. And each chart in words."""

from math import isinf

import numpy as np
from numpy.typing import NDArray

from components.text import minus
from simulation.activations import ACTIVATIONS
from simulation.config import NetworkConfig
from simulation.diagnosis import STABLE_DECADES, Verdict
from simulation.sentences import decades, digits, factor, percent, power, two_stories
from simulation.trace import Density, SignalTrace

TITLES = {
    "backward-delta": "Error signal δ, backward",
    "backward-weights": "Weight gradient dW, what the optimizer sees",
    "forward": "Activations, forward",
    "heatmap-delta": "Where the error signals lie",
    "heatmap-activation": "Where the activations lie",
    "units": "Inactive, dead and saturated",
}

# The arrays that each chart of lines draws, and for the heatmaps the density they show.
ARRAYS = {
    "backward-delta": ("log10_delta_rms", "log10_activation_grad_rms"),
    "backward-weights": ("log10_weight_grad_norm", "log10_bias_grad_norm"),
    "forward": ("log10_pre_activation_rms", "log10_activation_rms"),
    "heatmap-delta": ("log10_delta_rms", "delta_density"),
    "heatmap-activation": ("log10_activation_rms", "activation_density"),
    "units": ("inactive_fraction", "dead_fraction", "saturated_fraction"),
}
_QUANTILES = {"10 % are below": 0.1, "half are below": 0.5, "90 % are below": 0.9}


def columns(panel: str, trace: SignalTrace) -> dict[str, NDArray[np.float64]]:
    """The chart's numbers, for its table: heads starting with "log10" hold logs, the others shares."""
    table: dict[str, NDArray[np.float64]] = {}
    for name in ARRAYS[panel]:
        values = getattr(trace, name)
        if isinstance(values, Density):
            table |= {f"log10 {head}": values.quantile(share) for head, share in _QUANTILES.items()}
            table["exactly 0"] = values.zeros / (values.zeros + values.below + values.counts.sum(axis=0))
        else:
            table[name.replace("_", " ")] = values
    return table


def caption(panel: str, verdict: Verdict, network: NetworkConfig) -> str:
    """One line for this chart of this network."""
    if verdict.depth == 1 and verdict.state == "stable" and panel in ("backward-delta", "backward-weights", "forward"):
        return "One layer only: there is nothing to compare it with."
    if panel == "forward" and network.normalization == "batch" and network.batch == 1 and network.residual == "none":
        return "Of one sample batch norm leaves exactly 0: nothing of the input goes through."
    return {
        "backward-delta": _delta,
        "backward-weights": _weights,
        "forward": _forward,
        "heatmap-delta": lambda v: (
            "Each column is a layer; a strong tone, many entries. The smallest 1 in 200 are left out."
        ),
        "heatmap-activation": lambda v: (
            "A tall column means that units differ much in size. The smallest 1 in 200 are left out."
        ),
        "units": lambda v: _units(network.activation),
    }[panel](verdict)


def _delta(verdict: Verdict) -> str:
    if verdict.state == "dead":
        return f"Nothing arrives: from layer {verdict.dies_at} down the error signal is exactly 0."
    if isinf(verdict.delta.decades):
        return "It is exactly 0 at the last layer, but not at layer 1: skips carry it past."
    if verdict.delta.state == "stable":
        if isinf(verdict.delta.spread):
            return "It ends about as it starts, but is exactly 0 in layers on the way: skips carry it past."
        if verdict.delta.spread > STABLE_DECADES:
            return f"It ends about as it starts, but swings by {decades(verdict.delta.spread)} on the way."
        return "Nearly flat is what training needs: every layer hears the output about equally well."
    return f"A straight slope is a constant factor per layer, here about {factor(verdict.delta)}. Flat is what training needs."


def _weights(verdict: Verdict) -> str:
    weight = verdict.weight_grad
    if story := two_stories(verdict):
        return story
    if weight.state == "stable" and weight.spread > STABLE_DECADES:
        swings = "is exactly 0 in layers" if isinf(weight.spread) else f"swings by {decades(weight.spread)}"
        return f"It is δ times the layer's input. It ends about as it starts, but {swings} on the way."
    if isinf(weight.decades) and weight.decades < 0 and not isinf(verdict.delta.decades):
        return (
            "It is δ times the layer's input, and exactly 0 at layer 1, because its input is: nothing can learn there."
        )
    return "Its size is δ times the layer's input: here both tell the same story."


def _forward(verdict: Verdict) -> str:
    activation, delta = verdict.activation, verdict.delta
    if isinf(activation.decades):
        if activation.decades > 0:
            return "The activations are exactly 0 at layer 1: only biases bring later layers to life."
        return "The activations end at exactly 0: nothing of the input reaches the output."
    if activation.state == "stable":
        if activation.spread > STABLE_DECADES:
            swings = "is exactly 0 in layers" if isinf(activation.spread) else f"swings by {decades(activation.spread)}"
            return f"The forward signal ends about as large as it starts, but {swings} on the way."
        if delta.state == "stable":
            return "The forward signal keeps its size, too."
        return "The forward signal keeps its size: looking only at activations would miss the problem."
    change = "shrinks" if activation.decades < 0 else "grows"
    return f"The forward signal {change} by about {factor(activation)} a layer."


def _units(activation: str) -> str:
    phi = ACTIVATIONS[activation]
    low, high = phi.flat
    zones = [f"z below {digits(low, 3)}"] * (not isinf(low)) + [f"z above {digits(high, 3)}"] * (not isinf(high))
    flat = f"Saturated: {' or '.join(zones)}." if zones else f"{phi.label} has no flat zone to saturate in."
    return minus(f"Inactive: slope exactly 0. Dead: so for the whole batch. {flat}")


def description(panel: str, trace: SignalTrace, verdict: Verdict) -> str:
    """The chart in words, for those who do not see it."""
    if panel == "units":
        return (
            f"Means over the layers: {percent(verdict.inactive_fraction)} of the entries inactive, "
            f"{percent(verdict.dead_fraction)} of the units dead, {percent(verdict.saturated_fraction)} of the entries saturated."
        )
    name = ARRAYS[panel][panel == "forward"]
    sizes = getattr(trace, name)
    words = name.removeprefix("log10_").replace("_", " ")
    zeros = int(np.isneginf(sizes).sum())
    lost = f" It is exactly 0 in {zeros} layer{'s' * (zeros > 1)}." if zeros else ""
    return f"{TITLES[panel]}: {words} by layer, {power(sizes[0])} at layer 1, {power(sizes[-1])} at layer {trace.depth}.{lost}"
