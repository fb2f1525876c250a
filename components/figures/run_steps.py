"""Charts of a training by step: loss, accuracy, the gradient's norm."""

from collections.abc import Sequence
from math import log10
from typing import Any

import numpy as np

from components.figures.axes import Array, line
from components.figures.run_axes import (
    leaving,
    level,
    reference,
    shared_range,
    sign,
    size_axis,
    size_in_words,
    step_axis,
    with_room,
)
from components.figures.runs import (
    GROWS,
    ROLES,
    Palette,
    Run,
    events,
    plain,
)
from components.theme import figure, transparent
from simulation.training.data import DATA

DASHES = ("dot", "dash")  # of the losses of knowing nothing, of which there are two at most


def loss(palette: Palette, runs: Sequence[Run]) -> dict[str, Any]:
    """log10 of the loss by step, of what is learned from and of what is held out, with what knowing nothing costs."""
    drawn = [(run, _log10(run.of("loss")), _log10(run.of("validation_loss"))) for run in runs]
    levels = _levels(runs)
    low, high = shared_range({run.role: sizes for run, *sizes in drawn}, list(levels.values()))
    pad = 0.06 * max(high - low, 1)
    key = [level(palette, text, dash) for dash, text in zip(DASHES, levels, strict=False)]
    across, axis = step_axis(runs, _circles(palette), key), size_axis(low - pad, high + 2 * pad)
    shapes, notes = events(palette, runs)
    traces: list[dict[str, Any]] = []
    for run, train, held_out in drawn:
        if run.networks > 1:
            traces.append(_band(palette, run, _log10(run.records["loss"])))
        name = "loss" if run.role == "run" else "loss, the other run"
        traces.append(_line(palette, run, train, name, _words(train)))
        traces.append(_held_out(palette, run, held_out, f"validation {name}", _words(held_out)))
        traces.append(_ends(palette, run, train, axis["range"], "loss"))
        notes += leaving(palette, run.role, run.steps, train, across["range"], axis["range"])
    shapes += [reference(palette, y, dash) for dash, y in zip(DASHES, levels.values(), strict=False)]
    return figure(palette, traces, across, axis, shapes=shapes, annotations=notes, margin=with_room(key))


def accuracy(palette: Palette, runs: Sequence[Run]) -> dict[str, Any]:
    """The share of right answers by step, with that of guessing."""
    shapes, notes = events(palette, runs)
    traces: list[dict[str, Any]] = []
    for run in runs:
        name = "accuracy" if run.role == "run" else "accuracy, the other run"
        share = run.of("accuracy")
        if run.networks > 1:
            traces.append(_band(palette, run, run.records["accuracy"]))
        traces.append(_line(palette, run, share, name, _percents(share)))
        held_out = run.of("validation_accuracy")
        traces.append(_held_out(palette, run, held_out, f"validation {name}", _percents(held_out)))  # fmt: skip
    classes, key = runs[-1].training.shape[1], []
    if DATA[runs[-1].training.data].task == "classes":
        shapes.append(reference(palette, 1 / classes))
        key.append(level(palette, f"guessing, 1 in {classes}"))
    axis = {"range": [-0.03, 1.05], "ticklabeloverflow": "allow", "tickvals": [0, 0.25, 0.5, 0.75, 1], "ticktext": ["0 %", "25 %", "50 %", "75 %", "100 %"]}  # fmt: skip
    return figure(palette, traces, step_axis(runs, _circles(palette), key), axis, shapes=shapes, annotations=notes, margin=with_room(key))  # fmt: skip


def gradient_norm(palette: Palette, runs: Sequence[Run]) -> dict[str, Any]:
    """log10 of the norm of all gradients by step, before and after clipping, with the threshold."""
    shapes, notes = events(palette, runs)
    traces: list[dict[str, Any]] = []
    before = [run.of("log10_gradient_norm") for run in runs]
    after = [run.of("log10_gradient_norm_clipped") for run in runs]
    lines = _threshold_lines(palette, runs[-1])
    sizes = {run.role: both for run, *both in zip(runs, before, after, strict=True)}
    low, high = shared_range(sizes, [shape["y0"] for shape in lines])
    pad = 0.06 * max(high - low, 1)
    clips = any(_clipped_from(run) is not None for run in runs)
    key = f"{sign(palette, 'exploding', '—', 'before clipping')}\u2002{sign(palette, 'ink', '—', 'after')}"
    more = [level(palette, "threshold")] if lines else []
    across, axis = step_axis(runs, key if clips else "", more), size_axis(low - pad, high + 2 * pad)
    for run, raw, clipped in zip(runs, before, after, strict=True):
        whose = "" if run.role == "run" else ", the other run"
        if run.networks > 1:
            traces.append(_band(palette, run, run.records["log10_gradient_norm"]))
        traces.append(_line(palette, run, raw, f"before clipping{whose}", _words(raw), _first_clipped(run)))
        traces[-1]["line"] |= {"color": transparent(palette["exploding"], 0.8), "width": 1.2}
        traces.append(_line(palette, run, clipped, f"gradient norm{whose}", _words(clipped)))
        traces.append(_ends(palette, run, clipped, axis["range"], "gradient norm"))
        notes += leaving(palette, run.role, run.steps, raw, across["range"], axis["range"])
    return figure(palette, traces, across, axis, shapes=[*shapes, *lines], annotations=notes, margin=with_room(more))  # fmt: skip


def _clipped_from(run: Run) -> int | None:
    """The first step that may be clipped."""
    kinds = [(0, "clip", run.training.clip), *run.training.changes]
    return next((step for step, name, value in kinds if name == "clip" and value != "none"), None)


