"""Every start opens as it is meant: without a note of correction, both runs, as many networks, its address the same again."""

import pytest

from app.pages import train as page
from app.training.look import Look
from app.training.look import lenient as lenient_look
from app.training.starts import STARTS, start_of
from app.training.stories import STORIES
from app.training.view import view
from app.words import pairs_of
from components import ids as all_ids
from components.training import ids
from simulation.training.presets import PRESETS
from tests.app.reading import words

PAGES = [
    pytest.param(start, look, id=f"{start.title}, {name}")
    for start in STARTS
    for name, look in (start.beside or {"": start.look}).items()
]


def test_stories_come_first_then_all_presets():
    titles = [start.title for start in STARTS]
    assert titles == [*(f"{number}  {story.title}" for number, story in enumerate(STORIES, 1)), *(preset.label for preset in PRESETS.values())]  # fmt: skip
    dropdown = next(c for c in page.layout()._traverse() if getattr(c, "id", None) == ids.SEARCH)
    assert [option["value"] for option in dropdown.options] == [start.look.query for start in STARTS]


@pytest.mark.parametrize(("start", "look"), PAGES)
def test_a_start_opens_as_it_is_meant(start, look):
    again, notes = lenient_look(pairs_of(look.query.encode()))
    assert (again, notes) == (look, [])
    assert again.query == look.query
    assert start_of(look) is start
    assert start_of(Look(look.train, "dead", look.beside)) is start  # whatever the heatmap shows
    told = view(pairs_of(look.query.encode()), None, "light")
    assert told["query"] == look.query
    assert (told["train"], told["beside"]) == (look.train.query, look.beside)
    components = told["components"]
    assert ids.NOTES not in components
    assert components[ids.SEARCH]["placeholder"] == start.title
    assert not [name for name in components if name.startswith(all_ids.value("train-"))]  # no control is corrected


@pytest.mark.parametrize("key", PRESETS)
def test_a_preset_offers_each_run_that_it_is_compared_with(key):
    preset = PRESETS[key]
    start = next(start for start in STARTS if start.title == preset.label)
    assert start.look == next(iter(start.beside.values()))
    told = view(pairs_of(start.look.query.encode()), None, "light")["components"][ids.STORY]["children"]
    buttons = [c for part in told for c in part._traverse() if hasattr(c, "data-train")]
    assert [words(button.children) for button in buttons] == [name.replace("x 5", "× 5") for name in preset.beside]
    assert [getattr(button, "aria-pressed") for button in buttons] == ["true"] + ["false"] * (len(buttons) - 1)
    for button, config in zip(buttons, preset.beside.values(), strict=True):
        opened, notes = lenient_look(pairs_of(getattr(button, "data-train").encode()))
        assert notes == []
        assert (opened.train.config, opened.train.networks) == (preset.config, preset.networks)
        assert (opened.other.config, opened.other.networks) == (config, preset.networks)
        assert button.title  # says what it does otherwise


def test_what_was_altered_is_a_training_of_its_own():
    changed = view(pairs_of(f"{STARTS[5].look.train.query}&steps=77".encode()), None, "light")["components"]
    assert changed[ids.SEARCH]["placeholder"] == "Your own training"
