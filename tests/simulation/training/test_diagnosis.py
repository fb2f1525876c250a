"""Verdicts on runs: real ones that end in each way, made-up records with known numbers, and runs that still go on."""

import re
from dataclasses import replace
from math import inf, log, nan

import numpy as np
import pytest

from simulation.training.captions import captions
from simulation.training.data import draw_data
from simulation.training.diagnosis import diagnose_training
from simulation.training.evidence import loss_course, motion, of_network
from simulation.training.measurements import accuracy
from simulation.training.presets import PRESETS
from simulation.training.readings import readings
from simulation.training.records import LAYERED, SCALARS, Crash
from simulation.training.sentences import WORDS, describe_crash, describe_training, layers
from simulation.training.suggestions import suggestions
from simulation.training.trainer import train
from tests.simulation.training.runs import CONFIGS, of, run_of

STATES = {
    "learned": "learned", "learning": "learning", "slow": "slow", "sigmoid": "plateau", "regression": "plateau",
    "zero": "dead", "batch_of_1": "dead", "unscaled": "dead", "skips": "crashed", "target_scale": "crashed",
    "too_fast": "diverging", "clip_0": "plateau", "underflow": "plateau", "skips_clipped": "learning",
}  # fmt: skip


def verdict_on(key):
    run = of(key)
    return diagnose_training(run.config, run.records, run.crashes[0])


def made(losses, depth=3, **others):
    """Records of one network with these losses; the others at values of a healthy run."""
    n = len(losses)
    values = {name: np.zeros((n, 1)) for name in SCALARS} | {name: np.zeros((n, 1, depth)) for name in LAYERED}
    values |= {"step": np.arange(n), "loss": np.array(losses, float)[:, None]}
    values |= {"log10_update_ratio": np.full((n, 1, depth), -3.0), "log10_head_update_ratio": np.full((n, 1), -2.5)}
    return values | {name: np.asarray(value) for name, value in others.items()}


TEN = run_of(data="blobs", depth=3, width=8, features=8)  # ten classes: knowing nothing gives 2.30


@pytest.mark.parametrize("key", STATES)
def test_states_of_real_runs(key):
    assert verdict_on(key).state == STATES[key]


@pytest.mark.parametrize(
    ("losses", "state"),
    [
        (np.full(50, log(10)), "plateau"),
        (np.full(50, 1.4), "plateau"),
        (np.linspace(2.3, 1.2, 50), "learning"),
        (np.geomspace(2.3, 1e-3, 50), "learned"),
        (np.linspace(2.2, 2.1, 50), "slow"),
        (np.geomspace(2.3, 300, 50), "diverging"),
        (np.r_[np.linspace(2.3, 20, 20), np.linspace(20, 2.8, 30)], "erratic"),
        (1.5 * 2.0 ** np.tile([0, 3, 0, -1], 20), "erratic"),
        ([2.3, 2.2], "starting"),
        ([2.3, 80.0], "diverging"),
    ],
)
def test_states_of_known_losses(losses, state):
    assert diagnose_training(TEN, made(losses)).state == state


def test_noise_alone_is_no_learning():
    """A flat loss in batch noise: at most a few in a hundred draws are called anything but a plateau."""
    random = np.random.default_rng(0)
    noisy = [2.31 + 0.05 * random.standard_normal(100) for _ in range(100)]
    assert sum(diagnose_training(TEN, made(losses)).state == "plateau" for losses in noisy) >= 97


def test_trend_and_its_error_are_those_of_least_squares():
    losses = np.exp(np.random.default_rng(1).standard_normal(41))
    course = loss_course(of_network(made(losses), 0))
    later = np.log(losses[20:])
    (slope, _), covariance = np.polyfit(np.arange(len(later)), later, 1, cov=True)
    span = len(later) - 1
    assert log(course.change) == pytest.approx(slope * span)
    assert log(course.change_noise) == pytest.approx(np.sqrt(covariance[0, 0]) * span)
    assert course.recent == pytest.approx(losses[-10:].mean())
    assert course.noise == pytest.approx(losses[-10:].std() / np.sqrt(10))


