"""What a network answers everywhere, where that can be drawn: over the plane of two features, along the line of one."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.figures.run_fit import Curve, fit
from components.figures.run_plane import Plane, boundary
from components.figures.runs import Palette
from simulation.training.boundary import Boundary
from simulation.training.config import TrainingConfig
from simulation.training.data import DATA, draw_data
from simulation.training.fit import Fit

Answer = Plane | Curve | None


def has_answers(training: TrainingConfig, networks: int) -> bool:
    """Whether one network's answers can be drawn: of two features and classes, or from one number to one."""
    return networks == 1 and training.shape == ((2, 2) if DATA[training.data].task == "classes" else (1, 1))


def stored(told: Mapping[str, Any] | None) -> Answer:
    """As the store has it."""
    if not told:
        return None
    if isinstance(told["values"], str):
        levels = np.frombuffer(b64decode(told["values"]), np.uint8).reshape(told["size"], told["size"])
        return Plane(told["step"], levels / 255, tuple(told["low"]), tuple(told["high"]))
    return Curve(told["step"], np.array(told["values"], float), told["low"], told["high"])


def measured(plane: Boundary | None, line: Fit | None) -> Answer:
    """As it was measured just now."""
    if plane:
        return Plane(plane.step, plane.values / 255, plane.low, plane.high)
    return line and Curve(line.step, line.values, line.low, line.high)


def answers_of(palette: Palette, trainings: Sequence[TrainingConfig], answers: Sequence[Answer]) -> dict[str, Any]:
    """The chart of the last of these runs, with the points that are learned from; a fit also of one on the same points."""
    data, last = draw_data(trainings[-1]).train, answers[-1]
    if data.inputs.shape[1] == 2:
        return boundary(palette, last if isinstance(last, Plane) else None, data.inputs, data.targets)
    roles = ("beside", "run")[-len(trainings) :]
    curves = {
        role: answer if isinstance(answer, Curve) else None
        for role, training, answer in zip(roles, trainings, answers, strict=True)
        if role == "run" or draw_data(training).train is data
    }
    return fit(palette, curves, data.inputs[:, 0], data.targets[:, 0])
