"""The frame around a part of the lab that stands in somebody else's page."""

from collections.abc import Sequence
from typing import Any

from dash import html

from components import ids
from components.shell import NAME

# What can be embedded: its title for readers of the page around it, and a height in pixels that does without a script.
EMBEDS = {
    "backward": ("Gradients by layer", 560),
    "forward": ("Activations by layer", 460),
    "heatmap": ("Where the error signals lie", 460),
    "critical": ("The critical weight scale", 640),
    "layer": ("Inside one layer", 820),
}


def page(
    parts: Sequence[Any], controls: Sequence[Any], notes: Sequence[str], printed_legend: Sequence[Any], full_page: str,
    holders: Sequence[Any], keep: str, printed: bool,
) -> html.Div:  # fmt: skip
    """The sentence, the chosen controls, the charts, and the way to the full page; `keep` stays in the address."""
    link = html.A(
        [NAME, " ↗"], href=full_page, target="_blank", rel="noopener", className="quiet-link", **{"data-follow": "/"}
    )
    legend = html.Span(list(printed_legend), id=ids.LEGEND, className="legend")
    return html.Div(
        html.Main(
            [
                html.H1(id=ids.HEADLINE),
                html.P(id=ids.ANNOUNCE, className="unseen", role="status", **{"aria-live": "polite"}),
                html.Div([html.P(note) for note in notes], id=ids.NOTES, className="notes", role="status"),
                *([html.Div(list(controls), className="panel-controls")] if controls else []),
                html.Div(list(parts), className=f"charts of-{len(parts)}"),
                html.P([legend, link], className="embed-foot"),
                *holders,
            ],
            className="main",
        ),
        className="page embed printed" if printed else "page embed", **{"data-keep": keep},
    )  # fmt: skip
