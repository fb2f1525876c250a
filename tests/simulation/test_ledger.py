"""The remedy ledger: every number against runs of its own, the ranking, costs counted at work, words."""

from dataclasses import replace
from itertools import combinations
from math import inf, log10, sqrt

import numpy as np
import pytest
import torch

from simulation import NetworkConfig, SignalTrace, simulate
from simulation.costs import multiply_adds
from simulation.diagnosis import diagnose
from simulation.ledger import CHEAP, Ledger, Row, ledger
from simulation.outcomes import Outcomes
from simulation.remedies import REMEDIES, apply_remedies
from simulation.sentences_ledger import describe_cost, describe_ledger, describe_row, label, log10_clip_coefficient

SMALL = NetworkConfig(depth=12, width=16, batch=8)
DEEP = NetworkConfig(depth=50, width=64, batch=64)
NARROW_RELU = NetworkConfig(depth=50, width=4, batch=16, activation="relu", initializer="he_normal")


def whole(config: NetworkConfig, *remedies: str) -> Ledger:
    *_, last = ledger(config, remedies)
    return last


def rows(result: Ledger) -> dict[str, Row]:
    return {row.key: row for row in result.rows}


@pytest.fixture(scope="module")
def deep_sigmoid() -> Ledger:
    return whole(DEEP)


@pytest.fixture(scope="module")
def dead_relu() -> Ledger:
    return whole(NARROW_RELU)


def decades(trace: SignalTrace) -> tuple[float, float, float]:
    """How much delta, dW and the activation change over the depth, without a sign."""
    first, last = 0, -1
    return (
        abs(trace.log10_delta_rms[first] - trace.log10_delta_rms[last]),
        abs(trace.log10_weight_grad_norm[first] - trace.log10_weight_grad_norm[last]),
        abs(trace.log10_activation_rms[last] - trace.log10_activation_rms[first]),
    )


@pytest.mark.parametrize(
    ("settings", "active"),
    [
        ({}, ()),
        ({"activation": "tanh", "weight_scale": 1.4, "bias_scale": 0.1}, ("relu", "layer_norm")),
        ({"activation": "leaky_relu", "residual": "plain", "branch_scale": 0.5}, ("batch_norm", "scaled_branch")),
    ],
)
def test_every_number_is_that_of_a_run_of_its_own(settings, active):
    config = replace(SMALL, **settings)
    result = whole(config, *active)
    before = simulate(apply_remedies(config, active))
    assert {row.key for row in result.rows} == {*REMEDIES, "clipping", "learning_rate"}
    assert result.before.verdict.delta.decades == pytest.approx(diagnose(before).delta.decades, abs=1e-9)
    for row in [*(row for row in result.rows if row.key in REMEDIES), result.best_pair]:
        keys = set(row.key.split("+"))
        after = simulate(apply_remedies(config, set(active) ^ keys))
        expected = np.subtract(decades(before), decades(after))
        assert (row.delta_decades, row.weight_grad_decades, row.activation_decades) == pytest.approx(tuple(expected), abs=1e-9)  # fmt: skip
        assert row.output_scale == pytest.approx(after.log10_activation_rms[-1] - before.log10_activation_rms[-1])
        assert row.after.state == diagnose(after).state
        steps = (after.log10_delta_rms[0] - after.log10_delta_rms[-1]) / (config.depth - 1)
        assert row.after.delta.factor_per_layer == pytest.approx(10**steps)
        assert set(row.remedies) == set(active) ^ keys
        for action, key in row.steps:
            assert action == ("remove" if key in active else "add")
        assert row.batch_dependent == (apply_remedies(config, row.remedies).normalization == "batch")


def test_ranked_by_delta_then_dW(deep_sigmoid):
    recovered = [(row.delta_decades, row.weight_grad_decades) for row in deep_sigmoid.rows]
    assert recovered == sorted(recovered, reverse=True)


