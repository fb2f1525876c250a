"""What the Train page is told: its controls, charts that grow by what is new, words, stories that keep their word."""

import json
import re
from dataclasses import asdict, replace
from functools import cache

import numpy as np
import orjson
import pytest

from app.binary import plain
from app.pages import train as page
from app.runs.desk import Seen
from app.runs.records import OF_RATES, packed, unpacked
from app.runs.store import Progress, Run
from app.state import State
from app.state import strict as strict_explore
from app.training import frame as frames
from app.training import rates
from app.training.history import Followed
from app.training.look import Look, train_address
from app.training.look import lenient as lenient_look
from app.training.progress import BUTTONS, STATES, numbers
from app.training.state import TrainState
from app.training.step import step_view
from app.training.stories import EXPLODES, START, STORIES
from app.training.view import view
from app.words import pairs_of
from components import ids as all_ids
from components.theme import PALETTES
from components.training import ids
from components.training.quantities import QUANTITIES
from simulation import NetworkConfig
from simulation.sentences import percent
from simulation.training.config import TrainingConfig
from simulation.training.data import draw_data
from simulation.training.diagnosis import diagnose_training
from simulation.training.fit import fit
from simulation.training.outcomes import describe_outcomes, outcomes
from simulation.training.range_test import Trials
from simulation.training.records import together
from simulation.training.snapshot import snapshot
from simulation.training.trainer import Trainer, train
from tests.app.reading import words

SMALL = TrainingConfig(NetworkConfig(depth=4, width=6, batch=16, activation="tanh"), steps=40)
RELU = replace(SMALL.network, activation="relu")
CORNERS = {
    "small": TrainState(SMALL),
    "one step": TrainState(replace(SMALL, steps=1)),
    "one layer, one unit, one sample": TrainState(replace(SMALL, network=NetworkConfig(depth=1, width=1, batch=1))),
    "zeros": TrainState(replace(SMALL, network=replace(RELU, initializer="zeros"))),
    "explodes": TrainState(replace(EXPLODES, steps=30)),
    "first loss is infinite": TrainState(replace(SMALL, network=replace(SMALL.network, activation="linear", weight_scale=20, depth=60))),
    "batch norm of one": TrainState(replace(SMALL, network=replace(RELU, batch=1, normalization="batch"))),
    "threshold 0": TrainState(replace(SMALL, clip="norm", threshold=0)),
    "by value, changed": TrainState(replace(SMALL, clip="value", changes=((3, "clip", "norm"), (9, "learning_rate", 0.01)))),
    "numbers": TrainState(replace(SMALL, data="sine", target_scale=50)),
    "ten classes": TrainState(replace(SMALL, data="digits", optimizer="adam")),
    "squares": TrainState(replace(SMALL, loss="mean_squared")),
    "many": TrainState(replace(SMALL, data="xor", network=replace(RELU, width=2)), networks=12),
    "many that break": TrainState(replace(SMALL, network=replace(SMALL.network, activation="linear", weight_scale=20, depth=60)), networks=3),
    "remedied": TrainState(SMALL, ("he", "relu")),
}  # fmt: skip


@cache
def trained(state: TrainState, steps: int = 10**6) -> Followed:
    """A run as the page follows it, trained here, as far as so many steps."""
    trainer = Trainer(state.training, state.networks)
    records = []
    while not trainer.finished and trainer.at < steps:
        if record := trainer.step():
            records.append(record)
    state_now = "running" if not trainer.finished else "crashed" if all(trainer.crashes) else "done"
    progress = Progress(
        state=state_now, step=trainer.at, records=len(records), changes=list(state.config.changes), steps_per_second=400.0,
        crashes=[crash and asdict(crash) for crash in trainer.crashes], checkpoints=[0],
    )  # fmt: skip
    return Followed(state, Seen(Run("id", state.query), progress, 1, state_now, None), together(records))


def answer(
    state: TrainState, since: int = 0, steps: int = 10**6, other: TrainState | None = None, theme: str = "light"
):
    followed = {"run": trained(state, steps)} | ({"beside": trained(other)} if other else {})
    look = Look(state, beside=other.query if other else None)
    return frames.frame(followed, dict.fromkeys(followed, since), look, theme, {}, True)


