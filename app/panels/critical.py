"""Critical region: at which weight scale the gradient would keep its size, and what other settings do to it."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from app.panels.panel import Components, Palette, Panel
from app.schemas import CONFIG, Schema, members, of, record, reference, said_of, text
from app.state import State
from components import ids
from components.critical import LEADS, chart_lines, critical_body
from components.figures.critical import activation_curve, gradient_curve
from components.panels import Chart
from components.text import rich
from simulation.axes import OVER
from simulation.sentences_sweep import describe_sweep
from simulation.sweep import Curve, Sweep, sweep

ARRAYS = ("log10_gradient_ratio", "log10_activation_rms_last")
CRITICAL = ("critical_weight_scale", "stable_interval", "crossings")  # over weight_scale alone
CHARTS = (
    Chart("critical", by_layer=False, sets="weight_scale", title="Error signal, layer 1 over the last"),
    Chart("critical-activation", by_layer=False, sets="weight_scale", title="Activations at the last layer"),
)


def _compute(state: State) -> Iterator[Sweep]:
    return sweep(state.config, state.options.over, state.remedies)


def _curve(result: Sweep, curve: Curve) -> dict[str, Any]:
    names = (*ARRAYS, "fixed", *(CRITICAL if result.over == "weight_scale" else ()))
    return {name: getattr(curve, name) for name in names}


def _reply(state: State, result: Sweep) -> dict[str, Any]:
    by_depth = [
        {"depth": depth, "critical_weight_scale": one and one.weight_scale, "stable_interval": one and one.interval}
        for depth, one in result.critical_by_depth.items()
    ]
    remedied = {"remedied": {"config": asdict(state.remedied), **_curve(result, result.remedied)}} if result.remedied else {}  # fmt: skip
    return {
        "over": result.over, "axis": result.axis, **_curve(result, result.baseline), "critical_by_depth": by_depth,
        "left_out": [{"value": value, "reason": reason} for value, reason in result.left_out.items()],
        "sentence": describe_sweep(result), **remedied,
    }  # fmt: skip


def _table(state: State, result: Sweep) -> dict[str, Any]:
    curves = {"": result.baseline, **({"remedied_": result.remedied} if result.remedied else {})}
    columns = {f"{whose}{name}": getattr(curve, name) for whose, curve in curves.items() for name in ARRAYS}
    return {result.over: result.axis, **columns}


def _show(state: State, result: Sweep, palette: Palette) -> Components:
    present = getattr(state.config, result.over)
    return {
        ids.chart("critical"): {"figure": gradient_curve(palette, result, present)},
        ids.chart("critical-activation"): {"figure": activation_curve(palette, result, present)},
        **{ids.line(chart): {"children": text} for chart, text in chart_lines(result.over).items()},
        ids.lead("critical"): {"children": LEADS.get(result.over, "")},
        ids.summary("over"): {"children": OVER[result.over].summary},
        ids.caption("critical"): {"children": rich(describe_sweep(result))},
        ids.body("critical"): {"children": critical_body(result)},
    }


_CURVE = members(Curve, (*ARRAYS, "fixed", *CRITICAL))
_BY_DEPTH = {"depth": of(int), **{name: _CURVE[name] for name in CRITICAL[:2]}}
_LEFT_OUT = {"value": of(float), "reason": of(str)}


def _listed(properties: dict[str, Schema]) -> Schema:
    return {"type": "array", "items": record(properties)}


# The remedied curve is among what is computed: `remedied` is told here, not by the API for all.
_ANSWER = record(
    {
        "over": text("What is varied.", OVER), **members(Sweep, ("axis",)), **_CURVE, "critical_by_depth": _listed(_BY_DEPTH),
        "left_out": _listed(_LEFT_OUT), "sentence": text("Where the critical region lies, in words."),
        "remedied": record({"config": reference(CONFIG), **_CURVE}, CRITICAL),
    },
    (*CRITICAL, "remedied"), said_of(Curve),
)  # fmt: skip

PANEL = Panel(
    key="critical", section="why", title="Critical region",
    question="Where along one setting would the error signal keep its size, all else as it is?",
    charts=CHARTS, words=("over",), both=False, compute=_compute, reply=_reply, table=_table, show=_show,
    answer=_ANSWER,
)  # fmt: skip
