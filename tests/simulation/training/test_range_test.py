"""The learning-rate range test, and the theory beside it against exact Hessians and runs at its very edge."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from simulation.training.curvature import STABLE_PRODUCT, loss_gradient, stable_rate, top_eigenvalue
from simulation.training.data import draw_data
from simulation.training.evidence import loss_course, of_network
from simulation.training.range_sentences import describe_range_test
from simulation.training.range_test import range_test, steps_each
from simulation.training.trainer import Trainer, train
from tests.simulation.training.runs import CONFIGS, run_of

LINEAR = run_of(
    data="sine", depth=4, width=6, batch=800, activation="linear", initializer="orthogonal", head_initializer="same",
    learn=(), precision="float64", steps=100,
)  # fmt: skip


def last(config, rates, steps=100):
    *_, result = range_test(config, rates, steps)
    return result


def chain(depth, scale, width=3):
    """The gradient of |W_1 ... W_depth - target|^2 / 2 on whitened inputs, where it is 0: at W = scale I."""

    def gradient(numbers):
        weights = numbers.reshape(depth, width, width)
        before = [np.eye(width)]
        for w in weights:
            before.append(before[-1] @ w)
        g, parts = before[-1] - scale**depth * np.eye(width), []
        for layer in reversed(range(depth)):
            parts.append(before[layer].T @ g)
            g = g @ weights[layer].T
        return np.concatenate([part.ravel() for part in reversed(parts)])

    return gradient, np.tile(scale * np.eye(width), (depth, 1, 1)).ravel()


@pytest.mark.parametrize(("depth", "scale"), [(1, 1.0), (5, 1.0), (50, 1.0), (10, 1.1), (10, 0.9), (5, 1.5)])
def test_curvature_of_deep_linear_chains(depth, scale):
    """FACTS 10: L scale^(2L - 2)."""
    assert top_eigenvalue(*chain(depth, scale)) == pytest.approx(depth * scale ** (2 * depth - 2), rel=1e-5)


def test_curvature_is_that_of_the_exact_hessian():
    """Of all learned numbers, with biases and a residual: by second differences of the loss, in other code."""
    config = run_of(data="sine", depth=2, width=3, batch=800, activation="linear", initializer="xavier_normal", target_scale=2.0)  # fmt: skip
    gradient, start = loss_gradient(config)
    data = draw_data(config).train

    def loss(numbers):
        w1, w2, w3, b1, b2, b3 = np.split(numbers, np.cumsum([3, 9, 3, 3, 3]))
        h = (data.inputs @ w1.reshape(1, 3) + b1) @ w2.reshape(3, 3) + b2
        return np.mean((h @ w3.reshape(3, 1) + b3 - data.targets) ** 2)

    h, unit = 1e-3, np.eye(start.size)
    ahead = np.array([(loss(start + h * e) - loss(start - h * e)) / (2 * h) for e in unit])
    np.testing.assert_allclose(gradient(start), ahead, atol=1e-5)
    hessian = [
        [(loss(start + h * (a + b)) - loss(start + h * (a - b)) - loss(start - h * (a - b)) + loss(start - h * (a + b))) / (4 * h * h) for b in unit]
        for a in unit
    ]  # fmt: skip
    assert top_eigenvalue(gradient, start) == pytest.approx(np.linalg.eigvalsh(hessian)[-1], rel=1e-4)


@pytest.mark.parametrize("optimizer", STABLE_PRODUCT)
def test_the_edge_of_stability(optimizer):
    """Pushed a little out of a minimum, a run comes back just below the theory's rate, and leaves just above it."""
    trainer = Trainer(replace(LINEAR, optimizer=optimizer, steps=500, learning_rate=0.03))
    while trainer.at < 300:
        trainer.step()
    edge = STABLE_PRODUCT[optimizer] / top_eigenvalue(loss_gradient(LINEAR)[0], np.array(trainer.model.numbers[0]))
    trainer.model.numbers += 1e-6 * np.random.default_rng(0).standard_normal(trainer.model.numbers.shape)
    kept = trainer.checkpoint()
    norms = {}
    for factor in (0.97, 1.03):
        trainer.restore(kept)
        trainer.change("learning_rate", factor * edge)
        norms[factor] = [float(trainer.step()["log10_gradient_norm"][0]) for _ in range(200)]
    assert max(norms[0.97][100:]) < norms[0.97][0]
    assert max(norms[1.03]) > norms[1.03][0] + 1.5


def test_deep_linear_networks_bear_the_theorys_rate():
    """Stable up to it from the start, too; ten times as much is too much. Between them the bowl may flatten."""
    theory = stable_rate(LINEAR)
    result = last(LINEAR, [factor * theory for factor in (0.1, 0.5, 0.95, 10.0)])
    assert result.theory == pytest.approx(theory)
    assert result.stable.tolist() == [True, True, True, False]
    assert result.largest_stable == pytest.approx(0.95 * theory)
    assert result.smallest_unstable == pytest.approx(10 * theory)
    assert result.losses[-1] == inf
    assert "Beyond it a run need not diverge" in describe_range_test(result)


def test_each_rate_is_a_run_of_its_own():
    config = CONFIGS["learning"]
    stages = list(range_test(config, (0.1, 0.001), steps=30))
    assert [stage.rates.tolist() for stage in stages] == [[0.001], [0.001, 0.1]]
    run = train(replace(config, learning_rate=0.1, steps=30))
    assert stages[-1].losses[1] == loss_course(of_network(run.records, 0)).recent
    assert stages[-1].first_loss == run.records["loss"][0, 0]
    assert stages[-1].theory is None  # tanh


def test_what_no_rate_cures():
    """FACTS 0.9: the gradients of the start do not know the rate; a vanished one stays vanished."""
    config = replace(CONFIGS["sigmoid"], network=replace(CONFIGS["sigmoid"].network, depth=20))
    result = last(config, (1e-4, 1e-2, 1.0), steps=40)
    start = train(replace(config, learning_rate=1.0, steps=40)).records["log10_weight_grad_norm"][0, 0]
    assert result.log10_gradient_ratio == start[0] - start[-1] < -6
    text = describe_range_test(result)
    assert text.startswith("At no rate tried is the loss after 40 steps a tenth below")
    assert "What no rate changes: dW at layer 1 starts at 10^" in text
    hidden = describe_range_test(replace(result, config=replace(result.config, optimizer="adam")))
    assert "Adam divides each by its own size" in hidden


def test_nothing_stable():
    """Exploding from the start: the smallest rate tried is too large, and no sentence claims another."""
    result = last(CONFIGS["skips"], (1.0, 3.0), steps=20)
    assert result.largest_stable is None
    assert describe_range_test(result).startswith("At every rate tried the numbers end")


@pytest.mark.parametrize(
    ("depth", "width", "batch", "each"), [(9, 512, 64, 100), (21, 512, 724, 24), (1000, 64, 64, 100)]
)
def test_the_largest_networks_are_tried_for_more_than_twenty_steps(depth, width, batch, each):
    config = run_of(depth=depth, width=width, batch=batch, data="blobs", features=1024, classes=100, steps=200)
    assert steps_each(config) == each
    assert steps_each(replace(config, steps=7)) == 7