def text_of(content) -> str:
    return orjson.dumps(content, default=plain).decode()


PRESENT = {c.id for c in page.layout()._traverse() if getattr(c, "id", None)}


@pytest.mark.parametrize("name", CORNERS)
def test_every_answer_is_plain_json_and_writes_to_what_is_there(name):
    state = CORNERS[name]
    for content in (
        answer(state),
        view(pairs_of(Look(state).query.encode()), None, "dark"),
        answer(state, other=CORNERS["small"]),
    ):
        text = text_of(content)
        json.loads(text, parse_constant=lambda constant: pytest.fail(f"{constant} in the answer"))
        wrong = re.search(r"(?<![a-z-])(-?inf|nan|None)(?![a-z])|\de[+-]0", text)
        assert not wrong, text[max(wrong.start() - 60, 0) : wrong.end() + 20]
        assert set(content["components"]) | set(content["figures"]) <= PRESENT


@pytest.mark.parametrize("name", ["small", "explodes", "zeros", "many", "numbers", "threshold 0"])
def test_what_grows_grows_to_the_whole(name):
    """As train.js does it: traces called "grows" get longer at their ends, the rest is as the newest answer says."""
    state = CORNERS[name]
    whole, grown = answer(state)["figures"], {}
    count = 0
    for steps in (2, 3, 17, 10**6):
        told = answer(state, count, steps)
        for chart, figure in told["figures"].items():
            before = grown.get(chart)
            for index, trace in enumerate(figure["data"]):
                if before and trace.get("meta") == "grows":
                    earlier = before["data"][index]
                    for key in ("x", "y", "customdata"):
                        if key in trace:
                            trace[key] = earlier[key] + trace[key]
                    if "z" in trace:
                        trace["z"] = [old + new for old, new in zip(earlier["z"], trace["z"], strict=True)]
            grown[chart] = figure
        count = told["runs"]["run"]["next"]
    assert text_of(grown) == text_of(whole)


def test_the_lines_are_the_records():
    state = CORNERS["small"]
    records, figures = trained(state).records, answer(state)["figures"]
    loss = figures["chart-train-loss"]["data"][0]
    assert loss["x"] == records["step"].tolist()
    np.testing.assert_allclose(loss["y"], np.log10(records["loss"][:, 0]), rtol=1e-4)
    before, norm, _ = figures["chart-train-norm"]["data"]
    assert before["x"] == []  # it is not clipped: there is one norm
    np.testing.assert_allclose(norm["y"], records["log10_gradient_norm_clipped"][:, 0], rtol=1e-4)
    np.testing.assert_allclose(
        figures["chart-train-heatmap"]["data"][0]["z"], records["log10_weight_grad_norm"][:, 0].T, rtol=1e-3
    )
    ratio = figures["chart-train-ratio"]["data"][0]
    np.testing.assert_allclose(ratio["y"], records["log10_update_ratio"][-1, 0], rtol=1e-4)
    held_out = figures["chart-train-loss"]["data"][1]
    looked = np.isfinite(records["validation_loss"][:, 0])
    np.testing.assert_allclose(held_out["y"], np.log10(records["validation_loss"][looked, 0]))


def test_many_networks_are_drawn_by_their_median():
    state = CORNERS["many"]
    records = trained(state).records
    line = next(trace for trace in answer(state)["figures"]["chart-train-loss"]["data"] if trace["name"] == "loss")
    between = np.sort(records["loss"], axis=1)[:, 5]
    np.testing.assert_allclose(line["y"], np.log10(between), rtol=1e-4)


