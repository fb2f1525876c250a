"""Stories: four runs to begin with, each one change away from the one before. Tests train them and hold them to it."""

from __future__ import annotations

from dataclasses import replace

from app.training.look import Look
from app.training.state import TrainState
from components.training.page import Story
from simulation import NetworkConfig
from simulation.training.config import TrainingConfig

LEARNS = TrainingConfig(
    NetworkConfig(depth=10, width=64, activation="tanh"), optimizer="momentum", learning_rate=0.02, steps=1000
)
PLATEAU = replace(LEARNS, network=replace(LEARNS.network, activation="sigmoid"))
EXPLODES = replace(
    LEARNS, network=replace(LEARNS.network, activation="relu", initializer="he_normal", weight_scale=1.5)
)
RECOVERS = replace(EXPLODES, clip="norm")


def _story(key: str, title: str, why: str, config: TrainingConfig, beside: TrainingConfig | None = None) -> Story:
    other = TrainState(beside).query if beside else None
    return Story(key, title, why, Look(TrainState(config), beside=other).query)


STORIES = (
    _story("learns", "It learns", "Ten tanh layers untangle two spirals: while they learn, a step moves each by about a thousandth of itself.", LEARNS),
    _story("plateau", "It stands still", "The same with sigmoid: the error signal fades on its way down, the loss stays at that of guessing.", PLATEAU),
    _story("explodes", "It explodes", "ReLU with weights half as large again: each layer enlarges the signal, a few steps and the numbers overflow.", EXPLODES),
    _story("recovers", "It is rescued", "The same network with the gradient's norm clipped at 1, beside the one that explodes.", RECOVERS, EXPLODES),
)  # fmt: skip
START = Look(TrainState(LEARNS))
