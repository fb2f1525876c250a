"""Inactive, dead and saturated shares by layer."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from components.figures.axes import WITH_END_LABELS, end_labels, end_note, layer_axis, line, note, typed
from components.theme import figure

Array = NDArray[np.float64]
_SHARES = (("inactive", "solid"), ("dead", "dot"), ("saturated", "dashdot"))


class Shares(Protocol):
    """What a trace says of units, by layer."""

    @property
    def inactive_fraction(self) -> Array: ...
    @property
    def dead_fraction(self) -> Array: ...
    @property
    def saturated_fraction(self) -> Array: ...


def unit_shares(
    palette: Mapping[str, str], networks: Sequence[tuple[str, Shares]], remedied: str = ", with remedies"
) -> dict[str, Any]:
    """Three lines for each (role, trace), `remedied` in the names of that role's, told apart by dash style and a label at the right end; 0 to 100 %.

    Where a layer has no share, NaN, there is no line.
    """
    traces: list[dict[str, Any]] = []
    for role, trace in networks:
        for share, dash in _SHARES:
            values = getattr(trace, f"{share}_fraction")
            name = f"{share}{remedied}" if role == "remedied" else share
            traces.append(
                {"type": "scatter", "mode": "lines" if len(values) > 1 else "markers", "name": name,
                 "x": typed(np.arange(1, len(values) + 1), "i4"), "y": typed(values),
                 "line": line(palette, role, dash=dash), "hovertemplate": f"{name}: %{{y:.3~p}}<extra></extra>"}
            )  # fmt: skip
    role, last = networks[-1]
    ends = {share: getattr(last, f"{share}_fraction") for share, _ in _SHARES}
    known = {share: values[np.isfinite(values)] for share, values in ends.items()}
    labels = end_labels({share: float(values[-1]) for share, values in known.items() if values.size}, 0.09)
    notes = [end_note(palette, role, text, height) for text, height in labels] or [note(palette, "NaN in every layer")]
    yaxis = {"range": [-0.02, 1.1], "tickvals": [0, 0.25, 0.5, 0.75, 1], "tickformat": ".0%"}
    return figure(
        palette, traces, layer_axis(len(last.dead_fraction)), yaxis, annotations=notes, margin=WITH_END_LABELS
    )
