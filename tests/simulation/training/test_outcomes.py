"""Many networks at once: what became of each, against the same networks trained by other code, one line an operation."""

from math import log

import numpy as np
import pytest

from simulation.training.model import initial_head, initial_network
from simulation.training.outcomes import OUTCOMES, Outcomes, describe_outcomes, outcomes
from simulation.training.records import Crash
from simulation.training.trainer import train
from tests.simulation.training.runs import run_of

# CASES 4: XOR of 0 and 1, nine hidden layers of 5, weights U(-1, 1), no biases, the whole data in every step.
XOR = {
    "data": "xor", "depth": 9, "width": 5, "batch": 4, "initializer": "standard_uniform", "head_initializer": "same",
    "learn": (), "input_scale": 0.5, "input_offset": 0.5, "learning_rate": 0.1, "precision": "float64",
}  # fmt: skip
X, Y = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), np.array([0, 1, 1, 0])


def found(networks, **settings):
    run = train(run_of(**{**XOR, **settings}), networks=networks)
    return outcomes(run.config, run.records, run.crashes)


def trained_by_hand(config, seeds):
    """ReLU networks without biases under full-batch gradient descent: the last loss, and logits first and last."""
    drawn = [(*initial_network(config, seed).weights, initial_head(config, seed)[0]) for seed in seeds]
    weights = [np.stack(of_layer) for of_layer in zip(*drawn, strict=True)]
    first = None
    for _ in range(config.steps):
        h = [np.tile(X, (len(seeds), 1, 1))]
        for w in weights[:-1]:
            h.append(np.maximum(h[-1] @ w, 0))
        logits = h[-1] @ weights[-1]
        first = logits if first is None else first
        p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
        loss = -np.log(p[:, np.arange(4), Y]).mean(-1)
        g = (p - np.eye(2)[Y]) / 4
        for layer in reversed(range(len(weights))):
            step = h[layer].swapaxes(1, 2) @ g
            g = (g @ weights[layer].swapaxes(1, 2)) * (h[layer] > 0)
            weights[layer] = weights[layer] - config.learning_rate * step
    return loss, first, logits


def test_each_network_of_relu_on_xor():
    config, networks = run_of(**XOR, activation="relu", steps=1500), 40
    loss, first, last = trained_by_hand(config, range(networks))
    same = (first == first[:, :1]).all(axis=(1, 2))
    right = (last.argmax(-1) == Y).all(-1)
    result = found(networks, activation="relu", steps=1500)
    assert [one == "learned" for one in result.each] == (right & (loss < 0.6 * log(2))).tolist()
    assert [one == "constant" for one in result.each] == same.tolist()
    assert result.stuck == np.mean(np.abs(loss / log(2) - 1) < 0.01)
    assert "crashed" not in result.each


def test_shares_on_xor():
    """CASES 4: sigmoid never leaves ln 2 with nine hidden layers, always with one; ReLU stays in about 27 % of draws."""
    assert found(30, activation="sigmoid", steps=600).shares["plateau"] == 1
    assert found(20, activation="sigmoid", steps=8000, depth=1).shares["learned"] == 1
    relu = found(100, activation="relu", steps=1000)
    assert 0.17 < relu.stuck < 0.37
    assert 0.05 < relu.shares["constant"] < 0.23
    assert relu.shares["learned"] > 0.2


def test_a_run_that_crashes_for_some():
    config = run_of(data="blobs", features=16, depth=8, width=16, activation="relu", initializer="he_normal", residual="plain", learning_rate=0.2, steps=30)  # fmt: skip
    run = train(config, networks=8)
    result = outcomes(run.config, run.records, run.crashes)
    assert [one == "crashed" for one in result.each] == [crash is not None for crash in run.crashes]
    assert 0 < result.shares["crashed"] < 1


def test_sentences_count_the_networks():
    assert describe_outcomes(Outcomes(("plateau",) * 4, 1.0)) == "All 4 networks are no better than knowing nothing."
    mixed = Outcomes(("learned",) * 5 + ("plateau",) * 2 + ("constant",) * 2 + ("died",), 0.5)
    text = describe_outcomes(mixed)
    assert "Of 10 networks" in text
    assert "50 % learned it" in text
    assert "10 % died on the way" in text
    assert text.endswith("Together 50 % stand at the loss of knowing nothing.")
    assert sum(mixed.shares.values()) == pytest.approx(1)
    assert tuple(mixed.shares) == tuple(OUTCOMES)


def test_a_crash_counts_as_one_whatever_came_before():
    run = train(run_of(**XOR, activation="sigmoid", steps=60), networks=2)
    result = outcomes(run.config, run.records, (Crash(59, 1, "weights", "inf"), None))
    assert result.each == ("crashed", "plateau")
    assert result.stuck == 0.5
