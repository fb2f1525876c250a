"""The remedy ledger in words: what a row does, why one does nothing, and the number that proves it."""

from math import inf, log10

from simulation.diagnosis import Verdict
from simulation.ledger import Ledger, Row
from simulation.remedies import REMEDIES, apply_remedies, overrides
from simulation.sentences import decades, describe, describe_remedied, digits, power

# Recovering less than this is said to change hardly anything.
HARDLY_DECADES = 0.05
CLIP_THRESHOLD = 1.0
_LABELS = {"clipping": "gradient clipping", "learning_rate": "another learning rate"}


def label(row: Row) -> str:
    """What is done: "Add He init", "Remove ReLU and add batch norm"."""
    parts = [f"{action} {REMEDIES[key].label}" if key in REMEDIES else _LABELS[key] for action, key in row.steps]
    text = " and ".join(parts)
    return text[0].upper() + text[1:]


def then(after: Verdict) -> str:
    """What becomes of the error signal, and of the others where they are not stable as it is."""
    text = describe_remedied(after)
    text = f"the error signal {text[3:]}" if text.startswith("it ") else text
    return f"{text} {describe(after).note}" if after.state == "mixed" else text


def describe_row(row: Row, result: Ledger) -> str:
    """What the row's change does to the error signal of the network on screen, in a sentence."""
    if row.key == "clipping":
        return _clipping(result)
    if row.key == "learning_rate":
        return f"No gradient depends on it: {_ratio(result)} at any learning rate. It is the step that it scales."
    if row.unchanged:
        return f"Changes nothing here: {_why_unchanged(row, result)}."
    if row.after.state == "dead":
        was = "already" if result.before.verdict.state == "dead" else "now"
        return f"No error signal reaches layer 1: {was} exactly 0 there."
    return f"{_gain(row, result)}: {then(row.after)}"


def describe_cost(row: Row, result: Ledger) -> str:
    """What the row's change costs: arithmetic, dependence on the batch, another output scale."""
    ratio = row.multiply_adds_ratio
    parts = ["As many multiply-adds" if ratio == 1 else f"{digits(ratio, 3)} times the multiply-adds"]
    before = apply_remedies(result.config, result.remedies).normalization == "batch"
    if row.batch_dependent != before:
        parts.append(
            "each sample depends on its batch" if row.batch_dependent else "no sample depends on its batch any more"
        )
    if row.output_scale is not None and abs(row.output_scale) >= HARDLY_DECADES:
        parts.append(f"the last activations are {power(row.output_scale)} times as large")
    return "; ".join(parts) + "."


def describe_ledger(result: Ledger) -> str:
    """What helps most, and whether a pair does better."""
    best, pair = result.rows[0] if result.rows else None, result.best_pair
    if best is None or result.done < result.total:
        return ""
    if result.before.verdict.state == "stable":
        return "Stable as it is: the rows say what each change would do to it."
    lacks = abs(result.before.verdict.delta.decades)
    text = "No single remedy brings the error signal nearer to its size."
    if best.delta_decades is not None and best.delta_decades >= HARDLY_DECADES:
        text = f"What helps most. {label(best)}: {then(best.after)}"
        lacks = abs(best.after.delta.decades)
    if pair and lacks - abs(pair.after.delta.decades) >= HARDLY_DECADES:
        text += f" The best pair does better. {label(pair)}: {then(pair.after)}"
    return text


def log10_clip_coefficient(log10_norm: float) -> float:
    """log10 of what PyTorch's clip_grad_norm_ at 1 multiplies every gradient by: min(1, 1 / (norm + 1e-6))."""
    return -max(0.0, log10_norm if log10_norm > 10 else log10(10**log10_norm + 1e-6))


def _clipping(result: Ledger) -> str:
    norm = result.before.log10_gradient_norm
    coefficient = log10_clip_coefficient(norm)
    whose = "all weights and biases" if result.config.bias_scale else "all weights"
    size = f"The gradients of {whose} together have norm {power(norm)}"
    if coefficient == 0:
        return f"{size}, no more than 1: clipping at norm {CLIP_THRESHOLD:g} multiplies them by 1, and it never enlarges any."
    return f"{size}: clipping at norm {CLIP_THRESHOLD:g} multiplies every one by {power(coefficient)}, so {_weights_ratio(result)}."


def _ratio(result: Ledger) -> str:
    return f"the error signal at layer 1 over the last stays {power(result.before.verdict.delta.decades)}"


def _weights_ratio(result: Ledger) -> str:
    change = result.before.verdict.weight_grad.decades
    return (
        f"dW at layer 1 over the last stays {power(change)}" if abs(change) < inf else "their ratios stay as they are"
    )


def _why_unchanged(row: Row, result: Ledger) -> str:
    (action, key), *_ = row.steps
    if action == "remove":
        return "the network is the same without it"
    lost = [override for override in overrides(result.config, row.remedies) if override.loser == key]
    if lost:
        return f"{REMEDIES[lost[0].winner].label} comes later and wins"
    now = apply_remedies(result.config, result.remedies)
    has = all(getattr(now, name) == value for name, value in REMEDIES[key].changes(now).items())
    return "the network has it already" if has else "nothing that has an effect here is touched"


def _gain(row: Row, result: Ledger) -> str:
    before, gain = result.before.verdict.delta.decades, row.delta_decades
    if gain is None:
        return "No ratio to tell"
    if gain == inf:
        return "Brings it to life"
    if abs(gain) < HARDLY_DECADES:
        return "Hardly anything changes"
    if gain < 0:
        return f"Makes it worse by {decades(gain)}"
    return f"Recovers {decades(gain).split()[0]} of {decades(before)}"
