"""Look into a layer, and step through backpropagation, one layer at a time."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from app.options import DIRECTIONS
from app.panels.panel import Components, Palette, Panel
from app.schemas import of_class
from app.state import State
from components import ids
from components.equations import equations
from components.figures.layer import activation_chart, spread_chart
from components.layer import chart_lines, flow, stepper, walk
from components.panels import Chart
from components.text import rich
from simulation import draw_network
from simulation.histograms import Tens
from simulation.probe import LayerView, probe
from simulation.sentences_layer import describe_backward, describe_forward

PHI, DELTA, WEIGHTS = "layer", "layer-delta", "layer-weights"
CHARTS = (
    Chart(PHI, by_layer=False, title="φ over what it is given"),
    Chart(DELTA, by_layer=False, title="The entries of δ"),
    Chart(WEIGHTS, by_layer=False, title="The entries of dW"),
)


def _compute(state: State) -> Iterator[LayerView]:
    yield probe(draw_network(state.remedied), state.options.layer)


def _plain(value: Any) -> Any:
    """Dataclasses and tuples as JSON knows them."""
    if isinstance(value, Tens):
        return value._asdict()
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def _reply(state: State, view: LayerView) -> dict[str, Any]:
    reply: dict[str, Any] = _plain(view)
    return reply


def _show(state: State, view: LayerView, palette: Palette) -> Components:
    direction, depth = state.options.direction, view.depth
    stops = walk(depth)
    at = stops.index((direction, view.layer))
    queries = [
        state.asking(direction=way, layer=layer).query for way, layer in (stops[at - 1], stops[(at + 1) % len(stops)])
    ]
    describe = describe_forward if direction == "forward" else describe_backward
    return {
        ids.slider("layer"): {"max": depth},
        ids.summary("direction"): {"children": DIRECTIONS[direction].summary},
        ids.caption("layer"): {"children": rich(describe(view))},
        ids.lead("layer"): {"children": [stepper(at, depth, queries[0] if at else None, queries[1]), flow(view, direction)]},
        ids.chart(PHI): {"figure": activation_chart(palette, view)},
        ids.chart(DELTA): {"figure": spread_chart(palette, view.delta, "δ")},
        ids.chart(WEIGHTS): {"figure": spread_chart(palette, view.weight_grad, "dW")},
        **{ids.line(chart.name): {"children": words} for chart, words in zip(CHARTS, chart_lines(view), strict=True)},
        ids.body("layer"): {"children": equations(view)},
    }  # fmt: skip


PANEL = Panel(
    key="layer", section="why", title="Look into a layer",
    question="What goes in, what comes out, and the chain rule in numbers. Click on a layer in any chart.",
    charts=CHARTS, words=("layer", "direction"), compute=_compute, reply=_reply, show=_show, quick=True,
    answer=of_class(LayerView),
)  # fmt: skip
