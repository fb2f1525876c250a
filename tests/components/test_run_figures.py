"""Charts of runs: medians that are numbers of some network, axes that stand still, marks at the right places."""

from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest

from components.figures.run_layers import color_span, heatmap
from components.figures.run_rates import rates
from components.figures.runs import Run, finite_range, middle, plain, size_axis, size_in_words, step_axis
from components.theme import PALETTES
from components.training.quantities import QUANTITIES
from simulation import NetworkConfig
from simulation.training.config import TrainingConfig
from simulation.training.range_test import range_test
from simulation.training.records import together
from simulation.training.trainer import Trainer, train

LIGHT = PALETTES["light"]
SMALL = TrainingConfig(NetworkConfig(depth=3, width=4, batch=8, activation="tanh"), steps=12)


def run_of(config: TrainingConfig, since: int = 0, ended: bool = True) -> Run:
    done = train(config)
    return Run("run", done.config, done.records, done.crashes, since, ended=ended)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([3.0, 1.0, 2.0], 2.0), ([4.0, 1.0, 2.0, 3.0], 2.0), ([nan, 1.0, -inf], -inf), ([nan, nan], nan), ([inf, inf, 0.0], inf)],
)  # fmt: skip
def test_the_middle_is_a_number_of_some_network(values, expected):
    np.testing.assert_array_equal(middle(np.array([values])), [expected])


def test_what_is_no_number_is_none():
    assert plain(np.array([1.23456789, nan, inf, -inf, 0.0])) == [1.2346, None, None, None, 0.0]
    assert [size_in_words(size) for size in (nan, inf, -inf)] == ["NaN", "overflow", "exactly 0"]
    assert finite_range([np.array([nan, inf])]) == (-1.0, 0.0)
    assert finite_range([]) == (-1.0, 0.0)


@pytest.mark.parametrize(("low", "high"), [(-0.2, -0.1), (-1.0, 0.5), (-8.0, 2.0), (-300.0, 20.0), (0.0, 0.0)])
def test_the_axis_of_sizes_holds_them_and_says_what_they_are(low, high):
    axis = size_axis(low, high)
    assert axis["range"][0] <= low <= high <= axis["range"][1]
    assert 2 <= len(axis["tickvals"]) == len(axis["ticktext"]) <= 9
    for at, text in zip(axis["tickvals"], axis["ticktext"], strict=True):
        if "sup" not in text:
            assert float(text.replace(",", "")) == pytest.approx(10**at)


def test_the_axis_of_steps_stands_still_until_a_run_breaks():
    whole, early = run_of(SMALL, ended=False), run_of(replace(SMALL, steps=1000))
    assert step_axis([whole])["tickvals"][-1] == 12
    cut = replace(early, records={name: values[:3] for name, values in early.records.items()})
    assert step_axis([cut])["tickvals"][-1] == int(early.steps[2])
    assert step_axis([replace(cut, ended=False)])["tickvals"][-1] == 1000


def test_a_step_off_the_grid_is_left_out_of_the_heatmap_but_not_the_one_that_broke():
    run = run_of(replace(SMALL, steps=1000))  # recorded at every second step, and at the last
    drawn = heatmap(LIGHT, run, QUANTITIES["weight_grad"], (-4.0, 2.0))["data"][0]
    assert (drawn["dx"], len(drawn["z"][0])) == (2, 500)


def test_the_colors_of_update_over_weight_are_about_what_is_healthy():
    low, high = color_span([run_of(SMALL)], QUANTITIES["update"])
    assert (low + high) / 2 == -3


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_rates_at_which_the_numbers_end_are_crossed(optimizer):
    config = replace(
        SMALL,
        optimizer=optimizer,
        network=replace(SMALL.network, activation="linear", weight_scale=1.5, depth=8),
        steps=60,
    )
    *_, result = range_test(config, rates=(1e-4, 1e-2, 10.0))
    line, crosses = rates(LIGHT, result, 0.1)["data"]
    broken = np.isinf(result.losses)
    assert [value is None for value in line["y"]] == broken.tolist()
    np.testing.assert_allclose(crosses["x"], np.log10(result.rates[broken]))


def test_what_diverges_leaves_the_plot_and_it_is_said_how_far():
    config = replace(SMALL, network=replace(SMALL.network, activation="relu", depth=6), data="sine", steps=30)
    *_, result = range_test(config, rates=(1e-4, 1e-2, 10.0))
    high, first = 1e6, result.first_loss
    result = replace(result, losses=np.array([first, first / 3, high]))
    layout = rates(LIGHT, result, 0.1)["layout"]
    low, top = layout["yaxis"]["range"]
    assert low < np.log10(first / 3) < np.log10(first) < top < np.log10(high) - 3
    notes = [note for note in layout["annotations"] if "up to" in note["text"]]
    assert [note["x"] for note in notes] == [1.0]
    assert "6" in notes[0]["text"]
    calm = rates(LIGHT, replace(result, losses=np.array([first, first / 3, 1.1 * first])), 0.1)["layout"]
    assert not any("up to" in note["text"] for note in calm["annotations"])


def test_an_unfinished_run_can_be_drawn_before_its_first_record():
    empty = {name: values[:0] for name, values in together([Trainer(SMALL).step()]).items()}
    run = Run("run", SMALL, empty)
    drawn = heatmap(LIGHT, run, QUANTITIES["dead"], color_span([run], QUANTITIES["dead"]))["data"][0]
    assert drawn["z"] == [[], [], []]
