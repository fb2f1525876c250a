"""One layer in words: what goes in, what comes out, forward and backward, and what it means for its weights."""

from __future__ import annotations

from math import floor, isinf

from simulation.probe import LayerView, Step
from simulation.sentences import digits, percent


def size(log10_size: float) -> str:
    """A size by its log10, with two digits however large or small it is."""
    if isinf(log10_size):
        return "exactly 0"
    if -4 <= log10_size < 5:
        return digits(10.0**log10_size)
    exponent = floor(log10_size)
    return f"{min(10.0 ** (log10_size - exponent), 9.9):.1f} x 10^{exponent}"


def describe_forward(view: LayerView) -> str:
    """From the values that the layer is given to those that it hands on."""
    layer, (start, *steps) = view.layer, view.forward
    source = "the inputs" if layer == 1 else f"layer {layer - 1}"
    goal = "is the network's output" if layer == view.depth else f"goes on to layer {layer + 1}"
    after = ", ".join(f"{_with(step)} {size(step.log10_rms)}" for step in steps)
    label = next(step.label for step in steps if step.kind == "activation")
    flat = ""
    if view.saturated_fraction:
        flat = f" {percent(view.saturated_fraction)} of what {label} is given lies where it is flat."
    return f"Layer {layer} gets values of rms {size(start.log10_rms)} from {source}: {after}. That {goal}.{flat}"


def describe_backward(view: LayerView) -> str:
    """From the gradient that arrives at the layer's output to delta, dW and what is handed on."""
    layer, (start, *steps) = view.layer, view.backward
    at = [step.kind for step in steps].index("weights")
    if layer == view.depth:
        text = f"In place of a loss's gradient, numbers of rms {size(start.log10_rms)} are put in at the output"
    else:
        text = f"Layer {layer} gets a gradient of rms {size(start.log10_rms)} from layer {layer + 1}"
    until = [f"{_with(step, backward=True)} {size(step.log10_rms)}" for step in steps[:at]]
    text += f": {', '.join(until)}. That is its δ." if until else ". That is its δ."
    norm = (
        "which is exactly 0" if isinf(view.log10_weight_grad_norm) else f"of norm {size(view.log10_weight_grad_norm)}"
    )
    text += f" δ times what the weights were given makes dW, {norm}."
    goal = (
        "is the gradient of the inputs, where nothing is left to learn"
        if layer == 1
        else f"goes on to layer {layer - 1}"
    )
    beyond = ", ".join(f"{_with(step, backward=True)} {size(step.log10_rms)}" for step in steps[at:])
    text += f" {beyond[0].upper()}{beyond[1:]}: that {goal}."
    if view.inactive_fraction:
        text += f" At {percent(view.inactive_fraction)} of the entries the slope is exactly 0, so nothing passes there."
    return text


def _with(step: Step, backward: bool = False) -> str:
    if step.kind == "skip":
        return "with the skip's gradient added" if backward else "with the block's input added"
    if step.kind == "activation" and backward:
        return f"after the slope of {step.label}"
    return f"after {step.label if step.kind in ('norm', 'activation') else f'the {step.label}'}"
