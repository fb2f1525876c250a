"""The page around the charts: header, rail of controls, the order of reading."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from dash import dcc, html

from components import cards, ids, keys
from components.captions import TITLES
from components.controls import control
from components.text import rich
from simulation.activations import ACTIVATIONS
from simulation.config import FIELDS, GROUPS, group_of
from simulation.initializers import INITIALIZERS
from simulation.parameters import Parameter
from simulation.presets import PRESETS
from simulation.simplifications import simplifications

NAME = "Gradient Flow Lab"


PAGES = {"/": "Explore", "/train": "Train"}


def header(
    here: str, parts: Mapping[str, str], buttons: Sequence[html.Button], hrefs: Mapping[str, str]
) -> html.Header:
    """Brand, pages (`hrefs`: where their links lead), the parts of this page by their anchors, what can be done to it."""
    pages = [
        html.A(title, href=hrefs.get(path, path), id=ids.to_page(path), **({"aria-current": "page"} if path == here else {}))
        for path, title in PAGES.items()
    ]  # fmt: skip
    theme = html.Button("◐", id=ids.THEME, className="plain", type="button", title="Light or dark", **{"aria-label": "Switch between light and dark"})  # fmt: skip
    return html.Header(
        [
            keys.skips(),
            html.A([html.Img(src="/assets/icon.svg", alt="", width=22, height=22), html.Span(NAME)], href="/", className="brand", **{"aria-label": NAME}),
            html.Nav(pages, **{"aria-label": "Pages"}),
            html.Nav([html.A(title, href=f"#{key}") for key, title in parts.items()], className="parts-nav", **{"aria-label": "Parts of this page"}),
            html.Div([*buttons, theme], className="header-end"),
        ],
        className="header",
    )  # fmt: skip


def _edit_buttons() -> list[html.Button]:
    return [
        html.Button("↶", id=ids.UNDO, className="plain", type="button", title="Undo (Ctrl Z)", disabled=True, **{"aria-label": "Undo"}),
        html.Button("↷", id=ids.REDO, className="plain", type="button", title="Redo (Ctrl Shift Z)", disabled=True, **{"aria-label": "Redo"}),
        html.Button("Pin", id=ids.PIN, className="plain", type="button", title="Keep this network as a ghost, to compare with"),
        html.Button("Reset", id=ids.RESET, className="plain", type="button", title="Back to the first network"),
    ]  # fmt: skip


def _start() -> list[Any]:
    """The search box over presets, activations and initializations, and the lesson of the preset on screen."""
    kinds = (
        ("preset", "", PRESETS),
        ("activation", "Activation: ", ACTIVATIONS),
        ("initializer", "Initialization: ", INITIALIZERS),
    )
    options = [
        {"label": prefix + entry.label, "value": f"{kind} {key}", "search": f"{prefix}{entry.label} {key} {entry.summary}"}
        for kind, prefix, registry in kinds for key, entry in registry.items()
    ]  # fmt: skip
    return [
        html.H3("Start from"),
        dcc.Dropdown(
            id=ids.SEARCH,
            options=options,
            clearable=True,
            searchable=True,
            search_order="original",
            placeholder="Search",
            className="select",
        ),
        html.P(id=ids.STORY, className="help story"),
    ]


def _sigma() -> html.Div:
    """The absolute sigma of one weight, printed live and taken as well."""
    return html.Div(
        [
            html.Div(
                [html.Label("σ of one weight", htmlFor=ids.SIGMA_BOX), dcc.Input(id=ids.SIGMA_BOX, type="text", className="box", autoComplete="off")],
                className="control-head",
            ),
            html.P(id=ids.SIGMA_LINE, className="help shown"),
        ],
        className="control sigma",
    )  # fmt: skip


def rail(values: Mapping[str, Any], words: Mapping[str, Parameter], shown: Callable[[str], bool]) -> html.Aside:
    """All controls, by group; on a phone one group at a time."""

    def group(key: str) -> list[Any]:
        fields = [name for name in FIELDS if group_of(name) == key]
        controls: list[Any] = [control(name, words[name], values[name], shown(name)) for name in fields]
        for one, name in zip(controls, fields, strict=True):
            if words[name].label == GROUPS[key]:
                one.className += " headed"  # the group's heading says it already
        if "weight_scale" in fields:
            controls.insert(fields.index("weight_scale") + 1, _sigma())
        return controls

    def section(key: str, title: str, content: list[Any], folded: bool = False) -> html.Section:
        body = html.Details([html.Summary(title), *content]) if folded else [html.H3(title), *content]
        return html.Section(body, className="group", **{"data-group": key})

    remedies = control("remedies", words["remedies"], values["remedies"])
    sections = [
        html.Section(_start(), className="group", **{"data-group": "start"}),
        section("network", GROUPS["network"], group("network")),
        section("initialization", GROUPS["initialization"], group("initialization")),
        section("remedies", "Remedies", [remedies, html.P(id=ids.REMEDY_HELP, className="help shown")]),
        section("structure", GROUPS["structure"], group("structure"), folded=True),
        section("data", GROUPS["data"], group("data"), folded=True),
    ]
    tabs = [
        ("start", "Presets"),
        ("network", "Network"),
        ("initialization", "Weights"),
        ("remedies", "Remedies"),
        ("structure", "Norms"),
        ("data", "Data"),
    ]
    buttons = [html.Button(label, type="button", className="chip", **{"data-tab": key}) for key, label in tabs]
    fold = html.Button(
        "Fold", type="button", className="quiet fold", **{"aria-label": "Fold the controls", "data-fold": "1"}
    )
    return html.Aside(
        [html.Div([*buttons, fold], className="tabs"), *sections],
        className="rail", id="rail", **{"aria-label": "Controls", "data-open": "network"},
    )  # fmt: skip


def state_holders(values: Mapping[str, Any], words: Mapping[str, Parameter], placed: Collection[str]) -> list[Any]:
    """What holds the parts of the state that have no control on the page, and what the loop tells the page."""
    pin = html.Div(dcc.Input(id=ids.value("pin"), value=values["pin"], type="hidden"), id=ids.control("pin"))
    rest = [control(word, parameter, values[word]) for word, parameter in words.items() if word not in placed]
    stores = [dcc.Store(id=key) for key in (ids.SETTLED, ids.LIVE, ids.RESTORE)]
    return [html.Div([pin, *rest], hidden=True), *stores]


def _honesty() -> html.Details:
    rows = [html.Div([html.Dt(what), html.Dd(rich(why))]) for what, why in simplifications()]
    return html.Details(
        [html.Summary("What this leaves out"), html.Dl(rows)], className="card fold-card", id="simplifications"
    )


def explore(
    values: Mapping[str, Any], words: Mapping[str, Parameter],
    shown: Callable[[str], bool], notes: list[str], parts: list[html.Section], holders: list[Any], train: str,
) -> html.Div:  # fmt: skip
    """The Explore page for these values; `parts` are the sections under the six charts, `holders` the rest of the state,
    `train` where this network is trained."""
    chart = {panel: cards.chart_card(panel, title, "") for panel, title in TITLES.items()}
    main = html.Main(
        [
            html.Div(
                [
                    html.H1(id=ids.HEADLINE),
                    html.P(
                        [
                            html.Span(id=ids.ADVICE), " ",
                            html.A("really simulated; what is left out", href="#simplifications", className="quiet-link"),
                        ]
                    ),
                    html.P(id=ids.FIX, className="fix", **{"data-panel": "fix"}),
                ],
                className="headline",
            ),
            html.P(id=ids.ANNOUNCE, className="unseen", role="status", **{"aria-live": "polite"}),
            html.Div(id=ids.TILES, className="tiles"),
            html.Div(id=ids.LEGEND, className="legend"),
            html.Div([html.P(note) for note in notes], id=ids.NOTES, className="notes", role="status"),
            html.P("Drag Depth or Weight scale, or switch a remedy on: everything here is simulated again as you move.", id="hint", className="hint"),
            html.P(id=ids.CHANGE, className="change"),
            html.Div(id=ids.COMPARISON),
            html.Div([chart[panel] for panel in ids.PANELS], className="charts"),
            *parts,
            _honesty(),
            keys.fold(),
            *holders,
        ],
        className="main", id="main", tabIndex="-1",
    )  # fmt: skip
    titles = {part.id: part.children[0].children for part in parts}
    return html.Div(
        [
            header("/", titles, _edit_buttons(), {"/train": train}),
            html.Div([rail(values, words, shown), main], className="columns"),
        ],
        className="page explore",
    )