def test_a_strip_opens_each_seed_alone():
    state = replace(CORNERS["many"], config=replace(CORNERS["many"].config, network=replace(RELU, width=2, seed=9995)))
    squares, _ = answer(state)["components"][ids.SEEDS]["children"]  # no heading: the headline says it
    kinds = {seed: kind for kind, _, seeds in json.loads(getattr(squares, "data-strip")) for seed in seeds}
    assert set(kinds) == {*range(9995, 10000), *range(7)}
    opened, notes = lenient_look(pairs_of(f"{getattr(squares, 'data-each').replace('seed=9995', 'seed=3')}".encode()))
    assert (opened.train.networks, opened.train.config.network.seed, notes) == (1, 3, [])
    whole = outcomes(state.training, trained(state).records, trained(state).crashes).each
    assert kinds[9995] == whole[0]
    assert kinds[3] == whole[8]  # seeds go round
    assert opened.train.config == replace(state.config, network=replace(state.config.network, seed=3))


def test_both_strips_say_in_words_what_they_show():
    run, other = CORNERS["many"], CORNERS["many that break"]
    assert answer(CORNERS["small"])["components"][ids.SEEDS]["children"] == []
    content = answer(run, other=other)["components"]
    heading, squares, counts, other_heading, other_squares, _ = content[ids.SEEDS]["children"]
    said = describe_outcomes(outcomes(run.training, trained(run).records, trained(run).crashes))
    assert words(heading.children).startswith("This run " + said[:20])
    assert said[:20] in words(content[ids.HEADLINE]["children"])
    assert words(other_heading.children) == "Beside it All 3 networks ended in numbers that are none."
    assert [
        sum(len(seeds) for *_, seeds in json.loads(getattr(strip, "data-strip"))) for strip in (squares, other_squares)
    ] == [12, 3]
    numbers = [int(number) for number in re.findall(r": (\d+) of 12", words(counts.children))]
    assert sum(numbers) == 12
    opened = lenient_look(pairs_of(getattr(other_squares, "data-each").encode()))[0].train
    assert opened == replace(other, networks=1)


def test_a_crash_is_marked_where_it_was_born():
    figures = answer(CORNERS["explodes"])["figures"]
    crash = trained(CORNERS["explodes"]).crashes[0]
    for chart in ("train-loss", "train-accuracy", "train-norm", "train-heatmap"):
        notes = figures[all_ids.chart(chart)]["layout"]["annotations"]
        assert [note["x"] for note in notes if note["text"] in ("overflow", "NaN")] == [crash.step]


def test_exact_zeros_have_a_color_of_their_own():
    zeros = answer(CORNERS["zeros"])["figures"]["chart-train-heatmap"]["data"]
    assert all(value is None for row in zeros[0]["z"] for value in row)
    assert all(value == 0 for row in zeros[1]["z"] for value in row)
    assert zeros[1]["colorscale"][0][1] == PALETTES["light"]["vanishing"]


def test_of_two_runs_it_is_said_whose_a_number_and_a_mark_is():
    content = answer(CORNERS["small"], other=CORNERS["explodes"])
    tile = content["components"][ids.TILES]["children"][0]
    value, other = (part for part in tile.children if getattr(part, "className", "") in ("value", "other"))
    assert words(other) == "beside: NaN"
    assert float(words(value)) == pytest.approx(trained(CORNERS["small"]).records["loss"][-1, 0], rel=1e-3)
    notes = content["figures"]["chart-train-loss"]["layout"]["annotations"]
    assert "overflow, beside" in [note["text"] for note in notes]


def test_after_a_crash_the_tiles_say_of_which_step_they_are():
    """By hand: the last record with a number, and only that; a size that is none stays none."""
    run = trained(CORNERS["explodes"])
    tiles = {words(tile.children[0]): words(tile.children[1]) for tile in answer(CORNERS["explodes"])["components"][ids.TILES]["children"]}  # fmt: skip
    steps, right = run.records["step"], run.records["validation_accuracy"][:, 0]
    assert np.isnan(right[steps == run.crashes[0].step]).all()
    for label, values in (("Right, held out", right), ("Dead units", run.records["dead_fraction"][:, 0].mean(axis=-1))):
        known = np.flatnonzero(np.isfinite(values))[-1]
        said = tiles[label].replace("\u00a0", " ")
        assert said == percent(values[known]) + f" at step {steps[known]:.0f}" * int(known < len(steps) - 1)
    assert "at step" in tiles["Right, held out"]
    zeros = [words(tile) for tile in answer(CORNERS["zeros"])["components"][ids.TILES]["children"]]
    assert any("Layer 1 moves by" in tile and "exactly 0" in tile for tile in zeros)


