"""Figures as an offline file draws them: what a figure of the house says, in a few kinds of marks.

A mark is {"kind", ...} in the figure's own coordinates; colors are the names of the house, so that the reader's
theme decides. Arrays go through `put`, which answers with what the file finds them by.
"""

import re
from collections.abc import Callable, Iterator
from math import ceil, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.figures.axes import Typed
from components.text import minus
from components.theme import PALETTES

THEME = "light"  # the palette that figures are made with before their colors become names
_NAMES = {color: name for name, color in PALETTES[THEME].items()}
_RGBA = re.compile(r"rgba\((\d+),(\d+),(\d+),([\d.]+)\)")
Put = Callable[[NDArray[Any]], Any]


def drawing(figure: dict[str, Any], put: Put) -> dict[str, Any]:
    """The figure's margins, axes and marks, from the back to the front."""
    layout = figure["layout"]
    marks = [mark for trace in figure["data"] for mark in _trace(trace, put)]
    return {
        "margin": [layout["margin"][side] for side in "trbl"],
        "x": {"range": layout["xaxis"]["range"], "ticks": _ticks(layout["xaxis"]), "title": layout["xaxis"]["title"]["text"]},
        "y": {"range": layout["yaxis"]["range"], "ticks": _ticks(layout["yaxis"])},
        "marks": [*map(_shape, layout.get("shapes", ())), *marks, *map(_note, layout.get("annotations", ()))],
    }  # fmt: skip


def _paint(color: str) -> str:
    """The color by its name, in CSS."""
    if not (found := _RGBA.fullmatch(color)):
        return f"var(--{_NAMES[color]})"
    name = _NAMES["#" + "".join(f"{int(part):02x}" for part in found.groups()[:3])]
    return f"color-mix(in srgb, var(--{name}) {100 * float(found[4]):g}%, transparent)"


def _ticks(axis: dict[str, Any]) -> list[tuple[float, str]]:
    if "tickvals" in axis:
        return list(zip(axis["tickvals"], axis.get("ticktext") or map(str, axis["tickvals"]), strict=True))
    low, high = axis["range"]
    powers = range(ceil(low / axis["dtick"]) * axis["dtick"], floor(high) + 1, axis["dtick"])
    return [(power, f"10<sup>{minus(str(power))}</sup>") for power in powers]


def _trace(trace: dict[str, Any], put: Put) -> Iterator[dict[str, Any]]:
    if trace["type"] == "heatmap":
        opacities = [(stop, float(_RGBA.fullmatch(color)[4])) for stop, color in trace["colorscale"]]  # type: ignore[index]
        yield {
            "kind": "cells",
            "z": put(trace["z"].array),
            "most": trace["zmax"],
            "low": trace["y0"],
            "step": trace["dy"],
            "opacities": opacities,
        }
    elif isinstance(trace["y"], Typed):
        line = trace["line"]
        yield {
            "kind": "line",
            "x": put(trace["x"].array),
            "y": put(trace["y"].array),
            "color": _paint(line["color"]),
            "width": line["width"],
            "dash": line.get("dash", "solid"),
        }
    elif trace["x"]:
        marker = trace["marker"]
        opacity = {"opacity": put(np.array(marker["opacity"]))} if "opacity" in marker else {}
        yield {
            "kind": "crosses",
            "x": put(np.array(trace["x"])),
            "y": trace["y"][0],
            "size": marker["size"],
            "color": _paint(marker["line"]["color"]),
            **opacity,
        }
        for x, text in zip(trace["x"], trace.get("text", ()), strict=False):
            if text:
                yield {"kind": "text", "x": x, "y": trace["y"][0], "shift": [0, 10], "text": text, "size": 12, "color": _paint(trace["textfont"]["color"])}  # fmt: skip


def _shape(shape: dict[str, Any]) -> dict[str, Any]:
    """A band or a rule across the whole plot."""
    color = shape["fillcolor"] if shape["type"] == "rect" else shape["line"]["color"]
    return {"kind": "band" if shape["type"] == "rect" else "rule", "y": [shape["y0"], shape["y1"]], "color": _paint(color)}  # fmt: skip


def _note(note: dict[str, Any]) -> dict[str, Any]:
    """Text at a place: across, either a layer or a share of the plot's width."""
    return {
        "kind": "text", "x": note["x"], "y": note["y"], "text": note["text"], "size": note["font"]["size"], "color": _paint(note["font"]["color"]),
        "shift": [note.get("xshift", 0), note.get("yshift", 0)], "across": note.get("xref") == "paper",
        "anchor": note.get("xanchor", "center"), "hangs": note.get("yanchor", "middle"),
    }  # fmt: skip


def lines(figure: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """The values of the figure's lines by their names."""
    return {trace["name"]: trace["y"].array for trace in figure["data"] if isinstance(trace.get("y"), Typed)}
