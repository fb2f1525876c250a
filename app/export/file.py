"""An offline file of a state: the finest grid of slider positions that a budget of work and its size allow."""

from collections.abc import Iterable
from pathlib import Path

from app.export import film, grid
from app.pages.embed import CHARTS, settings_said
from app.settings import VERSION
from app.state import State, StateError, strict
from components import offline
from components.embedding import EMBEDS

PARTS = tuple(CHARTS)
MOST_BYTES = 2 * 1024 * 1024
_HERE = Path(__file__).parent
_TOKENS = _HERE.parent.parent / "assets" / "tokens.css"


def read(pairs: Iterable[tuple[str, str]]) -> tuple[State, tuple[str, ...]]:
    """The state and the settings with sliders that the pairs say, to the letter; StateError otherwise."""
    pairs = list(pairs)
    named = [text for name, text in pairs if name == "sliders"]
    if len(named) > 1:
        raise StateError("sliders", named[1], "given once")
    state = strict(pair for pair in pairs if pair[0] != "sliders")
    return state, grid.asked(state, named[0] if named else None)


def html(part: str, state: State, names: tuple[str, ...]) -> str:
    """The file; StateError where the networks would take too long, or no grid fits into it."""
    for sliders, states in grid.grids(state, names):
        text = _page(part, state, sliders, film.film(part, sliders, states))
        if len(text.encode()) <= MOST_BYTES:
            return text
    raise StateError("sliders", ",".join(names), f"settings whose pictures fit into {MOST_BYTES} bytes: take fewer layers")  # fmt: skip


def _page(part: str, state: State, sliders: list[grid.Slider], packed: bytes) -> str:
    shown = [
        (one.name, grid.SLIDABLE[one.name].label, grid.SLIDABLE[one.name].summary, one.texts, one.at) for one in sliders
    ]
    moved = {label for _, label, *_ in shown}
    first = film.frame(part, state, film.Arrays(), film.Simulated())["words"]
    fixed = [(label, text) for label, text in settings_said(state, ()) if label not in moved]
    style = _TOKENS.read_text() + (_HERE / "offline.css").read_text()
    script = (_HERE / "offline.js").read_text()
    return offline.page(EMBEDS[part][0], shown, CHARTS[part], first, fixed, VERSION, style, script, packed)
