"""The three closed kinds of setting: Number, Choice, Subset. Each reads, prints and checks its own values.

The controls, the address, the API and the docs are all made from these declarations. `parse` and `check`
are strict: they raise ValueError, whose text says what is allowed. Being lenient is the edge's business.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, log10
from numbers import Integral, Real
from typing import Any, Protocol

from simulation.registry import Entry

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_LONGEST_NUMBER = 40  # characters; every allowed value fits into half of it


@dataclass(frozen=True)
class Number:
    """A number from `low` to `high`.

    slider_high: where the slider ends, when the number box may go further.
    logarithmic: the slider moves in powers of ten.
    step: the slider's grid (in decades when logarithmic). Typed values keep 10 significant digits.
    """

    label: str
    summary: str
    low: float
    high: float
    step: float = 1
    integer: bool = False
    logarithmic: bool = False
    slider_high: float | None = None

    @property
    def allowed(self) -> str:
        """What a value may be, in words."""
        kind = "a whole number" if self.integer else "a number"
        return f"{kind} from {self.format(self.low)} to {self.format(self.high)}"

    def parse(self, text: str) -> float:
        """The value that the text stands for, to 10 significant digits."""
        if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
            raise ValueError(self.allowed)
        value = float(text)
        if not isfinite(value) or (self.integer and value != int(value)):
            raise ValueError(self.allowed)
        return self.check(int(value) if self.integer else float(f"{value:.10g}"))

    def check(self, value: object) -> float:
        """The value itself, or ValueError."""
        kind = Integral if self.integer else Real  # NumPy's numbers are these too
        if isinstance(value, bool) or not isinstance(value, kind) or not self.low <= float(value) <= self.high:
            raise ValueError(self.allowed)
        return round(float(value)) if self.integer else float(value)

    def format(self, value: float) -> str:
        """The value as the address and the box print it, to 10 significant digits."""
        return f"{value:.10g}"

    def clamp(self, value: float) -> float:
        """The nearest allowed value."""
        nearest = min(max(value, self.low), self.high)
        return round(nearest) if self.integer else nearest

    def position(self, value: float) -> float:
        """Where the slider stands for this value."""
        return log10(value) if self.logarithmic else value


@dataclass(frozen=True)
class Choice:
    """One key of a registry (or of any ordered mapping from keys to labelled entries)."""

    label: str
    summary: str
    options: Mapping[str, Entry]

    @property
    def allowed(self) -> str:
        """What a value may be, in words."""
        return "one of " + ", ".join(self.options)

    def parse(self, text: str) -> str:
        return self.check(text)

    def check(self, value: object) -> str:
        if not isinstance(value, str) or value not in self.options:
            raise ValueError(self.allowed)
        return value

    def format(self, value: str) -> str:
        return value


@dataclass(frozen=True)
class Subset:
    """Any keys of a registry, written as a comma list; their order is always the registry's."""

    label: str
    summary: str
    options: Mapping[str, Entry]

    @property
    def allowed(self) -> str:
        """What a value may be, in words."""
        return "a comma list of " + ", ".join(self.options)

    def parse(self, text: str) -> tuple[str, ...]:
        return self.check(tuple(text.split(",")) if text else ())

    def check(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, tuple) or not set(value) <= set(self.options):
            raise ValueError(self.allowed)
        return tuple(key for key in self.options if key in value)

    def format(self, value: tuple[str, ...]) -> str:
        return ",".join(value)


class Setting(Protocol):
    """What every kind of setting can do."""

    @property
    def label(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def allowed(self) -> str:
        """What a value may be, in words."""
        ...

    def parse(self, text: str) -> Any:
        """The value that the text stands for, ValueError where it is not allowed."""

    def check(self, value: Any) -> Any:
        """The value in its proper form, or ValueError."""

    def format(self, value: Any) -> str:
        """The value as the address prints it."""


Parameter = Number | Choice | Subset
