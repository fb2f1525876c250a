"""Ranges and labels that panels share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.figures.axes import decade_axis, end_labels, linear_range
from components.text import signed


@given(*[st.floats(-1e4, 1e4, allow_subnormal=False)] * 2)
def test_the_range_holds_zero_and_both_ends_in_round_steps(low, high):
    low, high = min(low, high), max(low, high)
    bottom, top, step = linear_range(low, high, 0.5)
    assert bottom <= min(low, 0) <= max(high, 0) <= top
    assert top - bottom >= 0.5
    assert f"{step:e}"[0] in "125"
    assert 2 <= (top - bottom) / step <= 8
    assert bottom / step == pytest.approx(round(bottom / step), abs=1e-6)


def test_labels_stay_below_the_top_and_apart():
    placed = end_labels({"a": 0.9, "b": 0.95, "c": 0.97, "d": 0.2}, 0.1, top=1.0)
    assert [text for text, _ in placed] == ["d", "a", "c<br>b"]
    assert [height for _, height in placed] == pytest.approx([0.2, 0.75, 0.9])
    close = end_labels({"a": 0.9, "b": 0.95}, 0.1, top=1.0)
    assert [(text, round(height, 9)) for text, height in close] == [("a", 0.85), ("b", 0.95)]


@pytest.mark.parametrize(
    ("value", "text"), [(-0.634, "−0.63"), (0.1, "+0.10"), (-0.004, "0.00"), (0.0, "0.00"), (12, "+12.00")]
)
def test_signed(value, text):
    assert signed(value, 2) == text


def test_a_power_below_1_has_a_true_minus_beside_an_exact_zero():
    axis = decade_axis(-14, 0, 5, zero_at=-12.0)
    assert axis["ticktext"] == ["0", "10<sup>−10</sup>", "10<sup>−5</sup>", "10<sup>0</sup>"]
