"""Remedies: what each changes, which wins, and that what they say of themselves is so."""

from dataclasses import fields, replace
from math import sqrt

import numpy as np
import pytest

from simulation import NetworkConfig, draw_network, simulate
from simulation.config import FIELDS
from simulation.diagnosis import Verdict, diagnose
from simulation.remedies import REMEDIES, Override, apply_remedies, overrides

DEFAULT = NetworkConfig()


def cured(*keys: str, **settings: object) -> Verdict:
    """The verdict on a network with these remedies."""
    return diagnose(simulate(apply_remedies(NetworkConfig(**settings), keys)))


def factor(*keys: str, **settings: object) -> float:
    return cured(*keys, **settings).delta.factor_per_layer


CHANGES = {
    "gain_matched": {"initializer": "gain_matched", "weight_scale": 1},
    "he": {"initializer": "he_normal", "weight_scale": 1},
    "xavier": {"initializer": "xavier_normal", "weight_scale": 1},
    "orthogonal": {"initializer": "orthogonal", "weight_scale": 1},
    "relu": {"activation": "relu"},
    "leaky_relu": {"activation": "leaky_relu"},
    "rrelu": {"activation": "rrelu"},
    "batch_norm": {"normalization": "batch", "norm_position": "before"},
    "layer_norm": {"normalization": "layer", "norm_position": "before"},
    "rms_norm": {"normalization": "rms", "norm_position": "before"},
    "group_norm": {"normalization": "group", "norm_position": "before", "groups": 4},
    "residual_v1": {"residual": "post_activation"},
    "residual_v2": {"residual": "pre_activation"},
    "scaled_branch": {"branch_scale": 0.1414213562},
}


def test_the_order_is_that_of_the_design():
    assert list(REMEDIES) == list(CHANGES)


@pytest.mark.parametrize("key", REMEDIES)
def test_changes_these_fields_and_no_other(key):
    odd = NetworkConfig(weight_scale=3, activation="tanh", initializer="zeros", norm_position="after")
    for config in (DEFAULT, odd):
        before = replace(config)
        assert apply_remedies(config, [key]) == replace(config, **CHANGES[key])
        assert config == before


@pytest.mark.parametrize("key", REMEDIES)
def test_says_what_it_is_what_it_costs_and_when_it_is_no_help(key):
    remedy = REMEDIES[key]
    assert remedy.label
    for text in (remedy.summary, remedy.cost, remedy.nothing_when):
        assert 10 < len(text) < 160
        assert text.endswith(".")


def test_none_changes_nothing():
    assert apply_remedies(DEFAULT, []) is DEFAULT
    assert overrides(DEFAULT, []) == []


def test_the_later_in_the_registry_wins_whatever_the_order_given():
    for keys in (("he", "orthogonal"), ("orthogonal", "he")):
        assert apply_remedies(DEFAULT, keys).initializer == "orthogonal"
        assert overrides(DEFAULT, keys) == [Override("he", "orthogonal", "initializer")]


def test_every_pair_that_meets_in_a_field_is_reported():
    for first in REMEDIES:
        for second in REMEDIES:
            shared = {
                field
                for field in CHANGES[first].keys() & CHANGES[second].keys()
                if CHANGES[first][field] != CHANGES[second][field]
            }
            loser, winner = sorted((first, second), key=list(REMEDIES).index)
            found = overrides(DEFAULT, (first, second))
            assert {lost.field for lost in found} == shared
            assert all((lost.loser, lost.winner) == (loser, winner) for lost in found)
            remedied = apply_remedies(DEFAULT, (first, second))
            assert all(getattr(remedied, field) == value for field, value in CHANGES[winner].items())


def test_three_of_a_kind():
    assert [(o.loser, o.winner) for o in overrides(DEFAULT, ("he", "relu", "xavier", "orthogonal"))] == [
        ("he", "xavier"),
        ("xavier", "orthogonal"),
    ]


def test_all_at_once_are_valid():
    everything = apply_remedies(NetworkConfig(width=30, groups=7), REMEDIES)
    assert set(FIELDS) == {field.name for field in fields(everything)}
    assert simulate(everything).depth == 50


@pytest.mark.parametrize(("width", "groups", "taken"), [(64, 4, 4), (30, 7, 6), (61, 60, 1), (64, 1024, 64)])
def test_group_norm_takes_the_largest_divisor_of_the_width(width, groups, taken):
    assert apply_remedies(NetworkConfig(width=width, groups=groups), ["group_norm"]).groups == taken


def test_groups_divide_the_inputs_too_where_the_first_norm_is_given_them():
    digits = NetworkConfig(width=30, groups=7, inputs="digits")
    assert apply_remedies(digits, ["group_norm"]).groups == 6
    assert apply_remedies(digits, ["group_norm", "residual_v2"]).groups == 2
    assert apply_remedies(replace(digits, residual="pre_activation"), ["group_norm"]).groups == 2


@pytest.mark.parametrize(("depth", "block"), [(50, 1), (50, 2), (51, 2), (1, 1), (1000, 2)])
def test_scaled_branch_is_one_over_the_root_of_the_blocks(depth, block):
    config = NetworkConfig(depth=depth, block=block)
    assert apply_remedies(config, ["scaled_branch"]).branch_scale == pytest.approx(1 / sqrt(config.blocks), rel=1e-9)