def test_deep_sigmoid_what_helps_and_what_does_not(deep_sigmoid):
    """Batch norm centers the sigmoid (factor 1.03), skips go past it, and layer norm does not rescue it (FACTS 0.7)."""
    by_key = rows(deep_sigmoid)
    lost = deep_sigmoid.before.verdict.delta.decades
    assert lost == pytest.approx(49 * log10(0.236), rel=0.05)
    assert deep_sigmoid.rows[0].key in ("batch_norm", "residual_v2")
    for key in ("batch_norm", "residual_v2", "gain_matched"):
        assert by_key[key].delta_decades == pytest.approx(-lost, abs=2)
        assert by_key[key].after.state == "stable"
    for key in ("layer_norm", "rms_norm", "residual_v1", "orthogonal"):
        assert by_key[key].after.state == "vanishing"
    assert by_key["layer_norm"].after.delta.factor_per_layer == pytest.approx(sqrt(0.153), rel=0.05)


@pytest.mark.parametrize("key", ["clipping", "learning_rate", "xavier", "scaled_branch"])
def test_what_does_nothing_recovers_exactly_nothing(deep_sigmoid, key):
    row = rows(deep_sigmoid)[key]
    assert (row.delta_decades, row.weight_grad_decades, row.activation_decades, row.output_scale) == (0, 0, 0, 0)
    assert row.unchanged
    assert row.multiply_adds_ratio == 1
    assert row.action == ("add" if key in REMEDIES else "none")


def test_the_best_pair_is_the_best_of_all_where_that_is_cheap():
    result = whole(SMALL)
    assert multiply_adds(SMALL) < CHEAP
    left = []
    for pair in combinations(REMEDIES, 2):
        alone = [apply_remedies(SMALL, keys).effective() for keys in ((), pair[:1], pair[1:])]
        network = apply_remedies(SMALL, pair).effective()
        if network not in alone:
            left.append(decades(simulate(network))[0])
    assert abs(result.best_pair.after.delta.decades) == pytest.approx(min(left), abs=1e-9)


def test_else_of_the_best_few(monkeypatch):
    monkeypatch.setattr("simulation.ledger.CHEAP", 0)
    result = whole(SMALL)
    best = [row.key for row in result.rows if row.key in REMEDIES][:5]
    assert set(result.best_pair.key.split("+")) <= set(best)
    assert result.done <= 1 + len(REMEDIES) + 10
    assert result.done == result.total


def test_narrow_dead_relu_comes_alive(dead_relu):
    by_key = rows(dead_relu)
    assert dead_relu.before.verdict.state == "dead"
    assert by_key["leaky_relu"].delta_decades == inf
    assert by_key["residual_v2"].delta_decades == inf
    assert by_key["he"].unchanged
    ranked = [row.delta_decades for row in dead_relu.rows]
    alive = ranked.count(inf)
    assert ranked == [inf] * alive + [None] * (len(ranked) - alive)
    left = [abs(row.after.delta.decades) for row in dead_relu.rows[:alive]]
    assert left == sorted(left)
    for row in dead_relu.rows[alive:]:
        assert row.after.state == "dead"


def test_batch_norm_at_batch_one_is_dead_and_last():
    result = whole(replace(SMALL, batch=1))
    row = result.rows[-1]
    assert (row.key, row.delta_decades, row.after.state) == ("batch_norm", None, "dead")
    assert describe_row(row, result) == "No error signal reaches layer 1: now exactly 0 there."


def test_active_remedies_are_taken_away_one_by_one():
    result = whole(SMALL, "relu", "he")
    assert result.remedies == ("he", "relu")
    by_key = rows(result)
    assert {row.key: row.action for row in result.rows if row.action == "remove"} == {"he": "remove", "relu": "remove"}
    assert by_key["he"].remedies == ("relu",)
    assert by_key["relu"].remedies == ("he",)
    assert by_key["batch_norm"].remedies == ("he", "relu", "batch_norm")
    assert label(by_key["he"]) == "Remove He init"
    assert by_key["gain_matched"].unchanged
    assert describe_row(by_key["gain_matched"], result) == "Changes nothing here: He init comes later and wins."


def test_group_norm_takes_the_largest_divisor():
    config = replace(SMALL, width=15, groups=4)
    row = rows(whole(config))["group_norm"]
    after = diagnose(simulate(replace(config, normalization="group", groups=3)))
    assert row.after.delta.decades == after.delta.decades


