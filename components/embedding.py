"""The frame around a part of the lab that stands in somebody else's page."""

from collections.abc import Collection, Sequence
from typing import Any

from dash import html

from components import ids
from components.shell import NAME

# What can be embedded: its title for readers of the page around it, and the height in pixels that it takes at 740 pixels
# of width, for pages that allow no script.
EMBEDS = {
    "backward": ("Gradients by layer", 480),
    "forward": ("Activations by layer", 450),
    "heatmap": ("Where the error signals lie", 450),
    "critical": ("The critical weight scale", 730),
    "layer": ("Inside one layer", 1400),
}
# For the page around it: fits the frame to what it holds (docs/embedding.md).
SCRIPT = """<script>
  addEventListener("message", ({ source, data }) => {
    if (data?.type !== "gradient-flow-lab:height") return;
    for (const frame of document.querySelectorAll("iframe")) {
      if (frame.contentWindow === source) frame.style.height = `${data.height}px`;
    }
  });
</script>"""


def page(
    parts: Sequence[Any], controls: Sequence[Any], notes: Sequence[str], legend: Sequence[Any], settings: Sequence[tuple[str, str]],
    holders: Sequence[Any], query: str, locked: Collection[str], kept: str,
) -> html.Div:  # fmt: skip
    """The sentence, the chosen controls, the charts, and the way to the full page.

    settings: for paper, all of them in words, and the address is spelled out. kept: what stays in the address.
    """
    for part in parts:
        if isinstance(part, html.Details):
            part.children[0].tabIndex = "-1"  # it stays open
    legend = html.Span(list(legend), id=ids.LEGEND, className="legend")
    foot = [legend, link(query, spelled=bool(settings))]
    return html.Div(
        html.Main(
            [
                html.H1(id=ids.HEADLINE),
                html.P(id=ids.ANNOUNCE, className="unseen", role="status", **{"aria-live": "polite"}),
                html.Div([html.P(note) for note in notes], id=ids.NOTES, className="notes", role="status"),
                *([html.Div(list(controls), className="panel-controls")] if controls else []),
                html.Div(list(parts), className=f"charts of-{len(parts)}"),
                *([settings_line(settings)] if settings else []),
                html.P(foot, className="embed-foot"),
                *holders,
            ],
            className="main",
        ),
        className="page embed printed" if settings else "page embed",
        **{"data-keep": kept, "data-locked": " ".join(locked)},
    )  # fmt: skip


def settings_line(settings: Sequence[tuple[str, str]]) -> html.P:
    """Settings in words, for paper."""
    return html.P([html.Span([f"{label} ", html.B(value)]) for label, value in settings], className="settings")


def link(query: str, spelled: bool) -> html.A:
    """To the same network on the full page; on paper its whole address, which the browser alone knows."""
    text: dict[str, Any] = {"data-template": "{origin}/?{query}"} if spelled else {}
    return html.A(
        f"Open in {NAME} ↗", href=f"/?{query}", target="_blank", rel="noopener", className="quiet-link", **{"data-follow": "/"}, **text
    )  # fmt: skip
