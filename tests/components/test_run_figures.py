"""Charts of runs: medians that are numbers of some network, axes that stand still, marks at the right places."""

import re
from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest

from components.figures.run_axes import (
    STEP_MARGIN,
    STRETCH,
    finite_range,
    size_axis,
    size_in_words,
    step_axis,
)
from components.figures.run_layers import color_span, heatmap, ratios
from components.figures.run_rates import rates
from components.figures.run_steps import accuracy, gradient_norm, loss
from components.figures.runs import (
    Run,
    middle,
    plain,
)
from components.theme import PALETTES
from components.training import cards
from components.training.quantities import QUANTITIES
from simulation import NetworkConfig
from simulation.training.config import TrainingConfig
from simulation.training.range_test import range_test
from simulation.training.records import together
from simulation.training.trainer import Trainer, train
from tests.app.reading import words

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


def test_a_cell_of_the_heatmap_stands_where_its_step_is_also_while_it_grows():
    run = run_of(replace(SMALL, steps=1000))  # the first 50 steps one by one, then every second, and the last
    span = color_span([run], QUANTITIES["weight_grad"])
    shown, without = heatmap(LIGHT, run, QUANTITIES["weight_grad"], span)["data"]
    assert shown["x"] == without["x"] == run.steps.tolist() == sorted({*range(50), *range(0, 1000, 2), 999})
    np.testing.assert_allclose(shown["z"], run.records["log10_weight_grad_norm"][:, 0].T, rtol=1e-3)
    part = replace(run, records={name: values[:60] for name, values in run.records.items()})
    early, late = (
        heatmap(LIGHT, one, QUANTITIES["weight_grad"], span)["data"][0] for one in (part, replace(run, since=60))
    )
    assert early["x"] + late["x"] == shown["x"]
    assert [one + other for one, other in zip(early["z"], late["z"], strict=True)] == shown["z"]


@pytest.mark.parametrize("last", [1, 4, 1000])
def test_the_first_and_the_last_cell_are_whole_on_the_axis(last):
    run = run_of(replace(SMALL, steps=last))
    low, high = step_axis([run])["range"]
    assert low <= -0.5
    assert high >= last - 0.5


def made(sizes, role="run", steps=None):
    """A run whose layers have these log10 gradient norms, step by step."""
    sizes = np.array(sizes, float)
    config = replace(SMALL, network=replace(SMALL.network, depth=sizes.shape[1]), steps=1000)
    return Run(
        role,
        config,
        {"step": np.arange(len(sizes)) if steps is None else steps, "log10_weight_grad_norm": sizes[:, None]},
    )


def key_of(span):
    return words(cards.key(QUANTITIES["weight_grad"], *span))


def test_a_run_that_explodes_does_not_take_the_colors_of_the_one_beside_it():
    learns = made(np.random.default_rng(0).uniform(-3, 0, (200, 4)))
    explodes = made([[-1, 0, 0, 1], [-1, 0, 1, 2], [5, 9, 14, 30], [nan, nan, nan, inf]], "beside")
    span = color_span([explodes, learns], QUANTITIES["weight_grad"])
    assert (span.low, span.less, span.more) == (-4, False, True)
    assert 0 <= span.high <= 2
    assert "or more" in key_of(span)
    assert "or less" not in key_of(span)
    alone = color_span([explodes], QUANTITIES["weight_grad"])
    assert alone == (-2, 30, False, False)
    assert "or more" not in key_of(alone)
    shown = heatmap(LIGHT, explodes, QUANTITIES["weight_grad"], span)["data"][0]
    assert shown["zmax"] == span.high
    assert shown["z"][3][:3] == [1, 2, 30]  # the pointer is told what is beyond the scale


def test_no_layer_is_left_out_of_the_colors_where_all_steps_are_alike():
    vanishes = made(np.tile(np.linspace(-90, 0, 100), (30, 1)))
    assert color_span([vanishes], QUANTITIES["weight_grad"]) == (-90, 0, False, False)


def test_a_long_time_counts_as_long_as_it_was():
    """Recorded step by step, then seldom: most of the steps are the later ones, though most of the records are not."""
    steps = np.r_[np.arange(50), np.arange(100, 2001, 100)]
    falls = made(np.r_[np.full((50, 2), 20.0), np.full((20, 2), -1.0)], steps=steps)
    span = color_span([falls], QUANTITIES["weight_grad"])
    assert span.high <= 2
    assert span.more


def test_sizes_beyond_what_is_healthy_are_said_to_be():
    """Of update over weight, too, whose scale reaches as far to both sides."""
    run = made(np.full((100, 2), -3.0))
    ratios = np.full((100, 1, 2), -3.0)
    ratios[-1] = [-3, 40]
    span = color_span([replace(run, records={**run.records, "log10_update_ratio": ratios})], QUANTITIES["update"])
    assert (span.low + span.high) / 2 == -3
    assert (span.high < 3, span.less, span.more) == (True, False, True)