# Normalization -> multiply-adds per entry: forward mean, centering, squares, division; backward as derived in `layers`
@pytest.mark.parametrize(("normalization", "per_entry"), [("none", 0), ("batch", 9), ("layer", 9), ("group", 9), ("rms", 5)])  # fmt: skip
@pytest.mark.parametrize(("residual", "per_skip"), [("none", 0), ("plain", 3), ("pre_activation", 3)])
@pytest.mark.parametrize("inputs", ["gaussian", "digits"])
def test_multiply_adds_are_those_of_the_products_done(
    normalization, per_entry, residual, per_skip, inputs, monkeypatch
):
    config = NetworkConfig(
        depth=5, width=8, batch=3, normalization=normalization, residual=residual, block=2, inputs=inputs
    )
    counted, matmul = 0, np.matmul

    def counting(a, b, **kwargs):
        nonlocal counted
        counted += a.shape[0] * a.shape[1] * b.shape[1]
        return matmul(a, b, **kwargs)

    monkeypatch.setattr(np, "matmul", counting)
    simulate(config)
    skips = 3 if inputs == "gaussian" else 2  # 64 pixels cannot go past a block of 8 units
    normalized = 3 * (64 if (inputs, residual) == ("digits", "pre_activation") else 8) + 4 * 3 * 8
    assert multiply_adds(config) == counted + per_entry * normalized + per_skip * skips * 3 * 8


@pytest.mark.parametrize("bias_scale", [0, 0.3])
def test_the_norm_that_is_clipped_is_that_of_all_parameters(bias_scale):
    config = replace(SMALL, activation="relu", initializer="he_normal", bias_scale=bias_scale)
    trace = simulate(config)
    squares = np.sum(100.0**trace.log10_weight_grad_norm)
    if bias_scale:
        squares += np.sum(100.0**trace.log10_bias_grad_norm)
    assert 10 ** whole(config).before.log10_gradient_norm == pytest.approx(sqrt(squares))


@pytest.mark.parametrize("norm", [1e-9, 0.5, 1, 3.7, 1e4, 1e12])
def test_clip_coefficient_as_pytorch_applies_it(norm):
    parameter = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    parameter.grad = torch.full((4,), norm / 2, dtype=torch.float64)
    torch.nn.utils.clip_grad_norm_([parameter], 1.0)
    applied = float(parameter.grad[0]) / (norm / 2)
    assert 10 ** log10_clip_coefficient(log10(norm)) == pytest.approx(applied, rel=1e-9)


def test_clip_coefficient_beyond_floats():
    assert log10_clip_coefficient(700) == -700
    assert log10_clip_coefficient(-inf) == 0


def test_progress():
    steps = list(ledger(SMALL))
    assert [step.done for step in steps[:-1]] == list(range(2, len(steps) + 1))
    assert all(step.done < step.total for step in steps[:-1])
    assert steps[-1].done == steps[-1].total
    assert not describe_ledger(steps[3])
    known = Outcomes()
    *_, again = ledger(SMALL, (), known)
    count = known.done
    *_, again = ledger(SMALL, (), known)
    assert known.done == count
    assert again.rows == steps[-1].rows


def test_words(deep_sigmoid, dead_relu):
    by_key = rows(deep_sigmoid)

    def says(key: str, result: Ledger = deep_sigmoid) -> str:
        return describe_row(rows(result)[key], result)

    assert says("batch_norm").startswith("Recovers 31 of 31 decades: the error signal reaches layer 1 within")
    assert says("xavier") == "Changes nothing here: the network has it already."
    assert says("scaled_branch") == "Changes nothing here: nothing that has an effect here is touched."
    assert says("orthogonal").startswith("Makes it worse by 0.2 decades: the error signal shrinks by 31 decades")
    assert "dW at layer 1 over the last stays 10^-30" in says("clipping")
    assert "the error signal at layer 1 over the last stays 10^-31 at any learning rate" in says("learning_rate")
    assert says("leaky_relu", dead_relu).startswith("Brings it to life: the error signal shrinks by")
    assert "norm exactly 0" in says("clipping", dead_relu)
    assert describe_cost(by_key["batch_norm"], deep_sigmoid) == "1.05 times the multiply-adds; each sample depends on its batch."  # fmt: skip
    assert describe_cost(by_key["he"], deep_sigmoid) == "As many multiply-adds."
    assert describe_ledger(deep_sigmoid).startswith("What helps most. Add ")
    assert "The best pair does better. Add residual v2 and add scaled branch" in describe_ledger(dead_relu)
    assert describe_ledger(whole(replace(SMALL, depth=1))).startswith("Stable as it is")
