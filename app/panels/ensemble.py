"""Many seeds at once: what is typical, and what is luck."""

from typing import Any

from app.panels.panel import Components, Palette, Panel
from app.schemas import members, of, record
from app.state import State
from components import ids
from components.figures.ensemble import seed_band
from components.panels import Chart
from components.text import rich
from simulation.ensemble import LOG10_ARRAYS, Array, Ensemble, describe_ensemble, ensemble

LINE = "Solid: half of the networks lie below. Gray: four in five. Dashed: the seed on the screen."
SHOWN = {"ensemble-delta": "log10_delta_rms", "ensemble-weights": "log10_weight_grad_norm"}


NUMBERS = ("dead_share", "log10_delta_ratio_mean", "log10_delta_ratio_sd")
_BAND = record(
    dict.fromkeys(("median", "low", "high"), of(Array)), said="By layer: half, one in ten, nine in ten lie below."
)


def _reply(state: State, result: Ensemble) -> dict[str, Any]:
    bands = {name: {"median": result.median[name], "low": result.low[name], "high": result.high[name]} for name in result.logs}  # fmt: skip
    return {"networks": result.total, **bands, **{name: getattr(result, name) for name in NUMBERS}}


def _table(state: State, result: Ensemble) -> dict[str, Any]:
    bands = {"median": result.median, "low": result.low, "high": result.high}
    columns = {f"{name}_{end}": values[name] for name in result.logs for end, values in bands.items()}
    return {"layer": range(1, state.config.depth + 1), **columns}


def _show(state: State, result: Ensemble, palette: Palette) -> Components:
    figures = {
        ids.chart(chart): {"figure": seed_band(palette, result.median[name], result.low[name], result.high[name], result.logs[name][0])}
        for chart, name in SHOWN.items()
    }  # fmt: skip
    lines = {ids.line(chart): {"children": LINE} for chart in SHOWN}
    return {**figures, **lines, ids.caption("ensemble"): {"children": rich(describe_ensemble(result))}}


PANEL = Panel(
    key="ensemble", section="help", title="Many seeds",
    question="Is this typical, or the luck of one draw? The line is the median, the band holds four networks in five.",
    charts=(Chart("ensemble-delta", title="Error signal δ"), Chart("ensemble-weights", title="Weight gradient dW")), words=("networks",),
    compute=lambda state: ensemble(state.remedied, state.options.networks), reply=_reply, table=_table, show=_show,
    answer=record({"networks": of(int), **dict.fromkeys(LOG10_ARRAYS, _BAND), **members(Ensemble, NUMBERS)}),
)  # fmt: skip
