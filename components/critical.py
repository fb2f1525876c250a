"""The critical region in words, numbers and buttons."""

from typing import Any

from dash import html

from simulation.critical import Critical
from simulation.sentences_sweep import scale_text, width_text
from simulation.sweep import Sweep

LEADS = {"weight_scale": "Press or drag in a chart to move the weight scale."}


def chart_lines(over: str) -> dict[str, str]:
    """What to look for in each chart."""
    forward = "The forward signal may hold its size where the error signal does not, and the other way round."
    check = "The coordinate check: flat means that one standard deviation of the weights would suit every width."
    return {
        "critical": "Below the band the error signal vanishes on its way to layer 1, above it explodes.",
        "critical-activation": check if over == "width" else forward,
    }


def critical_body(result: Sweep) -> list[Any]:
    """A button to the critical scale, and how the interval around it shrinks with depth."""
    curve = result.remedied or result.baseline
    parts: list[Any] = []
    if curve.critical_weight_scale:
        scale = f"{curve.critical_weight_scale:.5g}"
        field = {"data-field": "weight_scale", "data-value": scale}
        parts.append(html.Button(f"Set weight scale to the critical {scale}", className="chip", type="button", **field))
    if result.critical_by_depth:
        parts.append(_by_depth(result.critical_by_depth, result.config.depth, bool(result.remedies)))
    return parts


def _by_depth(critical: dict[int, Critical | None], present: int, as_set: bool) -> html.Div:
    rows = [
        html.Tr(
            [html.Th(depth, scope="row"), *map(html.Td, _cells(one))], className="present" if depth == present else ""
        )
        for depth, one in critical.items()
    ]
    heads = ("depth, as set" if as_set else "depth", "critical scale", "within a decade", "a factor of")
    return html.Div(
        html.Table([html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])), html.Tbody(rows)]),
        className="table-view", role="region", tabIndex="0", **{"aria-label": "The critical scale by depth"},
    )  # fmt: skip


def _cells(one: Critical | None) -> list[Any]:
    if one is None:
        return ["none", "", ""]
    scale = scale_text(one.weight_scale, one.width)
    if one.interval is None:
        return [scale, "the curve jumps across it", ""]
    low, high = ("end of slider" if end is None else scale_text(end, one.width) for end in one.interval)
    return [scale, f"{low} to {high}", width_text(one.width) if one.width else ""]
