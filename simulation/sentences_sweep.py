"""describe_sweep: what a sweep shows, in sentences that are true for the very curves they are about."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from simulation.axes import OVER
from simulation.config import NetworkConfig
from simulation.critical import INTERVAL_DECADES, Critical
from simulation.diagnosis import STABLE_DECADES
from simulation.initializers import INITIALIZERS
from simulation.normalizations import NORMALIZATIONS
from simulation.remedies import REMEDIES, apply_remedies
from simulation.sentences import decades, digits, power
from simulation.sweep import Curve, Sweep

Array = NDArray[np.float64]
# Where the curve moves by no more than this over a factor of ten or more, the scale is said to matter little.
FLAT_DECADES = 0.5
_MOST_RUNS = 4


def describe_sweep(result: Sweep) -> str:
    """What the sweep shows, of the network as it is and with the remedies."""
    if not result.axis.size:
        return ""
    if result.config.depth == 1 and result.over != "depth":
        return "With one layer there is nothing to compare."
    parts = _curve(result, result.baseline, result.config)
    if result.over == "weight_scale":
        parts.append(_by_depth(result.critical_by_depth))
    if result.remedied:
        labels = " and ".join(REMEDIES[key].label for key in REMEDIES if key in result.remedies)
        first, *rest = _curve(result, result.remedied, apply_remedies(result.config, result.remedies))
        parts += [f"With {labels}: {first[0].lower()}{first[1:]}", *rest]
    for reason in dict.fromkeys(result.left_out.values()):
        values = [f"{value:.0f}" for value, why in result.left_out.items() if why == reason]
        parts.append(f"Left out at {', '.join(values)}: {reason}.")
    return " ".join(part for part in parts if part)


def _curve(result: Sweep, curve: Curve, network: NetworkConfig) -> list[str]:
    ratios = curve.log10_gradient_ratio
    if curve.fixed:
        return [_fixed(float(ratios[0]), network)]
    if np.isneginf(ratios).all():
        return [f"The error signal is exactly 0 at layer 1 at every {_noun(result)} tried."]
    if np.isposinf(ratios).all():
        return [f"At every {_noun(result)} tried the error signal is exactly 0 at the last layer, but not at layer 1: skips carry it past."]  # fmt: skip
    if result.over == "weight_scale":
        where = [_critical(curve.critical, curve.crossings)] if curve.critical else [_no_crossing(ratios, result.axis)]
        return [*where, _flat(ratios, result, network)]
    sigma = INITIALIZERS[network.initializer].sigma(network) * network.weight_scale
    given = f"One weight's standard deviation stays {digits(sigma, 3)}. " if result.over == "width" and not result.remedies else ""  # fmt: skip
    return [given + _states(ratios, result), _range(ratios, result), _coordinate_check(curve, result)]


def _noun(result: Sweep) -> str:
    return "scale" if result.over == "weight_scale" else result.over


def _fixed(ratio: float, network: NetworkConfig) -> str:
    zeros = network.initializer == "zeros"
    why = "Every weight is 0" if zeros else "The weights are drawn anew at a scale of their own"
    what = "the error signal is exactly 0 at layer 1" if ratio == -np.inf else f"the ratio stays {power(ratio)}"
    return f"{why}: the slider changes nothing, {what}."


def scale_text(value: float, width: float | None = None) -> str:
    """A weight scale with as many digits as tell the interval's ends apart."""
    return digits(value, 3 if width is None or width > 1.1 else 4 if width > 1.01 else 5)


def width_text(factor: float) -> str:
    """By what factor an interval's high end exceeds its low one."""
    places = 2 if factor >= 1.02 else 3 if factor >= 1.002 else 4
    return digits(factor) if factor >= 2 else f"{factor:.{places}f}"


def _critical(critical: Critical, crossings: int) -> str:
    scale = scale_text(critical.weight_scale, critical.width)
    below, above = critical.ratios
    if max(abs(below), abs(above)) <= INTERVAL_DECADES:
        text = f"Critical at weight scale {scale}: there the error signal is as large at layer 1 as at the last."
    else:
        text = f"At weight scale {scale} the curve jumps across 0, from {power(below)} to {power(above)}."
    if crossings > 1:
        text += f" It crosses 0 at least {crossings} times; this is the crossing nearest to your scale."
    return f"{text} {_interval(critical)}".strip()


def _interval(critical: Critical) -> str:
    if critical.interval is None:
        return "No scale next to it keeps the gradient within a decade."
    low, high = critical.interval
    if low is not None and high is not None:
        assert critical.width is not None
        ends = f"{scale_text(low, critical.width)} to {scale_text(high, critical.width)}"
        return f"It stays within a decade from {ends}, a factor of {width_text(critical.width)}."
    if low is not None:
        return f"It stays within a decade from {scale_text(low)} to the slider's end."
    upto = "at every scale of the slider" if high is None else f"at every scale up to {scale_text(high)}"
    return f"It stays within a decade {upto}."


