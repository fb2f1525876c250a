"""A run that was wrecked by what was changed under way: the page must say so, and offer the run without the change."""

from dataclasses import replace

import pytest

from simulation import NetworkConfig
from simulation.training.config import TrainingConfig
from simulation.training.diagnosis import diagnose_training
from simulation.training.evidence import lately, log10_mean, of_network
from simulation.training.readings import readings
from simulation.training.records import lengths
from simulation.training.suggestions import suggestions
from simulation.training.trainer import train

NETWORK = NetworkConfig(depth=20, width=32, activation="tanh")
GOOD = TrainingConfig(NETWORK, data="digits", optimizer="momentum", learning_rate=0.01, steps=600)
WRECKED = replace(GOOD, changes=((300, "learning_rate", 5.0),))


@pytest.fixture(scope="module")
def verdict():
    return diagnose_training(WRECKED, train(WRECKED).records)


def test_the_loss_before_is_told_with_the_change(verdict):
    assert verdict.state in ("plateau", "diverging", "erratic", "dead", "slow")
    assert verdict.course.lowest < verdict.course.recent / 2
    assert verdict.course.lowest_at < 310
    told = " ".join(readings(WRECKED, verdict))
    assert "then learning rate became 5.0 at step 300" in told or verdict.course.lowest_at > 300


def test_the_run_without_the_change_is_offered_first_and_edits_start_from_what_is_in_force(verdict):
    first, *others = suggestions(WRECKED, verdict)
    assert first.key == "unchanged"
    assert first.training == GOOD
    rates = {one.key: one.training.learning_rate for one in others}
    assert rates.get("lower_rate", 0.5) == 0.5


def test_what_layers_do_is_what_they_did_lately(verdict):
    """Not a mean over the good part of the run, too."""
    records = of_network(train(WRECKED).records, 0)
    late = lately(records["step"])
    assert records["step"][late][0] > 530
    moved = log10_mean(records["log10_update_ratio"][late], lengths(records["step"])[late])
    assert verdict.motion.log10_update_ratio == pytest.approx(moved.tolist())


def test_edits_that_change_nothing_are_not_offered():
    xor = TrainingConfig(NetworkConfig(depth=1, width=5, batch=4), data="xor", steps=30, optimizer="adam")
    keys = {one.key for one in suggestions(xor, diagnose_training(xor, train(xor).records))}
    assert not keys & {"batch", "adam"}
