"""What the Train page shows of a run, and of one beside it: charts, words and buttons, by element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.training import progress, texts
from app.training.answers import Answer, answers_of, has_answers, stored
from app.training.history import Followed, nothing
from app.training.look import Look
from app.training.state import TrainState
from components import ids as all_ids
from components.figures import run_layers, run_steps
from components.figures.runs import Run
from components.theme import PALETTES
from components.training import cards, ids
from components.training.quantities import QUANTITIES
from simulation.training.data import DATA
from simulation.training.expected import SAME, expect

Components = dict[str, dict[str, Any]]


def run_of(role: str, followed: Followed, since: int) -> Run:
    """The run as the charts take it."""
    return Run(role, followed.training, followed.records, followed.crashes, since, followed.asked.networks, _references(followed.state), not progress.going(followed.seen.state))  # fmt: skip


def planned(state: TrainState) -> Run:
    """A run of which there is nothing yet: its charts have their axes and reference lines."""
    return Run("run", state.training, nothing(state), (None,) * state.networks, 0, state.networks, _references(state))


def _references(state: TrainState) -> dict[str, float]:
    expected = expect(state.training)
    if abs(expected.first - expected.constant) <= SAME * expected.constant:
        return {f"knows nothing: {expected.chance}": expected.constant}
    return {f"knows nothing: {expected.formula}": expected.first, "one answer for all": expected.constant}


def figures(runs: Sequence[Run], look: Look, theme: str, answers: Mapping[str, Answer]) -> Components:
    """The charts by id; `runs`: the one on the screen last, before it the one beside it; answers: by role."""
    palette, quantity = PALETTES[theme], QUANTITIES[look.shows]
    shown, span = runs[-1], run_layers.color_span(runs, QUANTITIES[look.shows])
    drawn = {
        "train-loss": run_steps.loss(palette, runs),
        "train-heatmap": run_layers.heatmap(palette, shown, quantity, span),
        "train-ratio": run_layers.ratios(palette, runs),
        "train-norm": run_steps.gradient_norm(palette, runs),
    }
    if len(runs) > 1:
        drawn["train-heatmap-beside"] = run_layers.heatmap(palette, runs[0], quantity, span)
    kind = DATA[shown.training.data]
    if kind.task == "classes":
        drawn["train-accuracy"] = run_steps.accuracy(palette, runs)
    if has_answers(shown.training, shown.networks):
        drawn["train-boundary"] = answers_of(
            palette, [run.training for run in runs], [answers.get(run.role) for run in runs]
        )
    return {all_ids.chart(chart): {"figure": figure} for chart, figure in drawn.items()}


def key(runs: Sequence[Run], look: Look) -> Components:
    """What the heatmap's colors stand for."""
    quantity = QUANTITIES[look.shows]
    return {ids.KEY: {"children": cards.key(quantity, *run_layers.color_span(runs, quantity))}}


def visible(run: Run, compared: bool) -> Components:
    """Which cards there are for this run."""
    there = {
        "train-accuracy": DATA[run.training.data].task == "classes",
        "train-boundary": has_answers(run.training, run.networks),
        "train-heatmap-beside": compared,
    }
    grid = cards.grid(*(chart for chart, shown in there.items() if shown), *["of-seeds"] * (run.networks > 1))
    return {ids.CHARTS: {"className": grid}} | {
        ids.card(chart): {"hidden": not shown} for chart, shown in there.items()
    }


def frame(
    followed: Mapping[str, Followed], since: Mapping[str, int], look: Look, theme: str,
    told: Mapping[str, Mapping[str, Any] | None], in_words: bool,
) -> dict[str, Any]:  # fmt: skip
    """The answer to a page that has `since` so many records of each run: what is new of the charts, and the numbers.

    told: what each network answered, as the store has it. in_words: with all there is to read. A run that has ended is always told in words.
    """
    runs = [run_of(role, followed[role], since[role]) for role in ("beside", "run") if role in followed]
    in_words = in_words or not progress.going(followed["run"].seen.state)
    components = progress.of_runs(followed, runs)
    if in_words:
        components |= visible(runs[-1], len(runs) > 1) | key(runs, look) | texts.sentences(followed, runs[-1], look)
    grown = any(run.since < len(run.steps) or run.since == 0 for run in runs)
    answers = {role: stored(one) for role, one in told.items()}
    charts = figures(runs, look, theme, answers) if grown or in_words else {}
    return {
        "runs": {role: {"next": one.count, "state": one.seen.state, "going": progress.going(one.seen.state), "query": one.state.query,
                        "checkpoints": len(one.seen.progress.checkpoints)}
                 for role, one in followed.items()},
        "components": components,
        "figures": {chart: part["figure"] for chart, part in charts.items()},
    }  # fmt: skip
