"""What the page is told for a state: frames, words, and what the controls are set to."""

import base64
import json
from dataclasses import replace

import dash
import numpy as np
import orjson
import pytest
from flask import Flask

from app import frames
from app.binary import plain
from app.cache import TraceCache
from app.changes import edit_line, remedy_help
from app.options import OPTIONS
from app.pages import explore
from app.settings import Settings
from app.state import WORDS, State, lenient
from components import ids
from components.captions import TITLES
from components.theme import PALETTES
from simulation import NetworkConfig, simulate
from simulation.activations import ACTIVATIONS
from simulation.config import FIELDS
from simulation.diagnosis import diagnose
from simulation.initializers import INITIALIZERS
from simulation.normalizations import NORMALIZATIONS
from simulation.options import RESIDUALS
from simulation.presets import PRESETS
from simulation.remedies import REMEDIES
from tests.app.reading import words

SMALL = NetworkConfig(depth=8, width=8, batch=4)
INK = PALETTES["light"]["ink"]


@pytest.fixture(scope="module")
def traces():
    return TraceCache(Flask("test"), Settings())


def frame(traces, config=SMALL, remedies=(), notes=(), since=None, theme="light", dragging=False):
    return frames.frame(State(config, tuple(remedies)), list(notes), since, theme, dragging, traces)


def as_json(components) -> str:
    return orjson.dumps(components, default=plain).decode()


def lines(frame, panel):
    """The lines of a chart by name."""
    return {trace["name"]: trace for trace in frame[ids.chart(panel)]["figure"]["data"] if "line" in trace}


def numbers(typed):
    return np.frombuffer(base64.b64decode(typed["bdata"]), dtype=typed["dtype"])


CORNERS = [
    NetworkConfig(depth=1, width=1, batch=1),
    replace(SMALL, activation="relu", initializer="zeros"),
    replace(SMALL, inputs="zeros"),
    replace(SMALL, inputs="digits", residual="pre_activation", normalization="group", groups=2),
    replace(SMALL, normalization="batch", batch=1),
    replace(SMALL, activation="linear", initializer="standard_normal", weight_scale=20, depth=400),
    replace(SMALL, activation="relu", initializer="he_normal", weight_scale=0.001, depth=400),
    replace(SMALL, activation="hardtanh", weight_scale=20, input_scale=1000),
    replace(SMALL, activation="relu", residual="plain", initializer="he_normal", width=2, batch=1, seed=2),
]


@pytest.mark.parametrize("dragging", [False, True])
@pytest.mark.parametrize("remedies", [(), ("he", "relu"), tuple(REMEDIES)], ids=["bare", "two", "all"])
@pytest.mark.parametrize("config", CORNERS)
def test_every_frame_is_plain_json(traces, config, remedies, dragging):
    text = as_json(frame(traces, config, remedies, since=State(SMALL), dragging=dragging))
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in the frame"))
    assert "e+00" not in text  # no number as a computer prints it
    for array in ("nan decades", "inf decades", "10^inf", "10^nan", "x inf", "None"):
        assert array not in text


def test_every_frame_writes_to_what_is_there(traces):
    present = {c.id for c in explore.layout()._traverse() if getattr(c, "id", None)}
    assert set(frame(traces, remedies=["he"], since=State())) <= present


def test_dragging_leaves_out_what_a_resting_hand_reads(traces):
    moving, resting = frame(traces, dragging=True), frame(traces, since=State())
    settled = {ids.ANNOUNCE, ids.REMEDY_HELP, ids.SETTLED, ids.NOTES, ids.CHANGE, ids.to_page("/train")}
    settled |= {ids.description(panel) for panel in TITLES}
    assert set(resting) - set(moving) == settled
    for panel in ("backward-delta", "backward-weights", "forward"):
        for name, line in lines(moving, panel).items():
            assert "customdata" not in line
            assert len(lines(resting, panel)[name]["customdata"]) == SMALL.depth
    assert len(as_json(moving)) < len(as_json(resting))