def test_what_is_said_is_of_steps_however_they_were_recorded():
    """A loss of which every 20th step was recorded, and the first 50: as if every step had been."""
    every = np.arange(2001)
    losses = np.exp(-every / 700) * (1 + 0.05 * np.random.default_rng(2).standard_normal(2001))
    kept = np.unique(np.r_[every[:50], every[::20]])
    for taken in (60, 120, 400, 2001):
        whole = loss_course(of_network(made(losses[:taken]), 0))
        at = kept[kept < taken]
        thinned = made(losses[at]) | {"step": at}
        course = loss_course(of_network(thinned, 0))
        assert abs(log(course.change) - log(whole.change)) < 4 * log(course.change_noise)
        if taken == 2001:
            assert course.recent == pytest.approx(whole.recent, rel=0.05)
            assert course.change == pytest.approx(np.exp(-1000 / 700), rel=0.05)


def test_a_record_counts_as_often_as_there_are_steps_that_it_stands_for():
    """Late in the stretch where the distance of the records changes: 1 to step 10, then 10."""
    steps = np.r_[np.arange(10), 20, 30]
    losses = np.r_[np.full(10, 5.0), 2.0, 1.0]
    course = loss_course(of_network(made(losses) | {"step": steps}, 0))
    weights = np.array([1, 1, 1, 6, 10.5, 10])  # of the last six: half of the records
    mean = weights @ losses[-6:] / weights.sum()
    assert course.recent == pytest.approx(mean)
    spread = weights @ (losses[-6:] - mean) ** 2 / weights.sum()
    assert course.noise == pytest.approx(np.sqrt(spread * (weights**2).sum()) / weights.sum())
    ratios = np.full((12, 1, 3), -3.0)
    ratios[-1] = -1.0
    moves = motion(of_network(made(losses, log10_update_ratio=ratios) | {"step": steps}, 0))
    share = weights[-1] / weights.sum()
    assert moves.log10_update_ratio == pytest.approx([np.log10(share * 0.1 + (1 - share) * 0.001)] * 3)


def test_losses_that_are_no_numbers_are_left_out():
    course = loss_course(of_network(made([2.0, 1.0, nan]), 0))
    assert (course.recent, course.peak, course.records) == (1.0, 2.0, 3)
    nothing = diagnose_training(TEN, made([nan]), Crash(0, 1, "weights", "nan"))
    assert nothing.state == "crashed"
    assert "NaN" in describe_training(TEN, nothing).text


@pytest.mark.parametrize(
    ("taken", "steps", "said"),
    [
        (1, 1, "After 1 step the loss is 2.300; it takes 10 to see where it goes, and this run has only 1."),
        (3, 5, "After 3 steps the loss is 2.300; it takes 10 to see where it goes, and this run has only 5."),
        (9, 60, "After 9 steps the loss is 2.300 (mean of the last 4 steps); it takes 10 to see where it goes."),
    ],
)
def test_few_steps_are_too_few_be_the_run_done_or_not(taken, steps, said):
    """Done, paused, stopped or going on: nothing is called a start, or early, that may be an end."""
    config = replace(TEN, steps=steps)
    sentence = describe_training(config, diagnose_training(config, made(np.full(taken, 2.3))))
    assert (sentence.word, sentence.text) == ("Too few steps to tell.", said)


def test_what_the_loss_did_of_late_is_told_with_the_steps_that_it_took():
    """Halved every hundred steps: over the last 150 of 300 what is left is 2^-1.49."""
    steps = np.unique(np.r_[np.arange(50), np.arange(0, 300, 2), 299])
    learning = made(np.maximum(2.3 * 2 ** (-steps / 100), 0.2)) | {"step": steps}
    text = describe_training(TEN, diagnose_training(TEN, learning)).text
    assert "in 300 steps; over the last 150 of them it fell by 64 %." in text
    slow = made(np.exp(np.linspace(np.log(2.2), np.log(2.09), 200)))
    text = describe_training(TEN, diagnose_training(TEN, slow)).text
    assert "over the last 100 of 200 steps by only 3 %" in text


