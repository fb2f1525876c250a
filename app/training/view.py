"""What the Train page shows for what its controls say: which of them matter, what they mean, where the links lead."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dash import html

from app.state import NETWORK_WORDS, State
from app.training import frame, texts
from app.training.look import PAGE_DEFAULTS, PAGE_WORDS, Look, lenient, train_address
from app.training.starts import start_of
from app.training.state import TRAIN_WORDS, TrainState, strict
from app.training.stories import STORIES
from app.words import Pairs, pairs_of, written
from components import ids as all_ids
from components.text import rich
from components.training import cards, ids
from simulation import config as network
from simulation.options import INPUTS
from simulation.parameters import Choice, Number
from simulation.training.changes import CHANGEABLE
from simulation.training.config import TrainingConfig

Components = dict[str, dict[str, Any]]
MOST_NAMED = 3
HIDDEN = ("inputs", "changes", "beside")  # parts of the state without a control: the data says what the inputs are


def view(pairs: Pairs, run: str | None, theme: str, since: Pairs | None = None) -> dict[str, Any]:
    """The page for these controls; `run`: the query of the run on the screen, with the changes made to it.

    since: what the controls said before. As long as they say the same, what was noted stays said; where they now say
    another value of what a run takes while it goes on, that is "altered".
    """
    asked = list(pairs)
    look, notes = lenient(asked)
    held, moved = look, _moved(lenient(since)[0], look) if since is not None else []
    shown = strict(pairs_of(run.encode())) if run else None
    if shown and _without_changes(_latest(shown)) == _without_changes(look.train):
        look = replace(look, train=shown)  # the controls say what was changed: the address says when
    components = controls(held, asked) | {
        **({ids.NOTES: {"children": [html.P(note) for note in notes]}} if moved or notes else {}),
        ids.CHANGED: {"children": _changed(look, shown)},
        all_ids.to_page("/"): {"href": explore_address(look.train)},
        **{
            ids.story(story.key): {
                "aria-current": "true" if story.query == replace(look, shows="weight_grad").query else "false"
            }
            for story in STORIES
        },
        **_start_from(look),
    }
    figures: Components = {}
    if not shown:
        planned = frame.planned(look.train)
        components |= texts.waiting(look, planned) | frame.visible(planned, False) | frame.key([planned], look)
        figures = {chart: part["figure"] for chart, part in frame.figures([planned], look, theme, {}).items()}
    altered = {word: PAGE_WORDS[word].format(held.values[word]) for word in moved if CHANGEABLE.keys() >= {*moved}}
    return {
        "query": look.query, "train": look.train.query, "beside": look.beside, "back": way_back(look),
        "altered": altered, "components": components, "figures": figures,
    }  # fmt: skip


def _moved(before: Look, after: Look) -> list[str]:
    """The words whose values differ."""
    old, new = before.values, after.values
    return [word for word in new if old[word] != new[word]]


def _start_from(look: Look) -> Components:
    """What this page was started from, if it still is that, and what it can be compared with."""
    start = start_of(look)
    if not start:
        return {ids.SEARCH: {"placeholder": "Your own training"}, ids.STORY: {"children": "Start from one of these, or set it up below."}}  # fmt: skip
    beside = [
        (name, differences(look.train, other), replace(page, shows=look.shows).query, page.beside == look.beside)
        for name, page in start.beside.items() if (other := page.other)
    ]  # fmt: skip
    return {ids.SEARCH: {"placeholder": start.title}, ids.STORY: {"children": cards.story(start.why, beside)}}


def _explored(state: TrainState) -> State:
    """Explore's state of the network that is trained, given the same data where Explore has them."""
    given = state.config.network
    if state.config.data in INPUTS:
        given = replace(given, inputs=state.config.data)
    return State(given, state.remedies)


def explore_address(state: TrainState) -> str:
    """Explore's page of the network that is trained."""
    query = _explored(state).query
    return f"/?{query}" if query else "/"


def way_back(look: Look) -> dict[str, str]:
    """What leads from Explore back to this page: Explore's link while the network is the same, and the words that are
    Train's own, to be kept with another network; not the run beside, which has a network of its own."""
    own = {word: value for word, value in look.values.items() if word not in NETWORK_WORDS and word != "beside"}
    if own["data"] in INPUTS:
        del own["data"]  # Explore has it, and may change it
    return {"link": train_address(_explored(look.train)), "words": written(own, PAGE_WORDS, PAGE_DEFAULTS)}


def controls(look: Look, asked: Pairs) -> Components:
    """What the controls say and which of them there are."""
    values = look.values
    held = {word: text for word, text in asked if word in PAGE_WORDS}
    corrected = {
        ids.value(word): {"value": control_value(word, values[word])}
        for word, text in held.items()
        if word != "changes" and values[word] is not None and text != PAGE_WORDS[word].format(values[word])
    }  # fmt: skip
    summaries = {
        all_ids.summary(ids.word(word)): {"children": parameter.options[values[word]].summary}
        for word, parameter in PAGE_WORDS.items()
        if isinstance(parameter, Choice) and word not in HIDDEN
    }
    hidden = {
        all_ids.control(ids.word(word)): {"hidden": not matters(look, word)}
        for word in TRAIN_WORDS
        if word not in HIDDEN
    }
    return corrected | summaries | hidden


def matters(look: Look, word: str) -> bool:
    """Whether a word has a control that has an effect on this training."""
    config = look.train.config
    if word in HIDDEN:
        return False
    if word in network.FIELDS:
        return network.matters(config.network, word)
    declared = TrainingConfig.__dataclass_fields__.get(word)
    return declared is None or bool(declared.metadata["matters"](config))


def control_value(word: str, value: Any) -> Any:
    """The value as its control holds it."""
    parameter = PAGE_WORDS[word]
    if isinstance(parameter, Number) or word == "changes":
        return parameter.format(value)
    return list(value) if isinstance(value, tuple) else value


def _latest(state: TrainState) -> TrainState:
    """The same with everything that was changed under way as if it had been so from the start."""
    changed = {name: value for _, name, value in state.config.changes}
    return replace(state, config=replace(state.config, **changed))


def _without_changes(state: TrainState) -> TrainState:
    return replace(state, config=replace(state.config, changes=()))


def differences(before: TrainState, after: TrainState) -> str:
    """Which settings differ, and how; "" where none does."""
    old, new = before.values, after.values
    words = [word for word in TRAIN_WORDS if old[word] != new[word] and word != "changes"]
    named = [f"{TRAIN_WORDS[word].label} {texts.said(word, old[word])} → {texts.said(word, new[word])}" for word in words]  # fmt: skip
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return "; ".join(named[:MOST_NAMED]) + more


def _changed(look: Look, shown: TrainState | None) -> list[Any]:
    """What the controls say that the run on the screen did not have; what a run will repeat."""
    if shown and look.train != shown:
        named = differences(_latest(shown), look.train)
        return rich(f"Not yet trained: {named}.") if named else []
    changes = look.train.config.changes
    if changes:
        told = "; ".join(f"at step {step} {TRAIN_WORDS[name].label.lower()} {texts.said(name, value)}" for step, name, value in changes)  # fmt: skip
        return rich(f"Changed under way, and repeated by this address: {told}.")
    return []