def test_the_lines_are_the_trace(traces):
    trace, remedied = simulate(SMALL), simulate(State(SMALL, ("relu", "he")).remedied)
    drawn = frame(traces, remedies=["relu", "he"])
    for panel, name, array in (
        ("backward-delta", "δ", "log10_delta_rms"),
        ("backward-weights", "dW", "log10_weight_grad_norm"),
        ("forward", "pre-activation z", "log10_pre_activation_rms"),
        ("forward", "activation h", "log10_activation_rms"),
        ("units", "inactive", "inactive_fraction"),
        ("units", "dead", "dead_fraction"),
        ("units", "saturated", "saturated_fraction"),
    ):
        pair = lines(drawn, panel)
        for name_of, source in ((name, trace), (f"{name}, with remedies", remedied)):
            assert numbers(pair[name_of]["x"]).tolist() == list(range(1, 9))
            np.testing.assert_allclose(numbers(pair[name_of]["y"]), getattr(source, array), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("theme", PALETTES)
def test_as_set_is_gray_and_dashed_and_remedied_is_ink_and_solid(traces, theme):
    palette = PALETTES[theme]
    for panel in ("backward-delta", "backward-weights"):
        pair = lines(frame(traces, remedies=["relu"], theme=theme), panel)
        as_set, remedied = (line["line"] for line in pair.values())
        assert (as_set["color"], as_set["dash"]) == (palette["baseline"], "dash")
        assert remedied["color"] == palette["ink"]
        assert "dash" not in remedied
    forward = lines(frame(traces, remedies=["relu"], theme=theme), "forward")
    for name, line in forward.items():
        assert line["line"]["color"] == palette["ink" if "remedies" in name else "baseline"]


def test_exact_zeros_have_a_labeled_mark(traces):
    config = replace(SMALL, activation="relu", initializer="zeros")
    drawn = frame(traces, config)
    for panel in ("backward-delta", "backward-weights", "forward"):
        marks = [t for t in drawn[ids.chart(panel)]["figure"]["data"] if "markers" in t["mode"] and "x" in t and "exactly 0" in t["name"]]  # fmt: skip
        assert marks
        for mark in marks:
            assert mark["x"] == list(range(1, 9))
            low, high = drawn[ids.chart(panel)]["figure"]["layout"]["yaxis"]["range"]
            assert all(low < height < high for height in mark["y"])
        assert sum(mark["text"].count("exactly 0") for mark in marks) == 1
    for panel in ("heatmap-delta", "heatmap-activation"):
        figure = drawn[ids.chart(panel)]["figure"]
        assert figure["data"][1]["x"] == list(range(1, 9))
        assert [note["text"] for note in figure["layout"]["annotations"]] == ["exactly 0"]
    assert "Dead." in words(drawn[ids.HEADLINE]["children"])


def test_without_zeros_there_is_no_mark(traces):
    for panel in ("backward-delta", "forward"):
        figure = frame(traces)[ids.chart(panel)]["figure"]
        assert not any(t["x"] for t in figure["data"] if "exactly 0" in t["name"])


def test_the_words_are_of_this_network(traces):
    drawn = frame(traces, NetworkConfig())
    assert words(drawn[ids.HEADLINE]["children"]).startswith("Vanishing. On average a layer keeps 24\u00a0%")
    assert drawn[ids.ANNOUNCE]["children"] == words(drawn[ids.HEADLINE]["children"]).replace("\u00a0", " ").strip()
    tiles = words(drawn[ids.TILES]["children"])
    assert "1 / 50" in tiles
    assert "10−30.6" in tiles
    cured = frame(traces, NetworkConfig(), ["batch_norm"])
    assert "With batch norm: " in words(cured[ids.HEADLINE]["children"])
    assert "data, loss and learning rate" in cured[ids.ADVICE]["children"]
    assert "with remedies: batch norm" in words(cured[ids.LEGEND]["children"])
    assert cured[ids.SETTLED]["data"] == "remedies=batch_norm"


@pytest.mark.parametrize(("registry", "field"), [(ACTIVATIONS, "activation"), (INITIALIZERS, "initializer"), (NORMALIZATIONS, "normalization"), (RESIDUALS, "residual")])  # fmt: skip
def test_the_chosen_option_is_explained(traces, registry, field):
    for key, entry in registry.items():
        drawn = frame(traces, replace(SMALL, **{field: key}), dragging=True)
        assert drawn[ids.summary(field)]["children"] == entry.summary


def test_only_controls_with_an_effect_are_shown(traces):
    plain = frame(traces)
    hidden = {field for field in FIELDS if plain[ids.control(field)]["hidden"]}
    assert hidden == {"negative_slope", "groups", "norm_position", "block", "branch_scale"}
    full = replace(SMALL, activation="leaky_relu", normalization="group", residual="plain", initializer="zeros")
    drawn = frame(traces, full)
    assert {field for field in FIELDS if drawn[ids.control(field)]["hidden"]} == {"weight_scale"}


@pytest.mark.parametrize("key", ["sigmoid_xavier", "relu_he", "s0_exploding"])
def test_a_preset_is_recognized(traces, key):
    preset = PRESETS[key]
    drawn = frame(traces, preset.config, dragging=True)
    assert drawn[ids.SEARCH]["placeholder"] == preset.label
    assert words(drawn[ids.STORY]["children"]) == preset.summary.replace("10^", "10")
    other = frame(traces, replace(preset.config, seed=5), dragging=True)
    assert other[ids.SEARCH]["placeholder"] == "Your own network"


def test_notes_stay_until_the_next_edit(traces):
    assert words(frame(traces, notes=["Depth is 8."])[ids.NOTES]["children"]) == "Depth is 8."
    assert ids.NOTES not in frame(traces)
    assert ids.NOTES not in frame(traces, since=State(SMALL))
    assert frame(traces, since=State())[ids.NOTES]["children"] == []


def test_an_edit_is_said_with_its_effect(traces):
    assert ids.CHANGE not in frame(traces)
    assert ids.CHANGE not in frame(traces, since=State(SMALL))
    drawn = frame(traces, NetworkConfig(depth=51), since=State())
    line = words(drawn[ids.CHANGE]["children"])
    assert line.startswith("Depth 50 → 51: the error signal at layer 1 went from 10−30.6 to 10−31")
    assert line.endswith("of the output's, 0.7 decades further from steady.")


def line_between(before: State, after: State) -> str:
    return edit_line(before, after, *(diagnose(simulate(state.remedied)) for state in (before, after)))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (State(SMALL), State(SMALL), ""),
        (State(SMALL), State(SMALL, ("he",)), "Remedies none → He init: "),
        (State(SMALL, ("he", "relu")), State(SMALL), "Remedies He init, ReLU → none: "),
        (State(SMALL), State(replace(SMALL, activation="relu")), "Activation sigmoid → ReLU: "),
        (State(SMALL), State(replace(SMALL, input_offset=-1.5, seed=3)), "Input offset 0 → −1.5; Seed 0 → 3: "),
        (State(SMALL), State(NetworkConfig(activation="tanh")), "4 settings changed: "),
        (State(SMALL), State(replace(SMALL, initializer="zeros")), "to exactly 0 of the output's."),
        (State(SMALL), State(SMALL, ("batch_norm",)), "nearer to steady."),
        (State(SMALL, ("batch_norm",)), State(SMALL), "further from steady."),
        (State(replace(SMALL, initializer="zeros")), State(SMALL), "went from exactly 0 to 10^-"),
    ],
)
def test_edit_line(before, after, said):
    line = line_between(before, after)
    assert said in line
    assert bool(line) == bool(said)
    assert "nan" not in line
    assert "10^-0.0" not in line


