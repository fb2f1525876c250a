"""Frames: what the Explore page shows for a state, as the properties of its elements by id."""

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import Any

from dash import html

from app import changes, comparison
from app.cache import TraceCache
from app.state import WORDS, Pairs, State
from app.training.look import train_address
from components import cards, ids
from components.captions import ARRAYS, TITLES, caption, description
from components.figures.axes import ROLES, decade_range
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
from simulation.trace import Density

MOST_NAMED_REMEDIES = 3
DENSITIES = [panel for panel, names in ARRAYS.items() if any(name.endswith("_density") for name in names)]
Components = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class View:
    """A state, simulated and diagnosed: a trace and a verdict for each network by its role.

    "baseline" is always there, "remedied" and "pinned" where there are remedies and a pinned network.
    """

    state: State
    traces: dict[str, SignalTrace]
    verdicts: dict[str, Verdict]

    @property
    def shown(self) -> tuple[SignalTrace, Verdict]:
        """The network that captions and heatmaps are about: with the remedies, where there are any."""
        role = "remedied" if "remedied" in self.traces else "baseline"
        return self.traces[role], self.verdicts[role]


def view(state: State, traces: TraceCache, densities: Container[str] = ROLES) -> View:
    """Simulates (or finds in the cache) what the state shows; `densities`: the roles whose densities are needed."""
    found = {"baseline": traces.trace(state.config, "baseline" in densities)}
    if state.remedies:
        found["remedied"] = traces.trace(state.remedied, "remedied" in densities)
    if state.pinned:
        found["pinned"] = traces.trace(state.pinned.remedied, "pinned" in densities)
    return View(state, found, {role: diagnose(trace) for role, trace in found.items()})


_SUFFIX = {"baseline": "", "remedied": ", with remedies", "pinned": ", pinned"}


def figures(seen: View, theme: str, in_words: bool, charts: Container[str] = TITLES) -> Components:
    """These of the six charts; `in_words` adds what is only needed once the hand rests."""
    palette = PALETTES[theme]
    networks = [(role, seen.traces[role]) for role in ROLES if role in seen.traces]  # the shown one last, on top

    def spanned(*names: str) -> tuple[float, float, int]:
        return decade_range([getattr(trace, name) for _, trace in networks for name in names])

    def signals(name: str, words: str, **more: Any) -> list[Signal]:
        return [Signal(f"{words}{_SUFFIX[role]}", getattr(trace, name), role, **more) for role, trace in networks]

    backward = spanned("log10_delta_rms", "log10_weight_grad_norm")
    forward = spanned("log10_pre_activation_rms", "log10_activation_rms")
    z = [s for s in signals("log10_pre_activation_rms", "pre-activation z", dash="dot", start=0) if s.role != "pinned"]
    h = signals("log10_activation_rms", "activation h", start=0)
    z[-1], h[-1] = replace(z[-1], label="z, before φ"), replace(h[-1], label="h, after φ")
    shown, _ = seen.shown

    def density(density: Density | None, quantity: str) -> dict[str, Any]:
        assert density, "a view without densities"
        return density_heatmap(palette, density, quantity)

    drawn = {
        "backward-delta": lambda: signal_lines(
            palette, signals("log10_delta_rms", "δ"), backward, in_words, "<br>for an output gradient of 1"
        ),
        "backward-weights": lambda: signal_lines(palette, signals("log10_weight_grad_norm", "dW"), backward, in_words),
        "forward": lambda: signal_lines(palette, [*z, *h], forward, in_words, ""),
        "heatmap-delta": lambda: density(shown.delta_density, "the entries of δ"),
        "heatmap-activation": lambda: density(shown.activation_density, "the activations"),
        "units": lambda: unit_shares(palette, [network for network in networks if network[0] != "pinned"]),
    }
    return {ids.chart(panel): {"figure": figure()} for panel, figure in drawn.items() if panel in charts}


