"""What an edit did: which settings changed, and what that did to the error signal."""

from math import isinf

from app.state import NETWORK_WORDS, WORDS, State
from components.text import minus
from simulation.diagnosis import Change, Verdict
from simulation.parameters import Choice, Subset
from simulation.remedies import REMEDIES, apply_remedies, overrides
from simulation.sentences import decades

MOST_NAMED = 2


def said(word: str, value: object) -> str:
    """The setting's value as people say it."""
    parameter = WORDS[word]
    if isinstance(parameter, Choice):
        return parameter.options[str(value)].label
    if isinstance(parameter, Subset):
        assert isinstance(value, tuple)
        return ", ".join(parameter.options[key].label for key in value) or "none"
    return minus(parameter.format(value))  # type: ignore[arg-type]


def _ratio(change: Change) -> str:
    if isinf(change.decades):
        return "exactly 0" if change.decades < 0 else "infinity"  # the output's own may be 0, where skips pass it
    return f"10^{round(change.decades, 1) + 0.0:.1f}"  # + 0.0 makes -0.0 a plain 0


def edit_line(before: State, after: State, was: Verdict, now: Verdict) -> str:
    """ "Depth 50 → 51: the error signal at layer 1 went from 10^-30.6 to 10^-31.2 of the output's.", or ""."""
    changed = [word for word in NETWORK_WORDS if after.values[word] != before.values[word]]
    if not changed:
        return ""
    named = [
        f"{NETWORK_WORDS[word].label} {said(word, before.values[word])} → {said(word, after.values[word])}"
        for word in changed
    ]
    edits = "; ".join(named) if len(named) <= MOST_NAMED else f"{len(named)} settings changed"
    # What was edited under remedies is said of the network with them; an edit of the remedies says so itself.
    signal = (
        "the error signal with the remedies" if after.remedies and "remedies" not in changed else "the error signal"
    )
    if _ratio(was.delta) == _ratio(now.delta):
        return f"{edits}: {signal} hardly changes; {_ratio(now.delta)} of the output's reaches layer 1."
    effect = f"{signal} at layer 1 went from {_ratio(was.delta)} to {_ratio(now.delta)} of the output's"
    gained = abs(round(was.delta.decades, 1)) - abs(round(now.delta.decades, 1))  # of the numbers as they are said
    if abs(gained) < float("inf") and abs(gained) >= 0.05:
        effect += f", {decades(gained)} {'nearer to' if gained > 0 else 'further from'} steady"
    return f"{edits}: {effect}."


def remedy_help(before: State | None, after: State) -> str:
    """What the remedy last switched on does and costs; else what the section is for. Says who overrides whom."""
    added = [key for key in after.remedies if before is None or key not in before.remedies]
    key = (added or list(after.remedies) or [""])[-1]
    if not key:
        return "Switch one on: the dashed line is the network as set, the solid one what the remedy makes of it."
    remedy = REMEDIES[key]
    text = f"{remedy.label}: {remedy.summary} {remedy.cost} Limits: {remedy.nothing_when}"
    for override in overrides(after.config, after.remedies):
        text += (
            f" {REMEDIES[override.winner].label} overrides {REMEDIES[override.loser].label}:"
            f" both set the {NETWORK_WORDS[override.field].label.lower()}."
        )
    without = apply_remedies(after.config, [other for other in after.remedies if other != key])
    if without.effective() == after.remedied.effective():
        text += " Here it changes nothing."
    return text
