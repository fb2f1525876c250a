"""Gradient clipping of the gradients of the network on the screen."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from app.panels.panel import Components, Palette, Panel
from app.schemas import of_class
from app.state import State
from components import ids
from components.clip import clip_numbers
from components.figures.clip import clipped_directions, clipped_norms
from components.panels import Chart
from components.text import rich
from simulation import draw_network
from simulation.clipping import CLIPPINGS, Clipped, clip
from simulation.sentences_clipping import describe_clipping

NORMS, DIRECTIONS = Chart("clip", title="Norm of dW, before and after"), Chart("clip-cosine", title="Direction of dW")
BY_LAYER = (
    "cosine_by_layer", "touched_fraction_by_layer", "log10_weight_grad_norm", "log10_weight_grad_norm_clipped"
)  # fmt: skip

# Under the chart of norms, dashed as they are and solid as clipped.
_LINES = {
    "norm": "Dashed as it is, solid as clipped: one shift for all layers, so every ratio between them stays.",
    "value": "Dashed as it is, solid as clipped: each layer loses what its own entries have above the threshold, so ratios may change.",
}


def _compute(state: State) -> Iterator[Clipped]:
    yield clip(draw_network(state.remedied), state.options.clip, state.options.threshold)


def _reply(state: State, result: Clipped) -> dict[str, Any]:
    return {field.name: getattr(result, field.name) for field in fields(result)}


def _table(state: State, result: Clipped) -> dict[str, Any]:
    return {"layer": range(1, state.config.depth + 1), **{name: getattr(result, name) for name in BY_LAYER}}


def _show(state: State, result: Clipped, palette: Palette) -> Components:
    return {
        ids.summary("clip"): {"children": CLIPPINGS[result.kind].summary},
        ids.caption("clip"): {"children": rich(describe_clipping(result))},
        ids.lead("clip"): {"children": [clip_numbers(result)]},
        ids.chart(NORMS.name): {"figure": clipped_norms(palette, result)},
        ids.chart(DIRECTIONS.name): {"figure": clipped_directions(palette, result)},
        ids.line(NORMS.name): {"children": _LINES[result.kind]},
        ids.line(DIRECTIONS.name): {"children": "Cosine 1 is the same direction; dotted, the share of entries touched."},
    }  # fmt: skip


PANEL = Panel(
    key="clip", section="help", title="Gradient clipping",
    question="What does it do to these gradients, and what can it not do?",
    charts=(NORMS, DIRECTIONS), words=("clip", "threshold"), compute=_compute, reply=_reply, table=_table, show=_show, quick=True,
    answer=of_class(Clipped),
)  # fmt: skip
