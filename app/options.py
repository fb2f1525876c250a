"""Options: what the panels are asked. They choose what is looked at, and change nothing in the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from simulation.axes import OVER
from simulation.clipping import CLIPPINGS
from simulation.options import Option
from simulation.parameters import Choice, Number, Parameter
from simulation.programs import LANGUAGES
from simulation.registry import Registry

DIRECTIONS: Registry[Option] = Registry(
    Option("forward", "forward", "What the layer is given, and what it makes of it."),
    Option("backward", "backward", "Which gradient reaches the layer, and which one it hands on to the layer below."),
)


def _option(default: Any, parameter: Parameter) -> Any:
    return field(default=default, metadata={"parameter": parameter})


@dataclass(frozen=True)
class Options:
    """One field for each; the keys of the address and of the API are the same."""

    layer: int = _option(1, Number("Layer", "The layer that is looked into.", 1, 1000, integer=True, slider_high=300))
    direction: str = _option("backward", Choice("Direction", "The way through the network.", DIRECTIONS))
    over: str = _option("weight_scale", Choice("Sweep", "What is varied, all else fixed.", OVER))
    networks: int = _option(16, Number("Networks", "How many seeds are drawn.", 2, 256, integer=True, slider_high=64))
    clip: str = _option("norm", Choice("Clip", "What the threshold is compared with.", CLIPPINGS))
    threshold: float = _option(
        1.0,
        Number("Threshold", "The largest norm or entry that is let through.", 1e-6, 1e6, step=0.05, logarithmic=True),
    )
    loss_scale: int = _option(
        0, Number("Loss scaling, 2ᵏ", "k: the loss, and so every gradient, is multiplied by 2ᵏ.", 0, 60, integer=True)
    )
    language: str = _option("pytorch", Choice("Language", "What the program is written in.", LANGUAGES))


OPTIONS: Mapping[str, Parameter] = {f.name: f.metadata["parameter"] for f in fields(Options)}
