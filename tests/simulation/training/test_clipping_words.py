"""What is said of clipping is about the steps in which it was on, counted here from both norms, step by step."""

from dataclasses import replace

import numpy as np
import pytest

from simulation.training.captions import captions
from simulation.training.diagnosis import diagnose_training
from simulation.training.readings import readings
from simulation.training.trainer import train
from tests.simulation.training.runs import CONFIGS

LATE = replace(CONFIGS["learning"], learning_rate=0.1, threshold=0.5)


@pytest.mark.parametrize(
    "changes",
    [
        ((50, "clip", "norm"),),
        ((59, "clip", "value"), (59, "threshold", 0.01)),
        ((5, "clip", "norm"), (20, "clip", "none"), (40, "clip", "norm"), (40, "threshold", 0.2)),
        ((5, "clip", "norm"), (5, "clip", "none"), (30, "clip", "norm"), (70, "clip", "none")),
    ],
)
def test_shares_are_of_the_steps_with_clipping(changes):
    config = replace(LATE, changes=changes)
    records = train(config).records
    on = [config.setting_at("clip", step) != "none" for step in range(60)]
    cut = records["log10_gradient_norm_clipped"][:, 0] < records["log10_gradient_norm"][:, 0]
    verdict = diagnose_training(config, records)
    assert verdict.clipping_steps == sum(on)
    assert not cut[~np.array(on[: len(cut)])].any()
    assert verdict.clipped_share == pytest.approx(cut.sum() / sum(on))
    steps = f"of the {sum(on)} step{'s' * (sum(on) > 1)} with clipping"
    assert any(steps in text for text in readings(config, verdict))
    assert steps in captions(config, records, verdict)["gradient_norm"]


def test_none_of_them_clipped_is_said_of_them_alone():
    """The longest gradient may be one of before."""
    config = replace(LATE, changes=((55, "clip", "norm"), (55, "threshold", 1000.0)))
    verdict = diagnose_training(config, train(config).records)
    assert (verdict.clipping_steps, verdict.clipped_share) == (5, 0.0)
    assert "Not one of the 5 steps with clipping was clipped: no gradient was beyond the threshold there." in readings(config, verdict)  # fmt: skip


def test_without_clipping_there_is_no_share():
    verdict = diagnose_training(LATE, train(LATE).records)
    assert verdict.clipping_steps == 0
    assert np.isnan(verdict.clipped_share)
