"""Explore: drag, and see at once how activations and gradients live or die through a deep network."""

from dataclasses import dataclass, replace
from math import isnan
from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, html
from dash import State as Held

from app import changes
from app.cache import TraceCache
from app.state import WORDS, Pairs, State, lenient, pairs_of
from components import cards, ids, shell
from components.captions import TITLES, caption, columns, description
from components.figures.axes import decade_range
from components.figures.heatmap import density_heatmap
from components.figures.signals import Signal, signal_lines
from components.figures.units import unit_shares
from components.text import rich
from components.theme import PALETTES
from simulation import NetworkConfig, SignalTrace
from simulation.activations import ACTIVATIONS
from simulation.config import FIELDS, matters
from simulation.diagnosis import Verdict, diagnose
from simulation.initializers import INITIALIZERS
from simulation.normalizations import NORMALIZATIONS
from simulation.options import RESIDUALS
from simulation.parameters import Choice, Number
from simulation.presets import PRESETS
from simulation.remedies import REMEDIES
from simulation.sentences import describe

PATH, TITLE = "/", "Explore"
MOST_NAMED_REMEDIES = 3
Components = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class View:
    """A state, simulated and diagnosed."""

    state: State
    baseline: SignalTrace
    remedied: SignalTrace | None
    verdict: Verdict
    remedied_verdict: Verdict | None

    @property
    def shown(self) -> tuple[SignalTrace, Verdict]:
        """The network that captions and heatmaps are about: with the remedies, where there are any."""
        if self.remedied and self.remedied_verdict:
            return self.remedied, self.remedied_verdict
        return self.baseline, self.verdict


def view(state: State, traces: TraceCache) -> View:
    """Simulates (or finds in the cache) what the state shows."""
    baseline = traces.trace(state.config)
    remedied = traces.trace(state.remedied) if state.remedies else None
    return View(state, baseline, remedied, diagnose(baseline), diagnose(remedied) if remedied else None)


def figures(seen: View, theme: str, in_words: bool) -> Components:
    """The six charts; `in_words` adds what is only needed once the hand rests."""
    palette = PALETTES[theme]
    networks = [(seen.baseline, False)] + ([(seen.remedied, True)] if seen.remedied else [])

    def arrays(name: str) -> list[Any]:
        return [getattr(trace, name) for trace, _ in networks]

    def signals(name: str, words: str, **more: Any) -> list[Signal]:
        return [
            Signal(f"{words}, with remedies" if on else words, getattr(trace, name), on, **more)
            for trace, on in networks
        ]

    backward = decade_range([*arrays("log10_delta_rms"), *arrays("log10_weight_grad_norm")])
    forward = decade_range([*arrays("log10_pre_activation_rms"), *arrays("log10_activation_rms")])
    both = [
        *signals("log10_pre_activation_rms", "pre-activation z", dash="dot", start=0),
        *signals("log10_activation_rms", "activation h", start=0),
    ]
    shown, _ = seen.shown
    count = len(networks)  # only the lines of the shown network, the last of each kind, are labeled
    both[count - 1] = replace(both[count - 1], label="z, before φ")
    both[-1] = replace(both[-1], label="h, after φ")
    assert shown.delta_density
    assert shown.activation_density
    drawn = {
        "backward-delta": signal_lines(
            palette, signals("log10_delta_rms", "δ"), backward, in_words, ", for an output gradient of 1"
        ),
        "backward-weights": signal_lines(palette, signals("log10_weight_grad_norm", "dW"), backward, in_words),
        "forward": signal_lines(palette, both, forward, in_words, ""),
        "heatmap-delta": density_heatmap(palette, shown.delta_density, "the entries of δ"),
        "heatmap-activation": density_heatmap(palette, shown.activation_density, "the activations"),
        "units": unit_shares(palette, seen.baseline, seen.remedied),
    }
    return {ids.chart(panel): {"figure": figure} for panel, figure in drawn.items()}


