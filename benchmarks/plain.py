"""What the live loop is measured against: a plain Dash page, one slider callback that returns four figures.

The same simulation, the same charts (as plain dicts with typed arrays, which is the quickest a callback can
return), served in the same way. `meta` says which value a figure is of.
"""

import dash
from dash import Input, Output, State, dcc, html
from flask import Flask

from app import frames
from app.cache import TraceCache
from app.server import ASSETS
from app.settings import Settings
from app.state import WORDS, lenient, pairs_of
from components import ids
from components.controls import control

SLIDERS = ("depth", "weight_scale")
CHARTS = ("backward-delta", "backward-weights", "forward", "heatmap-delta")
STYLE = {"width": "49%", "height": "250px", "display": "inline-block"}


def create_app() -> dash.Dash:
    """The page; the rest of the network is in its address, as on the real one."""
    server = Flask("plain")
    traces = TraceCache(server, Settings())
    app = dash.Dash("plain", server=server, update_title="", assets_folder=str(ASSETS), assets_ignore=r".*\.js$")

    def layout() -> html.Div:
        start, _ = lenient([])
        controls = [control(name, WORDS[name], start.values[name]) for name in SLIDERS]
        for one in controls:
            one.children[1].updatemode = "drag"
        graphs = [dcc.Graph(id=ids.chart(panel), className="chart", style=STYLE) for panel in CHARTS]
        return html.Div([dcc.Location(id="address"), html.Div(controls, style={"width": "300px"}), *graphs])

    app.layout = layout

    @app.callback(
        [Output(ids.chart(panel), "figure") for panel in CHARTS],
        [Input(ids.slider(name), "value") for name in SLIDERS], State("address", "search"),
    )  # fmt: skip
    def draw(depth: int, weight_scale: float, search: str) -> list[dict]:
        asked = dict(pairs_of(search.removeprefix("?").encode()))
        scale = f"{10**weight_scale:.3g}"
        state, _ = lenient(
            {**asked, "weight_scale": scale, **({} if "depth" in asked else {"depth": str(depth)})}.items()
        )
        drawn = frames.figures(frames.view(state, traces), "light", False, CHARTS)
        figures = [drawn[ids.chart(panel)]["figure"] for panel in CHARTS]
        for figure in figures:
            figure["layout"]["meta"] = {"depth": depth, "weight_scale": float(scale)}
        return figures

    return app


server = create_app().server
