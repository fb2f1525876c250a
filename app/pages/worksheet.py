"""/?<state>&print=1: the network of the Explore page as a worksheet for paper."""

import dash
from dash import Input, Output, html

from app.cache import TraceCache
from app.frames import legend_text, view
from app.pages.embed import SETTABLE, settings_said
from app.state import State, lenient, pairs_of
from components import ids, shell, worksheet
from components.captions import TITLES
from simulation.worksheet import questions

COLUMNS = {"log10 δ": "log10_delta_rms", "log10 dW": "log10_weight_grad_norm", "log10 h": "log10_activation_rms"}
MORE = {"saturated": "saturated_fraction", "dead": "dead_fraction"}  # where there is room: of one network


def layout(state: State, notes: list[str]) -> html.Div:
    """The page; numbers and questions follow when the network is known."""
    titles = {chart: TITLES[chart] for chart in worksheet.CHARTS}
    holders = shell.state_holders(state.values, SETTABLE, ())
    return worksheet.page(titles, notes, legend_text(state), settings_said(state, ()), holders, state.query, tuple(SETTABLE))  # fmt: skip


def register(app: dash.Dash, traces: TraceCache) -> None:
    """What comes onto the sheet once the network is known."""

    @app.callback(Output(ids.SHEET, "children"), Input(ids.SETTLED, "data"), prevent_initial_call=True)
    def fill(query: str | None) -> list[html.Div]:
        state, _ = lenient(pairs_of((query or "").encode()))
        seen = view(state, traces)
        columns = {head: getattr(seen.traces["baseline"], name) for head, name in COLUMNS.items()}
        if state.remedies:
            columns |= {f"{head}, with remedies": getattr(seen.traces["remedied"], name) for head, name in COLUMNS.items()}  # fmt: skip
        else:
            columns |= {head: getattr(seen.traces["baseline"], name) for head, name in MORE.items()}
        return worksheet.sheet(columns, questions(seen.verdicts["baseline"], state.config))
