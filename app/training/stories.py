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


def _story(
    key: str, title: str, line: str, why: str, config: TrainingConfig, beside: TrainingConfig | None = None
) -> Story:
    other = TrainState(beside).query if beside else None
    return Story(key, title, line, why, Look(TrainState(config), beside=other).query)


STORIES = (
    _story("learns", "It learns", "Ten layers of tanh, two spirals",
           "Ten layers of tanh untangle two spirals. The error signal reaches the first layer as strong as it left the last: all of them learn. While the loss falls, a step moves each by about a thousandth of its size; once it has fallen, by ever less.", LEARNS),
    _story("plateau", "It stands still", "Sigmoid fades the error signal",
           "The same with sigmoid, whose slope is at most 1/4: each layer passes on about a quarter of the error signal. Next to nothing reaches the first layers: they stay as they were drawn, and the loss at that of guessing.", PLATEAU),
    _story("explodes", "It explodes", "ReLU, weights too large by half",
           "ReLU with weights too large by half: ten layers enlarge the signal more than 50 times, and the error signal on its way back likewise. The first step is far too long, the next longer still, until the numbers overflow.", EXPLODES),
    _story("recovers", "It is rescued", "The same, its gradient clipped",
           "The network that explodes, and beside it the same with one difference: a gradient longer than 1 is shortened to 1, which is called clipping. So no step is too long, and it learns in spite of its weights.", RECOVERS, EXPLODES),
)  # fmt: skip
START = Look(TrainState(LEARNS))
