"""The smallest fix: one button under the headline."""

from dataclasses import replace
from typing import Any

from app.panels.panel import Components, Palette, Panel
from app.schemas import members, or_null, record, text
from app.state import State
from components import cards, ids
from simulation.fix import Fix, FixSearch, smallest_fix


def _fixed(state: State, found: FixSearch) -> str:
    assert found.fix
    config = replace(state.config, weight_scale=found.fix.weight_scale)
    return replace(state, config=config, remedies=found.fix.remedies).query


def _reply(state: State, found: FixSearch) -> dict[str, Any]:
    if not found.fix:
        return {"fix": None, "reason": found.reason}
    fix = found.fix
    said = {"label": fix.label, "sentence": str(fix), "cures": fix.cures, "query": _fixed(state, found)}
    return {"fix": {**said, "weight_scale": fix.weight_scale, "remedies": fix.remedies}, "reason": found.reason}


def _show(state: State, found: FixSearch, palette: Palette) -> Components:
    if found.done < found.total:
        return {ids.FIX: {"children": cards.fix_search(found.done, found.total)}}
    fix = (
        cards.fix(found.fix.label, found.fix.outcome, _fixed(state, found)) if found.fix else cards.no_fix(found.reason)
    )
    return {ids.FIX: {"children": fix}}


_FIX = record(
    {
        **members(Fix, ("label", "cures", "weight_scale", "remedies")), "sentence": text("What to do, and what comes of it."),
        "query": text("The network with the fix."),
    }
)  # fmt: skip
_ANSWER = record({"fix": or_null(_FIX), "reason": text("Why there is none; else empty.")})

PANEL = Panel(
    key="fix", section="headline", title="The smallest fix", question="The least that has to be done.",
    compute=lambda state: smallest_fix(state.config, state.remedies), reply=_reply, show=_show, both=False,
    answer=_ANSWER,
)  # fmt: skip
