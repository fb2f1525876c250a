"""/embed/<panel>?<state>: one part of the lab inside somebody else's page, with the controls that they choose.

Besides the state: `controls`, the settings that are shown; `lock`, those that cannot be moved; `theme`, light or
dark (else the reader's own); `print=1`, the same for paper.
"""

from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

import dash
from dash import html

from app.changes import said
from app.frames import legend_text
from app.options import OPTIONS
from app.pages.wiring import card, flat
from app.panels import PANELS
from app.panels.panel import Panel
from app.state import NETWORK_WORDS, Pairs, State, lenient
from components import cards, embedding, shell
from components.captions import TITLES
from components.controls import control
from components.embedding import EMBEDS
from components.theme import PALETTES
from simulation.config import FIELDS, matters
from simulation.parameters import Parameter

# What can be embedded: charts of the first screen, or a panel.
CHARTS = {
    "backward": ("backward-delta", "backward-weights"),
    "forward": ("forward",),
    "heatmap": ("heatmap-delta",),
}
KEYS = tuple(EMBEDS)
PATHS = tuple(f"/embed/{key}" for key in KEYS)

OWN_WORDS = ("controls", "lock", "theme", "print")
FIRST_CONTROLS = ("depth", "weight_scale")
SETTABLE: dict[str, Parameter] = {**NETWORK_WORDS, **OPTIONS}  # all but the pinned network


def register() -> None:
    """A page for each part."""
    for key, path in zip(KEYS, PATHS, strict=True):
        name = f"{__name__}.{key}"
        dash.register_page(name, path=path, title=f"{EMBEDS[key][0]} · {shell.NAME}", layout=partial(layout, key))


def layout(panel: str, /, **query: str | list[str]) -> html.Div:
    """The page of the part for the address's query."""
    asked = flat(query)
    own, notes = _own_words([pair for pair in asked if pair[0] in OWN_WORDS])
    state, changes = lenient([pair for pair in asked if pair[0] not in OWN_WORDS])
    printed, words = "print" in own, () if panel in CHARTS else PANELS[panel].words
    shown = () if printed else own.get("controls", (*FIRST_CONTROLS, *words))
    locked = tuple(SETTABLE) if printed else own.get("lock", ())
    values = state.values
    return embedding.page(
        [cards.chart_card(chart, TITLES[chart], "") for chart in CHARTS[panel]] if panel in CHARTS else [_card(PANELS[panel], values, locked)],
        [control(name, SETTABLE[name], values[name], name not in FIELDS or matters(state.config, name), name in locked) for name in shown],
        [*notes, *changes], legend_text(state), settings_said(state, words) if printed else [],
        shell.state_holders(values, SETTABLE, shown), state.query, locked, _kept(own),
    )  # fmt: skip


def _card(panel: Panel, values: dict[str, Any], locked: tuple[str, ...]) -> html.Details:
    """The panel without controls of its own; a chart that would set what is locked sets nothing."""
    charts = tuple(replace(chart, sets="") if chart.sets in locked else chart for chart in panel.charts)
    return card(replace(panel, charts=charts), values, ())


def _own_words(pairs: Pairs) -> tuple[dict[str, Any], list[str]]:
    """What the embedding page chose, as far as it is allowed, and a sentence for each thing that is not."""
    own: dict[str, Any] = {}
    notes = []
    for name, text in dict(pairs).items():
        if name == "theme" and text not in PALETTES:
            notes.append(f"Theme {text!r:.24} is not {' or '.join(PALETTES)}: the reader's own is used.")
        elif name == "print" and text != "1":
            notes.append("Print is 1, or it is left out, as here.")
        elif name in ("controls", "lock"):
            names = dict.fromkeys(word for word in text.split(",") if word)
            unknown = [word for word in names if word not in SETTABLE]
            own[name] = tuple(word for word in names if word in SETTABLE)
            notes += [f"There is no control {word!r:.40} to {'show' if name == 'controls' else name}: it was left out." for word in unknown[:3]]  # fmt: skip
        else:
            own[name] = text
    return own, notes


def _kept(own: dict[str, Any]) -> str:
    """These words as they stay in the address."""
    return urlencode({name: ",".join(v) if isinstance(v, tuple) else v for name, v in own.items()}, safe=",")


def settings_said(state: State, words: tuple[str, ...]) -> list[tuple[str, str]]:
    """For paper: every setting that has an effect, with its value; of a pinned network, those that differ."""
    told = [word for word in NETWORK_WORDS if word not in FIELDS or matters(state.config, word)]
    lines = [(SETTABLE[word].label, said(word, state.values[word])) for word in (*told, *words)]
    if pinned := state.pinned:
        other = [word for word in NETWORK_WORDS if pinned.values[word] != state.values[word]]
        lines += [(f"{SETTABLE[word].label} (pinned)", said(word, pinned.values[word])) for word in other]
    return lines
