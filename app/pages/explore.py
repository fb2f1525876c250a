"""Explore: drag, and see at once how activations and gradients live or die through a deep network."""

from collections.abc import Mapping
from math import isnan
from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, html
from dash import State as Held

from app.cache import TraceCache
from app.frames import control_value, sigma_text, view
from app.options import OPTIONS
from app.pages import worksheet
from app.pages.embed import CHARTS
from app.pages.wiring import card, flat, register_search
from app.panels import PANELS, SECTIONS
from app.settings import VERSION
from app.state import NETWORK_WORDS, WORDS, State, lenient, pairs_of
from app.training.look import train_address
from components import cards, ids, shell
from components.captions import TITLES, columns
from components.embedding import EMBEDS
from components.panels import section
from components.takeaway import files_card
from simulation.config import FIELDS, matters
from simulation.initializers import INITIALIZERS
from simulation.parameters import Number
from simulation.presets import PRESETS

PATH, TITLE = "/", "Explore"


def layout(**query: str | list[str]) -> html.Div:
    """The page for the address's query; controls and words are there at once, the charts a frame later. print=1: for paper."""
    asked = flat(query)
    state, notes = lenient(pair for pair in asked if pair[0] != "print")
    if ("print", "1") in asked:
        return worksheet.layout(state, notes)
    values, placed = state.values, {*NETWORK_WORDS, *(word for panel in PANELS.values() for word in panel.words)}
    return shell.explore(
        values, NETWORK_WORDS, lambda field: matters(state.config, field), notes, parts(values), shell.state_holders(values, OPTIONS, placed),
        train_address(state),
    )  # fmt: skip


def parts(values: Mapping[str, Any]) -> list[html.Section]:
    """The sections of panels, in the order of reading."""
    before = {"take-away": [files_card(VERSION, EMBEDS, CHARTS)]}
    return [
        section(
            title,
            lead,
            [*before.get(key, []), *(card(panel, values) for panel in PANELS.values() if panel.section == key)],
            id=key,
        )
        for key, (title, lead) in SECTIONS.items()
    ]


def register(app: dash.Dash, traces: TraceCache) -> None:
    """The wiring of the page."""
    register_search(app, ids.SEARCH)
    app.clientside_callback(
        ClientsideFunction("lab", "switchTheme"),
        Output(ids.THEME, "title"),
        Input(ids.THEME, "n_clicks"),
        prevent_initial_call=True,
    )
    worksheet.register(app, traces)
    for panel in TITLES:
        _register_table(app, panel, traces)

    @app.callback(
        [Output(ids.value(name), "value", allow_duplicate=True) for name in WORDS], Output(ids.SEARCH, "value"),
        Input(ids.SEARCH, "value"), Input(ids.RESET, "n_clicks"), prevent_initial_call=True,
    )  # fmt: skip
    def start_from(chosen: str | None, clicks: int | None) -> list[Any]:
        """A preset sets the network, an activation or initialization its own control, reset all there is."""
        if dash.ctx.triggered_id == ids.RESET:
            return [*(control_value(name, value) for name, value in State().values.items()), None]
        return [*chosen_values(chosen), None]

    @app.callback(
        Output(ids.value("weight_scale"), "value", allow_duplicate=True), Output(ids.SIGMA_BOX, "value"),
        Input(ids.SIGMA_BOX, "n_submit"), Input(ids.SIGMA_BOX, "n_blur"), Held(ids.SIGMA_BOX, "value"), Held(ids.SETTLED, "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def set_sigma(submits: int | None, blurs: int | None, text: str, query: str) -> tuple[Any, str]:
        return weight_scale_for(text, lenient(pairs_of((query or "").encode()))[0])


def chosen_values(chosen: str | None) -> list[Any]:
    """What each control is to show for a chosen "preset key", "activation key" or "initializer key"."""
    kind, _, key = (chosen or "").partition(" ")
    if kind == "preset" and key in PRESETS:
        values = State(PRESETS[key].config).values
        return [control_value(name, values[name]) if name in NETWORK_WORDS else dash.no_update for name in WORDS]
    return [key if name == kind else dash.no_update for name in WORDS]


def weight_scale_for(text: str, state: State) -> tuple[Any, str]:
    """The weight scale at which one weight has this standard deviation, and that deviation, as their boxes show them."""
    scale = FIELDS["weight_scale"]
    sigma = INITIALIZERS[state.config.initializer].sigma(state.config)
    shown = sigma_text(state)
    assert isinstance(scale, Number)
    try:
        wanted = float(text)
    except (TypeError, ValueError):
        return dash.no_update, shown
    if not sigma or isnan(wanted) or shown == text.strip():
        return dash.no_update, shown
    nearest = scale.clamp(wanted / sigma)
    return scale.format(nearest), f"{nearest * sigma:.4g}"


def _register_table(app: dash.Dash, panel: str, traces: TraceCache) -> None:
    @app.callback(
        Output(ids.table(panel), "children"), Output(ids.table_button(panel), "aria-expanded"),
        Input(ids.table_button(panel), "n_clicks"), Input(ids.SETTLED, "data"), prevent_initial_call=True,
    )  # fmt: skip
    def show_table(clicks: int | None, query: str | None) -> tuple[Any, str]:
        if not (clicks or 0) % 2:
            return [], "false"
        seen = view(lenient(pairs_of((query or "").encode()))[0], traces)
        table = columns(panel, seen.traces["baseline"])
        if "remedied" in seen.traces:
            named = columns(panel, seen.traces["remedied"])
            table |= {f"{head}, with remedies": values for head, values in named.items()}
        return cards.trace_table(table), "true"
