"""The presets' sentences on one seed, for those that take seconds; the others are in tests/reproduce."""

import re

import pytest

from simulation.training.config import check_cost
from simulation.training.presets import PRESETS
from tests.simulation.training.lessons import LESSONS, Lesson

SLOW = {"clipping_saves", "trainable_depth", "sigma_0_001", "sigma_0_1", "xor_nine_layers", "selu_three_fates"}


def test_every_preset_has_a_lesson():
    assert set(LESSONS) == set(PRESETS)
    assert len({preset.label for preset in PRESETS.values()}) == len(PRESETS)


@pytest.mark.parametrize("key", PRESETS)
def test_what_stands_beside_a_preset_differs_from_it_and_can_be_run(key):
    preset = PRESETS[key]
    for config in (preset.config, *preset.beside.values()):
        check_cost(config, preset.networks)
    assert preset.beside
    assert len({preset.config, *preset.beside.values()}) == 1 + len(preset.beside)
    for config in preset.beside.values():  # the same task and the same draws
        assert [getattr(config, name) for name in ("data", "features", "classes", "steps")] == [
            getattr(preset.config, name) for name in ("data", "features", "classes", "steps")
        ]
        assert config.network.seed == preset.config.network.seed


def test_names_of_runs_beside_say_in_words_what_differs():
    names = [name for preset in PRESETS.values() for name in preset.beside]
    assert all(re.search("[A-Za-z]{4}", name) for name in names)
    scales = {name: float(found[1]) for name in names if (found := re.match("weight scale ([0-9.]+)", name))}
    for name, scale in scales.items():
        assert PRESETS["trainable_depth"].beside[name].network.weight_scale == pytest.approx(scale, abs=0.005)
    assert scales


@pytest.mark.parametrize("key", [key for key in PRESETS if key not in SLOW])
def test_a_preset_does_what_it_says(key):
    LESSONS[key](Lesson(key))


def test_the_quick_part_of_a_slow_one():
    lesson = Lesson("sigma_0_1")
    assert lesson.first() > 50
    assert lesson.crash_steps() in ([4], [5])
    assert lesson.end("width 32") > 2.29
    assert lesson.end("width 200") < 0.1