def test_remedy_help():
    assert "Switch one on" in remedy_help(None, State(SMALL))
    for key, remedy in REMEDIES.items():
        text = remedy_help(State(SMALL), State(SMALL, (key,)))
        for part in (remedy.label, remedy.summary, remedy.cost, remedy.nothing_when):
            assert part in text
        same = State(SMALL, (key,)).remedied.effective() == SMALL.effective()
        assert text.endswith("Here it changes nothing.") == same
    added = remedy_help(State(SMALL, ("he", "relu")), State(SMALL, ("he", "relu", "layer_norm")))
    assert added.startswith("layer norm")


def test_remedy_help_says_what_overrides_what():
    text = remedy_help(State(SMALL, ("orthogonal",)), State(SMALL, ("he", "orthogonal")))
    assert text.startswith("He init")
    assert "orthogonal init overrides He init: both set the initialization." in text
    assert text.endswith("Here it changes nothing.")


def test_a_remedy_without_effect_is_told_among_others():
    text = remedy_help(State(SMALL, ("he",)), State(SMALL, ("he", "scaled_branch")))
    assert text.startswith("scaled branch")
    assert text.endswith("Here it changes nothing.")


def test_chosen_values():
    for key, preset in PRESETS.items():
        values = dict(zip(WORDS, explore.chosen_values(f"preset {key}"), strict=True))
        assert values.pop("remedies") == []
        asked = {name: values.pop(name) for name in (*OPTIONS, "pin")}
        assert set(asked.values()) == {dash.no_update}  # what is looked at stays
        assert NetworkConfig(**{name: WORDS[name].parse(value) for name, value in values.items()}) == preset.config
    for chosen in (None, "", "preset nothing", "junk"):
        assert set(explore.chosen_values(chosen)) == {dash.no_update}
    values = dict(zip(WORDS, explore.chosen_values("initializer orthogonal"), strict=True))
    assert values.pop("initializer") == "orthogonal"
    assert set(values.values()) == {dash.no_update}


