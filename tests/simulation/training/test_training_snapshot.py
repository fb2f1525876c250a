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
        assert seen.fit is None
        assert (seen.inactive_fraction >= seen.signals["dead_fraction"]).all()


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_where_a_layer_has_nan_no_share_of_its_units_is_told(activation):
    """NaN is not 0, though ReLU's slope there is: the layers before it are told, and which units were dead stays known."""
    network = NetworkConfig(depth=6, width=16, batch=8, activation=activation, initializer="he_normal")
    trainer = Trainer(TrainingConfig(network, "blobs", features=16, steps=5))
    before = trainer.step()
    trainer.model.view("weights", 3)[:, 0, 0] = np.nan  # of layer 4: what follows is NaN
    seen = snapshot(trainer.config, trainer.checkpoint())
    record = trainer.step()
    (layer,) = {crash.layer for crash in trainer.crashes}
    assert layer == 4
    whole = trainer.circuit.h[:, 0]
    has_nan = np.isnan(whole).any(axis=(1, 2))
    np.testing.assert_array_equal(has_nan, np.arange(6) >= 3)
    for shares in (
        record["dead_fraction"],
        record["saturated_fraction"],
        seen.inactive_fraction,
        seen.signals["dead_fraction"],
    ):
        np.testing.assert_array_equal(np.isnan(shares[0]), has_nan)
    x = [phi.x[0] for phi in trainer.circuit.phi[:3]]
    if activation == "relu":
        np.testing.assert_array_equal(record["dead_fraction"][0, :3], [(one <= 0).all(axis=0).mean() for one in x])
    assert not record["died"][0, 3:].any()
    assert not record["revived"][0, 3:].any()
    assert not np.isnan(before["dead_fraction"]).any()


def test_the_state_after_the_last_step_can_be_looked_into():
    trainer = Trainer(TrainingConfig(NETWORK, steps=3))
    while not trainer.finished:
        trainer.step()
    assert snapshot(trainer.config, trainer.checkpoint()).step == 3


@pytest.mark.parametrize("networks", [1, 2])
def test_entries_are_counted_by_size_and_slopes_that_are_0(networks):
    config = TrainingConfig(
        NetworkConfig(depth=3, width=8, batch=16, activation="relu", initializer="he_normal"), precision="float64"
    )
    trainer = Trainer(config, networks)
    for _ in range(3):
        trainer.step()
    kept = trainer.checkpoint()
    assert snapshot(config, kept, networks).delta_density is None
    seen = snapshot(config, kept, networks, densities=True)
    x, _ = trainer.batches.at(3)
    for layer in range(3):
        weights, biases = (trainer.model.view(kind, layer) for kind in ("weights", "biases"))
        x = np.maximum(x @ weights + biases[:, None], 0)
        np.testing.assert_allclose(seen.inactive_fraction[:, layer], (x == 0).mean(axis=(1, 2)))
        density = seen.activation_density
        assert density.zeros[layer] == (x == 0).sum()
        assert density.counts[:, layer].sum() + density.below[layer] == (x > 0).sum()
        edges = density.low + density.step * np.arange(len(density.counts) + 1)
        counted = np.histogram(np.log10(x[x > 0]), edges)[0]
        assert np.abs(counted - density.counts[:, layer]).sum() <= 2  # rounding at an edge


def test_what_is_no_number_is_left_out_of_the_densities():
    trainer = Trainer(TrainingConfig(NETWORK))
    kept = trainer.checkpoint()
    kept["numbers"][:, : NETWORK.width * 2] = np.nan  # all of the first weights
    seen = snapshot(trainer.config, kept, densities=True)
    assert not seen.activation_density.counts.any()
    assert not seen.activation_density.zeros.any()


def test_a_line_is_fitted_in_a_task_of_numbers():
    trainer = Trainer(TrainingConfig(NETWORK, "sine"))
    assert snapshot(trainer.config, trainer.checkpoint()).fit.step == 0
