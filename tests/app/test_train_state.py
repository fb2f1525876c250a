"""A training's address: what is written is read back, what is not allowed is named."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.state import StateError, pairs_of
from app.training.state import TRAIN_WORDS, TrainState, lenient, strict
from simulation import NetworkConfig
from simulation.training.config import TrainingConfig


def test_there_and_back():
    state = TrainState(
        TrainingConfig(NetworkConfig(depth=5, seed=3), "moons", optimizer="adam", steps=40, changes=((3, "clip", "norm"), (9, "learning_rate", 0.01))),
        ("he", "relu"), 20,
    )  # fmt: skip
    assert strict(pairs_of(state.query.encode())) == state
    assert strict([]) == TrainState()
    assert TrainState().query == ""


def test_remedies_edit_the_network_that_is_trained():
    state = strict([("remedies", "relu"), ("depth", "3")])
    assert state.training.network.activation == "relu"
    assert state.config.network.activation == "sigmoid"


@pytest.mark.parametrize(
    ("query", "field"),
    [("nonsense=1", "nonsense"), ("networks=0", "networks"), ("networks=201", "networks"), ("networks=200&depth=50", "depth"), ("optimizer=sgdd", "optimizer"),
     ("steps=20000&width=512&depth=100", "steps"), ("changes=1:depth:3", "changes"), ("depth=2&depth=3", "depth")],
)  # fmt: skip
def test_what_is_not_allowed_is_named(query, field):
    with pytest.raises(StateError) as refused:
        strict(pairs_of(query.encode()))
    assert refused.value.field == field


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(list(TRAIN_WORDS)) | st.text(), st.text() | st.integers().map(str) | st.floats().map(str)), max_size=20),
    st.sampled_from(["pre_activation", "none"]), st.sampled_from(["", "group_norm,residual_v2"]),
)  # fmt: skip
def test_lenient_takes_anything(pairs, residual, remedies):
    state, _ = lenient([*pairs, ("residual", residual), ("remedies", remedies)])
    assert strict(pairs_of(state.query.encode())) == state


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [("width=1024&depth=38&batch=1", "depth", "learned numbers"), ("steps=20000&width=512&depth=20", "steps", "multiply-adds"),
     ("data=teacher&residual=pre_activation&normalization=group", "groups", "10 features"), ("changes=x", "changes", "Changes")],
)  # fmt: skip
def test_what_cannot_be_run_becomes_less_and_says_so(query, field, said):
    state, notes = lenient(pairs_of(query.encode()))
    assert len(notes) == 1
    assert said in notes[0]
    asked = dict(pairs_of(query.encode())).get(field, "4")
    assert str(state.values[field]) != asked
