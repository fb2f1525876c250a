"""What all pages with controls share: query to state, controls to the live loop, and states brought by a click."""

from collections.abc import Iterable, Mapping
from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, html
from dash import State as Held

from app.frames import control_value
from app.options import OPTIONS
from app.panels.panel import Panel
from app.state import WORDS, lenient, pairs_of
from components import ids
from components.panels import panel_card
from simulation.parameters import Number


def flat(query: Mapping[str, str | list[str]]) -> list[tuple[str, str]]:
    """The name=value pairs of a query as Dash hands it to a page."""
    given = {name: [value] if isinstance(value, str) else value for name, value in query.items()}
    return [(name, text) for name, texts in given.items() for text in texts]


def card(panel: Panel, values: Mapping[str, Any], words: Iterable[str] | None = None) -> html.Details:
    """The panel with the controls of its words, or of these of them."""
    controls = {word: (OPTIONS[word], values[word]) for word in (panel.words if words is None else words)}
    return panel_card(
        panel.key, panel.title, panel.question, panel.charts, controls, panel.table is not None, panel.quick
    )


def register_search(app: dash.Dash, menu: str) -> None:
    """A menu of things to start from shows the best match first."""
    app.clientside_callback(
        ClientsideFunction("search", "rank"), Output(menu, "options"),
        Input(menu, "search_value"), Held(menu, "options"), prevent_initial_call=True,
    )  # fmt: skip


def register(app: dash.Dash) -> None:
    """Slider and box agree, every change goes to the live loop, and a click may bring a whole state."""
    for name, parameter in WORDS.items():
        if isinstance(parameter, Number):
            app.clientside_callback(
                ClientsideFunction("lab", "sync"),
                Output(ids.slider(name), "value"), Output(ids.value(name), "value"),
                Input(ids.slider(name), "value"), Input(ids.value(name), "value"), Held(ids.slider(name), "className"),
                prevent_initial_call=True,
            )  # fmt: skip
    app.clientside_callback(
        ClientsideFunction("lab", "push"), Output(ids.LIVE, "data"), [Input(ids.value(name), "value") for name in WORDS]
    )

    @app.callback(
        [Output(ids.value(name), "value", allow_duplicate=True) for name in WORDS],
        Input(ids.RESTORE, "data"),
        prevent_initial_call=True,
    )
    def restore(asked: Mapping[str, Any]) -> list[Any]:
        """Undo, redo, a row of the ledger, a pinned network: all controls at once."""
        state, _ = lenient(pairs_of(str(asked["query"]).encode()))
        return [control_value(name, value) for name, value in state.values.items()]
