"""Verdicts in words: the right words for each, the numbers in them, and nothing small that reads as 0."""

import re
from math import inf, isinf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation import NetworkConfig, SignalTrace, simulate
from simulation.diagnosis import Change, Verdict, diagnose
from simulation.presets import PRESETS
from simulation.sentences import (
    WORDS,
    decades,
    describe,
    describe_remedied,
    digits,
    factor,
    percent,
    power,
    two_stories,
)
from simulation.simplifications import simplifications

unhurried = settings(deadline=None)


def verdict_on(delta, activation=0.0, weight_grad=0.0, depth=11) -> Verdict:
    """The verdict on signals that change by so many decades over their ways, evenly; -inf ends at an exact 0."""

    def sizes(total: float) -> np.ndarray:
        ramp = np.linspace(0, 0 if isinf(total) else total, depth)
        if isinf(total):
            ramp[-1 if total < 0 else 0] = -inf
        return ramp

    flat = np.zeros(depth)
    back = sizes(delta)[::-1], sizes(weight_grad)[::-1]
    return diagnose(SignalTrace(flat, sizes(activation), back[0], back[0], back[1], back[1], flat, flat, flat))


def number_in(text: str) -> float:
    """The first number of a text, "1.5 x 10^-7" and "10^-7" included."""
    found = re.search(r"(?:([\d.,]+) x )?10\^(-?[\d.]*\d)|[\d,]*\.?\d+", text)
    assert found, text
    if found[2] is not None:
        return float(found[1] or 1) * 10 ** float(found[2])
    return float(found[0].replace(",", ""))


@unhurried
@given(st.floats(1e-320, 1e300) | st.floats(-1e300, -1e-320), st.integers(1, 6))
def test_digits_keep_the_number(value, significant):
    text = digits(value, significant)
    assert (text[0] == "-") == (value < 0)
    assert number_in(text.lstrip("-")) == pytest.approx(abs(value), rel=0.5 * 10 ** (1 - significant) + 1e-9)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (3.14159, "3.1"),
        (99.9, "100"),
        (12345, "12,000"),
        (0.00123, "0.0012"),
        (1.5e-7, "1.5 x 10^-7"),
        (2.6e26, "2.6 x 10^26"),
        (inf, "inf"),
    ],
)
def test_digits(value, text):
    assert digits(value) == text


@unhurried
@given(st.floats(0, 1))
def test_percent_is_0_or_100_only_for_these(share):
    text = percent(share)
    assert text.endswith(" %")
    assert (number_in(text) == 0) == (share == 0)
    assert (text == "100 %") == (100 * share == 100)
    assert number_in(text) == pytest.approx(100 * share, abs=0.51 if 0.01 <= share <= 0.99 else 0.01, rel=0.06)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (1, "100 %"), (0.5, "50 %"), (0.0003, "0.03 %"), (0.99999, "99.99 %"), (1e-17, "1 x 10^-15 %")],
)
def test_percent(share, text):
    assert percent(share) == text


@unhurried
@given(st.floats(1e-12, 2000))
def test_decades_keep_the_number(value):
    assert decades(value) == decades(-value)
    assert number_in(decades(value)) == pytest.approx(value, rel=0.06, abs=0.051 if value >= 0.05 else 0.51 * value)
    assert number_in(decades(value)) > 0


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 decades"), (1, "1.0 decade"), (-30.55, "31 decades"), (0.02, "0.02 decades"), (1234, "1,234 decades")],
)
def test_decades(value, text):
    assert decades(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(-inf, "exactly 0"), (-0.02, "10^0.0"), (26.27, "10^26"), (-4.44, "10^-4.4"), (-1500.2, "10^-1500")],
)
def test_power(value, text):
    assert power(value) == text


@unhurried
@given(st.floats(1e-300, 1e300))
def test_factor_tells_it_from_one(value):
    text = factor(Change(1.0, value, "stable", 1.0))
    assert text.startswith("x ")
    assert number_in(text[2:]) == pytest.approx(value, rel=0.06)
    if abs(value - 1) > 1e-4:
        assert (number_in(text[2:]) > 1) == (value > 1)


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (verdict_on(-30), ["Vanishing.", "0.1 %", "11 layers", "30 decades"]),
        (verdict_on(-3), ["Vanishing.", "50 %", "3.0 decades"]),
        (verdict_on(26), ["Exploding.", "by 400:", "26 decades"]),
        (verdict_on(2.5), ["Exploding.", "1.78", "2.5 decades"]),
        (verdict_on(0), ["Stable.", "within 0.1 decades", "data, loss and learning rate"]),
        (verdict_on(-1.23), ["Stable.", "within 1.3 decades", "x 0.75"]),
        (verdict_on(0, activation=-7), ["Mixed.", "the activation shrinks by 7.0 decades toward the last layer"]),
        (verdict_on(0, weight_grad=12), ["Mixed.", "the weight gradient grows by 12 decades toward layer 1"]),
        (verdict_on(0, activation=-inf), ["Mixed.", "the activation is exactly 0 at the last layer"]),
        (verdict_on(-inf), ["Dead.", "exactly 0 from layer 1 down", "nothing can learn"]),
        (verdict_on(inf), ["Exploding.", "exactly 0 at layer 11"]),
        (verdict_on(0, depth=1), ["Stable.", "one layer"]),
    ],
)
def test_the_verdict_in_words(verdict, words):
    text = str(describe(verdict))
    assert all(word in text for word in words), text