def texts(seen: View) -> Components:
    """Everything in words and numbers that changes with the state while it is dragged."""
    state, (_, verdict) = seen.state, seen.shown
    config, named = state.config, _names(state.remedies)
    preset = next((preset for preset in PRESETS.values() if preset.config == config), None)
    activation = state.remedied.activation
    whose = "With remedies. " if state.remedies else ""
    return {
        ids.HEADLINE: {"children": cards.headline(seen.verdict, seen.remedied_verdict, named)},
        ids.ADVICE: {"children": describe(verdict).note},
        ids.TILES: {"children": cards.tiles(seen.verdict, seen.remedied_verdict)},
        ids.LEGEND: {"children": cards.legend(_described(state), named)},
        ids.SIGMA_LINE: {"children": _sigma_line(config)},
        ids.SIGMA_BOX: {"value": _sigma_text(state), "disabled": INITIALIZERS[config.initializer].sigma(config) == 0},
        ids.SEARCH: {"placeholder": preset.label if preset else "Your own network"},
        ids.STORY: {"children": rich(preset.summary) if preset else "Start from one of these, or search an activation or initialization."},
        **{ids.caption(panel): {"children": rich(whose + caption(panel, verdict, activation))} for panel in TITLES},
        **{ids.control(field): {"hidden": not matters(config, field)} for field in FIELDS},
        **{
            ids.summary(field): {"children": parameter.options[getattr(config, field)].summary}
            for field, parameter in FIELDS.items() if isinstance(parameter, Choice)
        },
    }  # fmt: skip


def settled_texts(seen: View, before: View | None, notes: list[str]) -> Components:
    """What is said once the hand rests."""
    trace, verdict = seen.shown
    moved = before is not None and before.state != seen.state  # else what the address was changed to stays said
    line = changes.edit_line(before.state, seen.state, before.shown[1], verdict) if before else ""
    return {
        ids.ANNOUNCE: {
            "children": cards.announcement(seen.verdict, seen.remedied_verdict, _names(seen.state.remedies))
        },
        ids.REMEDY_HELP: {"children": changes.remedy_help(before.state if before else None, seen.state)},
        ids.FORMATS: {"children": cards.formats(verdict)},
        ids.SETTLED: {"data": seen.state.query},
        ids.CSV_LINK: {"href": f"/api/v1/trace.csv?{seen.state.query}"},
        **({ids.NOTES: {"children": [html.P(note) for note in notes]}} if moved or notes else {}),
        **({ids.CHANGE: {"children": rich(line)}} if line else {}),
        **{ids.description(panel): {"children": description(panel, trace, verdict)} for panel in TITLES},
    }


def frame(
    state: State, notes: list[str], since: State | None, theme: str, dragging: bool, traces: TraceCache
) -> Components:
    """The properties of every element that this state changes, by id."""
    seen = view(state, traces)
    components = {**texts(seen), **figures(seen, theme, in_words=not dragging)}
    if not dragging:
        components |= settled_texts(seen, view(since, traces) if since else None, notes)
    return components


def _names(remedies: tuple[str, ...]) -> str:
    labels = [REMEDIES[key].label for key in remedies]
    if len(labels) > MOST_NAMED_REMEDIES:
        return f"these {len(labels)} remedies"
    return " and ".join([", ".join(labels[:-1]), labels[-1]] if len(labels) > 1 else labels)


def _described(state: State) -> str:
    """The network in a few words."""
    config = state.config
    words = [ACTIVATIONS[config.activation].label, INITIALIZERS[config.initializer].label]
    words += [NORMALIZATIONS[config.normalization].label] if config.normalization != "none" else []
    words += [f"{RESIDUALS[config.residual].label} skips"] if config.residual != "none" else []
    return " · ".join(words)


def layout(**query: str | list[str]) -> html.Div:
    """The page for the address's query; controls and words are there at once, the charts a frame later."""
    given = {name: [value] if isinstance(value, str) else value for name, value in query.items()}
    state, notes = lenient((name, text) for name, texts in given.items() for text in texts)
    return shell.explore(state.values, WORDS, lambda field: matters(state.config, field), notes)


