"""What the charts of a training share: the runs they show, what is marked along their steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from components.figures.axes import Array
from components.theme import transparent
from simulation.training.config import TrainingConfig
from simulation.training.records import Crash

Palette = Mapping[str, str]
GROWS = {"meta": "grows"}  # a trace whose arrays go on from those that the browser has
ROLES = {"run": "remedied", "beside": "baseline"}  # whose lines they look like: ink and solid, grey and dashed


@dataclass(frozen=True)
class Run:
    """A run as far as it has come.

    role: "run", or "beside" for the one it is compared with. records: as `training.records.together` gives them.
    since: the first record that the browser does not have yet. ended: no more steps will come.
    """

    role: str
    training: TrainingConfig
    records: Mapping[str, Array]
    crashes: Sequence[Crash | None] = (None,)
    since: int = 0
    networks: int = 1
    references: Mapping[str, float] = field(default_factory=dict)  # label -> the loss of knowing nothing
    ended: bool = False

    @property
    def steps(self) -> Array:
        return self.records["step"]

    @property
    def last(self) -> int:
        """The last step on its axes: one that broke, or was stopped, ends where it did."""
        early = self.ended and len(self.steps) and self.steps[-1] < 0.9 * self.training.steps
        return max(int(self.steps[-1]), 1) if early else self.training.steps

    def of(self, name: str) -> Array:
        """A quantity by record (and layer): of the only network, or the median of them."""
        values = self.records[name]
        if self.networks == 1:
            return values[:, 0]
        with np.errstate(all="ignore"):
            return middle(values)

    def new(self, values: Array, digits: int = 5) -> list[float | None]:
        """What of an array by record the browser does not have yet; what is not finite as None."""
        return plain(values[self.since :], digits)

    @property
    def crash(self) -> Crash | None:
        """The only network's."""
        return self.crashes[0] if self.networks == 1 else None


def middle(values: Array) -> Array:
    """The median over the networks (axis 1) of those that have a number there; -inf is one, NaN is none."""
    ordered = np.sort(values, axis=1)  # NaN come last
    known = (~np.isnan(values)).sum(axis=1, keepdims=True)
    picked = np.take_along_axis(ordered, np.maximum(known - 1, 0) // 2, axis=1)
    return np.asarray(picked[:, 0])


def plain(values: Array, digits: int = 5) -> list[float | None]:
    """Numbers for the browser, short; what is not finite as None."""
    finite = np.isfinite(values)
    return [float(f"{value:.{digits}g}") if known else None for value, known in zip(values.tolist(), finite.tolist(), strict=True)]  # fmt: skip


def events(palette: Palette, runs: Sequence[Run]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Vertical lines with labels: what was changed at which step, and where the numbers ended; of two runs, in which."""
    shapes, notes, last, rows = [], [], max(run.last for run in runs), count()
    for run in runs:
        whose = ", beside" if run.role == "beside" and len(runs) > 1 else ""
        marks = [(step, f"{_SHORT[name]} {value if isinstance(value, str) else f'{value:g}'}", "mute") for step, name, value in run.training.changes]  # fmt: skip
        if run.crash:
            marks.append((run.crash.step, "NaN" if run.crash.what == "nan" else "overflow", "exploding"))
        for step, text, color in marks:
            late = step > 0.7 * last
            shapes.append(
                {"type": "line", "x0": step, "x1": step, "yref": "paper", "y0": 0, "y1": 1, "layer": "below",
                 "line": {"width": 1, "dash": "dot", "color": transparent(palette[color], 0.8)}}
            )  # fmt: skip
            notes.append(
                {"x": step, "xanchor": "right" if late else "left", "xshift": -3 if late else 3, "yref": "paper",
                 "y": 1, "yanchor": "bottom", "yshift": 11 * (next(rows) % 2), "text": text + whose, "showarrow": False,
                 "font": {"size": 11, "color": palette[color]}}
            )  # fmt: skip
    return shapes, notes


_SHORT = {"learning_rate": "rate", "clip": "clip", "threshold": "threshold"}
