"""The Train page: what happens in a sentence, the run's buttons, four stories, the charts, a look into one step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html

from components import cards, keys, shell
from components import ids as all_ids
from components.controls import control
from components.training import ids
from components.training.cards import grid
from simulation.parameters import Choice

PARTS = {"charts": "Charts", "rates": "Learning rates", "step": "Look into a step", "files": "Take it away"}
BY_LAYER = (
    "train-ratio",
    "step-delta",
    "step-weights",
    "step-forward",
    "step-heatmap-delta",
    "step-heatmap-activation",
    "step-units",
)
BY_STEP = ("train-loss", "train-accuracy", "train-heatmap", "train-norm")  # a click on a step looks into it
WIDE = ("train-heatmap", "train-heatmap-beside")


@dataclass(frozen=True)
class Story:
    """A run that shows one thing: what it is, in a line; why it goes as it does; the query of the page that trains it."""

    key: str
    title: str
    line: str
    why: str
    query: str


def page(
    rail: html.Aside, notes: Sequence[str], stories: Sequence[Story], shows: tuple[Choice, str], holders: list[Any], explore: str
) -> html.Div:  # fmt: skip
    """The whole page around its rail; `shows`: the control of the heatmap and its value; `explore`: the way back."""
    main = html.Main(
        [
            html.Div(
                [html.H1(id=ids.HEADLINE), html.P(id=ids.FIRST), html.P(id=ids.ADVICE)], className="headline"
            ),
            html.P(id=ids.ANNOUNCE, className="unseen", role="status", **{"aria-live": "polite"}),
            html.Div([html.P(note) for note in notes], id=ids.NOTES, className="notes", role="status"),
            _buttons(),
            html.Div(id=ids.REMEDIES, className="remedy-row"),
            _stories(stories),
            html.Div(id=ids.SEEDS),
            html.Div(id=ids.TILES, className="tiles"),
            html.Div(id=ids.LEGEND, className="legend"),
            html.Div([_card(chart, title, shows) for chart, title in ids.TITLES.items()], className=grid(), id=ids.CHARTS),
            _rates(),
            _step(),
            html.Section([html.H2(PARTS["files"], className="section-title"), html.Div("Once a network has been trained, everything that was recorded can be taken from here.", id=ids.FILES, className="row")], className="part", id="files"),
            keys.fold(),
            *holders,
        ],
        className="main", id="main", tabIndex="-1",
    )  # fmt: skip
    header = shell.header("/train", PARTS, [], {"/": explore})
    return html.Div([header, html.Div([rail, main], className="columns")], className="page train")


def _buttons() -> html.Section:
    """Start and what follows; how far it is."""
    return html.Section(
        [
            html.Div(
                [
                    html.Button("Start", id=ids.MAIN, className="plain primary", type="button", **{"data-verb": "start"}),
                    html.Button("Step", id=ids.STEP, className="plain", type="button", disabled=True, title="One step, then pause", **{"data-verb": "step"}),
                    html.Button("Stop", id=ids.STOP, className="plain", type="button", disabled=True, **{"data-verb": "stop"}),
                ],
                className="run-buttons",
            ),
            html.Div(
                [
                    html.Div(html.I(), id=ids.PROGRESS, className="progress", role="progressbar", **{"aria-label": "Steps done", "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": "0"}),
                    html.Div([html.P(id=ids.STATUS, className="help"), html.P(id=ids.CHANGED, className="help")], className="run-words"),
                ],
                className="run-progress",
            ),
        ],
        className="card run-card", **{"aria-label": "The run"},
    )  # fmt: skip


def _stories(stories: Sequence[Story]) -> html.Ol:
    """Runs that are worth a click, in the order in which they teach."""
    return html.Ol(
        [
            html.Li(
                html.Button(
                    [html.B(story.title), html.Span(story.line)], type="button", id=ids.story(story.key), title=story.why,
                    **{"data-train": story.query},
                )
            )
            for story in stories
        ],
        className="stories", **{"aria-label": "Runs to begin with"},
    )  # fmt: skip


def _card(chart: str, title: str, shows: tuple[Choice, str] | None = None) -> html.Section:
    """A chart with its title, its line and its words for screen readers; the heatmap has its switch."""
    own = []
    if chart == "train-heatmap" and shows:
        own = [
            html.Div(control(ids.word("shows"), *shows), className="panel-controls"),
            html.P(id=ids.KEY, className="color-key"),
        ]
    return html.Section(
        [
            html.H2(title, id=all_ids.title(chart)),
            html.P(id=all_ids.caption(chart), className="caption"),
            *own,
            cards.frame(chart, f"{all_ids.title(chart)} {all_ids.caption(chart)}", chart in BY_LAYER, described_by=all_ids.description(chart)),
            html.P(id=all_ids.description(chart), className="unseen"),
            html.Div([cards.numbers_button(chart), *cards.picture_buttons(chart), cards.numbers_place(chart)], className="card-foot"),
        ],
        className="card wide" if chart in WIDE else "card", id=ids.card(chart), **({"data-by-step": "1"} if chart in BY_STEP else {}),
    )  # fmt: skip


def _rates() -> html.Section:
    """The range test, on demand."""
    return html.Section(
        [
            html.H2("Which learning rates work?", className="section-title"),
            html.P("The loss after 100 steps, or fewer of a large network, at each of 19 rates, always from the same start. A press on the chart sets the rate.", className="section-lead"),
            html.Div(
                [
                    html.Div(
                        [html.Button("Try them", className="plain", type="button", id=ids.RATES_BUTTON, **{"data-rates": "1"}), html.P(id=ids.RATES_LINE, className="help", role="status")],
                        className="rates-head",
                    ),
                    html.Div([cards.frame(ids.RATES, ids.RATES_LINE, False, ids.word("learning_rate")), html.Div([cards.numbers_button(ids.RATES), *cards.picture_buttons(ids.RATES), cards.numbers_place(ids.RATES)], className="card-foot")], id=ids.RATES_CARD, hidden=True),
                ],
                className="card",
            ),
        ],
        className="part", id="rates",
    )  # fmt: skip


def _step() -> html.Section:
    """The slider over the checkpoints, and Explore's charts of that step."""
    slider = dcc.Slider(
        id=ids.SCRUB, min=0, max=1, step=1, value=0, marks={}, updatemode="drag", allow_direct_input=False, included=False,
        className="slider",
    )  # fmt: skip
    return html.Section(
        [
            html.H2(PARTS["step"], className="section-title"),
            html.P("Once a network has been trained, some of its steps are kept here, to be looked into.", id=ids.SCRUB_LINE, className="section-lead"),
            html.Div(
                [
                    html.Div(slider, className="control scrub", **{"data-label": "Step to look into"}),
                    html.Div([_card(chart, title) for chart, title in ids.STEP_TITLES.items()], className=grid("of-step"), id=ids.STEP_CHARTS),
                ],
                id=ids.SCRUB_CARD, hidden=True,
            ),
        ],
        className="part", id="step",
    )  # fmt: skip