def test_steps_are_numbered_from_0_wherever_one_is_named():
    """The step that broke, in the headline, beside the buttons, in a chart; where the slider stands; what is done is a count."""
    state = CORNERS["explodes"]
    run, content = trained(state), answer(state)
    crash, components = run.crashes[0], content["components"]
    trainer = Trainer(state.training)
    first = trainer.checkpoint()
    for _ in range(crash.step):
        trainer.step()
    assert run.records["step"][0] == 0 < crash.step == run.records["step"][-1]
    assert f"At step {crash.step} " in words(components[ids.HEADLINE]["children"])
    assert f"at step {crash.step} of 30" in words(components[ids.STATUS]["children"])
    assert content["figures"]["chart-train-loss"]["data"][0]["x"][0] == 0
    notes = content["figures"]["chart-train-loss"]["layout"]["annotations"]
    assert crash.step in [note["x"] for note in notes if note["text"] in ("overflow", "NaN")]
    line = words(step_view(run, first, trainer.checkpoint(), "light")["components"][ids.SCRUB_LINE]["children"])
    assert line.startswith(f"After {crash.step} of 30 steps")
    assert "numbered from 0" in line
    assert "40 of 40 steps done" in words(answer(CORNERS["small"])["components"][ids.STATUS]["children"])


def test_both_norms_are_drawn_from_where_there_are_two():
    state = TrainState(replace(SMALL, threshold=0.1, changes=((10, "clip", "norm"),)))
    figure = answer(state)["figures"]["chart-train-norm"]
    before, after, _ = figure["data"]
    assert (before["x"][0], after["x"][0]) == (10, 0)
    np.testing.assert_allclose(before["y"], trained(state).records["log10_gradient_norm"][10:, 0], rtol=1e-4)
    assert "before clipping" in figure["layout"]["xaxis"]["title"]["text"]


def test_the_legend_says_what_was_changed_under_way():
    state = TrainState(replace(SMALL, changes=((7, "learning_rate", 0.5), (9, "clip", "norm"))))
    legend = words(answer(state)["components"][ids.LEGEND]["children"])
    assert f"{SMALL.learning_rate:g}, from step 7 0.5 · from step 9 clip by global norm" in legend


def test_the_threshold_is_drawn_as_it_was_set():
    lines = [
        (shape["x0"], shape["x1"], shape["y0"])
        for shape in answer(TrainState(replace(SMALL, clip="norm", threshold=0.1, changes=((10, "threshold", 10.0), (30, "clip", "none")))))["figures"]["chart-train-norm"]["layout"]["shapes"]
        if "yref" not in shape
    ]  # fmt: skip
    assert lines == [(0, 10, -1.0), (10, 30, 1.0)]


@pytest.mark.parametrize("theme", PALETTES)
@pytest.mark.parametrize("shows", QUANTITIES)
def test_each_quantity_has_its_heatmap(shows, theme):
    followed = {"run": trained(CORNERS["small"])}
    content = frames.frame(followed, {"run": 0}, Look(CORNERS["small"], shows), theme, {}, True)
    drawn = content["figures"]["chart-train-heatmap"]["data"][0]
    record = trained(CORNERS["small"]).records[QUANTITIES[shows].record][:, 0].T
    np.testing.assert_allclose(np.array(drawn["z"], float), record, rtol=1e-3)
    assert drawn["zmin"] <= record.min() <= record.max() <= drawn["zmax"]


def test_remedies_are_runs_beside_this_one():
    state = TrainState(replace(SMALL, network=replace(SMALL.network, activation="sigmoid", depth=12), steps=200))
    row = answer(state)["components"][ids.REMEDIES]["children"]
    queries = [getattr(button, "data-train") for button in row if hasattr(button, "data-train")]
    assert len(queries) > 2
    for query in queries:
        look, notes = lenient_look(pairs_of(query.encode()))
        assert notes == []
        assert look.other == state
        assert look.train.training != state.training


