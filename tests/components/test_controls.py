"""Controls are made from the declarations: an id, a label, a box and a line of help for every setting."""

import pytest
from dash import dcc, html

from app.state import NETWORK_WORDS, STATE_DEFAULTS, WORDS, State
from components import cards, ids, shell
from components.controls import MOST_CHIPS, control
from components.text import rich
from simulation.config import FIELDS, GROUPS, group_of
from simulation.parameters import Choice, Number, Subset
from simulation.simplifications import simplifications

VALUES = State().values


def parts(root) -> list:
    return [root, *root._traverse()]


def by_id(root, wanted):
    return next(part for part in parts(root) if getattr(part, "id", None) == wanted)


def text(root) -> str:
    """All the words in it."""
    if isinstance(root, list | tuple):
        return "".join(text(child) for child in root)
    return root if isinstance(root, str) else text(getattr(root, "children", None) or "")


@pytest.mark.parametrize("name", [name for name in WORDS if name != "pin"])
def test_every_setting_has_id_label_box_and_help(name):
    parameter = WORDS[name]
    made = control(name, parameter, VALUES[name])
    assert made.id == f"control-{name}"
    assert made.hidden is False
    assert control(name, parameter, VALUES[name], shown=False).hidden is True
    box = by_id(made, ids.value(name))
    if isinstance(parameter, Number):
        label = next(part for part in parts(made) if isinstance(part, html.Label))
        assert (label.children, label.htmlFor) == (parameter.label, ids.value(name))
        assert parameter.summary in text(made)
        assert isinstance(box, dcc.Input)
        assert parameter.parse(box.value) == VALUES[name]
        return
    shown = {option["value"]: option for option in box.options}
    assert set(shown) == set(parameter.options)
    for key, entry in parameter.options.items():
        assert (shown[key]["label"], shown[key]["title"]) == (entry.label, entry.summary)
    if isinstance(parameter, Choice):
        assert parameter.label in text(made)
        assert by_id(made, ids.summary(name)).children == parameter.options[VALUES[name]].summary
        assert box.value == VALUES[name]
    else:
        assert isinstance(parameter, Subset)
        assert box.value == []


@pytest.mark.parametrize("name", [name for name, parameter in WORDS.items() if isinstance(parameter, Number)])
def test_sliders_move_while_dragged_and_reach_the_bounds(name):
    parameter = WORDS[name]
    slider = by_id(control(name, parameter, VALUES[name]), ids.slider(name))
    assert slider.updatemode == "mouseup"
    assert slider.min == parameter.position(parameter.low)
    assert slider.max == parameter.position(parameter.slider_high or parameter.high)
    assert slider.value == pytest.approx(parameter.position(STATE_DEFAULTS[name]))
    assert ("logarithmic" in slider.className) == parameter.logarithmic
    assert slider.step == parameter.step


def test_a_value_beyond_the_slider_stays_in_the_box():
    made = control("depth", WORDS["depth"], 900)
    assert by_id(made, "value-depth").value == "900"
    assert by_id(made, "slider-depth").value == 300


def test_typed_digits_stay():
    assert by_id(control("weight_scale", WORDS["weight_scale"], 1.666666667), "value-weight_scale").value == "1.666666667"  # fmt: skip


def test_long_choices_show_the_common_first():
    made = control("activation", WORDS["activation"], "mish")
    options = by_id(made, "value-activation").options
    common = [entry for entry in WORDS["activation"].options.values() if entry.common]
    assert {option["value"] for option in options[: len(common)]} == {entry.key for entry in common}
    assert len(options) > MOST_CHIPS
    more = next(part for part in parts(made) if isinstance(part, html.Button))
    assert more.children == f"{len(options) - len(common)} more"


@pytest.fixture(scope="module")
def explore():
    return shell.explore(VALUES, NETWORK_WORDS, lambda field: True, ["A note."], [], [], "/train")


def test_the_page_has_every_control_in_its_group(explore):
    for section in (part for part in parts(explore) if isinstance(part, html.Section) and hasattr(part, "data-group")):
        key = getattr(section, "data-group")
        inside = {
            part.id.removeprefix("control-")
            for part in parts(section)
            if str(getattr(part, "id", "")).startswith("control-")
        }
        if key in GROUPS:
            assert inside == {name for name in FIELDS if group_of(name) == key}
        else:
            assert inside == ({"remedies"} if key == "remedies" else set())


def test_what_screen_readers_need(explore):
    assert getattr(by_id(explore, ids.ANNOUNCE), "aria-live") == "polite"
    assert isinstance(by_id(explore, ids.HEADLINE), html.H1)
    assert text(by_id(explore, ids.NOTES)) == "A note."
    for panel in ids.PANELS:
        card = by_id(explore, f"card-{panel}")
        frame = next(part for part in parts(card) if getattr(part, "role", None) == "figure")
        assert getattr(frame, "aria-labelledby") == ids.description(panel)
        button = by_id(card, ids.table_button(panel))
        assert getattr(button, "aria-expanded") == "false"


def test_what_is_left_out_is_on_the_page_and_linked(explore):
    fold = by_id(explore, "simplifications")
    for what, why in simplifications():
        assert what in text(fold)
        assert text(rich(why)) in text(fold)
    assert any(getattr(part, "href", None) == "#simplifications" for part in parts(explore))


def test_sigma_line():
    """A gain is called critical only where it is."""
    assert (
        text(cards.sigma_line(2, 10.149264, "sigmoid", True))
        == "σw = 2, 0.197 of sigmoid's critical 10.15 (infinitely wide)"
    )
    assert text(cards.sigma_line(2, 1.5, "GELU", False)) == "σw = 2, 1.33 of GELU's gain 1.5"
    assert text(cards.sigma_line(0, 1.0, "tanh", True)) == "σw = 0; tanh's critical 1 (infinitely wide)"
