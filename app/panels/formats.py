"""Number formats: the same network in float16, bfloat16, float32 and float64."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from app.panels.panel import Components, Palette, Panel
from app.schemas import members, of, record, text
from app.state import State
from components import ids
from components.figures.formats import format_strips
from components.formats import format_key, format_table, rescue_button, ways
from components.panels import Chart
from components.text import rich
from simulation.diagnosis import FORMATS
from simulation.network import draw_network
from simulation.precision import FormatRun, FormatRuns, describe_formats, run_in_formats

# Each signal and its way through the layers.
SIGNALS = {"activation": 1, "delta": -1}
KINDS = ("zero", "subnormal", "normal", "inf", "nan")


def _compute(state: State) -> Iterator[FormatRuns]:
    return run_in_formats(draw_network(state.remedied), state.options.loss_scale)


def _reply(state: State, result: FormatRuns) -> dict[str, Any]:
    numbers = {"loss_scale": result.loss_scale, "rescue": result.rescue, "exact_zeros": result.exact_zeros}
    return {**numbers, **{key: asdict(run) for key, run in result.runs.items()}, "sentence": describe_formats(result)}


def _table(state: State, result: FormatRuns) -> dict[str, Any]:
    columns = {
        f"{key}_{signal}_{kind}": getattr(getattr(run, signal), kind)
        for key, run in result.runs.items() for signal in SIGNALS for kind in KINDS
    }  # fmt: skip
    return {"layer": range(1, state.config.depth + 1), **columns}


def _show(state: State, result: FormatRuns, palette: Palette) -> Components:
    strips = {
        ids.chart(f"formats-{signal}"): {
            "figure": format_strips(
                palette, {key: getattr(run, signal) for key, run in result.runs.items()}, result.exact_zeros[signal], direction
            )
        }
        for signal, direction in SIGNALS.items()
    }  # fmt: skip
    return {
        **strips,
        ids.caption("formats"): {"children": rich(describe_formats(result))},
        ids.lead("formats"): {"children": [*rescue_button(result), format_key()]},
        **{ids.line(f"formats-{signal}"): {"children": rich(way)} for signal, way in ways(result.loss_scale).items()},
        ids.body("formats"): {"children": format_table(result)},
    }


_ANSWER = record(
    {
        **members(FormatRuns, ("loss_scale", "rescue", "exact_zeros")), **dict.fromkeys(FORMATS, of(FormatRun)),
        "sentence": text("What becomes of the signals, in words."),
    }
)  # fmt: skip

PANEL = Panel(
    key="formats", section="help", title="Number formats",
    question="Would half precision still carry the signals, and would scaling the loss help?",
    charts=(Chart("formats-activation", title="Activations, forward →"), Chart("formats-delta", title="Error signal, ← backward")),
    words=("loss_scale",), compute=_compute, reply=_reply, table=_table, show=_show, answer=_ANSWER,
)  # fmt: skip
