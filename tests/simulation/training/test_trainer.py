"""A run as a whole: reproducible to the bit, to be stopped and taken up again, honest to its last step."""

from dataclasses import replace

import numpy as np
import pytest

from simulation import NetworkConfig, propagate
from simulation.config import ConfigError
from simulation.normalizations import NORMALIZATIONS
from simulation.options import RESIDUALS
from simulation.training.config import TrainingConfig
from simulation.training.data import draw_data
from simulation.training.losses import LOSSES
from simulation.training.model import initial_head, initial_network
from simulation.training.records import LAYERED, SCALARS, lengths, recorded, validated
from simulation.training.statistics import cosines, log10_norms
from simulation.training.trainer import Trainer, train

NETWORK = NetworkConfig(depth=4, width=10, batch=16, activation="relu", initializer="he_normal", normalization="batch")
SHORT = TrainingConfig(NETWORK, data="blobs", features=10, classes=3, steps=20, optimizer="adam", learning_rate=0.01)


def same(one, other):
    for name in ("step", *SCALARS, *LAYERED):
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def test_equal_configs_give_equal_runs_to_the_bit():
    same(train(SHORT).records, train(replace(SHORT)).records)


@pytest.mark.parametrize("activation", ["relu", "rrelu"])
@pytest.mark.parametrize("optimizer", ["sgd", "nesterov", "adamw"])
def test_a_run_taken_up_from_a_checkpoint_is_the_unbroken_run(activation, optimizer):
    config = replace(SHORT, network=replace(NETWORK, activation=activation), optimizer=optimizer, clip="norm")
    first = Trainer(config)
    records = [first.step() for _ in range(7)]
    second = Trainer(config)
    second.restore(first.checkpoint())
    records += [second.step() for _ in range(13)]
    whole = train(config).records
    for name in ("loss", "log10_weight_grad_norm", "grad_cosine", "clipped_share", "died", "validation_loss"):
        np.testing.assert_array_equal(whole[name], np.array([record[name] for record in records]), err_msg=name)


def test_many_networks_at_once_are_those_networks():
    """One leading axis, no loop: each network learns as it would alone, from the same data."""
    config = replace(SHORT, precision="float64")
    together = train(config, networks=3)
    assert together.seeds == (0, 1, 2)
    for index, seed in enumerate(together.seeds):
        alone = train(replace(config, network=replace(config.network, seed=seed))).records
        np.testing.assert_allclose(together.records["loss"][:, index], alone["loss"][:, 0], rtol=1e-9)


def test_a_change_during_the_run_is_the_run_of_a_config_with_that_change():
    trainer = Trainer(SHORT)
    records = []
    for step in range(SHORT.steps):
        if step == 5:
            trainer.change("learning_rate", 0.001)
        if step == 8:
            trainer.change("clip", "norm")
            trainer.change("threshold", 0.1)
        records.append(trainer.step())
    assert [change[:2] for change in trainer.config.changes] == [(5, "learning_rate"), (8, "clip"), (8, "threshold")]
    planned = train(trainer.config).records
    np.testing.assert_array_equal(planned["loss"], np.array([record["loss"] for record in records]))
    assert planned["learning_rate"][4, 0] == 0.01
    assert planned["learning_rate"][5, 0] == 0.001


@pytest.mark.parametrize("residual", RESIDUALS)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_the_first_gradients_are_those_that_explore_shows(normalization, residual):
    """The very network: propagate with the loss's gradient put in at the output gives the same deltas and dW."""
    network = NetworkConfig(
        depth=5, width=12, batch=16, activation="tanh", normalization=normalization, residual=residual, block=2
    )
    config = TrainingConfig(network, data="blobs", features=12, classes=3, precision="float64", steps=1)
    trainer = Trainer(config)
    inputs, targets = trainer.batches.at(0)
    record = trainer.step()
    start, (head, bias) = initial_network(config, 0), initial_head(config, 0)
    output = trainer.circuit.h[-1, 0]
    outputs = output @ head + bias
    grad = np.empty_like(outputs)
    loss = LOSSES["cross_entropy"].measure(outputs[None], targets, grad[None])
    trace = propagate(replace(start, inputs=inputs[0], cotangent=grad @ head.T))
    assert record is not None
    np.testing.assert_allclose(record["loss"], loss, rtol=1e-12)
    for name in ("log10_weight_grad_norm", "log10_delta_rms", "log10_activation_rms"):
        np.testing.assert_allclose(record[name][0], getattr(trace, name), rtol=0, atol=1e-9)
    for name in ("dead_fraction", "saturated_fraction"):
        np.testing.assert_array_equal(record[name][0], getattr(trace, name))


