"""Inactive, dead and saturated shares by layer."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from components.figures.axes import layer_axis, line, typed
from components.theme import figure
from simulation.trace import SignalTrace

_SHARES = (("inactive", "solid"), ("dead", "dot"), ("saturated", "dashdot"))


def unit_shares(palette: Mapping[str, str], baseline: SignalTrace, remedied: SignalTrace | None) -> dict[str, Any]:
    """Three lines per network, told apart by dash style and a label at the right end; 0 to 100 %."""
    networks = [(baseline, False)] + ([(remedied, True)] if remedied else [])
    traces: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for trace, is_remedied in networks:
        for share, dash in _SHARES:
            values = getattr(trace, f"{share}_fraction")
            name = f"{share}, with remedies" if is_remedied else share
            traces.append(
                {"type": "scatter", "mode": "lines" if len(values) > 1 else "markers", "name": name,
                 "x": typed(np.arange(1, len(values) + 1), "i4"), "y": typed(values),
                 "line": line(palette, is_remedied, dash=dash), "hovertemplate": f"{name}: %{{y:.3~%}}<extra></extra>"}
            )  # fmt: skip
    last, is_remedied = networks[-1]
    heights: list[float] = []
    for share, _ in sorted(_SHARES, key=lambda pair: float(getattr(last, f"{pair[0]}_fraction")[-1])):
        # Labels that would cover one another move up.
        height = max([float(getattr(last, f"{share}_fraction")[-1]), *(used + 0.09 for used in heights)])
        heights.append(height)
        notes.append(
            {"x": 1.0, "xref": "paper", "xanchor": "left", "y": height, "text": share, "showarrow": False,
             "font": {"size": 11, "color": palette["ink" if is_remedied else "mute"]}}
        )  # fmt: skip
    yaxis = {"range": [-0.02, 1.1], "tickvals": [0, 0.25, 0.5, 0.75, 1], "tickformat": ".0%"}
    return figure(
        palette, traces, layer_axis(last.depth), yaxis, annotations=notes, margin={"l": 52, "r": 66, "t": 10, "b": 38}
    )