def register(app: dash.Dash, traces: TraceCache) -> None:
    """The wiring of the page."""
    for name, parameter in WORDS.items():
        if isinstance(parameter, Number):
            app.clientside_callback(
                ClientsideFunction("lab", "sync"),
                Output(ids.slider(name), "value"), Output(ids.value(name), "value"),
                Input(ids.slider(name), "value"), Input(ids.value(name), "value"), Held(ids.slider(name), "className"),
                prevent_initial_call=True,
            )  # fmt: skip
    app.clientside_callback(
        ClientsideFunction("lab", "push"), Output(ids.LIVE, "data"), [Input(ids.value(name), "value") for name in WORDS]
    )
    app.clientside_callback(
        ClientsideFunction("lab", "switchTheme"),
        Output(ids.THEME, "title"),
        Input(ids.THEME, "n_clicks"),
        prevent_initial_call=True,
    )
    for panel in TITLES:
        app.clientside_callback(
            ClientsideFunction("lab", "saveSvg"), Output(ids.picture_button(panel), "title"),
            Input(ids.picture_button(panel), "n_clicks"), Held(ids.picture_button(panel), "data-chart"), prevent_initial_call=True,
        )  # fmt: skip
        _register_table(app, panel, traces)

    @app.callback(
        [Output(ids.value(name), "value", allow_duplicate=True) for name in WORDS], Output(ids.SEARCH, "value"),
        Input(ids.SEARCH, "value"), Input(ids.RESET, "n_clicks"), prevent_initial_call=True,
    )  # fmt: skip
    def start_from(chosen: str | None, clicks: int | None) -> list[Any]:
        """A preset sets all controls, an activation or initialization its own, reset all to the first preset."""
        first = f"preset {next(iter(PRESETS))}"
        return [*chosen_values(chosen if dash.ctx.triggered_id == ids.SEARCH else first), None]

    @app.callback(
        Output(ids.value("weight_scale"), "value", allow_duplicate=True), Output(ids.SIGMA_BOX, "value"),
        Input(ids.SIGMA_BOX, "n_submit"), Input(ids.SIGMA_BOX, "n_blur"), Held(ids.SIGMA_BOX, "value"), Held(ids.SETTLED, "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def set_sigma(submits: int | None, blurs: int | None, text: str, query: str) -> tuple[Any, str]:
        return weight_scale_for(text, lenient(pairs_of((query or "").encode()))[0])


def chosen_values(chosen: str | None) -> list[Any]:
    """What each control is to show for a chosen "preset key", "activation key" or "initializer key"."""
    kind, _, key = (chosen or "").partition(" ")
    if kind == "preset" and key in PRESETS:
        state = State(PRESETS[key].config)
        return [_control_value(name, value) for name, value in state.values.items()]
    return [key if name == kind else dash.no_update for name in WORDS]


def _control_value(name: str, value: Any) -> Any:
    parameter = WORDS[name]
    return (
        list(value) if isinstance(value, tuple) else parameter.format(value) if isinstance(parameter, Number) else value
    )


def corrections(pairs: Pairs, state: State) -> Components:
    """For controls that hold something else than what is shown: the value that is."""
    held = {name: text for name, text in pairs if name in WORDS}
    return {
        ids.value(name): {"value": _control_value(name, state.values[name])}
        for name, text in held.items() if text != WORDS[name].format(state.values[name])
    }  # fmt: skip


def weight_scale_for(text: str, state: State) -> tuple[Any, str]:
    """The weight scale at which one weight has this standard deviation, and that deviation, as their boxes show them."""
    scale = FIELDS["weight_scale"]
    sigma = INITIALIZERS[state.config.initializer].sigma(state.config)
    shown = _sigma_text(state)
    assert isinstance(scale, Number)
    try:
        wanted = float(text)
    except (TypeError, ValueError):
        return dash.no_update, shown
    if not sigma or isnan(wanted) or shown == text.strip():
        return dash.no_update, shown
    nearest = scale.clamp(wanted / sigma)
    return scale.format(nearest), f"{nearest * sigma:.4g}"


def _sigma_line(config: NetworkConfig) -> list[Any]:
    """The gain is critical for plain networks without biases whose weights differ from unit to unit."""
    phi, initializer = ACTIVATIONS[config.activation], INITIALIZERS[config.initializer]
    plain = config.normalization == config.residual == "none" and not config.bias_scale and initializer.unit != "ones"
    sigma_w = config.weight_scale * initializer.sigma(config) * config.width**0.5
    return cards.sigma_line(sigma_w, phi.gain(config.negative_slope), phi.label, phi.critical and plain)


def _sigma_text(state: State) -> str:
    """The standard deviation of one weight."""
    return f"{state.config.weight_scale * INITIALIZERS[state.config.initializer].sigma(state.config):.4g}"


def _register_table(app: dash.Dash, panel: str, traces: TraceCache) -> None:
    @app.callback(
        Output(ids.table(panel), "children"), Output(ids.table_button(panel), "aria-expanded"),
        Input(ids.table_button(panel), "n_clicks"), Input(ids.SETTLED, "data"), prevent_initial_call=True,
    )  # fmt: skip
    def show_table(clicks: int | None, query: str | None) -> tuple[Any, str]:
        if not (clicks or 0) % 2:
            return [], "false"
        seen = view(lenient(pairs_of((query or "").encode()))[0], traces)
        table = columns(panel, seen.baseline)
        if seen.remedied:
            table |= {f"{head}, with remedies": values for head, values in columns(panel, seen.remedied).items()}
        return cards.trace_table(table), "true"