def test_a_run_is_recorded_up_to_the_step_that_ended_it():
    """Where it overflows is told by hand: the first layer whose z is beyond float32's range."""
    network = NetworkConfig(
        depth=9, width=256, batch=16, activation="linear", initializer="standard_normal", weight_scale=20
    )
    config = TrainingConfig(network, data="blobs", steps=50, head_initializer="zeros")
    run = train(config)
    (crash,) = run.crashes
    x = draw_data(config).train.inputs.astype(np.float64)
    weights = initial_network(config, 0).weights
    assert crash is not None
    assert run.records["step"][-1] == crash.step
    assert (crash.layer, crash.operation, crash.what) != (0, "step", "inf") or crash.step == 0
    if crash.step == 0 and crash.operation == "weights":
        for layer in range(crash.layer):
            x = x @ weights[layer]
        assert np.abs(x).max() > np.finfo(np.float32).max


def test_an_exploding_network_names_the_layer_that_overflows():
    network = NetworkConfig(
        depth=20, width=64, batch=8, activation="linear", initializer="standard_normal", weight_scale=20
    )
    config = TrainingConfig(network, data="blobs", features=64, steps=5)
    run = train(config)
    (crash,) = run.crashes
    # rms grows by 160 a layer from 1: beyond 3.4e38 after 18 layers, a little before for the largest entry.
    assert crash is not None
    assert (crash.step, crash.operation, crash.what) == (0, "weights", "inf")
    assert crash.layer in (17, 18)
    assert np.isnan(run.records["loss"][-1, 0]) or np.isinf(run.records["loss"][-1, 0])


def test_zero_weights_stay_zero_and_only_the_last_bias_learns():
    """FACTS X21: the loss is the entropy of the classes, all that a constant output can do."""
    network = NetworkConfig(depth=3, width=8, batch=1024, activation="relu", initializer="zeros")
    config = TrainingConfig(network, data="blobs", steps=500, learning_rate=0.5, head_initializer="zeros", precision="float64")  # fmt: skip
    run = train(config)
    counts = np.bincount(draw_data(config).train.targets) / len(draw_data(config).train.targets)
    np.testing.assert_allclose(run.records["loss"][-1, 0], -(counts * np.log(counts)).sum(), rtol=1e-3)
    assert np.isneginf(run.records["log10_weight_grad_norm"]).all()
    assert np.isneginf(run.records["log10_head_grad_norm"]).all()


@pytest.mark.parametrize(
    ("networks", "first", "stride", "looks_first", "looks"), [(1, 50, 3, 10, 15), (2, 10, 26, 3, 78)]
)
def test_the_first_steps_are_recorded_one_by_one_then_every_kth_and_the_last(
    networks, first, stride, looks_first, looks
):
    config = replace(SHORT, network=replace(NETWORK, width=2, depth=1, normalization="none"), data="xor", steps=1300)
    records = train(config, networks).records
    wanted = sorted({*range(first), *range(0, 1300, stride), 1299})
    np.testing.assert_array_equal(records["step"], wanted)
    seen = np.isfinite(records["validation_loss"]).all(axis=1)
    np.testing.assert_array_equal(records["step"][seen], sorted({*range(looks_first), *range(0, 1300, looks), 1299}))


