"""The losses of knowing nothing, against the losses themselves on the data, and against runs that know nothing."""

from dataclasses import replace
from math import log

import numpy as np
import pytest

from simulation.training.data import DATA, draw_data
from simulation.training.expected import describe_first_loss, expect
from simulation.training.losses import LOSSES
from simulation.training.trainer import train
from tests.simulation.training.runs import run_of


def loss_of(config, outputs):
    """The config's loss of these outputs, one for each sample of the training part."""
    targets = draw_data(config).train.targets
    if config.effective_loss == "mean_squared" and targets.ndim == 1:
        targets = np.eye(config.shape[1])[targets] * config.target_scale
    outputs = np.broadcast_to(outputs, (1, len(targets), config.shape[1])).copy()
    return float(LOSSES[config.effective_loss].measure(outputs, targets[None], np.empty_like(outputs))[0])


@pytest.mark.parametrize("loss", ["cross_entropy", "mean_squared"])
@pytest.mark.parametrize("data", DATA)
def test_no_constant_output_does_better(data, loss):
    """0 has the first loss, the closed form's best answer the constant's, and answers near it are worse."""
    config = run_of(data=data, loss=loss, target_scale=2.5, classes=7)
    expected, targets = expect(config), draw_data(config).train.targets
    outputs = config.shape[1]
    assert loss_of(config, np.zeros(outputs)) == pytest.approx(expected.first, rel=1e-12)
    if targets.ndim > 1:
        best = targets.mean(axis=0)
    else:
        shares = np.bincount(targets, minlength=outputs) / len(targets)
        best = np.log(shares) if config.effective_loss == "cross_entropy" else 2.5 * shares
        assert expected.accuracy == shares.max()
    assert loss_of(config, best) == pytest.approx(expected.constant, rel=1e-12)
    for direction in np.eye(outputs):
        assert loss_of(config, best + 0.1 * direction) > expected.constant
        assert loss_of(config, best - 0.1 * direction) > expected.constant


@pytest.mark.parametrize(
    ("data", "learn"), [("sine", ("biases",)), ("sine", ()), ("teacher", ("biases",)), ("digits", ("biases",)), ("blobs", ())]
)  # fmt: skip
def test_no_linear_map_does_better(data, learn):
    """By the normal equations; maps near that one are worse, and so is the best of those without an intercept."""
    config = run_of(data=data, activation="linear", loss="mean_squared", target_scale=2.5, learn=learn, width=64)
    train, outputs = draw_data(config).train, config.shape[1]
    targets = train.targets if train.targets.ndim > 1 else 2.5 * np.eye(outputs)[train.targets]
    inputs = np.column_stack([train.inputs, np.ones(len(targets))]) if learn else train.inputs
    best = np.linalg.pinv(inputs.T @ inputs) @ inputs.T @ targets
    least = loss_of(config, inputs @ best)
    assert expect(config).linear == pytest.approx(least, rel=1e-10)
    random = np.random.default_rng(0)
    assert all(loss_of(config, inputs @ (best + 0.1 * random.standard_normal(best.shape))) > least for _ in range(5))


@pytest.mark.parametrize(
    "other",
    [{"activation": "tanh"}, {"normalization": "layer"}, {"loss": "cross_entropy"}, {"width": 9}, {"learn": (), "bias_scale": 0.1}],
)  # fmt: skip
def test_networks_that_are_not_any_linear_map_have_no_such_level(other):
    linear = {"data": "digits", "activation": "linear", "loss": "mean_squared", "width": 64}
    assert np.isfinite(expect(run_of(**linear)).linear)
    assert np.isnan(expect(run_of(**(linear | other))).linear)


def test_named_levels():
    assert expect(run_of(data="digits")).first == pytest.approx(log(10))
    assert expect(run_of(data="xor")).constant == pytest.approx(log(2))
    assert expect(run_of(data="sine", target_scale=3.0)).constant == pytest.approx(9.0)
    assert expect(run_of(data="sine", target_scale=3.0)).chance == "Var(y) = 9.000"


@pytest.mark.parametrize("loss", ["cross_entropy", "mean_squared"])
def test_a_head_of_zeros_starts_there(loss):
    config = run_of(data="digits", depth=2, width=8, loss=loss, head_initializer="zeros", steps=1, precision="float64")
    assert train(config).records["loss"][0, 0] == pytest.approx(expect(config).first, rel=1e-12)


def test_sentences_of_the_first_loss():
    expected = expect(run_of(data="digits"))
    assert "how a run should start" in describe_first_loss(expected, 2.4)
    assert "1.9 times as much, which is usual" in describe_first_loss(expected, 4.323)
    assert "rather large" in describe_first_loss(expected, 2.4 * 2)
    large = describe_first_loss(expected, 121.0)
    assert "53 times as much" in large
    assert large.endswith("look at initialization and input scale.")  # classes have no target scale
    assert "not a number" in describe_first_loss(expected, float("nan"))
    assert "target scale" in describe_first_loss(expect(run_of(data="sine", target_scale=100.0)), 1e4)
    wide = replace(expected, first=2.5)
    assert "one answer for all" in wide.chance
