"""/embed/<panel>?<state>: one part of the lab inside somebody else's page, with the controls that they choose.

Besides the state: `controls`, the settings that are shown; `lock`, those of them that cannot be moved; `theme`,
light or dark (else the reader's own); `print=1`, the same for paper.
"""

from typing import Any
from urllib.parse import urlencode

from dash import html

from app.frames import legend_text
from app.pages.wiring import card, flat
from app.panels import PANELS
from app.state import WORDS, lenient
from components import cards, embedding, shell
from components.captions import TITLES
from components.controls import control
from components.embedding import EMBEDS
from components.theme import PALETTES
from simulation.parameters import Parameter

PATH, TITLE = "/embed/<panel>", "Embedded"

# What can be embedded: charts of the first screen, or a panel.
CHARTS = {
    "backward": ("backward-delta", "backward-weights"),
    "forward": ("forward",),
    "heatmap": ("heatmap-delta",),
}
KEYS = tuple(EMBEDS)
OWN_WORDS = ("controls", "lock", "theme", "print")
FIRST_CONTROLS = ("depth", "weight_scale")


def layout(panel: str = "backward", **query: str | list[str]) -> html.Div:
    """The page for the panel and the address's query."""
    asked = flat(query)
    own = {name: text for name, text in asked if name in OWN_WORDS}
    state, notes = lenient([pair for pair in asked if pair[0] not in OWN_WORDS])
    printed = own.get("print") == "1"
    shown = [] if printed else _chosen(own.get("controls"), notes)
    locked = [] if own.get("lock") is None else _chosen(own["lock"], notes)
    if "theme" in own and own["theme"] not in PALETTES:
        notes.append(f"Theme is {' or '.join(PALETTES)}: the reader's own is used.")
    values: dict[str, Any] = state.values
    parameters: dict[str, Parameter] = {name: p for name, p in WORDS.items() if name != "pin"}  # type: ignore[misc]
    controls = [control(name, parameters[name], values[name], locked=name in locked) for name in shown]
    parts: list[Any] = (
        [cards.chart_card(chart, TITLES[chart], "") for chart in CHARTS[panel]]
        if panel in CHARTS
        else [card(PANELS[panel], values, [word for word in PANELS[panel].words if word not in shown])]
    )
    placed = {*shown, *(() if panel in CHARTS else PANELS[panel].words)}
    return embedding.page(
        parts, controls, notes, legend_text(state), f"/?{state.query}",
        shell.state_holders(values, parameters, placed), keep=urlencode(own), printed=printed,
    )  # fmt: skip


def _chosen(text: str | None, notes: list[str]) -> list[str]:
    """The settings that the comma list names; unknown ones are left out and noted."""
    if text is None:
        return list(FIRST_CONTROLS)
    names = [name for name in text.split(",") if name]
    if unknown := [name for name in names if name not in WORDS or name == "pin"]:
        notes.append(f"There is no control {unknown[0]!r:.40}.")
    return [name for name in dict.fromkeys(names) if name not in unknown]
