"""NetworkConfig: bounds, budget, words of refusal, and fields without effect."""

from dataclasses import FrozenInstanceError, fields, replace
from math import floor, inf, nan

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from simulation import ConfigError, NetworkConfig, simulate
from simulation.config import DEFAULTS, FIELDS, deepest, matters
from simulation.parameters import Choice, Number
from simulation.trace import ARRAYS

# DESIGN 3: range or number of keys, and default.
CONTRACT = {
    "depth": (1, 1000, 50), "width": (1, 1024, 64), "batch": (1, 1024, 64), "activation": "sigmoid",
    "negative_slope": (0, 1, 0.01), "initializer": "xavier_normal", "weight_scale": (0.001, 20, 1),
    "bias_scale": (0, 10, 0), "normalization": "none", "groups": (1, 1024, 4), "norm_position": "before",
    "residual": "none", "block": (1, 2, 1), "branch_scale": (0, 10, 1), "inputs": "gaussian",
    "input_scale": (0.001, 1000, 1), "input_offset": (-10, 10, 0), "seed": (0, 9999, 0),
}  # fmt: skip
SMALL = {"depth": 2, "width": 4, "batch": 3}


def test_fields_and_defaults_are_the_contract():
    assert list(FIELDS) == list(CONTRACT) == [f.name for f in fields(NetworkConfig)]
    for name, contract in CONTRACT.items():
        if isinstance(contract, str):
            assert isinstance(FIELDS[name], Choice)
            assert DEFAULTS[name] == getattr(NetworkConfig(), name) == contract
        else:
            low, high, default = contract
            assert (FIELDS[name].low, FIELDS[name].high, DEFAULTS[name]) == (low, high, default)


@pytest.mark.parametrize("name", [name for name, p in FIELDS.items() if isinstance(p, Number)])
def test_bounds_of_numbers(name):
    parameter = FIELDS[name]
    for end in (parameter.low, parameter.high):
        assert getattr(NetworkConfig(**(SMALL | {name: end})), name) == end
    step = 1 if parameter.integer else 1e-9
    for bad in (parameter.low - step, parameter.high + step, nan, inf, -inf, "1", None, True, 1j):
        with pytest.raises(ConfigError) as refusal:
            NetworkConfig(**(SMALL | {name: bad}))
        assert refusal.value.field == name
        assert refusal.value.value is bad or refusal.value.value == bad
        assert refusal.value.allowed == parameter.allowed
        assert name in str(refusal.value)
        assert parameter.allowed in str(refusal.value)
    if parameter.integer:
        with pytest.raises(ConfigError, match="whole number"):
            NetworkConfig(**(SMALL | {name: parameter.low + 0.5}))


@pytest.mark.parametrize("name", [name for name, p in FIELDS.items() if isinstance(p, Choice)])
def test_keys_of_choices(name):
    for key in FIELDS[name].options:
        assert getattr(NetworkConfig(**{name: key}), name) == key
    for bad in ("", "nonsense", None, 3, ("none",)):
        with pytest.raises(ConfigError) as refusal:
            NetworkConfig(**{name: bad})
        assert refusal.value.field == name
        assert refusal.value.allowed == FIELDS[name].allowed


def test_a_config_is_frozen_and_hashable_and_its_numbers_are_plain():
    config = NetworkConfig(depth=np.int64(7), weight_scale=np.float32(0.5), bias_scale=1)
    assert type(config.depth) is int
    assert type(config.weight_scale) is type(config.bias_scale) is float
    assert config == NetworkConfig(depth=7, weight_scale=0.5, bias_scale=1.0)
    assert hash(config) == hash(replace(config))
    with pytest.raises(FrozenInstanceError):
        config.depth = 8


def test_a_long_value_is_cut_in_the_message():
    with pytest.raises(ConfigError) as refusal:
        NetworkConfig(activation="x" * 1000)
    assert len(str(refusal.value)) < 400


@pytest.mark.parametrize(
    ("width", "batch"), [(1024, 1024), (1024, 1), (1, 1024), (512, 512), (64, 64), (300, 200), (256, 512), (1, 1)]
)
def test_budget(width, batch):
    """depth x width^2 x batch at most 4e9, depth x width^2 at most 4e7, depth x width x batch at most 2e7."""
    most = min(floor(4e9 / (width**2 * batch)), floor(4e7 / width**2), floor(2e7 / (width * batch)))
    assert deepest(width, batch) == most
    allowed = min(most, 1000)
    assert NetworkConfig(depth=allowed, width=width, batch=batch).depth == allowed
    if most < 1000:
        with pytest.raises(ConfigError, match=f"at most {most} layers") as refusal:
            NetworkConfig(depth=most + 1, width=width, batch=batch)
        assert refusal.value.field == "depth"
        assert refusal.value.value == most + 1
        for counted in ("depth x width^2 x batch", "depth x width^2 at", "depth x width x batch"):
            assert counted in refusal.value.allowed


