"""Suggestions: every one can be run and is another run; and what they do to runs that fail is looked at."""

from dataclasses import replace

import pytest

from simulation.remedies import REMEDIES, apply_remedies
from simulation.training.diagnosis import diagnose_training
from simulation.training.suggestions import EDITS, MOST, suggestions
from simulation.training.trainer import train
from tests.simulation.training.runs import CONFIGS, of


def suggested(key, **changes):
    run = of(key)
    return suggestions(replace(run.config, **changes), diagnose_training(run.config, run.records, run.crashes[0]))


@pytest.mark.parametrize("key", CONFIGS)
def test_each_is_another_run_that_can_be_trained(key):
    found = suggested(key)
    trainings = [CONFIGS[key].effective(), *(one.training.effective() for one in found)]
    assert 1 <= len(found) <= MOST
    assert len(set(trainings)) == len(trainings)
    for one in found:
        assert one.label
        assert one.summary.endswith(".")
        assert one.training.network == apply_remedies(one.config.network, one.remedies)


@pytest.mark.parametrize(
    ("failed", "key", "ends"),
    [
        ("zero", "gain_matched", "learned"),
        ("batch_of_1", "batch", "learning"),
        ("unscaled", "input_scale", "learned"),
        ("skips", "scaled_branch", "learning"),
        ("too_fast", "lower_rate", "learned"),
        ("sigmoid", "relu,he", "learning"),
        ("regression", "relu,he", "learning"),
        ("slow", "higher_rate", "learning"),
        ("clip_0", "clip", "learning"),
    ],
)
def test_the_first_one_makes_a_failed_run_learn(failed, key, ends):
    first = suggested(failed)[0]
    assert first.key == key
    run = train(first.training)
    assert diagnose_training(run.config, run.records, run.crashes[0]).state == ends


def test_scales_come_first_where_they_are_set():
    assert suggested("target_scale")[0].key == "target_scale"
    assert suggested("target_scale")[0].config.target_scale == 1


def test_what_changes_nothing_is_left_out():
    """He's weights are those that match ReLU; a clip that is on is not offered; nor a rate at its end."""
    assert "gain_matched" not in [one.key for one in suggested("skips")]
    assert "clip" not in [one.key for one in suggested("skips_clipped")]
    assert "lower_rate" not in [one.key for one in suggested("too_fast", learning_rate=1e-6)]


def test_chosen_remedies_stay_and_changes_on_the_way_do_not():
    run = of("sigmoid")
    config = replace(run.config, changes=((10, "learning_rate", 0.5),))
    verdict = diagnose_training(run.config, run.records)
    found = suggestions(config, verdict, ("layer_norm",))
    assert all("layer_norm" in one.remedies and one.config.changes == () for one in found)
    assert "layer_norm" not in [one.key for one in found]


def test_edits_can_be_told_from_remedies():
    assert not set(EDITS) & set(REMEDIES)