def test_the_colors_of_update_over_weight_are_about_what_is_healthy():
    span = color_span([run_of(SMALL)], QUANTITIES["update"])
    assert (span.low + span.high) / 2 == -3


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


def measured(sizes, role="run"):
    """A run with these log10 losses and gradient norms, step by step, of 1000 that there may be."""
    sizes = np.array(sizes, float)
    config = replace(SMALL, steps=1000)
    with np.errstate(over="ignore"):
        records = {"loss": 10.0**sizes, "validation_loss": np.full(len(sizes), nan)}
    norms = dict.fromkeys(("log10_gradient_norm", "log10_gradient_norm_clipped"), sizes[:, None])
    layered = {"log10_update_ratio": np.tile(sizes[:, None, None], (1, 1, 3))}
    return Run(role, config, {"step": np.arange(len(sizes)), **{name: values[:, None] for name, values in records.items()}, **norms, **layered}, ended=True)  # fmt: skip


def said(layout):
    return [(note["x"], note["text"]) for note in layout["annotations"] if note["text"][0] in "↑↓"]


@pytest.mark.parametrize("chart", [loss, gradient_norm])
def test_a_run_beside_that_explodes_leaves_the_plot_and_it_is_said_how_far(chart):
    learns, explodes = measured(np.linspace(1, -3, 950)), measured([1, 2, 9, 25, inf], "beside")
    alone, both = (chart(LIGHT, runs)["layout"] for runs in ([learns], [explodes, learns]))
    (low, high), (_, usual) = both["yaxis"]["range"], alone["yaxis"]["range"]
    assert low <= -3
    assert 1 < high <= usual + STRETCH + 0.5
    assert said(both) == [(2.0, "↑ to 10<sup>25</sup>, beside")]
    assert said(alone) == []
    fades = measured([-1, -30, -40], "beside")
    assert said(chart(LIGHT, [fades, learns])["layout"]) == [(1.0, "↓ to 10<sup>−40</sup>, beside")]
    beside, exploding = replace(learns, role="beside"), replace(explodes, role="run")
    assert chart(LIGHT, [beside, exploding])["layout"]["yaxis"]["range"][1] >= 25
    waiting = replace(exploding, records={name: values[:0] for name, values in explodes.records.items()})
    assert chart(LIGHT, [beside, waiting])["layout"]["yaxis"]["range"][0] <= -3  # nothing yet: the other has the axis


def test_how_far_a_step_moves_each_layer_is_fitted_to_the_run_on_the_screen():
    learns, explodes = measured(np.full(950, -4.0)), measured([-1, 2, 20], "beside")
    layout = ratios(LIGHT, [explodes, learns])["layout"]
    assert layout["yaxis"]["range"][1] < 5
    assert said(layout) == [(1.0, "↑ to 10<sup>20</sup>, beside")]


def test_the_heatmap_of_a_run_that_broke_says_that_its_steps_are_its_own():
    whole, early = run_of(SMALL), made([[0, 0], [1, 2], [nan, inf]], "beside")
    titles = [heatmap(LIGHT, run, QUANTITIES["weight_grad"], color_span([run], QUANTITIES["weight_grad"]))["layout"]["xaxis"]["title"]["text"]
              for run in (whole, early, replace(early, ended=True))]  # fmt: skip
    assert [title.split("\u2003")[-1] for title in titles] == ["step", "step", "it ended at step 2 of 1,000"]


def test_what_a_line_across_stands_for_is_said_below_the_plot():
    """Over the plot it would lie on the data. A line of the key is as wide as a phone has room for."""
    run = replace(
        run_of(replace(SMALL, clip="norm")),
        references={"knows nothing: ln 2 = 0.6931": 0.6931, "one answer for all": 0.5},
    )
    bottom = STEP_MARGIN["b"]
    for chart, lines, named in (
        (loss, 2, ["···· knows nothing: ln 2 = 0.6931", "– – one answer for all"]),
        (accuracy, 1, ["···· guessing, 1 in 2"]), (gradient_norm, 1, ["···· threshold"]), (ratios, 0, []),
    ):  # fmt: skip
        layout = chart(LIGHT, [run])["layout"]
        title = re.sub("<(?!br)[^>]*>", "", layout["xaxis"]["title"]["text"]).split("<br>")
        assert title[1:] == named
        assert layout["annotations"] == []
        assert max(map(len, title)) <= 40
        assert layout["margin"]["b"] - bottom >= 14 * lines
    assert [shape["line"]["dash"] for shape in loss(LIGHT, [run])["layout"]["shapes"]] == ["dot", "dash"]
    *_, tested = range_test(replace(SMALL, data="sine"), rates=(1e-3,))
    assert rates(LIGHT, tested, 0.1)["layout"]["xaxis"]["title"]["text"].startswith("learning rate<br>")