def texts(seen: View) -> Components:
    """Everything in words and numbers that changes with the state while it is dragged."""
    state, (_, verdict) = seen.state, seen.shown
    config, named = state.config, _names(state)
    preset = next((preset for preset in PRESETS.values() if preset.config == config), None)
    whose = "With remedies. " if state.remedies else ""
    return {
        ids.HEADLINE: {"children": cards.headline(seen.verdicts["baseline"], seen.verdicts.get("remedied"), named)},
        ids.ADVICE: {"children": describe(verdict).note},
        ids.TILES: {"children": cards.tiles(seen.verdicts["baseline"], seen.verdicts.get("remedied"))},
        ids.LEGEND: {"children": legend_text(state)},
        **comparison.elements(state, seen.verdicts),
        ids.SIGMA_LINE: {"children": _sigma_line(config)},
        ids.SIGMA_BOX: {"value": sigma_text(state), "disabled": INITIALIZERS[config.initializer].sigma(config) == 0},
        ids.SEARCH: {"placeholder": preset.label if preset else "Your own network"},
        ids.STORY: {"children": rich(preset.summary) if preset else "Start from one of these, or search an activation or initialization."},
        **{ids.caption(panel): {"children": rich(whose + caption(panel, verdict, state.remedied))} for panel in TITLES},
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
            "children": cards.announcement(seen.verdicts["baseline"], seen.verdicts.get("remedied"), _names(seen.state))
        },
        ids.REMEDY_HELP: {"children": changes.remedy_help(before.state if before else None, seen.state)},
        ids.SETTLED: {"data": seen.state.query},
        ids.to_page("/train"): {"href": train_address(seen.state)},
        **({ids.NOTES: {"children": [html.P(note) for note in notes]}} if moved or notes else {}),
        **({ids.CHANGE: {"children": rich(line)}} if line else {}),
        **{ids.description(panel): {"children": description(panel, trace, verdict)} for panel in TITLES},
    }


def frame(
    state: State, notes: list[str], since: State | None, theme: str, dragging: bool, traces: TraceCache,
    charts: Container[str] = TITLES, words: bool = True,
) -> Components:  # fmt: skip
    """The properties of the elements that this state changes, by id: of these charts, and of what is in words."""
    shown = "remedied" if state.remedies else "baseline"
    drawn = [shown] if any(panel in charts for panel in DENSITIES) else []
    seen = view(state, traces, densities=drawn if dragging else ROLES)
    components = {**(texts(seen) if words else {}), **figures(seen, theme, not dragging, charts)}
    if not dragging:
        components |= settled_texts(seen, view(since, traces) if since else None, notes)
    return components


def _names(state: State) -> str:
    labels = [REMEDIES[key].label for key in state.remedies]
    if len(labels) > MOST_NAMED_REMEDIES:
        return f"{len(labels)} remedies ({_described(state.remedied)})"
    return " and ".join([", ".join(labels[:-1]), labels[-1]] if len(labels) > 1 else labels)


def legend_text(state: State) -> list[Any]:
    """Which line is which network."""
    pinned = state.pinned and _described(state.pinned.remedied)
    many = len(state.remedies) > MOST_NAMED_REMEDIES  # then it is the network that they make that says more
    named = _described(state.remedied) if many else _names(state)
    return cards.legend(_described(state.config), named, pinned)


def _described(config: NetworkConfig) -> str:
    """The network in a few words."""
    words = [ACTIVATIONS[config.activation].label, INITIALIZERS[config.initializer].label]
    words += [NORMALIZATIONS[config.normalization].label] if config.normalization != "none" else []
    words += [f"{RESIDUALS[config.residual].label} skips"] if config.residual != "none" else []
    return " · ".join(words)


def corrections(pairs: Pairs, state: State) -> Components:
    """For controls that hold something else than what is shown: the value that is."""
    held = {name: text for name, text in pairs if name in WORDS}
    return {
        ids.value(name): {"value": control_value(name, state.values[name])}
        for name, text in held.items() if text != WORDS[name].format(state.values[name])
    }  # fmt: skip


def control_value(name: str, value: Any) -> Any:
    """The value as its control holds it."""
    parameter = WORDS[name]
    return (
        list(value) if isinstance(value, tuple) else parameter.format(value) if isinstance(parameter, Number) else value
    )


def _sigma_line(config: NetworkConfig) -> list[Any]:
    """The gain is critical for plain networks without biases whose weights differ from unit to unit."""
    phi, initializer = ACTIVATIONS[config.activation], INITIALIZERS[config.initializer]
    plain = config.normalization == config.residual == "none" and not config.bias_scale and initializer.unit != "ones"
    sigma_w = config.weight_scale * initializer.sigma(config) * config.width**0.5
    return cards.sigma_line(sigma_w, phi.gain(config.negative_slope), phi.label, phi.critical and plain)


def sigma_text(state: State) -> str:
    """The standard deviation of one weight."""
    return f"{state.config.weight_scale * INITIALIZERS[state.config.initializer].sigma(state.config):.4g}"