def test_of_a_program_is_said_what_rounding_does():
    """A change of the last digit of one weight, followed here: soon the losses agree, late they need not."""
    config = TrainingConfig(
        NetworkConfig(depth=20, width=32, activation="relu", initializer="he_normal"), data="digits", optimizer="momentum",
        learning_rate=0.03, steps=300,
    )  # fmt: skip
    apart = {}
    for precision, type_ in (("float32", np.float32), ("float64", np.float64)):
        one, other = (Trainer(replace(config, precision=precision)) for _ in range(2))
        other.model.numbers *= 1 + np.finfo(type_).eps
        losses = np.log([[trainer.step()["loss"][0] for trainer in (one, other)] for _ in range(300)])
        apart[precision] = np.abs(losses[:, 0] - losses[:, 1])
    assert (apart["float64"][:100] < 1e-8).all()
    assert apart["float32"][:100].max() > 1e-4
    assert apart["float64"].max() > 0.01
    assert "float32 sooner than in float64" in words(answer(CORNERS["small"])["components"][ids.FILES]["children"])


def test_every_state_of_a_run_has_words_and_buttons():
    for name in ("queued", "running", "paused", "done", "stopped", "crashed", "lost", "expired"):
        followed = trained(CORNERS["small"])
        seen = replace(followed.seen, state=name, place=3 if name == "queued" else None)
        told = frames.frame(
            {"run": replace(followed, seen=seen)}, {"run": 0}, Look(CORNERS["small"]), "light", {}, True
        )
        components = told["components"]
        assert STATES[name] in words(components[ids.STATUS]["children"])
        verb = components[ids.MAIN]["data-verb"]
        assert verb == (BUTTONS[name][1] if name in BUTTONS else "start")
        assert told["runs"]["run"]["going"] == (name in ("queued", "running", "paused"))
        assert ("left" in words(components[ids.STATUS]["children"])) == (name == "running")
        headline = words(components[ids.HEADLINE]["children"])
        assert ("Resume goes on" in headline) == (name in ("lost", "expired"))
        if name in ("lost", "expired"):
            assert words(components[ids.ANNOUNCE]["children"]) == headline


def test_before_the_first_run_the_page_invites():
    told = view(pairs_of(START.query.encode()), None, "light")
    assert words(told["components"][ids.HEADLINE]["children"]).startswith("Press Start")
    assert "ln 2 = 0.6931" in words(told["components"][ids.FIRST]["children"])
    points = [trace for trace in told["figures"]["chart-train-boundary"]["data"] if trace["type"] == "scatter"]
    assert all(trace["x"] for trace in points)


@pytest.mark.parametrize(("key", "states"), [("learns", {"learned"}), ("plateau", {"plateau"}), ("explodes", {"crashed"}), ("recovers", {"learned"})])  # fmt: skip
def test_the_stories_keep_their_word(key, states):
    story = next(story for story in STORIES if story.key == key)
    look, notes = lenient_look(pairs_of(story.query.encode()))
    assert notes == []
    run = train(look.train.training)
    verdict = diagnose_training(run.config, run.records, run.crashes[0])
    assert verdict.state in states
    error, signal = (run.records[name][0, 0] for name in ("log10_delta_rms", "log10_activation_rms"))
    if key == "learns":
        assert abs(error[0] - error[-1]) < np.log10(2)
        moves, falling = run.records["log10_update_ratio"][:, 0], run.records["loss"][:, 0] > 0.1
        assert np.median(moves[falling], axis=0) == pytest.approx(np.full(10, -3.0), abs=0.7)
        assert moves[-50:].max() < np.median(moves[falling], axis=0).min() - 0.5 < -3.5
    if key == "plateau":
        assert verdict.constant
        assert np.diff(error) == pytest.approx(np.full(9, np.log10(4)), abs=0.2)
    if key == "explodes":
        assert verdict.crash.step < 10
        assert signal[-1] > np.log10(50)  # inputs are standardized
        assert error[0] - error[-1] == pytest.approx(9 * np.log10(1.5), abs=0.3)
        assert run.records["log10_gradient_norm"][1, 0] > run.records["log10_gradient_norm"][0, 0] > 2
    if key == "recovers":
        assert (
            look.other.training
            == next(lenient_look(pairs_of(s.query.encode()))[0] for s in STORIES if s.key == "explodes").train.training
        )


