"""Train: watch the gradients live or die while the very network of Explore really learns."""

from collections.abc import Mapping
from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, dcc, html
from dash import State as Held

from app.cache import TraceCache
from app.pages.wiring import flat, register_search
from app.training.look import PAGE_WORDS, lenient
from app.training.starts import STARTS
from app.training.state import TRAIN_WORDS
from app.training.stories import START, STORIES
from app.training.view import HIDDEN, control_value, explore_address, matters
from app.words import pairs_of
from components import ids as all_ids
from components.training import ids
from components.training.page import page
from components.training.rail import rail
from simulation.parameters import Number

PATH, TITLE = "/train", "Train"


def layout(**query: str | list[str]) -> html.Div:
    """The page for the address's query; an empty one invites to a network that learns."""
    asked = flat(query)
    look, notes = lenient(asked) if asked else (START, [])
    values = look.values
    holders = [dcc.Input(id=ids.value(word), value=control_value(word, values[word]), type="hidden") for word in HIDDEN]
    presets = [
        {"label": start.title, "value": start.look.query, "search": f"{start.title} {start.why}"} for start in STARTS
    ]
    return page(
        rail(values, {word: parameter for word, parameter in TRAIN_WORDS.items() if word not in HIDDEN}, lambda word: matters(look, word), presets),
        notes, STORIES, (PAGE_WORDS["shows"], look.shows),
        [html.Div(holders, hidden=True), dcc.Store(id=ids.RESTORE), dcc.Store(id=ids.LIVE)], explore_address(look.train),
    )  # fmt: skip


def register(app: dash.Dash, traces: TraceCache) -> None:
    """Slider and box agree, what the controls say goes to train.js, and a click may bring a whole state."""
    for word, parameter in PAGE_WORDS.items():
        if isinstance(parameter, Number):
            name = ids.word(word)
            app.clientside_callback(
                ClientsideFunction("lab", "sync"),
                Output(all_ids.slider(name), "value"), Output(all_ids.value(name), "value"),
                Input(all_ids.slider(name), "value"), Input(all_ids.value(name), "value"), Held(all_ids.slider(name), "className"),
                prevent_initial_call=True,
            )  # fmt: skip
    app.clientside_callback(
        ClientsideFunction("train", "push"), Output(ids.LIVE, "data"), [Input(ids.value(word), "value") for word in PAGE_WORDS]
    )  # fmt: skip
    app.clientside_callback(
        ClientsideFunction("train", "scrub"), Output(ids.SCRUB, "title"), Input(ids.SCRUB, "drag_value"), prevent_initial_call=True
    )  # fmt: skip
    app.clientside_callback(
        ClientsideFunction("train", "choose"), Output(ids.SEARCH, "value"), Input(ids.SEARCH, "value"), prevent_initial_call=True
    )  # fmt: skip

    register_search(app, ids.SEARCH)

    @app.callback([Output(ids.value(word), "value", allow_duplicate=True) for word in PAGE_WORDS], Input(ids.RESTORE, "data"), prevent_initial_call=True)  # fmt: skip
    def restore(asked: Mapping[str, Any]) -> list[Any]:
        """A story, a preset, a remedy, a seed: all controls at once."""
        look, _ = lenient(pairs_of(str(asked["query"]).encode()))
        return [control_value(word, value) for word, value in look.values.items()]