def test_a_loss_that_is_a_mean_is_said_to_be_one():
    steps = np.unique(np.r_[np.arange(50), np.arange(0, 600, 2), 599])
    losses = 2.3 + 0.1 * np.random.default_rng(3).standard_normal(len(steps))
    text = describe_training(TEN, diagnose_training(TEN, made(losses) | {"step": steps})).text
    mean, count = map(float, re.search(r"stands at ([0-9.]+) \(mean of the last ([0-9]+) steps\)", text).groups())
    assert count == pytest.approx(60, abs=2)
    late = steps >= 600 - count
    assert mean == pytest.approx(np.average(losses[late], weights=np.gradient(steps)[late]), abs=1e-3)


def test_a_loss_that_jumps_is_said_to_jump_from_point_to_point():
    jumps = made(1.5 * 2.0 ** np.tile([0, 3, 0, -1], 20)) | {"step": np.arange(0, 160, 2)}
    text = describe_training(TEN, diagnose_training(TEN, jumps)).text
    assert "from one point of its curve to the next it is multiplied by 8" in text


def test_a_line_that_is_fitted_is_no_plateau():
    """Nothing is left to learn for linear layers: no other rate is offered, but a bend, and with it there is more."""
    config = PRESETS["largest_rate"].config
    run = train(config)
    verdict = diagnose_training(config, run.records)
    told = describe_training(config, verdict)
    x, y = draw_data(config).train.inputs[:, 0], draw_data(config).train.targets[:, 0]
    left = y - np.polyval(np.polyfit(x, y, 1), x)
    assert verdict.state == "fitted"
    assert f"leaves {np.mean(left**2):.4f}" in told.text
    assert not any("rate" in text for text in (told.note, *readings(config, verdict)))
    first, *others = suggestions(config, verdict)
    assert not {"higher_rate", "lower_rate", "adam"} & {one.key for one in (first, *others)}
    assert train(first.training).records["loss"][-1, 0] < 0.5 * verdict.expected.linear
    soon = replace(config, steps=12, learning_rate=0.005)
    assert diagnose_training(soon, train(soon).records).state == "learning"


OVERFIT = run_of(data="digits", depth=20, width=32, activation="tanh", optimizer="adam", learning_rate=2e-3, steps=1000)


def test_overfitting_is_said_in_the_headline():
    run = train(OVERFIT)
    verdict = diagnose_training(OVERFIT, run.records)
    held_out, steps = run.records["validation_loss"][:, 0], run.records["step"]
    low, last = np.nanargmin(held_out), np.flatnonzero(np.isfinite(held_out))[-1]
    assert verdict.overfits == (held_out[last] > 1.5 * held_out[low])
    assert f"from {held_out[low]:#.4g} at step {steps[low]} to {held_out[last]:#.4g}: overfitting." in describe_training(OVERFIT, verdict).text  # fmt: skip
    assert not any("kept back" in text for text in readings(OVERFIT, verdict))


@pytest.mark.parametrize(
    ("trained", "held_out", "overfits"),
    [
        ((2.3, 0.2), (2.3, 0.5, 1.0), True),
        ((2.3, 0.2), (2.3, 0.5, 0.7), False),  # hardly rose
        ((0.2, 0.5), (2.3, 0.5, 1.0), False),  # both rose
        ((2.3, 0.2), (2.3, 0.001, 0.01), False),  # next to nothing
        ((2.3, 0.2), (2.3, 0.5, nan), False),  # nobody looked again
    ],
)
def test_what_overfitting_is(trained, held_out, overfits):
    seen = np.full((60, 1), nan)
    seen[[0, 20, 59], 0] = held_out
    verdict = diagnose_training(TEN, made(np.geomspace(*trained, 60)) | {"validation_loss": seen})
    assert verdict.overfits == overfits
    assert ("overfitting" in describe_training(TEN, verdict).text) == overfits


def test_plateaus_are_called_by_their_level():
    assert verdict_on("sigmoid").constant
    assert verdict_on("regression").constant
    assert "ln 10 = 2.303" in describe_training(CONFIGS["sigmoid"], verdict_on("sigmoid")).text
    assert "Var(y) = 1.000" in describe_training(CONFIGS["regression"], verdict_on("regression")).text
    assert not verdict_on("clip_0").constant


