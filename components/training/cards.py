"""Blocks of the Train page that change while a run goes on."""

from collections.abc import Mapping
from json import dumps
from typing import Any

from dash import html

from components.text import mathematical, rich
from components.training.quantities import Quantity
from simulation.training.outcomes import OUTCOMES

# What became of a network, in two words or three.
NAMES = {
    "learned": "learned it",
    "between": "in between",
    "plateau": "on the plateau",
    "constant": "dead from the start",
    "died": "died on the way",
    "crashed": "numbers ended",
}
# The words' colors: what stands still has lost its gradient, what diverges has too much of it.
COLORS = {
    "learned": "stable", "fitted": "stable", "learning": "stable", "plateau": "vanishing", "dead": "dead", "slow": "vanishing",
    "diverging": "exploding", "crashed": "exploding",
}  # fmt: skip


def grid(*features: str) -> str:
    """The class of a grid of charts; features: the cards in it that may be missing, and what else sets how it is laid out.

    Told by classes because a :has() in a style sheet is looked up anew with every stroke of every chart, on every page.
    """
    return " ".join(("charts", *features))


def headline(word: str, text: str, state: str) -> list[Any]:
    """The sentence, with the state's word in its color."""
    return [html.Span(word, className=f"verdict {COLORS.get(state, '')}"), " ", *rich(text)]


def story(why: str, beside: list[tuple[str, str, str, bool]]) -> list[Any]:
    """What a run shows; a button for each (name, what it does otherwise, query, whether it is) run beside it."""
    buttons = [
        html.Button(mathematical(name), className="chip", type="button", title=otherwise, **{"data-train": query, "aria-pressed": str(pressed).lower()})
        for name, otherwise, query, pressed in beside
    ]  # fmt: skip
    return [
        html.Span(rich(why)),
        *([html.Span([html.Span("Beside it"), *buttons], className="beside")] if buttons else []),
    ]


def key(quantity: Quantity, low: float, high: float, less: bool = False, more: bool = False) -> list[Any]:
    """What the heatmap's colors stand for, from the smallest to the largest, and what has no size.

    less, more: whether sizes beyond these ends have their colors, too.
    """
    if quantity.logarithmic:
        ends = rich(f"10^{low:.0f}{' or less' * less}"), rich(f"10^{high:.0f}{' or more' * more}")
    else:
        ends = ["0\u00a0%"], ["100\u00a0%"]
    ramp = html.I(className="ramp diverging" if quantity.key == "update" else "ramp")
    others = [("kind-zero", "exactly 0")] * quantity.logarithmic + [("kind-inf", "overflow or NaN")]
    return [
        html.Span([*ends[0], ramp, *ends[1]]),
        *(html.Span([html.I(className=f"swatch {kind}"), word]) for kind, word in others),
    ]


def strip(heading: tuple[str, str] | None, networks: list[tuple[int, str]], alone: str) -> list[Any]:
    """A square for each (seed, outcome), alike ones together, and what they mean; strip.js draws the squares.

    heading: whose they are, and that in a sentence. alone: the query that trains one of them, whatever its seed.
    """
    groups = [(key, NAMES[key], sorted(seed for seed, outcome in networks if outcome == key)) for key in OUTCOMES]
    squares = html.Div(
        className="seeds", role="group",
        **{"aria-label": "Networks by what became of them", "data-each": alone, "data-strip": dumps([group for group in groups if group[2]])},
    )  # fmt: skip
    counts = {key: sum(one[1] == key for one in networks) for key in OUTCOMES}
    words = [
        html.Span([html.I(className=f"seed {key}"), f"{NAMES[key]}: {count} of {len(networks)}"])
        for key, count in counts.items()
        if count
    ]
    return [
        *([html.P([html.B(heading[0]), " ", *rich(heading[1])], className="strip-heading")] if heading else []),
        squares,
        html.P(words, className="color-key"),
    ]


def remedies(offers: list[tuple[str, str, str]], needed: bool, alone: str | None) -> list[Any]:
    """A button for each (label, why, query): a run to be seen beside the one on the screen; `needed`: this one fails;
    `alone`: the query of this one alone."""
    if not offers:
        return []
    buttons = [
        html.Button(mathematical(label), className="chip", type="button", title=why, **{"data-train": query})
        for label, why, query in offers
    ]
    without = (
        [html.Button("Without the run beside it", className="quiet", type="button", **{"data-train": alone})]
        if alone
        else []
    )
    return [
        html.Span(
            "What might help? Train it beside this run with" if needed else "Compare: train it beside this run with"
        ),
        *buttons,
        *without,
    ]


def tiles(numbers: Mapping[str, list[Any]], other: Mapping[str, list[Any]] | None) -> list[html.Div]:
    """The numbers of the run; where there is one beside it, its numbers under them, small and by name."""
    made = []
    for label, number in numbers.items():
        parts = [html.Div(label, className="label"), html.Div(html.Span(number, className="number"), className="value")]
        if other:
            parts.append(html.Div(["beside: ", *other.get(label, ["–"])], className="other"))
        made.append(html.Div(parts, className="tile"))
    return made


def legend(run: str, beside: str) -> list[Any]:
    """Which line is which run."""
    if not beside:
        return [html.Span([html.I(className="key solid"), run])]
    return [
        html.Span([html.I(className="key dashed"), f"beside: {beside}"]),
        html.Span([html.I(className="key solid"), f"this run: {run}"]),
    ]


def files(run_id: str, query: str) -> list[Any]:
    """Everything that was recorded, as files; and the run as a program, by its query."""
    return [
        html.Span("Everything recorded of this run:"),
        *(html.A(kind.upper(), href=f"/api/v1/train/{run_id}.{kind}", className="quiet-link", download=f"training.{kind}") for kind in ("csv", "json")),
        html.A("PyTorch program", href=f"/train/program.zip?{query}", className="quiet-link"),
        html.Span("trains it from the same weights on the same batches: equal but for rounding, which training can enlarge until single losses differ after a hundred steps or more, in float32 sooner than in float64. This page's address trains it here, to the bit."),
    ]  # fmt: skip
