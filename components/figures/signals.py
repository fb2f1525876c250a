"""Signals by layer: lines of log10 magnitudes, with marks for exact zeros and for where number formats end."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.figures.axes import (
    ROLES,
    WITH_END_LABELS,
    Array,
    decade_axis,
    end_labels,
    end_note,
    layer_axis,
    line,
    typed,
    zero_marks,
)
from components.text import scientific, times
from components.theme import figure, transparent
from simulation.diagnosis import FORMATS

Palette = Mapping[str, str]


@dataclass(frozen=True)
class Signal:
    """One line: log10 of a magnitude by layer (-inf is an exact zero).

    role: whose line it is, a key of ROLES. label: written at the line's end, or "" for none. start: the 0-based layer that its hover text
    compares with (-1: the last, where the error signal starts; 0: the first).
    """

    name: str
    log10_size: Array
    role: str = "baseline"
    label: str = ""
    dash: str = ""
    start: int = -1


def signal_lines(
    palette: Palette, signals: list[Signal], span: tuple[float, float, int], in_words: bool, formats: str | None = None
) -> dict[str, Any]:
    """The chart of these signals; `span` is (low, high, tick step) in decades, `in_words` adds the hover texts, `formats` (a proviso) where number formats end."""
    depth = max(len(signal.log10_size) for signal in signals)
    low, high, step = span
    first = next((signal for signal in signals if np.isneginf(signal.log10_size).any()), None)
    zeros = first is not None
    if zeros:  # room for the zero marks below everything that has a size
        low -= step
    traces = [_line(palette, signal, in_words) for signal in signals]
    traces += [_zero_marks(palette, signal, low + step / 2, labeled=signal is first) for signal in signals]
    shapes, notes = _format_ends(palette, signals, low, high, formats) if formats is not None else ([], [])
    ends = {signal.label: signal for signal in signals if signal.label and np.isfinite(signal.log10_size[-1])}
    labels = end_labels(
        {label: float(signal.log10_size[-1]) for label, signal in ends.items()}, 0.08 * (high - low), high
    )
    notes += [end_note(palette, signals[-1].role, text, height) for text, height in labels]
    margin = {"margin": WITH_END_LABELS} if ends else {}
    return figure(
        palette, traces, layer_axis(depth), decade_axis(low, high, step, low + step / 2 if zeros else None), shapes=shapes, annotations=notes, **margin
    )  # fmt: skip


def _line(palette: Palette, signal: Signal, in_words: bool) -> dict[str, Any]:
    sizes = signal.log10_size
    trace: dict[str, Any] = {
        "type": "scatter", "mode": "lines" if len(sizes) > 1 else "markers", "name": signal.name,
        "x": typed(np.arange(1, len(sizes) + 1), "i4"), "y": typed(np.where(np.isfinite(sizes), sizes, np.nan)),
        "line": line(palette, signal.role, **({"dash": signal.dash} if signal.dash else {})),
        "marker": {"color": palette[ROLES[signal.role][0]], "size": 7},
        "connectgaps": False, "hoverinfo": "skip",
    }  # fmt: skip
    if in_words:
        start = sizes[signal.start]
        than = f"at layer {len(sizes) if signal.start == -1 else 1}"
        with np.errstate(invalid="ignore"):
            ratios = sizes - start
        trace["customdata"] = [
            [scientific(size), times(ratio, than)] for size, ratio in zip(sizes.tolist(), ratios.tolist(), strict=True)
        ]
        trace["hovertemplate"] = (
            f"{signal.name}: 10<sup>%{{y:.3~r}}</sup> = %{{customdata[0]}}<br>%{{customdata[1]}}<extra></extra>"
        )
        del trace["hoverinfo"]
    return trace


def _zero_marks(palette: Palette, signal: Signal, height: float, labeled: bool) -> dict[str, Any]:
    layers = np.flatnonzero(np.isneginf(signal.log10_size)) + 1
    return zero_marks(palette[ROLES[signal.role][0]], palette["ink"], signal.name, layers, height, labeled)


def _format_ends(
    palette: Palette, signals: list[Signal], low: float, high: float, proviso: str
) -> tuple[list[Any], list[Any]]:
    """Where number formats end, if a line gets there: shaded, and labeled in place, the first with its proviso."""
    sizes = np.concatenate([signal.log10_size for signal in signals])
    smallest, largest = (
        np.nanmin(np.where(np.isfinite(sizes), sizes, 0)),
        np.nanmax(np.where(np.isfinite(sizes), sizes, 0)),
    )
    shapes: list[Any] = []
    notes: list[Any] = []
    for key in ("float64", "float32", "float16"):
        for edge, color, word in (
            (FORMATS[key].log10_zero, "vanishing", "rounds to 0"), (FORMATS[key].log10_overflow, "exploding", "overflows"),
        ):  # fmt: skip
            if not (smallest < edge if word == "rounds to 0" else edge < largest):
                continue
            if any(abs(edge - other["y"]) < 0.07 * (high - low) for other in notes):
                continue  # too near to another one to be told apart
            beyond = low if word == "rounds to 0" else high
            shapes += [
                {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": edge, "y1": beyond, "layer": "below",
                 "line": {"width": 0}, "fillcolor": transparent(palette[color], 0.05)},
                {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": edge, "y1": edge, "layer": "below",
                 "line": {"width": 1, "dash": "dot", "color": transparent(palette[color], 0.7)}},
            ]  # fmt: skip
            notes.append(
                {"xref": "paper", "x": 0 if word == "rounds to 0" else 1, "xanchor": "left" if word == "rounds to 0" else "right",
                 "align": "left" if word == "rounds to 0" else "right", "y": edge, "yanchor": "top" if word == "rounds to 0" else "bottom",
                 "text": f"{key} {word}{'' if notes else proviso}", "showarrow": False, "font": {"size": 11, "color": palette[color]}}
            )  # fmt: skip
    return shapes, notes
