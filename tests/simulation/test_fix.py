"""The smallest fix: tried in the order promised, and true when it is tried."""

from dataclasses import replace

import pytest

from simulation import NetworkConfig, simulate
from simulation.diagnosis import diagnose
from simulation.fix import FixSearch, smallest_fix
from simulation.ledger import ledger
from simulation.remedies import apply_remedies
from simulation.sweep import sweep

SMALL = NetworkConfig(depth=20, width=16, batch=8)


def found(config: NetworkConfig, *remedies: str) -> FixSearch:
    *_, last = smallest_fix(config, remedies)
    if last.fix:  # whatever it is, doing it leaves the verdict that it states
        done = apply_remedies(replace(config, weight_scale=last.fix.weight_scale), last.fix.remedies)
        after = diagnose(simulate(done))
        assert last.fix.after == after
        assert last.fix.before == diagnose(simulate(apply_remedies(config, remedies)))
        assert last.fix.cures == (after.state == "stable" or (last.fix.before.state != "mixed" and after.state == "mixed"))  # fmt: skip
        assert not last.reason
    else:
        assert last.reason
    assert last.done == last.total
    return last


@pytest.mark.parametrize(
    "settings",
    [{"width": 64}, {"activation": "tanh", "weight_scale": 0.2}, {"activation": "linear", "weight_scale": 3}],
)
def test_first_the_critical_weight_scale(settings):
    config = replace(SMALL, **settings)
    *_, swept = sweep(config, "weight_scale")
    fix = found(config).fix
    assert fix.label.startswith("Set weight scale to ")
    assert float(fix.label.split()[-1]) == fix.weight_scale
    assert fix.weight_scale == pytest.approx(swept.baseline.critical_weight_scale, rel=0.005)
    assert fix.remedies == ()
    assert fix.after.state == "stable"
    assert str(fix).startswith(f"{fix.label}: the error signal reaches layer 1 within")


def test_with_remedies_on_too():
    config = replace(SMALL, weight_scale=0.1)
    fix = found(config, "relu").fix
    assert fix.label.startswith("Set weight scale to ")
    assert fix.remedies == ("relu",)


def ledger_of(config: NetworkConfig, *remedies: str):
    *_, last = ledger(config, remedies)
    return last


def test_then_the_first_row_of_the_ledger():
    """He sets the scale itself, so that the slider changes nothing."""
    config, active = replace(SMALL, depth=40), ("he",)
    fix = found(config, *active).fix
    best = ledger_of(config, *active).rows[0]
    assert (fix.remedies, fix.after, fix.cures) == (best.remedies, best.after, True)
    assert fix.label.startswith("Add ")


def test_then_the_best_pair():
    config = NetworkConfig(depth=50, width=4, batch=16, activation="relu", initializer="he_normal")
    result = ledger_of(config)
    fix = found(config).fix
    assert not any(row.after.state in ("stable", "mixed") for row in result.rows)
    assert fix.remedies == result.best_pair.remedies
    assert " and " in fix.label


def test_what_only_helps_says_so():
    """At inputs of 0 RMS norm divides by the root of its tiny epsilon: what comes alive there explodes."""
    config = replace(
        SMALL, activation="relu", normalization="rms", residual="pre_activation", block=2, inputs="zeros", depth=9
    )
    result = found(config)
    assert not result.fix.cures
    assert str(result.fix).startswith("Helps, but is no cure. Add ")
    assert abs(result.fix.after.delta.decades) < abs(result.fix.before.delta.decades)


def test_what_nothing_helps_has_a_reason():
    """Inputs of 0 without biases: dW is exactly 0 at layer 1, whatever is done."""
    result = found(replace(SMALL, depth=4, activation="tanh", inputs="zeros"))
    assert result.fix is None
    assert result.reason.startswith("Neither a critical weight scale, if there is one, nor a single remedy")


def test_nothing_needs_a_fix():
    result = found(replace(SMALL, activation="relu", initializer="he_normal", width=64))
    assert result == FixSearch(1, 1, None, "Nothing needs a fix: the error signal, dW and the activations are stable.")


def test_removing_may_be_the_fix():
    """Batch norm at batch 1 kills the signal; without it He's ReLU is fine, and any other norm does as well."""
    config = replace(SMALL, batch=1, activation="relu", initializer="he_normal", width=64)
    before = ledger_of(config, "batch_norm")
    assert before.before.verdict.state == "dead"
    fix = found(config, "batch_norm").fix
    best = before.rows[0]
    assert (fix.cures, fix.remedies) == (True, best.remedies)
    removed = next(row for row in before.rows if row.key == "batch_norm")
    assert (removed.action, removed.remedies, removed.after.state) == ("remove", (), "stable")


def test_progress():
    steps = list(smallest_fix(replace(SMALL, depth=40), ("he",)))
    assert [step.done for step in steps[:-1]] == sorted(step.done for step in steps[:-1])
    assert all(step.done < step.total and step.fix is None and not step.reason for step in steps[:-1])
