"""Numbers and sentences as the page writes them: real superscripts, real multiplication signs."""

import re
from math import isfinite, isinf, isnan
from typing import Any

from dash import html

from simulation.histograms import Tens

_POWER = re.compile(r"(10|(?<![\d.])2)\^(-?\d+(?:[.,]\d+)*)")


def minus(text: str) -> str:
    """The text with a true minus sign in front of numbers."""
    return re.sub(r"-(?=\d)", "−", text)


def mathematical(text: str) -> str:
    """The text with true signs of multiplication and subtraction between numbers, inf being one."""
    text = re.sub(r"(?<![A-Za-z])x (?=\d|inf\b)", "× ", text)
    return re.sub(r"(?<=\w) - (?=\d|inf\b)", " − ", text)


def rich(text: str) -> list[Any]:
    """The sentence as Dash children, powers of 10 and 2 as superscripts and x as a multiplication sign."""
    text = mathematical(text)
    text = re.sub(r"(?<!10)\^2(?!\d)", "²", text)
    text = text.replace(" %", "\u00a0%").replace("(× ", "(×\u00a0")
    parts: list[Any] = []
    for index, part in enumerate(_POWER.split(text)):
        if index % 3 == 2:
            parts.append(html.Sup(minus(part)))
        elif part:
            parts.append(part)
    return parts


def power(log10_size: float) -> list[Any]:
    """A size given by its log10, as a power of ten; an exact zero in words."""
    if isnan(log10_size) or isinf(log10_size):
        return ["exactly 0" if log10_size < 0 else "from exactly 0"]
    digits = 1 if abs(log10_size) < 100 else 0
    rounded = round(log10_size, digits) + 0.0
    return ["10", html.Sup(minus(f"{rounded:.{digits}f}"))]


def scientific(log10_size: float) -> str:
    """3.21 x 10^-8 for a hover label (Plotly's own superscript markup), or the plain number near 1."""
    if not isfinite(log10_size):
        return "exactly 0"
    if -2 <= log10_size < 4:
        value = float(f"{10**log10_size:.3g}")
        return f"{value:#.3g}".rstrip(".") if value < 1000 else f"{value:,.0f}"
    exponent = int(log10_size // 1)
    mantissa = 10 ** (log10_size - exponent)
    if mantissa >= 9.995:
        mantissa, exponent = 1.0, exponent + 1
    return f"{mantissa:.2f} × 10<sup>{minus(str(exponent))}</sup>"


def signed(value: float, places: int) -> str:
    """The number with a true minus sign, or a plus where it is above 0 as printed."""
    text = f"{value:+.{places}f}"
    return text[1:] if not float(text) else minus(text)


_NAMES = ((12, "trillion"), (9, "billion"), (6, "million"), (3, "thousand"))


def times(log10_ratio: float, than: str) -> str:
    """A ratio in words: "31 million times smaller than at layer 50"."""
    if isnan(log10_ratio) or isinf(log10_ratio):
        return "exactly 0" if log10_ratio < 0 else f"{than} it is exactly 0"
    size = abs(log10_ratio)
    if size < 0.02:
        return f"as large as {than}"
    direction = "smaller" if log10_ratio < 0 else "larger"
    ratio = float(f"{10 ** min(size, 15):.3g}")
    if ratio >= 1e15:
        return f"10<sup>{size:.0f}</sup> times {direction} than {than}"
    for exponent, name in _NAMES:
        if ratio >= 10**exponent:
            return f"{ratio / 10**exponent:.3g} {name} times {direction} than {than}"
    return f"{ratio:.3g} times {direction} than {than}"


def number(value: Tens, significant: int = 3) -> list[Any]:
    """The number as Dash children: plainly where it is of ordinary size, else with a power of ten."""
    if value.mantissa == 0:
        return ["0"]
    mantissa, exponent = f"{value.mantissa:.{significant - 1}f}", value.exponent
    if mantissa.lstrip("-").startswith("10"):  # 9.999 rounds up
        mantissa, exponent = f"{value.mantissa / 10:.{significant - 1}f}", exponent + 1
    if -3 <= exponent < significant:
        return [minus(f"{float(mantissa) * 10.0**exponent:.{significant - 1 - exponent}f}")]
    return [minus(mantissa), " × 10", html.Sup(minus(str(exponent)))]
