"""What multiplied the error signal on its way from layer to layer."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from app.panels.panel import Components, Palette, Panel
from app.schemas import of_class
from app.state import State
from components import ids
from components.factors import factor_row, short
from components.figures.factors import factor_bars, weight_grad_lines
from components.panels import Chart
from components.text import rich
from simulation import draw_network
from simulation.factors import Factors, factors
from simulation.sentences_factors import describe_factors, describe_weight_grad, part_names

BARS, LINES = Chart("factors-delta", title="From layer to layer"), Chart("factors-weights", title="Within dW")


def _compute(state: State) -> Iterator[Factors]:
    yield factors(draw_network(state.remedied))


def _reply(state: State, result: Factors) -> dict[str, Any]:
    return {field.name: getattr(result, field.name) for field in fields(result)}


def _table(state: State, result: Factors) -> dict[str, Any]:
    """A row per layer; the last one gets its signal from no layer of the network."""
    arrays = _reply(state, result)
    depth = len(result.log10_weight_grad_delta)
    columns = {name: [*values, *[""] * (depth - len(values))] for name, values in arrays.items()}
    return {"layer": range(1, depth + 1), **columns}


def _show(state: State, result: Factors, palette: Palette) -> Components:
    config = state.remedied
    names = short(part_names(config))
    return {
        ids.caption("factors"): {"children": rich(describe_factors(result, config))},
        ids.lead("factors"): {"children": factor_row(result.average(), result.present, names)},
        ids.chart(BARS.name): {"figure": factor_bars(palette, result, names)},
        ids.chart(LINES.name): {"figure": weight_grad_lines(palette, result)},
        ids.line(BARS.name): {"children": "Above 0 a part makes the signal larger on its way back, below 0 smaller."},
        ids.line(LINES.name): {"children": rich(describe_weight_grad(result))},
    }


PANEL = Panel(
    key="factors", section="why", title="What multiplies the error signal",
    question="Each bar is one layer's change, in decades, split into what caused it. The parts add up exactly.",
    charts=(BARS, LINES), compute=_compute, reply=_reply, table=_table, show=_show, quick=True,
    answer=of_class(Factors),
)  # fmt: skip
