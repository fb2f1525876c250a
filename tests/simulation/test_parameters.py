"""Settings read, print and check their own values, and say what is allowed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulation.config import FIELDS
from simulation.options import RESIDUALS
from simulation.parameters import Choice, Number, Subset

REAL = Number("x", "A number.", 0.001, 20)
WHOLE = Number("n", "A whole number.", 1, 1000, integer=True)
CHOICE = Choice("c", "One of them.", RESIDUALS)
SUBSET = Subset("s", "Some of them.", RESIDUALS)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        ("+1.5", 1.5),
        (".5", 0.5),
        ("2.", 2.0),
        ("1e1", 10.0),
        ("0.12345678901234", 0.1234567890),
        ("20", 20),
    ],
)
def test_numbers_are_read_to_ten_digits(text, value):
    assert REAL.parse(text) == value
    assert isinstance(REAL.parse(text), float)


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "nan", "inf", "-inf", "1e999", "0x1", "1_0", "1,5", "٣", "20.1", "0", "-1", "1" * 41, "1e"]
)
def test_what_is_not_a_number_in_range_is_refused(text):
    with pytest.raises(ValueError, match=r"^a number from 0.001 to 20$"):
        REAL.parse(text)


def test_whole_numbers():
    assert WHOLE.parse("17") == WHOLE.parse("1.7e1") == 17
    assert isinstance(WHOLE.parse("17"), int)
    assert WHOLE.check(np.int64(5)) == 5
    assert type(WHOLE.check(np.int64(5))) is int
    for bad in ("1.5", "0", "1001", "1e300"):
        with pytest.raises(ValueError, match=r"^a whole number from 1 to 1000$"):
            WHOLE.parse(bad)
    for bad in (True, 1.5, "1", None, float("nan"), 0, 1001):
        with pytest.raises(ValueError, match="whole number"):
            WHOLE.check(bad)


@given(st.floats(0.001, 20))
def test_what_is_printed_is_read_back(value):
    typed = REAL.parse(REAL.format(value))
    assert typed == pytest.approx(value, rel=1e-9)
    assert REAL.parse(REAL.format(typed)) == typed


@given(st.text(max_size=50))
def test_junk_raises_value_error_and_nothing_else(text):
    for parameter in (REAL, WHOLE, CHOICE, SUBSET):
        said, value = "", None
        try:
            value = parameter.parse(text)
        except ValueError as error:
            said = str(error)
        assert said in ("", parameter.allowed)
        assert said or parameter.check(value) == value


def test_choices():
    for key in RESIDUALS:
        assert CHOICE.parse(key) == CHOICE.parse(CHOICE.format(key)) == key
    for bad in ("", "Plain", "plain ", "none,plain"):
        with pytest.raises(ValueError, match=r"^one of none, plain, pre_activation, post_activation$"):
            CHOICE.parse(bad)
    with pytest.raises(ValueError, match="one of"):
        CHOICE.check(3)


def test_subsets_stand_in_the_order_of_the_registry():
    assert SUBSET.parse("") == ()
    assert SUBSET.parse("plain,none") == ("none", "plain")
    assert SUBSET.format(SUBSET.parse("plain,none,plain")) == "none,plain"
    for bad in ("x", "none,", ",", "none, plain"):
        with pytest.raises(ValueError, match="a comma list of"):
            SUBSET.parse(bad)


def test_clamping_and_slider_positions():
    assert REAL.clamp(100) == 20
    assert REAL.clamp(-1) == 0.001
    assert REAL.clamp(3) == 3
    assert WHOLE.clamp(2.7) == 3
    assert isinstance(WHOLE.clamp(2.7), int)
    assert REAL.position(10) == 10
    assert Number("x", "A number.", 0.001, 20, logarithmic=True).position(10) == pytest.approx(1)


@pytest.mark.parametrize("name", list(FIELDS))
def test_every_field_is_described_and_its_ends_print(name):
    parameter = FIELDS[name]
    assert parameter.label
    assert parameter.summary.endswith(".")
    if isinstance(parameter, Number):
        assert parameter.low < parameter.high
        for end in (parameter.low, parameter.high):
            assert parameter.parse(parameter.format(end)) == end
        assert parameter.slider_high is None or parameter.low < parameter.slider_high < parameter.high
        assert not parameter.logarithmic or parameter.low > 0
