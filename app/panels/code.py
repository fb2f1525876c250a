"""Show me the code: a complete program that computes the same numbers by itself."""

from typing import Any

from app.panels.panel import Components, Palette, Panel
from app.state import State
from components import ids, takeaway
from components.text import rich
from simulation.programs import LANGUAGES, program


def text(state: State) -> str:
    """The program for the network on the screen, in the language that is asked for."""
    return program(state.remedied, state.options.language)


def _reply(state: State, written: str) -> dict[str, Any]:
    return {"language": state.options.language, "program": written}


def _show(state: State, written: str, palette: Palette) -> Components:
    lines = f"{len(written.splitlines())} lines of {LANGUAGES[state.options.language].label}"
    said = (
        f"{lines} for exactly this network. It draws the same weights and prints the same numbers, to 1 part in 10^9."
    )
    return {
        ids.caption("code"): {"children": rich(said)},
        ids.body("code"): {"children": takeaway.program(written, f"/api/v1/code?{state.query}")},
    }


PANEL = Panel(
    key="code", section="take-away", title="Show me the code", question="Run it yourself: it downloads nothing.",
    words=("language",), compute=lambda state: iter([text(state)]), reply=_reply, show=_show, quick=True,
)  # fmt: skip
