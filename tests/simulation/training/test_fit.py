"""The answers along a line: the network's own outputs, and the run goes on as if nobody had looked."""

import numpy as np
import pytest

from simulation import NetworkConfig
from simulation.training.config import TrainingConfig
from simulation.training.fit import SIZE, fit
from simulation.training.trainer import Trainer, train

NET = NetworkConfig(depth=2, width=8, batch=16, activation="tanh", seed=3, input_scale=2.0, input_offset=0.5)


def test_each_point_is_what_the_network_puts_out():
    config = TrainingConfig(NET, "sine", precision="float64", target_scale=2.0)
    trainer = Trainer(config)
    for _ in range(40):
        trainer.step()
    drawn = fit(trainer)
    assert (drawn.step, drawn.size, drawn.values.shape) == (40, SIZE, (SIZE,))
    x = np.linspace(drawn.low, drawn.high, SIZE)[:, None]
    assert drawn.low < trainer.batches.inputs.min() < trainer.batches.inputs.max() < drawn.high
    for layer in range(2):
        x = np.tanh(x @ trainer.model.view("weights", layer)[0] + trainer.model.view("biases", layer)[0])
    outputs = x @ trainer.model.view("weights", 2)[0] + trainer.model.view("biases", 2)[0]
    np.testing.assert_allclose(drawn.values, outputs[:, 0], rtol=1e-12)


@pytest.mark.parametrize(("data", "networks"), [("moons", 1), ("teacher", 1), ("sine", 2)])
def test_none_where_there_is_no_line(data, networks):
    assert fit(Trainer(TrainingConfig(NET, data), networks)) is None


def test_a_network_without_numbers_has_no_answers():
    trainer = Trainer(TrainingConfig(NET, "sine"))
    trainer.model.numbers[:] = np.inf
    assert np.isnan(fit(trainer).values).all()


def test_looking_changes_nothing():
    config = TrainingConfig(
        NetworkConfig(depth=3, width=8, batch=16, normalization="batch"), "sine", optimizer="adam", steps=30
    )
    trainer, losses = Trainer(config), []
    while not trainer.finished:
        fit(trainer)
        losses.append(trainer.step()["loss"])
    assert np.array_equal(losses, train(config).records["loss"])
