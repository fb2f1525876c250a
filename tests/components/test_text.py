"""Numbers as the page writes them: true at every size, and never a small one as 0."""

import re
from math import inf, log10, nan

import pytest
from dash import html
from hypothesis import given, settings
from hypothesis import strategies as st

from components.cards import log_text
from components.text import minus, power, rich, scientific, times

unhurried = settings(deadline=None)


def flat(children) -> str:
    """Dash children as text, superscripts as ^{...}."""
    return "".join(f"^{{{c.children}}}" if isinstance(c, html.Sup) else c for c in children)


def number(text: str) -> float:
    """The number at the start of a hover text; log10 of it where it has a power."""
    found = re.match(r"([\d.,]+)(?: × 10<sup>(−?\d+)</sup>)?$", text)
    assert found, text
    mantissa = float(found[1].replace(",", ""))
    return log10(mantissa) + int((found[2] or "0").replace("−", "-"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("it loses 31 decades.", "it loses 31 decades."),
        ("from 10^-30.6 to 10^26.", "from 10^{−30.6} to 10^{26}."),
        ("near 10^-13.4, and 10^2; 10^25: 10^1,500.", "near 10^{−13.4}, and 10^{2}; 10^{25}: 10^{1,500}."),
        ("by 1.5 x 10^-7 %", "by 1.5 × 10^{−7}\u00a0%"),
        ("(x 0.24 a layer)", "(×\u00a00.24 a layer)"),
        ("depth x width^2 x batch", "depth x width² x batch"),
        ("a notebook's 20 x 100", "a notebook's 20 × 100"),
        ("", ""),
        ("by 2^17, from 10 to 12^3", "by 2^{17}, from 10 to 12^3"),
        ("0 x inf, inf - inf", "0 × inf, inf − inf"),
    ],
)
def test_rich(text, wanted):
    assert flat(rich(text)) == wanted


def test_minus():
    assert minus("-3 and -0.5, not a-b") == "−3 and −0.5, not a-b"


@pytest.mark.parametrize(
    ("log10_size", "wanted"),
    [
        (-30.553, "10^{−30.6}"),
        (-0.04, "10^{0.0}"),
        (26.238, "10^{26.2}"),
        (-1500.4, "10^{−1500}"),
        (-inf, "exactly 0"),
        (inf, "from exactly 0"),
        (nan, "from exactly 0"),
    ],
)
def test_power(log10_size, wanted):
    assert flat(power(log10_size)) == wanted


@pytest.mark.parametrize(
    ("log10_size", "wanted"),
    [
        (-inf, "exactly 0"),
        (0, "1.00"),
        (log10(0.0236), "0.0236"),
        (log10(999.99), "1,000"),
        (log10(1234), "1,230"),
        (log10(99.99), "100"),
        (-7.3, "5.01 × 10<sup>−8</sup>"),
        (-1 / 1e6 - 7, "1.00 × 10<sup>−7</sup>"),
        (1500.5, "3.16 × 10<sup>1500</sup>"),
        (-1500.5, "3.16 × 10<sup>−1501</sup>"),
    ],
)
def test_scientific(log10_size, wanted):
    assert scientific(log10_size) == wanted


@unhurried
@given(st.floats(-5000, 5000))
def test_scientific_keeps_three_digits(log10_size):
    assert number(scientific(log10_size)) == pytest.approx(log10_size, abs=0.0025)


@unhurried
@given(st.floats(-5000, 5000))
def test_tables_keep_four_digits(log10_size):
    mantissa, exponent = log_text(log10_size).split("e")
    assert len(mantissa) == 5
    assert log10(float(mantissa)) + int(exponent) == pytest.approx(log10_size, abs=0.00025)


def test_an_exact_zero_in_a_table():
    assert log_text(-inf) == "0 exactly"


@pytest.mark.parametrize(
    ("log10_ratio", "wanted"),
    [
        (0, "as large as at layer 50"),
        (-0.01, "as large as at layer 50"),
        (log10(2), "2 times larger than at layer 50"),
        (-log10(2), "2 times smaller than at layer 50"),
        (-7.49, "30.9 million times smaller than at layer 50"),
        (3.0, "1 thousand times larger than at layer 50"),
        (2.99999, "1 thousand times larger than at layer 50"),
        (5.99999, "1 million times larger than at layer 50"),
        (14.99999, "10<sup>15</sup> times larger than at layer 50"),
        (-1500.2, "10<sup>1500</sup> times smaller than at layer 50"),
        (-inf, "exactly 0"),
        (inf, "at layer 50 it is exactly 0"),
        (nan, "at layer 50 it is exactly 0"),
    ],
)
def test_times(log10_ratio, wanted):
    assert times(log10_ratio, "at layer 50") == wanted


@unhurried
@given(st.floats(-3000, 3000))
def test_times_is_never_written_as_a_computer_does(log10_ratio):
    assert not re.search(r"e[+-]|nan|inf|\b0 times", times(log10_ratio, "at layer 50"))
