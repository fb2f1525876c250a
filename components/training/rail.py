"""The controls of a training, by group: the task, the network, how it learns."""

from collections.abc import Callable, Mapping
from typing import Any

from dash import dcc, html

from components.controls import control
from components.training import ids
from simulation import config as network
from simulation.parameters import Parameter, Subset
from simulation.training import config as training

# Besides the groups of both configs: these fields stand where they are looked for.
_MOVED = {"seed": "run", "batch": "run", "networks": "run", "learning_rate": "optimizer"}
_HIDDEN = ("inputs", "changes")  # the data's; made while a run is under way
# key -> (title, its tab on a phone, whether it is folded)
SECTIONS = {
    "task": ("Task", "Task", False),
    "network": ("Network", "Network", False),
    "initialization": ("Initialization", "Weights", False),
    "optimizer": ("Optimizer", "Optimizer", False),
    "run": ("Run", "Run", False),
    "remedies": ("Remedies", "Remedies", False),
    "structure": ("Norms and skips", "Norms", True),
    "data": ("Biases and scale of the data", "Scale", True),
}
_FIRST = {"optimizer": ("optimizer", "learning_rate", "clip", "threshold")}  # the order within a group; then the others


def group_of(word: str) -> str:
    """The section of the rail that a word belongs to, "" for none."""
    if word in _HIDDEN:
        return ""
    if word in _MOVED:
        return _MOVED[word]
    if word == "remedies":
        return "remedies"
    fields = training.TrainingConfig.__dataclass_fields__
    return str(fields[word].metadata["group"]) if word in fields else network.group_of(word)


def words_of(section: str, words: Mapping[str, Any]) -> list[str]:
    """The words of a section in the order of the page."""
    own = [word for word in words if group_of(word) == section]
    first = _FIRST.get(section, ())
    return [*first, *(word for word in own if word not in first)]


def rail(values: Mapping[str, Any], words: Mapping[str, Parameter], shown: Callable[[str], bool], presets: list[dict[str, str]]) -> html.Aside:  # fmt: skip
    """All controls of the words; on a phone one group at a time."""
    start = [
        html.H3("Start from"),
        dcc.Dropdown(id=ids.SEARCH, options=presets, clearable=True, searchable=True, search_order="original", placeholder="Search", className="select"),
        html.P(id=ids.STORY, className="help story"),
    ]  # fmt: skip
    sections = [html.Section(start, className="group", **{"data-group": "start"})]
    for key, (title, _, folded) in SECTIONS.items():
        controls = [_control(word, words[word], values[word], shown(word), title) for word in words_of(key, words)]
        body = html.Details([html.Summary(title), *controls]) if folded else [html.H3(title), *controls]
        sections.append(html.Section(body, className="group", **{"data-group": key}))
    tabs = [("start", "Presets"), *((key, tab) for key, (_, tab, _) in SECTIONS.items())]
    buttons = [html.Button(label, type="button", className="chip", **{"data-tab": key}) for key, label in tabs]
    fold = html.Button("Fold", type="button", className="quiet fold", **{"aria-label": "Fold the controls", "data-fold": "1"})  # fmt: skip
    return html.Aside(
        [html.Div([*buttons, fold], className="tabs"), *sections],
        className="rail", id="rail", **{"aria-label": "Controls", "data-open": "start"},
    )  # fmt: skip


def _control(word: str, parameter: Parameter, value: Any, shown: bool, title: str) -> html.Div:
    made = control(ids.word(word), parameter, value, shown)
    if parameter.label == title:
        made.className += " headed"
    elif isinstance(parameter, Subset):  # whose chips have no label of their own
        made.children = [html.Div(html.Span(parameter.label), className="control-head"), *made.children]
    return made