def test_layers_that_stand_still():
    ratios = np.tile([-6.0, -3.0, -2.0], (20, 1, 1))
    assert diagnose_training(TEN, made(np.full(20, 2.3), log10_update_ratio=ratios)).idle == (1,)
    slow = ratios - 3  # all layers and the head move little: none of them stands still beside the rest
    quiet = {"log10_update_ratio": slow, "log10_head_update_ratio": np.full((20, 1), -5.0)}
    assert diagnose_training(TEN, made(np.full(20, 2.3), **quiet)).idle == (1,)
    moves = motion(
        of_network(made(np.full(4, 2.3), log10_update_ratio=np.array([[[-inf, -2, nan]], [[-2, -2, inf]]] * 2)), 0)
    )
    assert moves.log10_update_ratio == pytest.approx((np.log10(0.005), -2, -inf))


@pytest.mark.parametrize("key", ["zero", "batch_of_1", "unscaled"])
def test_dead_since_when(key):
    run, since = of(key), verdict_on(key).motion.cut_off_since
    silent = run.records["log10_weight_grad_norm"][:, 0, 0] == -inf
    assert silent[since:].all()
    assert not (since and silent[since - 1])
    assert verdict_on(key).motion.untouched == (1, 2, 3)
    assert (f"Since step {since}" if since else "From the first step on") in describe_training(
        run.config, verdict_on(key)
    ).text


def test_weights_that_stay_zero_move_by_exactly_0_and_the_gradient_that_there_is_has_its_place():
    run = of("zero")
    assert (run.records["log10_update_ratio"] == -inf).all()
    assert "exactly 0 in every layer" in captions(run.config, run.records, verdict_on("zero"))["update_ratio"]
    left = run.records["log10_gradient_norm"][-1, 0]
    assert run.records["log10_head_grad_norm"][-1, 0] == -inf < left  # that of the head's bias
    told = describe_training(run.config, verdict_on("zero")).text
    assert "exactly 0 for the weights of every layer" in told
    assert f"What there is, 10^{left:.1f}, is that of biases and the head." in told


def test_nan_is_no_answer_that_could_be_right():
    outputs = np.array([[[1.0, 2.0], [3.0, 1.0]], [[nan, nan], [3.0, 1.0]]])
    np.testing.assert_array_equal(accuracy(outputs, np.array([[1, 1], [0, 0]])), [0.5, nan])


def test_zeros_that_are_too_small_numbers_are_not_called_dead():
    verdict = verdict_on("underflow")
    zeros = (of("underflow").records["log10_weight_grad_norm"][-10:, 0] == -inf).all(axis=0)
    assert verdict.motion.untouched == tuple(np.flatnonzero(zeros) + 1)
    assert not verdict.motion.dead
    assert set(verdict.motion.untouched) <= set(verdict.idle)


def test_a_head_of_zeros_is_not_dead():
    """Its first step reaches no layer; the second one does."""
    records = of("learned").records
    assert np.isneginf(records["log10_weight_grad_norm"][0]).all()
    for taken in (1, 2, 5, 10, 20):
        assert diagnose_training(CONFIGS["learned"], {k: v[:taken] for k, v in records.items()}).state != "dead"