def test_no_run_has_more_records_than_that():
    for networks, most, most_looks in ((1, 550, 110), (2, 60, 20)):
        for steps in (1, 9, 50, 51, 499, 500, 501, 549, 551, 1000, 9999, 19999, 20000):
            kept = [step for step in range(steps) if recorded(steps, networks).keeps(step)]
            looked = [step for step in range(steps) if validated(steps, networks).keeps(step)]
            assert len(kept) <= most
            assert len(looked) <= most_looks
            assert {*looked} <= {*kept}
            assert lengths(np.array(kept)).sum() == pytest.approx(
                steps, abs=1 + (kept[-1] - kept[-2] if steps > 1 else 0)
            )


def test_a_run_that_ends_early_is_recorded_step_by_step():
    network = NetworkConfig(depth=10, width=32, activation="relu", initializer="he_normal", residual="plain")
    run = train(TrainingConfig(network, data="blobs", features=32, learning_rate=0.1, steps=20000))
    (crash,) = run.crashes
    assert crash is not None
    assert 0 < crash.step < 50
    np.testing.assert_array_equal(run.records["step"], np.arange(crash.step + 1))


def test_a_record_stands_for_the_steps_that_are_nearest_to_it():
    steps = np.array([0, 1, 2, 10, 20, 23])
    nearest = np.abs(np.linspace(-0.5, 24.5, 250001)[:, None] - steps).argmin(axis=1)  # to its ends by half a gap
    np.testing.assert_allclose(lengths(steps), np.bincount(nearest) / 10000, atol=1e-3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e-40, 1e-23, 1e-10, 1.0, 1e19, 1e37])
def test_statistics_do_not_fall_for_the_range_of_their_numbers(dtype, size):
    x = (np.random.default_rng(0).standard_normal((3, 50)) * size).astype(dtype)
    y = np.random.default_rng(1).standard_normal((3, 50)).astype(dtype)
    wide = x.astype(np.float64)
    unit = wide / np.abs(wide).max()
    np.testing.assert_allclose(log10_norms(x), np.log10(np.linalg.norm(unit, axis=1)) + np.log10(np.abs(wide).max()), atol=1e-5)  # fmt: skip
    expected = (unit * y).sum(1) / np.linalg.norm(unit, axis=1) / np.linalg.norm(y.astype(np.float64), axis=1)
    np.testing.assert_allclose(cosines(x, y), expected, atol=1e-5)


def test_statistics_of_zeros_and_of_what_is_no_number():
    x = np.array([[0.0, 0.0], [np.nan, 1.0], [np.inf, 1.0]], np.float32)
    np.testing.assert_array_equal(log10_norms(x), [-np.inf, np.nan, np.inf])
    assert np.isnan(cosines(x, np.ones_like(x))).all()


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"steps": 0}, "steps"),
        ({"data": "prayer"}, "data"),
        ({"learning_rate": 11.0}, "learning_rate"),
        ({"learn": ("weights",)}, "learn"),
        ({"changes": ((5, "depth", 3),)}, "changes"),
        ({"network": NetworkConfig(depth=30, width=512, batch=256), "steps": 20000}, "steps"),
        ({"network": NetworkConfig(normalization="group", residual="pre_activation", groups=8), "data": "spirals"}, "groups"),
    ],
)  # fmt: skip
def test_bad_settings_are_refused_by_name(settings, field):
    with pytest.raises(ConfigError) as refused:
        TrainingConfig(**settings)
    assert refused.value.field == field


def test_a_checkpoint_knows_which_networks_have_ended():
    """Many at a rate that ends some of them: taken up again, they are not found to end anew."""
    config = TrainingConfig(NetworkConfig(depth=6, width=8, batch=16, activation="relu", initializer="he_normal", weight_scale=2), "moons", loss="mean_squared", learning_rate=0.05, steps=50)  # fmt: skip
    first, second = Trainer(config, 12), Trainer(config, 12)
    while first.at < 40:
        first.step()
    assert 0 < sum(map(bool, first.crashes)) < 12
    second.restore(first.checkpoint())
    assert second.crashes == first.crashes
    while not first.finished:
        one, other = first.step(), second.step()
        assert one.keys() == other.keys()
        assert all(np.array_equal(one[name], other[name], equal_nan=True) for name in one)
