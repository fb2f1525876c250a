"""Controls, made from the declarations of the settings and nothing else."""

from collections.abc import Iterator, Mapping
from typing import Any

from dash import dcc, html

from components import ids
from simulation.parameters import Choice, Number, Parameter, Subset
from simulation.registry import Entry

MOST_CHIPS = 5  # a choice with more options shows the common ones and a button for the rest, or is a select


def control(name: str, parameter: Parameter, value: Any, shown: bool = True, locked: bool = False) -> html.Div:
    """The control of one setting; everything that sets it is inside the element `control-<name>`."""
    if isinstance(parameter, Number):
        inside = _number(name, parameter, value)
    elif isinstance(parameter, Choice):
        inside = _choice(name, parameter, value)
    else:
        inside = _subset(name, parameter, value)
    if locked:
        for part in _parts(inside):
            _lock(part)
    return html.Div(
        inside, id=ids.control(name), className="control locked" if locked else "control", hidden=not shown,
        **{"data-label": parameter.label},
    )  # fmt: skip


def _parts(children: Any) -> Iterator[Any]:
    """The components among the children, and theirs."""
    for child in children if isinstance(children, list) else [children]:
        if hasattr(child, "to_plotly_json"):
            yield child
            yield from _parts(getattr(child, "children", None))


def _lock(part: Any) -> None:
    """Makes a part show its value and take no other."""
    if isinstance(part, dcc.RadioItems | dcc.Checklist):
        part.options = [{**option, "disabled": True} for option in part.options]
    elif isinstance(part, dcc.Input | dcc.Slider | dcc.Dropdown | html.Button):
        part.disabled = True


def _number(name: str, parameter: Number, value: float) -> list[Any]:
    high = parameter.slider_high or parameter.high
    low, high = parameter.position(parameter.low), parameter.position(high)
    return [
        html.Div(
            [
                html.Label(parameter.label, htmlFor=ids.value(name)),
                dcc.Input(
                    id=ids.value(name), value=parameter.format(value), type="text", debounce=True, className="box",
                    autoComplete="off", inputMode="numeric" if parameter.integer else "decimal",
                ),
            ],
            className="control-head boxed",
        ),
        dcc.Slider(
            id=ids.slider(name), min=low, max=high, step=parameter.step, value=min(max(parameter.position(value), low), high),
            marks={0: "1"} if parameter.logarithmic else {}, updatemode="mouseup", allow_direct_input=False, included=True,
            className="slider logarithmic" if parameter.logarithmic else "slider",
        ),
        html.P(parameter.summary, className="help", role="note"),
    ]  # fmt: skip


def _options(entries: Mapping[str, Entry]) -> list[dict[str, str]]:
    """The common ones first."""
    ordered = sorted(entries.values(), key=lambda entry: not getattr(entry, "common", False))
    return [{"label": entry.label, "value": entry.key, "title": entry.summary} for entry in ordered]


def _choice(name: str, parameter: Choice, value: str) -> list[Any]:
    options = _options(parameter.options)
    head = html.Div(html.Span(parameter.label, id=f"label-{name}"), className="control-head")
    explained = html.P(parameter.options[value].summary, id=ids.summary(name), className="help")
    common = sum(bool(getattr(entry, "common", False)) for entry in parameter.options.values())
    if len(options) > MOST_CHIPS and not common:
        menu = dcc.Dropdown(
            id=ids.value(name), options=options, value=value, clearable=False, searchable=False, className="select"
        )
        return [head, menu, explained]
    chips = dcc.RadioItems(id=ids.value(name), options=options, value=value, className="chips")
    if len(options) <= MOST_CHIPS:
        return [head, chips, explained]
    more = html.Button(
        f"{len(options) - common} more", className="chip more", **{"aria-expanded": "false"}, type="button"
    )
    return [head, html.Div([chips, more], className=f"folded first-{common}"), explained]


def _subset(name: str, parameter: Subset, value: tuple[str, ...]) -> list[Any]:
    chips = dcc.Checklist(
        id=ids.value(name),
        options=_options(parameter.options),
        value=list(value),
        className="chips",
    )
    return [chips]
