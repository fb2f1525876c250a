"""The palettes, read from assets/tokens.css, and what every figure shares."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_TOKENS = Path(__file__).parent.parent / "assets" / "tokens.css"


def _palettes() -> dict[str, dict[str, str]]:
    tokens = re.findall(r"--([a-z]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", _TOKENS.read_text())
    return {"light": {name: light for name, light, _ in tokens}, "dark": {name: dark for name, _, dark in tokens}}


PALETTES: Mapping[str, Mapping[str, str]] = _palettes()


def transparent(color: str, opacity: float) -> str:
    """#rrggbb with an opacity, as Plotly writes it."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def figure(
    palette: Mapping[str, str],
    traces: list[dict[str, Any]],
    xaxis: dict[str, Any],
    yaxis: dict[str, Any],
    **layout: Any,
) -> dict[str, Any]:
    """A figure of the house as a plain dict: no box, horizontal hairlines, text in the page's own font."""
    axis = {
        "showline": False, "ticks": "", "zeroline": False, "gridcolor": palette["hairline"], "linecolor": palette["hairline"],
        "tickfont": {"color": palette["mute"], "size": 12}, "title": {"font": {"color": palette["mute"], "size": 12}, "standoff": 6},
    }  # fmt: skip
    return {
        "data": traces,
        "layout": {
            "font": {"family": "Inter, system-ui, sans-serif", "size": 12, "color": palette["mute"]},
            "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 52, "r": 14, "t": 14, "b": 38},
            "showlegend": False, "hovermode": "x unified", "uirevision": "kept", "dragmode": "zoom",
            "hoverlabel": {"bgcolor": palette["panel"], "bordercolor": palette["hairline"], "font": {"color": palette["ink"], "size": 12}},
            "xaxis": {**axis, "showgrid": False, "unifiedhovertitle": {"text": "layer %{x}"}, "showspikes": True, "spikemode": "across", "spikethickness": 1, "spikedash": "solid", "spikecolor": palette["baseline"], **xaxis, "title": {**axis["title"], "text": xaxis.get("title", "layer")}},
            "yaxis": {**axis, "automargin": False, **yaxis},
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": palette["mute"], "activecolor": palette["ink"]},
            **layout,
        },
    }  # fmt: skip