def test_a_run_that_was_changed_under_way_is_said_by_the_address():
    begun = TrainState(SMALL)
    changed = replace(begun, config=replace(SMALL, changes=((7, "learning_rate", 0.01),)))
    controls = replace(begun, config=replace(SMALL, learning_rate=0.01))
    told = view(pairs_of(Look(controls).query.encode()), changed.query, "light")
    assert told["train"] == changed.query
    assert "at step 7 learning rate 0.01" in words(told["components"][ids.CHANGED]["children"])
    deeper = replace(controls, config=replace(controls.config, network=replace(SMALL.network, depth=5)))
    told = view(pairs_of(Look(deeper).query.encode()), changed.query, "light")
    assert told["train"] == deeper.query
    assert words(told["components"][ids.CHANGED]["children"]) == "Not yet trained: Depth 4 → 5."


@pytest.mark.parametrize(
    ("state", "data"),
    [(State(NetworkConfig(depth=7, activation="relu"), ("he",)), "spirals"), (State(NetworkConfig(inputs="ones", seed=4)), "spirals"),
     (State(NetworkConfig(inputs="digits", width=16), ("relu",)), "digits"), (State(NetworkConfig(inputs="digits")), "digits")],
)  # fmt: skip
def test_explore_and_train_lead_to_each_other(state, data):
    address = train_address(state)
    look, notes = lenient_look(pairs_of(address.removeprefix("/train?").encode()))
    assert notes == []
    assert (look.train.config.data, look.train.remedies) == (data, state.remedies)
    given = state.config if data == "spirals" else replace(state.config, inputs="gaussian")
    assert look.train.config.network == given
    told = view(pairs_of(look.query.encode()), None, "light")
    back = told["components"][all_ids.to_page("/")]["href"]
    assert strict_explore(pairs_of(back.removeprefix("/?").encode())) == state
    assert train_address(strict_explore(pairs_of(back.removeprefix("/?").encode()))) == address


def test_the_address_of_the_first_network_is_not_empty():
    assert Look(TrainState()).query == "data=spirals"
    assert words(page.layout().children[0]) != ""


def test_one_step_is_looked_into():
    state = CORNERS["small"]
    trainer = Trainer(state.training)
    kept = {}
    while not trainer.finished:
        kept[trainer.at] = trainer.checkpoint()
        trainer.step()
    told = step_view(trained(state), kept[0], kept[20], "light")
    assert set(told["components"]) | set(told["figures"]) <= PRESENT
    drawn = told["figures"]["chart-step-weights"]["data"]
    assert [trace["name"] for trace in drawn[:2]] == ["dW, step 0", "dW, step 20"]
    np.testing.assert_allclose(drawn[1]["y"].array, trained(state).records["log10_weight_grad_norm"][20, 0], rtol=1e-6)
    assert "After 20 of 40 steps" in told["components"][ids.SCRUB_LINE]["children"]
    for chart in ("step-heatmap-delta", "step-heatmap-activation"):
        shares = told["figures"][all_ids.chart(chart)]["data"][0]["z"].array
        np.testing.assert_allclose(shares.sum(axis=0), 1, atol=0.02)  # but for a few small entries
    shares = {trace["name"]: trace["y"].array for trace in told["figures"]["chart-step-units"]["data"]}
    np.testing.assert_allclose(shares["dead"], trained(state).records["dead_fraction"][20, 0])
    np.testing.assert_allclose(shares["saturated"], trained(state).records["saturated_fraction"][20, 0], rtol=1e-6)


