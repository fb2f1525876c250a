"""What the Train page answers to its controls: what is corrected is said, what a run takes while it goes on is told."""

from app.pages import train as page
from app.training.look import Look
from app.training.state import TrainState
from app.training.view import view
from app.words import pairs_of
from components.training import ids
from simulation import NetworkConfig
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