@pytest.mark.parametrize("key", INITIALIZERS)
def test_weight_scale_for_an_absolute_sigma(traces, key):
    config = replace(SMALL, initializer=key, weight_scale=2)
    shown = frame(traces, config, dragging=True)[ids.SIGMA_BOX]
    assert explore.weight_scale_for(shown["value"], State(config)) == (dash.no_update, shown["value"])  # left as it was
    scale, _ = explore.weight_scale_for("0.3", State(config))
    if key == "zeros":
        assert scale is dash.no_update
        assert shown["disabled"]
        return
    sigma = INITIALIZERS[key].sigma(config)
    assert WORDS["weight_scale"].parse(scale) * sigma == pytest.approx(0.3 if 0.3 / sigma < 20 else 20 * sigma)


@pytest.mark.parametrize(("text", "scale"), [("0", "0.001"), ("-3", "0.001"), ("1e9", "20"), ("inf", "20"), ("nan", None), ("junk", None), ("", None), (None, None)])  # fmt: skip
def test_junk_in_the_sigma_box(text, scale):
    """The box then says again what is shown."""
    got, said = explore.weight_scale_for(text, State(SMALL))
    sigma = INITIALIZERS[SMALL.initializer].sigma(SMALL)
    assert got == (scale or dash.no_update)
    assert said == f"{float(scale or SMALL.weight_scale) * sigma:.4g}"


def test_controls_that_ask_for_too_much_are_set_to_what_is_shown():
    state, _ = lenient([("depth", "5000"), ("width", "64"), ("activation", "nonsense"), ("remedies", "he,nonsense")])
    corrected = frames.corrections(
        [("depth", "5000"), ("width", "64"), ("activation", "nonsense"), ("remedies", "he,nonsense")], state
    )
    assert corrected == {
        ids.value("depth"): {"value": "1000"},
        ids.value("activation"): {"value": "sigmoid"},
        ids.value("remedies"): {"value": ["he"]},
    }