@pytest.mark.parametrize("name", CORNERS)
def test_the_last_of_each_run_can_be_looked_into(name):
    state = CORNERS[name]
    trainer = Trainer(state.training, state.networks)
    first = trainer.checkpoint()
    while not trainer.finished:
        trainer.step()
    told = step_view(trained(state), first, trainer.checkpoint(), "dark")
    assert set(told["components"]) | set(told["figures"]) <= PRESENT
    json.loads(text_of(told), parse_constant=lambda constant: pytest.fail(f"{constant} in the answer"))
    assert ("chart-step-boundary" in told["figures"]) == (not told["components"]["card-step-boundary"]["hidden"])
    caption = words(told["components"]["caption-step-heatmap-activation"]["children"])
    assert ("Overflow or NaN" in caption) == any(trainer.crashes)
    answered = words(told["components"]["caption-step-boundary"]["children"])
    line = words(told["components"][ids.SCRUB_LINE]["children"])
    assert ("nothing that is a number" in answered) == ("no solid line" in line) == all(trainer.crashes)
    assert ("medians of all" in line) == (state.networks > 1)


def test_of_a_step_without_numbers_no_share_is_drawn_and_the_empty_charts_say_why():
    """At the step that broke the first layers have numbers; after it none has."""
    network = NetworkConfig(depth=10, width=32, activation="relu", initializer="he_normal", residual="plain")
    state = TrainState(TrainingConfig(network, data="blobs", features=32, learning_rate=0.1, steps=1000))
    trainer, kept = Trainer(state.training), {}
    while not trainer.finished:
        kept[trainer.at] = trainer.checkpoint()
        trainer.step()
    kept[trainer.at] = trainer.checkpoint()
    followed = trained(state)
    for step in (trainer.at - 1, trainer.at):
        told = step_view(followed, kept[0], kept[step], "light")
        sizes = snapshot(state.training, kept[step]).signals["log10_activation_rms"][0]
        figure, caption = (
            told["figures"]["chart-step-units"],
            words(told["components"]["caption-step-units"]["children"]),
        )
        for trace in figure["data"]:
            np.testing.assert_array_equal(np.isnan(trace["y"].array), np.isnan(sizes))
        assert "no share can be told" in caption
        notes = [note["text"] for note in figure["layout"]["annotations"]]
        assert ("NaN in every layer" in notes) == ("No layer has numbers" in caption) == bool(np.isnan(sizes).all())
        for chart in ("step-heatmap-activation", "step-heatmap-delta"):
            density = told["figures"][all_ids.chart(chart)]
            notes = [note["text"] for note in density["layout"]["annotations"]]
            empty = not density["data"][0]["z"].array.any()
            assert ("overflow or NaN in every entry" in notes) == empty
            said = words(told["components"][all_ids.caption(chart)]["children"])
            assert not empty or "Overflow or NaN, which has no size, is in layers 1 to 10." in said
    assert np.isnan(sizes).all()
    tile = numbers(frames.run_of("run", followed, 0))["Dead units"]
    shares = followed.records["dead_fraction"][:, 0].mean(axis=-1)
    known = np.flatnonzero(np.isfinite(shares))[-1]
    assert words(tile).replace("\u00a0", " ") == f"{percent(shares[known])} at step {followed.records['step'][known]}"


@pytest.mark.parametrize(
    ("data", "classes", "networks", "shown"),
    [("sine", 10, 1, True), ("spirals", 10, 1, True), ("blobs", 3, 1, False), ("teacher", 10, 1, False), ("digits", 10, 1, False), ("sine", 10, 3, False)],
)  # fmt: skip
def test_what_it_answers_is_drawn_where_that_can_be(data, classes, networks, shown):
    state = TrainState(replace(SMALL, data=data, classes=classes), networks=networks)
    told = view(pairs_of(Look(state).query.encode()), None, "light")
    assert told["components"]["card-train-boundary"]["hidden"] is not shown
    assert ("chart-train-boundary" in told["figures"]) == shown


def range_tested(state, count, seen="running", place=None):
    """A range test of `count` rates, as a page follows it."""
    config = replace(state.training, steps=min(state.config.steps, 100))
    trials = Trials(config)
    points = [point for _ in range(count * config.steps) if (point := trials.step())]
    columns = unpacked(packed(points, OF_RATES), OF_RATES)
    progress = Progress(state=seen, records=len(points))
    return Followed(state, Seen(Run("r", state.query, kind="rates"), progress, 1, seen, place), columns)