def test_remedies_share_the_noise():
    """He and Xavier differ by a factor and nothing else: the comparison is paired."""
    he, xavier = (draw_network(apply_remedies(DEFAULT, [key])) for key in ("he", "xavier"))
    for one, other in zip(he.weights, xavier.weights, strict=True):
        np.testing.assert_allclose(one, other * sqrt(2), rtol=1e-12)
    assert np.array_equal(he.inputs, xavier.inputs)
    assert np.array_equal(he.cotangent, xavier.cotangent)


def test_one_click_cures_the_opening_network():
    assert cured().state == "vanishing"
    cures = [key for key in REMEDIES if cured(key).state == "stable"]
    assert cures == ["gain_matched", "batch_norm", "residual_v2"]


def near(value: float, wanted: float, tolerance: float) -> bool:
    return abs(value - wanted) <= tolerance


RELU_HE = {"activation": "relu", "initializer": "he_normal"}

# What each says of when it is no help, as what is so on the numbers.
NO_HELP = {
    "gain_matched": lambda: {
        "nothing under batch norm": near(
            factor(normalization="batch", **RELU_HE), factor("gain_matched", normalization="batch", **RELU_HE), 1e-3
        )
        and near(factor(normalization="batch"), factor("gain_matched", normalization="batch"), 1e-3),
        "explodes slowly": all(
            cured("gain_matched", activation=activation, depth=200).state == "exploding"
            and 1 < factor("gain_matched", activation=activation, depth=200) < 1.35
            for activation in ("gelu", "silu", "softplus")
        ),
    },
    "he": lambda: {
        "narrow ReLU dies": cured("he", activation="relu", width=4).state == "dead",
        "sigmoid vanishes": cured("he").state == "vanishing",
        "deep GELU vanishes": cured("he", activation="gelu", depth=100, width=128).state == "vanishing",
        "no help under batch norm": near(
            factor(normalization="batch", activation="relu"),
            factor("he", normalization="batch", activation="relu"),
            2e-3,
        ),
    },
    "xavier": lambda: {
        "ReLU loses half its power": near(factor("xavier", activation="relu") ** 2, 0.5, 0.05),
        "sigmoid far more": factor("xavier") ** 2 < 0.1,
    },
    "orthogonal": lambda: {
        "sigmoid and ReLU still shrink": factor("orthogonal") < 0.3 and factor("orthogonal", activation="relu") < 0.8,
        "but linear is exact": near(factor("orthogonal", activation="linear"), 1, 1e-9),
    },
    "relu": lambda: {
        "half the power at Xavier's scale": near(factor("relu") ** 2, 0.5, 0.05),
        "needs He's": near(factor("relu", "he"), 1, 0.02),
    },
    "leaky_relu": lambda: {
        "the scale stays": near(factor("leaky_relu") ** 2, 0.5, 0.05)
        and factor("leaky_relu", weight_scale=4) > 2
        and apply_remedies(NetworkConfig(weight_scale=4), ["leaky_relu"]).weight_scale == 4,
        "no unit is ever wholly dead": cured("leaky_relu", width=4, initializer="he_normal").dead_fraction == 0,
    },
    "rrelu": lambda: {
        "the scale stays": near(factor("rrelu") ** 2, 0.556, 0.05) and factor("rrelu", weight_scale=4) > 2,
    },
    "batch_norm": lambda: {
        "exactly 0 at batch 1": cured("batch_norm", batch=1).state == "dead",
        "its epsilon at 2": np.ptp([cured("batch_norm", batch=2, depth=7, seed=s).delta.decades for s in range(6)]) > 1,
        "not so at 16": np.ptp([cured("batch_norm", batch=16, depth=7, seed=s).delta.decades for s in range(6)]) < 0.5,
        "explodes by itself": cured("batch_norm", depth=100, **RELU_HE).state == "exploding",
    },
    "layer_norm": lambda: {
        "most of the signal": factor("layer_norm") < 0.5,
        "any batch size": near(factor("layer_norm", batch=1), factor("layer_norm"), 0.05),
    },
    "rms_norm": lambda: {"does not rescue sigmoid": cured("rms_norm").state == "vanishing"},
    "group_norm": lambda: {
        "does not rescue sigmoid": cured("group_norm").state == "vanishing",
        "groups of 1 unit": cured("group_norm", groups=64).state == "dead",
    },
    "residual_v1": lambda: {"a sigmoid costs its slope": factor("residual_v1") < 0.5},
    "residual_v2": lambda: {
        "doubles the power": near(factor("residual_v2", **RELU_HE) ** 2, 2, 0.2),
        "not with a norm": cured("residual_v2", "layer_norm", **RELU_HE).state == "stable",
        "not with a scaled branch": cured("residual_v2", "scaled_branch", **RELU_HE).state == "stable",
    },
    "scaled_branch": lambda: {
        "nothing without skips": apply_remedies(DEFAULT, ["scaled_branch"]).effective() == DEFAULT,
        "of order 1": near(cured("residual_v2", "scaled_branch", **RELU_HE).activation.decades, 0.2, 0.1),
    },
}


@pytest.mark.parametrize("key", REMEDIES)
def test_is_no_help_where_it_says_so(key):
    claims = NO_HELP[key]()
    assert all(claims.values()), (REMEDIES[key], claims)
