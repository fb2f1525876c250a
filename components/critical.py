"""The critical region in words, numbers and buttons."""

from typing import Any

from dash import html

from components.text import rich
from simulation.critical import Critical
from simulation.sentences import digits
from simulation.sweep import Sweep

ACTIVATION_TITLES = {"width": "Activations at the last layer: the coordinate check"}
ACTIVATION_TITLE = "Activations at the last layer"
LEADS = {
    "weight_scale": "Press or drag in a chart to move the weight scale; the charts above follow.",
    "depth": "The first layers are the same at every depth: only their number changes.",
    "width": "Flat curves would mean that what is right for one width is right for all.",
    "batch": "The network is the same; only how many samples go through it together changes.",
}


def critical_body(result: Sweep) -> list[Any]:
    """A button to the critical scale, and how the interval around it shrinks with depth."""
    curve = result.baseline if result.remedied is None or result.remedied.fixed else result.remedied
    parts: list[Any] = []
    if curve.critical_weight_scale:
        scale = f"{curve.critical_weight_scale:.5g}"
        whose = " of the network with remedies" if curve is result.remedied else ""
        field = {"data-field": "weight_scale", "data-value": scale}
        parts.append(
            html.Button(f"Set weight scale to the critical {scale}{whose}", className="chip", type="button", **field)
        )
    if result.critical_by_depth:
        parts.append(_by_depth(result.critical_by_depth, result.config.depth))
    return parts


def _by_depth(critical: dict[int, Critical | None], present: int) -> html.Div:
    rows = [
        html.Tr(
            [html.Th(depth, scope="row"), *map(html.Td, _cells(one))], className="present" if depth == present else ""
        )
        for depth, one in critical.items()
    ]
    heads = ("depth, as set", "critical scale", "within a decade", "a factor of")
    return html.Div(
        html.Table([html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])), html.Tbody(rows)]),
        className="table-view", role="region", tabIndex="0", **{"aria-label": "The critical scale by depth"},
    )  # fmt: skip


def _cells(one: Critical | None) -> list[Any]:
    if one is None:
        return ["none", "", ""]
    scale = digits(one.weight_scale, 5)
    if one.interval is None:
        return [scale, "none: the curve jumps", ""]
    low, high = (end and digits(end, 5) for end in one.interval)
    return [
        scale,
        f"{low or 'the slider’s low end'} to {high or 'its high end'}",
        rich(digits(one.width, 4)) if one.width else "open",
    ]