@pytest.mark.parametrize(
    ("count", "seen", "place", "said", "button"),
    [(0, "queued", 3, "Waiting for a free place · number 3 in the queue", "Stop"),
     (0, "running", None, "0 of 19 rates tried, 40 steps each …", "Stop"),
     (7, "running", None, "7 of 19 rates tried, 40 steps each …", "Stop"),
     (7, "stopped", None, "Stopped · 7 of 19 rates tried, 40 steps each", "Try them"),
     (7, "lost", None, "please try again · 7 of 19", "Try them"), (7, "expired", None, "please try again · 7 of 19", "Try them"),
     (19, "done", None, "after 40 steps", "Try them")],
)  # fmt: skip
def test_how_far_a_range_test_is(count, seen, place, said, button):
    state = CORNERS["small"]
    told = rates.answer(range_tested(state, count, seen, place), state.training, "light")
    assert said in words(told["components"][ids.RATES_LINE]["children"])
    assert told["components"][ids.RATES_BUTTON] == {"children": button}
    assert told["going"] == (button == "Stop")
    assert [len(figure["data"][0]["x"]) for figure in told["figures"].values()] == [count] * bool(count)


def test_a_range_test_is_stale_when_another_network_is_set():
    state = CORNERS["small"]
    followed, config = range_tested(state, 1), state.training
    changed = replace(config, learning_rate=0.5, schedule="cosine", changes=((3, "clip", "norm"),))
    assert not rates.answer(followed, changed, "light")["stale"]
    for other in (RELU, replace(config.network, seed=1)):
        assert rates.answer(followed, replace(config, network=other), "light")["stale"]
    (figure,) = rates.answer(followed, changed, "light")["figures"].values()
    done = range_tested(state, 19, "done")
    for present, stale in ((changed, False), (replace(config, network=RELU), True)):
        told = rates.answer(done, present, "light")["components"]
        said = words(told[ids.RATES_LINE]["children"])
        assert said.startswith("Of the network before: ") == said.endswith(" Try them again.") == stale
        assert told[ids.RATES_CARD] == {"hidden": False, "className": "stale" if stale else ""}
    assert [shape["x0"] for shape in figure["layout"]["shapes"] if shape.get("name") == "here"] == [np.log10(0.5)]


def test_the_fit_is_a_line_over_the_points():
    state, other = CORNERS["numbers"], TrainState(replace(CORNERS["numbers"].config, optimizer="adam"))
    trainer = Trainer(state.training)
    for _ in range(20):
        trainer.step()
    line = asdict(fit(trainer)) | {"values": fit(trainer).values.tolist()}
    followed = {"beside": trained(other), "run": trained(state)}
    told = frames.frame(followed, {"beside": 0, "run": 0}, Look(state, beside=other.query), "light", {"run": line, "beside": line}, True)  # fmt: skip
    points, beside, shown = told["figures"]["chart-train-boundary"]["data"]
    data = draw_data(state.training).train
    np.testing.assert_allclose(points["x"], data.inputs[::2, 0], atol=1e-4)
    np.testing.assert_allclose(points["y"], data.targets[::2, 0], atol=1e-4)
    np.testing.assert_allclose(shown["x"], np.linspace(line["low"], line["high"], 200), rtol=1e-4)
    np.testing.assert_allclose(shown["y"], line["values"], rtol=1e-4)
    assert beside["line"]["dash"] == "dash"
    caption = words(told["components"]["caption-train-boundary"]["children"])
    off = np.sqrt(trained(state).records["validation_loss"][-1, 0])
    assert f"off by {float(f'{off:.2g}'):g}" in caption
    elsewhere = TrainState(replace(other.config, network=replace(other.config.network, input_scale=2.0)))
    followed["beside"] = trained(elsewhere)  # whose points are others
    told = frames.frame(followed, {"beside": 0, "run": 0}, Look(state, beside=elsewhere.query), "light", {"run": line, "beside": line}, True)  # fmt: skip
    assert len(told["figures"]["chart-train-boundary"]["data"]) == 2