def _no_crossing(ratios: Array, axis: Array) -> str:
    if not ratios.any():
        return "The error signal keeps its size exactly, at every scale tried."
    closest = int(np.argmin(np.abs(ratios)))
    does = "shrinks" if ratios[closest] < 0 else "grows" if ratios[closest] > 0 else "never shrinks"
    at = f"{power(float(ratios[closest]))} at {digits(float(axis[closest]), 3)}"
    return f"No critical scale on the slider: the error signal {does} at every scale tried, least with {at}."


def _flat(ratios: Array, result: Sweep, network: NetworkConfig) -> str:
    """That the scale matters little around the present one, and that a norm is why, where it is so."""
    if not ratios.any():
        return ""  # said already
    present = int(np.argmin(np.abs(np.log(result.axis / result.config.weight_scale))))
    down, up = ratios[present::-1], ratios[present:]
    lowest = np.minimum(np.minimum.accumulate(down)[:, None], np.minimum.accumulate(up))
    highest = np.maximum(np.maximum.accumulate(down)[:, None], np.maximum.accumulate(up))
    flat = np.isfinite(lowest) & (highest - np.where(np.isfinite(lowest), lowest, 0) <= FLAT_DECADES)
    spans = np.where(flat, result.axis[present:] / result.axis[present::-1][:, None], 0.0)
    i, j = np.unravel_index(np.argmax(spans), spans.shape)
    if spans[i, j] < 10:
        return ""
    ends = [digits(float(result.axis[present - i]), 3), digits(float(result.axis[present + j]), 3)]
    norm = NORMALIZATIONS[network.normalization]
    undone = norm.over != "nothing" and network.residual == "none" and network.norm_position == "before"
    why = f": {norm.label} takes the scale out again" if undone else ""
    low, high = power(float(lowest[i, j])), power(float(highest[i, j]))
    sizes = f"near {low}" if low == high else f"between {low} and {high}"
    return f"From {ends[0]} to {ends[1]} the scale hardly matters, the ratio stays {sizes}{why}."


def _by_depth(critical: dict[int, Critical | None]) -> str:
    widths = {depth: one.width for depth, one in critical.items() if one and one.width}
    if len(widths) < 2:
        return ""
    listed = [f"{width_text(width)} at {depth}" for depth, width in widths.items()]
    return f"By depth that factor is {', '.join(listed)}."


def _state(ratio: float) -> str:
    if ratio == -np.inf:
        return "dead"
    return "stable" if abs(ratio) <= STABLE_DECADES else "vanishing" if ratio < 0 else "exploding"


def _states(ratios: Array, result: Sweep) -> str:
    states = [_state(ratio) for ratio in ratios.tolist()]
    label = OVER[result.over].key.capitalize()
    if len(set(states)) == 1:
        return f"{label}: {states[0]} at every one of the {len(states)} tried, {result.axis[0]:.0f} to {result.axis[-1]:.0f}."
    runs = [(state, [value for value, _ in run]) for state, run in groupby(zip(result.axis, states, strict=True), key=lambda pair: pair[1])]  # fmt: skip
    if len(runs) > _MOST_RUNS:
        counts = [f"{state} at {states.count(state)}" for state in dict.fromkeys(states)]
        return f"{label}: {', '.join(counts)} of the {len(states)} tried, by turns."
    spans = [f"{state} {f'from {run[0]:.0f} to {run[-1]:.0f}' if len(run) > 1 else f'at {run[0]:.0f}'}" for state, run in runs]  # fmt: skip
    return f"{label}: {', '.join(spans)}."


def _range(ratios: Array, result: Sweep) -> str:
    finite = np.flatnonzero(np.isfinite(ratios))
    if finite.size < 2:
        return ""
    low, high = (int(finite[pick(ratios[finite])]) for pick in (np.argmin, np.argmax))
    ends = [f"{power(float(ratios[at]))} at {_noun(result)} {result.axis[at]:.0f}" for at in (low, high)]
    text = f"Layer 1 over the last goes from {ends[0]} to {ends[1]}."
    if result.over != "depth" or finite.size < len(ratios):
        return text
    per_layer = float(ratios[-1] - ratios[0]) / float(result.axis[-1] - result.axis[0])
    return f"{text} On average a layer more {'adds' if per_layer > 0 else 'takes'} {digits(abs(per_layer))} decades."


def _coordinate_check(curve: Curve, result: Sweep) -> str:
    """Over width: whether the last activations keep their size, as a good parametrization makes them."""
    last = curve.log10_activation_rms_last
    if result.over != "width" or not np.isfinite(last).all():
        return ""
    spread = float(np.ptp(last))
    if spread <= FLAT_DECADES:
        return f"The last activations keep their size, within {decades(spread)}."
    ends = [f"{power(float(last[at]))} at width {result.axis[at]:.0f}" for at in (0, -1)]
    return f"The last activations go from {ends[0]} to {ends[1]}."
