"""The published experiments on many seeds and over whole sweeps: minutes, so they run by `make reproduce` alone."""

from dataclasses import replace

import numpy as np
import pytest

from simulation.training.presets import PRESETS
from simulation.training.trainer import train
from tests.simulation.training.lessons import LESSONS, Lesson, ends, steps_to_one_percent

SEEDS = 5


@pytest.mark.parametrize("key", PRESETS)
def test_a_preset_does_what_it_says_on_many_seeds(key):
    LESSONS[key](Lesson(key, max(SEEDS, PRESETS[key].networks)))


@pytest.mark.parametrize("depth", [2, 5, 10, 20, 50, 100])
def test_rotations_learn_at_every_depth_at_the_same_rate_per_layer(depth):
    """Saxe et al. 2014. Normal weights keep up at small depth only: one run in five still does at 20."""
    lesson = Lesson("orthogonal_linear")

    def steps(name):
        config = lesson.config(name)
        return steps_to_one_percent(
            train(replace(config, network=replace(config.network, depth=depth), learning_rate=1 / depth), SEEDS)
        )

    assert (steps("") < 300).all()
    assert (steps("identity weights") < 300).all()
    if depth == 2:
        assert np.isfinite(steps("normal weights")).all()
    if depth >= 20:
        assert np.isinf(np.median(steps("normal weights")))
    if depth >= 50:
        assert np.isinf(steps("normal weights")).all()


# Schoenholz et al. 2017: xi_c of tanh at sigma_b^2 = 0.05, by sigma_w^2.
XI = {1.0: 3.627, 1.4: 10.732, 1.76: np.inf, 2.5: 11.80, 4.0: 6.98}


@pytest.mark.parametrize("variance", XI)
@pytest.mark.parametrize("depth", [10, 20, 40, 80])
def test_what_is_learned_ends_at_six_times_the_depth_scale(variance, depth):
    config = PRESETS["trainable_depth"].config
    network = replace(config.network, depth=depth, weight_scale=variance**0.5)
    loss = np.median(ends(train(replace(config, network=network, learning_rate=3e-3, steps=150), SEEDS)))
    if depth <= 4 * XI[variance] and depth <= 40:
        assert loss < 1.2
    if depth > 6 * XI[variance]:
        assert loss > 2.0


def test_skips_learn_at_every_depth():
    """He et al. 2016; that plain layers get worse with depth is in the preset's own lesson."""
    preset = PRESETS["degradation"]
    for skips in ("skips, post-activation (v1)", "skips, pre-activation (v2)"):
        config = preset.beside[skips]
        for depth in (8, 20):
            assert (ends(train(replace(config, network=replace(config.network, depth=depth)), SEEDS)) < 0.4).all()
