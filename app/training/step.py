"""One step of a run looked into, from its checkpoint: the charts that Explore has, of the network as it was then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.training.answers import Answer, answers_of, measured
from app.training.history import Followed
from app.training.texts import ends
from components import ids as all_ids
from components.figures.axes import decade_range
from components.figures.heatmap import density_heatmap
from components.figures.run_fit import Curve
from components.figures.runs import Palette, middle
from components.figures.signals import Signal, signal_lines
from components.figures.units import unit_shares
from components.text import rich
from components.theme import PALETTES
from components.training import cards, ids
from simulation.sentences import percent
from simulation.training.sentences import capital, layers
from simulation.training.snapshot import Snapshot, snapshot

Checkpoint = Mapping[str, NDArray[Any]]
_LINES = {"step-delta": ("log10_delta_rms", "δ"), "step-weights": ("log10_weight_grad_norm", "dW"), "step-forward": ("log10_activation_rms", "activation")}  # fmt: skip

# Whose sizes are told to those who do not see a chart.
_SPOKEN = {**{chart: name for chart, (name, _) in _LINES.items()}, "step-heatmap-delta": "log10_delta_rms", "step-heatmap-activation": "log10_activation_rms"}  # fmt: skip


@dataclass(frozen=True)
class _Units:
    """Shares by layer, of the only network, or the medians."""

    inactive_fraction: NDArray[np.float64]
    dead_fraction: NDArray[np.float64]
    saturated_fraction: NDArray[np.float64]


def step_view(followed: Followed, first: Checkpoint, chosen: Checkpoint, theme: str) -> dict[str, Any]:
    """The charts of the chosen step, its lines with those of the first step, dashed."""
    palette, networks = PALETTES[theme], followed.asked.networks
    before, now = snapshot(followed.training, first, networks), snapshot(followed.training, chosen, networks, True)
    units = _Units(*map(_shown, (now.inactive_fraction, now.signals["dead_fraction"], now.signals["saturated_fraction"])))  # fmt: skip
    answer = measured(now.boundary, now.fit)
    figures = _lines(palette, before, now) | {"step-units": unit_shares(palette, [("remedied", units)], remedied="")}
    if now.delta_density and now.activation_density:
        figures["step-heatmap-delta"] = density_heatmap(palette, now.delta_density, "the entries of δ")
        figures["step-heatmap-activation"] = density_heatmap(palette, now.activation_density, "the activations")
    if answer:
        figures["step-boundary"] = answers_of(palette, [followed.training], [answer])
    return {
        "figures": {all_ids.chart(chart): figure for chart, figure in figures.items()},
        "components": _words(followed, now, units, answer),
    }


def _lines(palette: Palette, before: Snapshot, now: Snapshot) -> dict[str, dict[str, Any]]:
    """δ and dW share an axis, as on Explore."""
    seen = [(now, "remedied")] if before.step == now.step else [(before, "baseline"), (now, "remedied")]
    lines = {
        chart: [Signal(f"{word}, step {one.step}", _shown(one.signals[name]), role) for one, role in seen]
        for chart, (name, word) in _LINES.items()
    }
    backward = decade_range([line.log10_size for chart in ("step-delta", "step-weights") for line in lines[chart]])
    forward = decade_range([line.log10_size for line in lines["step-forward"]])
    return {
        chart: signal_lines(palette, drawn, forward if chart == "step-forward" else backward, True)
        for chart, drawn in lines.items()
    }


def _shown(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(networks, depth) -> (depth,): the only network's, or the median."""
    return np.asarray(middle(values[None])[0])


def _words(followed: Followed, now: Snapshot, units: _Units, answer: Answer) -> dict[str, Any]:
    step, checkpoints, loss = now.step, followed.seen.progress.checkpoints, ""
    at = np.flatnonzero(followed.records["step"] == step)
    if at.size and followed.asked.networks == 1:
        loss = f", where the loss is {followed.records['loss'][at[0], 0]:.4g}"
    kept = f"{len(checkpoints)} steps are kept of this run; the slider goes from one to the next, a click on a chart by step to the nearest. Solid: this step; dashed: the first. Steps are numbered from 0: step 7 comes after 7 steps."
    if followed.asked.networks > 1:
        kept += f" Lines and shares are medians of all {followed.asked.networks} networks; the spreads hold the entries of all."
    sizes = now.signals["log10_activation_rms"]
    broken = bool((np.isnan(sizes) | np.isposinf(sizes)).all())
    if broken:
        kept += " In this step no layer has a number, so there is no solid line."
    answered = "What the network answered then"
    captions = {
        "step-delta": "Of the loss itself, on this step's batch, down from the head.",
        "step-weights": "What the optimizer is given in this step.",
        "step-forward": "What each layer makes of this step's batch.",
        "step-boundary": f"{answered}: nothing that is a number." if broken else f"{answered}, and what it learns from." if isinstance(answer, Curve) else f"{answered}.",
        "step-heatmap-delta": _spread(now, "log10_delta_rms"),
        "step-heatmap-activation": _spread(now, "log10_activation_rms"),
        "step-units": _shares(units),
    }  # fmt: skip
    return {
        ids.SCRUB_LINE: {"children": f"After {step:,} of {followed.training.steps:,} steps{loss}. {kept}"},
        ids.SCRUB_CARD: {"hidden": False},
        ids.STEP_CHARTS: {
            "className": cards.grid(
                "of-step", *["step-boundary"] * bool(answer), *["of-seeds"] * (followed.asked.networks > 1)
            )
        },
        ids.card("step-boundary"): {"hidden": not answer},
        all_ids.description("step-boundary"): {"children": f"At step {step}{loss}."},
        **{all_ids.caption(chart): {"children": rich(text)} for chart, text in captions.items()},
        **{
            all_ids.description(chart): {"children": f"At step {step}: {ends(_shown(now.signals[name]), name)}."}
            for chart, name in _SPOKEN.items()
        },
    }


def _shares(units: _Units) -> str:
    """The means over the layers that have numbers, and which have none."""
    unknown = np.isnan(units.inactive_fraction)
    if unknown.all():
        return "No layer has numbers in this step, so no share can be told."
    inactive, saturated, dead = (
        percent(shares[~unknown].mean())
        for shares in (units.inactive_fraction, units.saturated_fraction, units.dead_fraction)
    )
    whose = "Over the layers that have numbers" if unknown.any() else "Over all layers"
    without = tuple((np.flatnonzero(unknown) + 1).tolist())
    nothing = (
        f" {capital(layers(without))} {'have' if len(without) > 1 else 'has'} NaN: no share can be told."
        if without
        else ""
    )
    return f"{whose}: {inactive} of the entries pass nothing back, {saturated} are saturated, {dead} of the units are dead.{nothing}"


def _spread(now: Snapshot, name: str) -> str:
    """What the density shows, and which layers have entries that it cannot show."""
    sizes = now.signals[name]
    broken = np.flatnonzero((np.isnan(sizes) | np.isposinf(sizes)).any(axis=0)) + 1
    if not broken.size:
        return "The stronger the tone, the more of the layer's entries have that size."
    return f"Overflow or NaN, which has no size, is in {layers(tuple(broken.tolist()))}."
