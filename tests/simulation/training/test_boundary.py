"""The plane as the network sees it: its own outputs, point by point, and the run goes on as if nobody had looked."""

import numpy as np
import pytest

from simulation import NetworkConfig
from simulation.training.boundary import SIZE, boundary
from simulation.training.config import TrainingConfig
from simulation.training.trainer import Trainer, train

NET = NetworkConfig(depth=2, width=8, batch=16, activation="tanh", seed=3)


def after(config, steps, networks=1):
    trainer = Trainer(config, networks)
    for _ in range(steps):
        trainer.step()
    return trainer


@pytest.mark.parametrize("loss", ["cross_entropy", "mean_squared"])
def test_each_point_is_the_share_of_class_1(loss):
    config = TrainingConfig(NET, "moons", loss=loss, precision="float64", target_scale=2.0)
    trainer = after(config, 60)
    drawn = boundary(trainer)
    assert (drawn.step, drawn.size, drawn.values.shape, drawn.values.dtype) == (60, SIZE, (SIZE, SIZE), np.uint8)
    row, column = 30, 7  # rows along the second feature
    x = np.array([drawn.low[0] + column * (drawn.high[0] - drawn.low[0]) / (SIZE - 1), drawn.low[1] + row * (drawn.high[1] - drawn.low[1]) / (SIZE - 1)])  # fmt: skip
    for layer in range(2):
        x = np.tanh(x @ trainer.model.view("weights", layer)[0] + trainer.model.view("biases", layer)[0])
    outputs = x @ trainer.model.view("weights", 2)[0] + trainer.model.view("biases", 2)[0]
    share = np.exp(outputs[1]) / np.exp(outputs).sum() if loss == "cross_entropy" else 0.5 + (outputs[1] - outputs[0]) / (2 * 2.0)  # fmt: skip
    assert abs(int(drawn.values[row, column]) - 255 * np.clip(share, 0, 1)) <= 0.51


def test_the_plane_holds_the_data():
    trainer = after(TrainingConfig(NET, "circles"), 1)
    drawn = boundary(trainer)
    assert (np.array(drawn.low) < trainer.batches.inputs.min(axis=0)).all()
    assert (np.array(drawn.high) > trainer.batches.inputs.max(axis=0)).all()


@pytest.mark.parametrize(
    ("config", "networks"),
    [(TrainingConfig(NET, "digits"), 1), (TrainingConfig(NET, "sine"), 1), (TrainingConfig(NET, "moons"), 2),
     (TrainingConfig(NET, "blobs", features=2, classes=3), 1)],
)  # fmt: skip
def test_none_where_there_is_no_plane_of_two_classes(config, networks):
    assert boundary(Trainer(config, networks)) is None


def test_a_network_without_numbers_is_drawn_as_undecided():
    trainer = Trainer(TrainingConfig(NET, "xor"))
    trainer.model.numbers[:] = np.nan
    assert (boundary(trainer).values == 128).all()


def test_looking_changes_nothing():
    config = TrainingConfig(
        NetworkConfig(depth=3, width=8, batch=16, normalization="batch"), "moons", optimizer="adam", steps=30
    )
    trainer, losses = Trainer(config), []
    while not trainer.finished:
        boundary(trainer)
        losses.append(trainer.step()["loss"])
    assert np.array_equal(losses, train(config).records["loss"])
