"""A step that is looked into again: the numbers that were recorded when it was taken."""

import numpy as np
import pytest

from simulation import NetworkConfig
from simulation.training.config import TrainingConfig
from simulation.training.snapshot import SIGNALS, snapshot
from simulation.training.trainer import Trainer

NETWORK = NetworkConfig(depth=4, width=8, batch=16, activation="tanh", seed=3)


@pytest.mark.parametrize("networks", [1, 3])
@pytest.mark.parametrize(
    "config",
    [
        TrainingConfig(NETWORK, optimizer="adam", learning_rate=0.01, steps=12),
        TrainingConfig(NetworkConfig(depth=4, width=8, batch=16, activation="rrelu", normalization="batch", residual="pre_activation"), "moons", learning_rate=0.3, steps=12),
    ],
    ids=["adam", "batch norm, drawn slopes"],
)  # fmt: skip
def test_the_signals_are_those_of_the_record(config, networks):
    trainer = Trainer(config, networks)
    kept, records = {}, {}
    while not trainer.finished:
        at = trainer.at
        kept[at] = {name: trainer.checkpoint()[name] for name in ("at", "numbers", "running")}
        records[at] = trainer.step()
    for at in (0, 5, 11):
        seen = snapshot(config, kept[at], networks)
        assert seen.step == at
        for name in SIGNALS:
            np.testing.assert_array_equal(seen.signals[name], records[at][name])
        assert (seen.boundary is None) == (networks > 1)


def test_the_state_after_the_last_step_can_be_looked_into():
    trainer = Trainer(TrainingConfig(NETWORK, steps=3))
    while not trainer.finished:
        trainer.step()
    assert snapshot(trainer.config, trainer.checkpoint()).step == 3