def test_every_width_and_batch_allows_a_layer():
    assert min(deepest(width, batch) for width in (1, 512, 1024) for batch in (1, 512, 1024)) >= 1


def test_groups_divide_the_width_only_where_they_are_used():
    assert NetworkConfig(width=6, groups=4).groups == 4
    assert NetworkConfig(width=6, groups=3, normalization="group").groups == 3
    with pytest.raises(ConfigError, match="a divisor of the width, 6") as refusal:
        NetworkConfig(width=6, groups=4, normalization="group")
    assert refusal.value.field == "groups"
    assert refusal.value.value == 4


def test_groups_divide_the_inputs_where_the_first_norm_is_given_them():
    digits = NetworkConfig(width=6, groups=3, normalization="group", inputs="digits")
    assert (digits.features, digits.given_to_phi(0), digits.given_to_phi(1)) == (64, 6, 6)
    with pytest.raises(ConfigError, match="a divisor of the 64 inputs") as refusal:
        replace(digits, residual="pre_activation")
    assert refusal.value.field == "groups"
    halves = replace(digits, residual="pre_activation", groups=2)
    assert (halves.features, halves.given_to_phi(0), halves.given_to_phi(1)) == (64, 64, 6)
    assert replace(digits, residual="pre_activation", inputs="ones").features == 6


@pytest.mark.parametrize(("depth", "block", "blocks"), [(5, 1, 5), (5, 2, 3), (6, 2, 3), (1, 2, 1)])
def test_number_of_blocks(depth, block, blocks):
    assert NetworkConfig(depth=depth, block=block).blocks == blocks


def _values(parameter):
    if isinstance(parameter, Choice):
        return st.sampled_from(list(parameter.options))
    if parameter.integer:
        return st.integers(int(parameter.low), int(parameter.high))
    return st.floats(parameter.low, parameter.high)


CONFIGS = st.fixed_dictionaries(
    {name: _values(parameter) for name, parameter in FIELDS.items()}
    | {"depth": st.integers(1, 6), "batch": st.integers(1, 5), "groups": st.sampled_from([1, 2, 4])}
    | {"width": st.sampled_from([8, 12])}
).map(lambda values: NetworkConfig(**values))


@given(CONFIGS)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_idle_fields_do_nothing(config):
    """The cache key stands for the very same arrays, and is its own key."""
    key = config.effective()
    for name in FIELDS:
        assert getattr(key, name) == (getattr(config, name) if matters(config, name) else DEFAULTS[name])
    assert key.effective() == key
    with np.errstate(all="raise", under="ignore"):
        one, other = simulate(config), simulate(key)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=f"{name} {config}")


@given(CONFIGS, st.data())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_change_of_an_idle_field_keeps_the_key(config, data):
    idle = [name for name in FIELDS if not matters(config, name)]
    assume(idle)
    name = data.draw(st.sampled_from(idle))
    other = data.draw(_values(FIELDS[name]))
    try:
        changed = replace(config, **{name: other})
    except ConfigError:
        return
    assert changed.effective() == config.effective()


ACTIVE = {
    "depth": ({}, 3), "width": ({}, 5), "batch": ({}, 4), "activation": ({}, "tanh"), "initializer": ({}, "he_normal"),
    "negative_slope": ({"activation": "leaky_relu"}, 0.5), "weight_scale": ({}, 2), "bias_scale": ({}, 1),
    "normalization": ({}, "layer"), "groups": ({"normalization": "group", "groups": 2}, 1),
    "norm_position": ({"normalization": "layer"}, "after"), "residual": ({}, "plain"),
    "block": ({"residual": "plain"}, 2), "branch_scale": ({"residual": "plain"}, 0.5), "inputs": ({}, "ones"),
    "input_scale": ({}, 2), "input_offset": ({}, 1), "seed": ({}, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", list(FIELDS))
def test_every_field_has_an_effect_somewhere(name):
    context, value = ACTIVE[name]
    base = NetworkConfig(**(SMALL | context))
    changed = replace(base, **{name: value})
    assert matters(base, name)
    assert changed.effective() != base.effective()
    assert not np.array_equal(simulate(changed).log10_delta_rms, simulate(base).log10_delta_rms)