def _first_clipped(run: Run) -> int:
    """The record of that step: before it both norms are one."""
    step = _clipped_from(run)
    return len(run.steps) if step is None else int(np.searchsorted(run.steps, step))


def _circles(palette: Palette) -> str:
    return sign(palette, "ink", "○", "validation")


def _threshold_lines(palette: Palette, run: Run) -> list[dict[str, Any]]:
    """Where the norm is cut, stretch by stretch; entries that are cut one by one have no line among norms."""
    config = run.training
    clip, threshold, start = config.clip, config.threshold, 0
    lines = []
    for step, name, value in [*config.changes, (config.steps, "", None)]:
        if clip == "norm" and threshold > 0 and step > start:
            lines.append({"type": "line", "x0": start, "x1": step, "y0": log10(threshold), "y1": log10(threshold),
                          "line": {"width": 1.2, "dash": "dot", "color": palette["mute"]}})  # fmt: skip
        start = step
        clip, threshold = (value if name == "clip" else clip), (value if name == "threshold" else threshold)
    return lines


def _levels(runs: Sequence[Run]) -> dict[str, float]:
    """log10 of the losses of knowing nothing, by their labels; those that are drawn as one line share a label."""
    levels: dict[str, float] = {}
    for text, value in runs[-1].references.items():
        if value > 0 and not any(abs(log10(value) - other) < 0.01 for other in levels.values()):
            levels[text] = log10(value)
    return levels


def _line(palette: Palette, run: Run, values: Array, name: str, words: list[str], begin: int = 0) -> dict[str, Any]:
    """The values by step, from the record `begin`."""
    new = slice(max(run.since, begin), None)
    return {
        "type": "scatter", "mode": "lines", "name": name, "x": plain(run.steps[new]), "y": plain(values[new]),
        "line": line(palette, ROLES[run.role], width=1.8), "customdata": words[new],
        "hovertemplate": f"{name}: %{{customdata}}<extra></extra>", "connectgaps": False, **GROWS,
    }  # fmt: skip


def _held_out(palette: Palette, run: Run, values: Array, name: str, words: list[str]) -> dict[str, Any]:
    """The validation part is looked at now and then: a dot each time."""
    looked = np.flatnonzero(np.isfinite(values[run.since :])) + run.since
    color = palette["ink" if run.role == "run" else "baseline"]
    return {
        "type": "scatter", "mode": "markers", "name": name, "x": run.steps[looked].tolist(), "y": values[looked].tolist(),
        "marker": {"size": 4, "color": palette["panel"], "line": {"width": 1.2, "color": color}},
        "customdata": [words[index] for index in looked], "hovertemplate": f"{name}: %{{customdata}}<extra></extra>", **GROWS,
    }  # fmt: skip


def _band(palette: Palette, run: Run, values: Array) -> dict[str, Any]:
    """Between the quantiles 10 and 90 % of many networks; there and back, so drawn as a whole."""
    finite = np.where(np.isfinite(values), values, np.nan)
    known = np.isfinite(finite).any(axis=1)
    low, high = np.nanquantile(finite[known], [0.1, 0.9], axis=1) if known.any() else np.zeros((2, 0))
    x = run.steps[known]
    return {
        "type": "scatter", "mode": "lines", "name": "8 of 10 networks", "x": [*x.tolist(), *x[::-1].tolist()],
        "y": [*low.tolist(), *high[::-1].tolist()], "fill": "toself", "line": {"width": 0}, "hoverinfo": "skip",
        "fillcolor": transparent(palette["ink" if run.role == "run" else "baseline"], 0.12),
    }  # fmt: skip


def _ends(palette: Palette, run: Run, log10_sizes: Array, span: list[float], name: str) -> dict[str, Any]:
    """Marks where there is no log: exact zeros at the foot, overflow and NaN at the top, with their names."""
    zero, broken = np.isneginf(log10_sizes), np.isnan(log10_sizes) | np.isposinf(log10_sizes)
    at = np.flatnonzero(zero | broken)
    crash = run.crash.step if run.crash else None  # has a label of its own
    named = {int(np.flatnonzero(mask)[0]) for mask in (zero, broken) if mask.any() and run.steps[mask][0] != crash}
    texts = ["exactly 0" if zero[i] else "NaN" if np.isnan(log10_sizes[i]) else "overflow" for i in at]
    color = palette["ink" if run.role == "run" else "baseline"]
    whose = ", beside" if run.role == "beside" else ""
    low, high = span
    room = 0.04 * (high - low)
    return {
        "type": "scatter", "mode": "markers+text", "name": f"{name}, no log", "x": run.steps[at].tolist(),
        "y": [low + room if zero[i] else high - room for i in at],
        "text": [text + whose if i in named else "" for i, text in zip(at.tolist(), texts, strict=True)],
        "textposition": ["middle left" if run.steps[i] > 0.7 * run.last else "middle right" for i in at],
        "textfont": {"size": 11, "color": palette["ink"]}, "customdata": texts,
        "marker": {"symbol": "x-thin", "size": 7, "line": {"width": 1.6, "color": color}},
        "hovertemplate": f"{name}: %{{customdata}}<extra></extra>",
    }  # fmt: skip


def _log10(values: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log10(values))


def _percents(shares: Array) -> list[str]:
    return ["NaN" if np.isnan(share) else f"{100 * share:.3g} %" for share in shares.tolist()]


def _words(log10_sizes: Array) -> list[str]:
    return [size_in_words(size) for size in log10_sizes.tolist()]