@unhurried
@given(st.floats(-3000, 3000), st.floats(-3000, 3000), st.floats(-3000, 3000), st.integers(2, 300))
def test_no_verdict_reads_as_0_nan_or_inf(delta, activation, weight_grad, depth):
    verdict = verdict_on(delta, activation, weight_grad, depth)
    for text in (str(describe(verdict)), describe_remedied(verdict), two_stories(verdict)):
        assert not re.search(r"nan|inf|None|[ -]0+(\.0+)? (%|decades)|x 0(\.0*)? |e[+-]\d", text), text


@unhurried
@given(st.floats(-60, 60), st.integers(2, 300))
def test_the_numbers_of_a_sentence_are_those_of_the_verdict(total, depth):
    verdict = verdict_on(total, depth=depth)
    text = describe(verdict).text
    assert describe(verdict).word == WORDS[verdict.state]
    assert f"{depth} layers" in text
    if verdict.state == "vanishing":
        assert number_in(text.split("keeps")[1]) == pytest.approx(100 * 10 ** (total / (depth - 1)), rel=0.06, abs=0.5)
        assert decades(total) in text
    elif verdict.state == "exploding":
        assert number_in(text.split(" by ")[1]) == pytest.approx(10 ** (total / (depth - 1)), rel=0.06)
        assert decades(total) in text
    else:
        assert abs(total) - 1e-9 <= number_in(text.split("within")[1]) <= abs(total) + 0.11


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (verdict_on(-30), ["shrinks by 30 decades toward layer 1", "x 0.001"]),
        (verdict_on(0.2), ["within 0.2 decades"]),
        (verdict_on(0, activation=9), ["within 0.1 decades"]),
        (verdict_on(-inf), ["no error signal reaches layer 1"]),
        (verdict_on(inf), ["comes up from exactly 0"]),
    ],
)
def test_the_remedied_network_in_words(verdict, words):
    text = describe_remedied(verdict)
    assert all(word in text for word in words), text
    assert text.endswith(".")
    assert text[0].islower()


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (verdict_on(-30, -30), ["alike in all layers", "input, which shrinks forward"]),
        (verdict_on(26, 26), ["alike in all layers", "input, which grows forward"]),
        (verdict_on(0, -5, 5), ["grows by 5.0 decades toward layer 1", "δ is steady"]),
        (verdict_on(5, 0, -5), ["dW shrinks by 5.0 decades", "δ grows by 5.0 decades"]),
    ],
)
def test_two_stories(verdict, words):
    text = two_stories(verdict)
    assert all(word in text for word in words), text


@pytest.mark.parametrize("verdict", [verdict_on(0), verdict_on(-30, 0, -30), verdict_on(-inf)])
def test_one_story(verdict):
    assert two_stories(verdict) == ""


def test_dW_that_only_ends_as_it_starts_is_not_called_alike():
    sizes = np.array([0, -5, -9, -5, 0.0])
    ramp, flat = np.linspace(-9, 0, 5), np.zeros(5)
    verdict = diagnose(SignalTrace(flat, flat, ramp, ramp, sizes, sizes, flat, flat, flat))
    assert "about as large at layer 1 as at the last" in two_stories(verdict)


@pytest.mark.parametrize("key", ["sigmoid_xavier", "s0_exploding", "relu_he", "relu_he_narrow", "zero_init"])
def test_presets_in_words(key):
    """The words of the presets that tell most, against their traces and not their verdicts."""
    trace = simulate(PRESETS[key].config)
    text = str(describe(diagnose(trace)))
    total = trace.log10_delta_rms[0] - trace.log10_delta_rms[-1] if np.isfinite(trace.log10_delta_rms[0]) else -inf
    assert text.split()[0] == ("Dead." if isinf(total) else "Vanishing." if total < -2 else "Exploding." if total > 2 else "Stable.")  # fmt: skip
    if abs(total) > 10:
        assert isinf(total) or f"{abs(total):.0f} decades" in text


def test_the_opening_sentence():
    text = describe(diagnose(simulate(NetworkConfig()))).text
    assert text == "On average a layer keeps 24 % of the error signal: 31 decades lost over 50 layers."


def test_simplifications_are_said_from_the_declarations():
    said = dict(simplifications())
    text = " ".join(said.values())
    assert all(len(why) > 20 for why in said.values())
    for word in ("random output gradient", "convolutions", "initialization", "data"):
        assert word in (" ".join(said) + text).lower()
    for word in ("1e-05", f"{np.finfo(float).eps:.2g}", "4e9", "2 decades", "1000 layers", "Gaussian"):
        assert word in text
