"""The address: what is written comes back, strictly and leniently; junk becomes the nearest state, with a note."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.options import OPTIONS, Options
from app.state import STATE_DEFAULTS, WORDS, Pinned, State, StateError, lenient, pairs_of, strict
from simulation import NetworkConfig
from simulation.config import BUDGET, FIELDS, deepest
from simulation.parameters import Choice, Number, Subset
from simulation.presets import PRESETS
from simulation.remedies import REMEDIES

unhurried = settings(deadline=None)


def _values(parameter):
    """Any allowed value, to the 10 significant digits that a typed one keeps."""
    if isinstance(parameter, Choice):
        return st.sampled_from(list(parameter.options))
    if isinstance(parameter, Subset):
        return st.sets(st.sampled_from(list(parameter.options))).map(
            lambda keys: tuple(key for key in parameter.options if key in keys)
        )
    if isinstance(parameter, Pinned):
        return st.none() | st.sampled_from(["", "depth=51&remedies=he", "activation=relu"])
    if parameter.integer:
        return st.integers(int(parameter.low), int(parameter.high))
    numbers = st.floats(parameter.low, parameter.high, allow_subnormal=False).map(lambda x: float(f"{x:.10g}"))
    return numbers.filter(lambda x: parameter.low <= x <= parameter.high)


@st.composite
def states(draw):
    values = {word: draw(_values(parameter)) for word, parameter in FIELDS.items()}
    values["depth"] = min(values["depth"], deepest(values["width"], values["batch"]))
    sizes = [values["width"], 64 if values["inputs"] == "digits" else values["width"]]
    divisors = [g for g in range(1, min(sizes) + 1) if not any(size % g for size in sizes)]
    values["groups"] = draw(st.sampled_from(divisors))
    options = {word: draw(_values(parameter)) for word, parameter in OPTIONS.items()}
    options["layer"] = min(options["layer"], values["depth"])
    return State(
        NetworkConfig(**values), draw(_values(WORDS["remedies"])), Options(**options), draw(_values(WORDS["pin"]))
    )


@unhurried
@given(states())
def test_round_trip(state):
    pairs = pairs_of(state.query.encode())
    assert strict(pairs) == state
    assert lenient(pairs) == (state, [])
    assert strict(pairs).query == state.query


def test_defaults_are_not_written():
    assert State().query == ""
    assert strict([]) == State() == lenient([])[0]
    assert State(NetworkConfig(depth=51), ("he",)).query == "depth=51&remedies=he"


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_presets_round_trip(preset):
    assert strict(pairs_of(State(preset.config).query.encode())).config == preset.config


@pytest.mark.parametrize(("text", "value"), [("1.1", 1.1), ("1.414213562", 1.414213562), ("1.666666667", 1.666666667), ("0.1234567891234", 0.1234567891), (".5", 0.5), ("1e-2", 0.01), ("+3", 3.0)])  # fmt: skip
def test_ten_significant_digits_are_kept(text, value):
    for state in (strict([("weight_scale", text)]), lenient([("weight_scale", text)])[0]):
        assert state.config.weight_scale == value
        assert dict(parse_qsl(state.query)).get("weight_scale", "1") == f"{value:.10g}"


def test_remedies_are_written_in_registry_order():
    state = strict([("remedies", "layer_norm,he,relu")])
    assert state.remedies == ("he", "relu", "layer_norm")
    assert state.query == "remedies=he,relu,layer_norm"
    assert state.remedied == NetworkConfig(activation="relu", initializer="he_normal", normalization="layer")


names = st.sampled_from(list(WORDS)) | st.text()
texts = st.text() | st.floats().map(str) | st.integers().map(str) | st.sampled_from([*REMEDIES, "nan", "-inf", "1e999"])


@unhurried
@given(st.lists(st.tuples(names, texts), max_size=30))
@example([("depth", "１２")])
@example([("depth", "9" * 400)])
@example([("width", "1024"), ("batch", "1024"), ("depth", "1000"), ("normalization", "group"), ("groups", "1000")])
@example([("\ud800", "\ud800"), ("depth", "\ud800")])
def test_lenient_takes_anything(pairs):
    state, notes = lenient(pairs)
    assert strict(pairs_of(state.query.encode())) == state
    try:
        wanted = strict(pairs)
    except StateError:
        assert notes  # what was changed is said
    else:
        assert (state, notes) == (wanted, [])


@unhurried
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"depth=%FF")
@example(b"depth=\xff")
@example(b"a&" * 200)
def test_bytes_are_read_or_refused(query):
    try:
        pairs = pairs_of(query)
    except StateError:
        return  # says why; tests of the API read it
    lenient(pairs)


# What was asked for, what is shown, and what the note names.
CHANGED = [
    ("depth=99999", {"depth": 1000}, "1000"),
    ("depth=0", {"depth": 1}, "1"),
    ("depth=12.4", {"depth": 12}, "12"),
    ("depth=abc", {"depth": 50}, "abc"),
    ("depth=nan", {"depth": 50}, "nan"),
    ("depth=1e3", {"depth": 1000}, None),
    ("weight_scale=-3", {"weight_scale": 0.001}, "0.001"),
    ("weight_scale=1e300", {"weight_scale": 20.0}, "20"),
    ("activation=swish", {"activation": "sigmoid"}, "sigmoid"),
    ("activation=", {"activation": "sigmoid"}, "sigmoid"),
    ("depth=7&depth=9", {"depth": 9}, "twice"),
    ("dept=7", {}, "dept"),
    ("a=1&b=2&depth=7", {"depth": 7}, "1 more"),
    ("normalization=group&width=30&groups=7", {"width": 30, "groups": 6, "normalization": "group"}, "6"),
    ("width=30&groups=7", {"width": 30, "groups": 7}, None),
    (
        "normalization=group&width=30&groups=7&inputs=digits&residual=pre_activation",
        {"width": 30, "groups": 2, "normalization": "group", "inputs": "digits", "residual": "pre_activation"},
        "the width, 30 and the inputs, 64: 2",
    ),
    ("width=1024&batch=1024&depth=1000", {"width": 1024, "batch": 1024, "depth": 3}, "3 layers"),
]


@pytest.mark.parametrize(("query", "shown", "named"), CHANGED)
def test_what_is_changed_is_said(query, shown, named):
    state, notes = lenient(pairs_of(query.encode()))
    assert {word: state.values[word] for word in shown} == shown
    assert state == State(NetworkConfig(**shown))
    assert len(notes) == (named is not None)
    assert not notes or named in notes[0]


def test_unknown_remedies_are_left_out():
    state, notes = lenient([("remedies", "he,magic,,relu,he")])
    assert state.remedies == ("he", "relu")
    assert len(notes) == 1


@unhurried
@given(st.integers(1, 1024), st.integers(1, 1024))
def test_the_budget_lowers_the_depth(width, batch):
    state, notes = lenient([("width", str(width)), ("batch", str(batch)), ("depth", "1000")])
    assert state.config.depth == min(1000, deepest(width, batch))
    assert bool(notes) == (state.config.depth < 1000)
    assert all(state.config.depth * per_layer(width, batch) <= most for _, per_layer, most in BUDGET)


REFUSED = [
    ("dept", "7", "dept", "depth"),
    ("depth", "0", "depth", "1 to 1000"),
    ("depth", "1.5", "depth", "a whole number"),
    ("depth", "", "depth", "a whole number"),
    ("weight_scale", "nan", "weight_scale", "0.001 to 20"),
    ("weight_scale", "inf", "weight_scale", "0.001 to 20"),
    ("weight_scale", "9" * 400, "weight_scale", "0.001 to 20"),
    ("weight_scale", "１", "weight_scale", "0.001 to 20"),
    ("weight_scale", "1_0", "weight_scale", "0.001 to 20"),
    ("weight_scale", " 1", "weight_scale", "0.001 to 20"),
    ("activation", "swish", "activation", "gelu"),
    ("remedies", "he,magic", "remedies", "gain_matched"),
]


@pytest.mark.parametrize(("name", "text", "field", "allowed"), REFUSED)
def test_strict_names_the_field_what_it_was_and_what_is_allowed(name, text, field, allowed):
    with pytest.raises(StateError) as refused:
        strict([(name, text)])
    error = refused.value
    assert error.field == field
    assert error.value == text[:80]
    assert allowed in error.allowed
    assert len(str(error)) < 1000


@pytest.mark.parametrize(
    ("query", "field"),
    [("width=1024&batch=1024", "depth"), ("normalization=group&groups=7", "groups"), ("depth=5&depth=5", "depth")],
)
def test_strict_refuses_what_does_not_go_together(query, field):
    with pytest.raises(StateError) as refused:
        strict(pairs_of(query.encode()))
    assert refused.value.field == field


def test_every_setting_has_words():
    for word, parameter in WORDS.items():
        assert parameter.label
        assert parameter.summary
        assert parameter.allowed
        if isinstance(parameter, Number):
            assert parameter.low <= STATE_DEFAULTS[word] <= parameter.high
