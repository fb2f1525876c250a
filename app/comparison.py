"""A pinned network beside the one on the screen: what differs, and by how many decades."""

from collections.abc import Mapping
from dataclasses import replace
from math import isinf
from typing import Any

from dash import html

from app.changes import said
from app.state import NETWORK_WORDS, State
from components import cards, ids
from simulation.diagnosis import Verdict
from simulation.sentences import decades

SIGNALS = {
    "delta": "error signal, layer 1 over last",
    "weight_grad": "weight gradient, layer 1 over last",
    "activation": "activation, last layer over 1",
}


def elements(state: State, verdicts: Mapping[str, Verdict]) -> dict[str, dict[str, Any]]:
    """The pin button and, where a network is pinned, the table of both."""
    pinned, here = state.pinned, state.network
    button = {"children": "Pin", "data-query": replace(state, pin=here.query).query}
    if not pinned:
        return {ids.PIN: button, ids.COMPARISON: {"children": []}}
    shown = verdicts["remedied" if state.remedies else "baseline"]
    settings = [
        (NETWORK_WORDS[word].label, said(word, pinned.values[word]), said(word, here.values[word]))
        for word in NETWORK_WORDS
        if pinned.values[word] != here.values[word]
    ]
    signals = [
        (label, getattr(verdicts["pinned"], name).decades, getattr(shown, name).decades, _difference(name, verdicts["pinned"], shown))
        for name, label in SIGNALS.items()
    ]  # fmt: skip
    # The layer that is looked into need not be there in the other network.
    layer = min(state.options.layer, pinned.config.depth)
    swapped = replace(state.asking(layer=1), config=pinned.config, remedies=pinned.remedies, pin=here.query)
    table = cards.comparison(settings, signals, swapped.asking(layer=layer).query, replace(state, pin=None).query)
    return {ids.PIN: button | {"children": ["Pin", html.Span(" this one")]}, ids.COMPARISON: {"children": table}}


def _difference(name: str, pinned: Verdict, shown: Verdict) -> str:
    before, after = getattr(pinned, name).decades, getattr(shown, name).decades
    if before == after:
        return "the same"
    if isinf(before) or isinf(after):
        return "one of them is exactly 0"
    gained = abs(before) - abs(after)
    if abs(gained) < 0.005:
        return "as far from steady"
    return f"{decades(gained)} {'nearer to' if gained > 0 else 'further from'} steady"
