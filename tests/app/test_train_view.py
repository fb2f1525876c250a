"""What the Train page answers to its controls: what is corrected is said, what a run takes while it goes on is told."""

from dataclasses import replace
from urllib.parse import unquote

from app.pages import train as page
from app.training.look import Look
from app.training.state import TrainState
from app.training.view import view
from app.words import pairs_of
from components import ids as all_ids
from components.training import ids
from simulation import NetworkConfig
from simulation.config import DEFAULTS
from simulation.training.config import TrainingConfig
from tests.app.reading import words

JUNK = {"data": "junk", "depth": "nan", "foo": "1"}
SMALL = TrainState(TrainingConfig(NetworkConfig(depth=4, width=6, batch=16, activation="tanh"), steps=40))


def view_of(state: str, run: str | None, since: str | None):
    return view(pairs_of(state.encode()), run, "light", None if since is None else pairs_of(since.encode()))


def test_what_an_address_was_corrected_to_stays_said_until_the_controls_move():
    notes = {part.id: words(part) for part in page.layout(**JUNK)._traverse() if getattr(part, "id", None) == ids.NOTES}
    for said in ("Data 'junk'", "Depth 'nan' is not a whole number", "'foo'"):
        assert said in notes[ids.NOTES]
    now = Look(TrainState()).query
    moved = Look(SMALL).query
    for since, run in ((None, None), (now, None), (now, TrainState().query)):
        assert ids.NOTES not in view_of(now, run, since)["components"]
    assert view_of(moved, None, now)["components"][ids.NOTES] == {"children": []}
    typed = view_of("depth=99999&data=spirals", None, now)["components"]
    assert "Depth 99999 is not" in words(typed[ids.NOTES]["children"])
    corrected = f"depth={typed['value-train-depth']['value']}&data=spirals"
    assert ids.NOTES not in view_of(corrected, None, "depth=99999&data=spirals")["components"]


def test_a_rate_beyond_the_bounds_is_one_story():
    begun = replace(SMALL, config=replace(SMALL.config, changes=((3, "learning_rate", 0.2),)))
    now, typed, corrected = (f"{SMALL.query}&learning_rate={rate}" for rate in ("0.2", "1e9", "10"))
    told = view_of(typed, begun.query, now)
    assert told["altered"] == {"learning_rate": "10"}  # what the run is told, what the box and the note say
    assert told["components"]["value-train-learning_rate"] == {"value": "10"}
    assert "Learning rate 1e9 is not a number from 1e-06 to 10: 10 is shown." in words(
        told["components"][ids.NOTES]["children"]
    )
    taken = replace(begun, config=replace(begun.config, changes=(*begun.config.changes, (9, "learning_rate", 10.0))))
    for run in (begun, taken):
        told = view_of(corrected, run.query, typed)
        assert told["altered"] == {}  # once is enough
        assert not {"value-train-learning_rate", ids.NOTES} & told["components"].keys()
    assert told["train"] == taken.query
    assert "changes=3:learning_rate:0.2,9:learning_rate:10" in unquote(told["query"])


def test_only_what_a_run_takes_while_it_goes_on_is_told_to_it():
    now = SMALL.query
    for said, altered in (
        (f"{now}&clip=norm&threshold=0.5", {"clip": "norm", "threshold": "0.5"}), (f"{now}&learning_rate=0.10", {}),
        (f"{now}&learning_rate=0.3&seed=2", {}), (f"{now}&learning_rate=0.3&beside=depth%3D2", {}), (f"{now}&steps=0", {}),
    ):  # fmt: skip
        assert view_of(said, SMALL.query, now)["altered"] == altered
        assert view_of(said, SMALL.query, None)["altered"] == {}


def test_what_was_switched_on_under_way_has_its_controls():
    clipped = replace(SMALL, config=replace(SMALL.config, changes=((3, "clip", "norm"),)))
    told = view_of(f"{SMALL.query}&clip=norm", clipped.query, None)
    assert told["train"] == clipped.query
    assert told["components"][all_ids.control(ids.word("threshold"))] == {"hidden": False}


def test_what_leads_back_from_explore_is_its_own_link_and_the_words_of_the_training():
    told = view_of("depth=6&remedies=he&data=moons&optimizer=adam&steps=50&shows=dead", None, None)["back"]
    assert told == {"link": "/train?depth=6&remedies=he", "words": "data=moons&optimizer=adam&steps=50&shows=dead"}
    assert view_of("data=digits", None, None)["back"] == {"link": "/train?data=digits", "words": ""}
    assert view_of("data=spirals", None, None)["back"]["link"] == f"/train?depth={DEFAULTS['depth']}"