@pytest.mark.parametrize("key", CONFIGS)
def test_a_verdict_at_every_stage_in_words(key):
    """Of a run that still goes on, too: no number missing, every sentence a sentence."""
    run = of(key)
    total = len(run.records["step"])
    for taken in sorted({1, 2, 3, 9, 10, 11, 20, total // 2, total} - set(range(total + 1, 30))):
        part = {name: values[:taken] for name, values in run.records.items()}
        verdict = diagnose_training(run.config, part, run.crashes[0] if taken == total else None)
        texts = [
            *(text for text in captions(run.config, part, verdict).values() if text),
            *readings(run.config, verdict),
        ]
        sentence = describe_training(run.config, verdict)
        assert sentence.word == WORDS[verdict.state]
        for text in (sentence.text, *texts):
            assert re.fullmatch(r"(dW|[A-Z0-9]).*\.", text), text
            assert not re.search(r"\b(nan|inf|None)\b", text), text


def test_each_network_of_many_has_its_own_verdict():
    run = train(run_of(data="xor", depth=2, width=4, activation="relu", steps=60), networks=3)
    alone = [
        diagnose_training(run.config, {k: v if k == "step" else v[:, [i]] for k, v in run.records.items()})
        for i in range(3)
    ]
    assert [diagnose_training(run.config, run.records, network=i) for i in range(3)] == alone


def test_of_a_run_that_broke_the_steps_before_say_which_layers_moved():
    """Two steps, the first of them long, the second NaN: no layer stays as it was drawn."""
    ratios = np.array([[[-1.0, -2.0, -1.5]], [[nan, nan, nan]]])
    head = {"log10_head_update_ratio": np.array([[-1.0], [nan]])}
    broke = made([2.3, nan], log10_update_ratio=ratios, **head)
    verdict = diagnose_training(TEN, broke, Crash(1, 2, "weights", "inf"))
    assert verdict.motion.log10_update_ratio == pytest.approx((-1.0, -2.0, -1.5))
    assert verdict.idle == ()
    at_once = diagnose_training(
        TEN,
        {name: values[1:] for name, values in broke.items()} | {"step": np.array([0])},
        Crash(0, 2, "weights", "inf"),
    )
    assert describe_training(TEN, at_once).note == ""
    stood = made([2.3] * 40, log10_update_ratio=np.tile([-9.0, -3.0, -3.0], (40, 1, 1)))
    late = diagnose_training(TEN, stood, Crash(39, 2, "weights", "inf"))
    assert describe_training(TEN, late).note.startswith("Layer 1 does not learn")


def test_readings_of_a_crash():
    early = readings(CONFIGS["skips"], verdict_on("skips"))
    assert early[0].startswith("Gone within ten steps: look at initialization")
    assert "target scale 100" in readings(CONFIGS["target_scale"], verdict_on("target_scale"))[0]
    late = replace(verdict_on("skips"), crash=Crash(216, 2, "weights", "inf"))
    assert "learning rate, 0.1" in readings(CONFIGS["skips"], late)[0]
    backward = replace(late, crash=Crash(216, 2, "the gradient of weights", "inf"))
    clipped = replace(CONFIGS["skips"], clip="norm")
    assert any("0 x infinity is NaN" in text for text in readings(clipped, backward))
    assert describe_crash(clipped, backward.crash) == (
        "At step 216 a number became too large for float32 on the way back through the product with the weights of layer 2. There the run ends."
    )


def test_readings_of_clipping_and_batch_norm():
    assert "nothing can learn" in readings(CONFIGS["clip_0"], verdict_on("clip_0"))[0]
    assert "100 % of the steps were clipped" in readings(CONFIGS["skips_clipped"], verdict_on("skips_clipped"))[0]
    assert "one sample" in readings(CONFIGS["batch_of_1"], verdict_on("batch_of_1"))[0]
    opened = replace(CONFIGS["clip_0"], changes=((30, "threshold", 5.0),))
    assert "nothing can learn" not in " ".join(readings(opened, verdict_on("clip_0")))


def test_healthy_gradients_point_elsewhere():
    verdict = diagnose_training(TEN, made(np.full(30, log(10))))
    assert any("Look at data, loss and learning rate" in text for text in readings(TEN, verdict))
    idle = np.tile([-9.0, -3.0, -3.0], (30, 1, 1))
    vanished = diagnose_training(TEN, made(np.full(30, log(10)), log10_update_ratio=idle))
    assert not any("Every layer moves" in text for text in readings(TEN, vanished))
    assert describe_training(TEN, vanished).note.startswith("Layer 1 does not learn: a step changes layer 1 by 10^-9")


def test_adam_hides_what_has_vanished():
    adam = replace(TEN, optimizer="adam")
    sizes = np.tile([-8.0, -5.0, -3.0], (30, 1, 1))
    verdict = diagnose_training(adam, made(np.full(30, 1.0), log10_weight_grad_norm=sizes))
    assert verdict.motion.log10_gradient_ratio == -5
    assert any("10^-5.0 of the last layer's; Adam" in text for text in readings(adam, verdict))


def test_lists_of_layers():
    assert layers((3,)) == "layer 3"
    assert layers((1, 2)) == "layers 1 and 2"
    assert layers((1, 2, 3, 4)) == "layers 1 to 4"
    assert layers((1, 2, 3, 7, 9, 10)) == "layers 1 to 3, 7, 9 and 10"
