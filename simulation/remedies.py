"""Remedies: named edits of the config. The engine never asks whether one is on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

from simulation.config import NetworkConfig, most_groups
from simulation.registry import Registry


@dataclass(frozen=True)
class Remedy:
    """What practitioners do against vanishing and exploding gradients.

    changes: the fields that it sets, given the config so far.
    cost: what it costs. nothing_when: when it changes nothing, or nothing that matters.
    """

    key: str
    label: str
    summary: str
    cost: str
    nothing_when: str
    changes: Callable[[NetworkConfig], dict[str, Any]]


def _sets(**values: Any) -> Callable[[NetworkConfig], dict[str, Any]]:
    return lambda config: values


def _weights(initializer: str) -> Callable[[NetworkConfig], dict[str, Any]]:
    """Weights drawn anew by that rule: a scale set by hand goes with the old ones."""
    return _sets(initializer=initializer, weight_scale=1.0)


def _norm(key: str) -> Callable[[NetworkConfig], dict[str, Any]]:
    return _sets(normalization=key, norm_position="before")


def _group_norm(config: NetworkConfig) -> dict[str, Any]:
    groups = most_groups(config.groups, config.width, config.given_to_phi(0))
    return {"normalization": "group", "norm_position": "before", "groups": groups}


def _pre_activation(config: NetworkConfig) -> dict[str, Any]:
    """Its first norm is given the inputs, which groups must divide, too."""
    changes: dict[str, Any] = {"residual": "pre_activation"}
    if config.normalization == "group" and config.features % config.groups:
        changes["groups"] = most_groups(config.groups, config.width, config.features)
    return changes


REMEDIES: Registry[Remedy] = Registry(
    Remedy(
        "gain_matched", "matched init",
        "Draws the weights at the scale at which this very activation keeps the gradient's size.",
        "Costs nothing.",
        "Does nothing under batch norm, which undoes any scale. Where no such scale attracts (GELU, SiLU, softplus), deep networks explode with it.",
        _weights("gain_matched"),
    ),
    Remedy(
        "he", "He init", "Draws the weights with variance 2 / fan_in, which makes up for what ReLU drops.",
        "Costs nothing.", "Narrow ReLU networks still die; sigmoid still vanishes, and in deep networks GELU; no help under batch norm.",
        _weights("he_normal"),
    ),
    Remedy(
        "xavier", "Xavier init", "Draws the weights with variance 2 / (fan_in + fan_out), right for tanh near zero.",
        "Costs nothing.", "ReLU loses half its power a layer with it, sigmoid far more.",
        _weights("xavier_normal"),
    ),
    Remedy(
        "orthogonal", "orthogonal init", "Draws the weights as rotations: no direction is stretched or lost by them.",
        "One QR decomposition a layer, once.", "Cannot make up for the activation's slope: sigmoid and ReLU still shrink the signal.",
        _weights("orthogonal"),
    ),
    Remedy(
        "relu", "ReLU", "Replaces the activation by ReLU, whose slope is 1 wherever it is not 0.",
        "Costs nothing; units can die.", "At Xavier's scale it still loses half the power a layer: it needs He's weights.",
        _sets(activation="relu"),
    ),
    Remedy(
        "leaky_relu", "leaky ReLU", "Replaces the activation by leaky ReLU: no unit is ever wholly dead.",
        "Costs nothing.", "Does nothing about the scale of the weights.",
        _sets(activation="leaky_relu"),
    ),
    Remedy(
        "rrelu", "randomized leaky ReLU", "Leaky ReLU with slopes drawn anew for every entry: also a regularizer.",
        "Random numbers in each pass.", "Does nothing about the scale of the weights.",
        _sets(activation="rrelu"),
    ),
    Remedy(
        "batch_norm", "batch norm", "Gives each unit mean 0 and variance 1 over the batch, before the activation.",
        "A quarter to a half more compute here; depends on the batch, and explodes by itself in deep plain ReLU networks.",
        "At batch 1 it cuts the gradient to exactly 0; at 2 only its epsilon lets any through, by chance.",
        _norm("batch"),
    ),
    Remedy(
        "layer_norm", "layer norm", "Gives each sample mean 0 and variance 1 over its units, before the activation.",
        "A quarter to a half more compute here; works at any batch size.", "Does not rescue sigmoid: its slope still costs most of the signal.",
        _norm("layer"),
    ),
    Remedy(
        "rms_norm", "RMS norm", "Gives each sample mean square 1 over its units, and leaves the mean alone.",
        "A little cheaper than layer norm.", "Does not rescue sigmoid.",
        _norm("rms"),
    ),
    Remedy(
        "group_norm", "group norm", "Like layer norm, within groups of units; takes the largest number of groups that divides the width.",
        "A quarter to a half more compute here; small groups add noise.", "Does not rescue sigmoid; groups of 1 unit cut the gradient to exactly 0.",
        _group_norm,
    ),
    Remedy(
        "residual_v1", "residual v1", "Adds each block's input to its output, then activates the sum (He et al. 2015).",
        "Keeps one more array a block.", "The activation stays on the path: a sigmoid there still costs its slope in every block.",
        _sets(residual="post_activation"),
    ),
    Remedy(
        "residual_v2", "residual v2", "Normalizes and activates inside the branch, so that the sum goes on untouched (He et al. 2016).",
        "Keeps one more array a block.", "Without normalization or a scaled branch, ReLU with He weights doubles the power in every block.",
        _pre_activation,
    ),
    Remedy(
        "scaled_branch", "scaled branch", "Multiplies what each block adds by 1 / sqrt(number of blocks): the sum stays of order 1.",
        "Costs nothing.", "Does nothing without skip connections.",
        lambda config: {"branch_scale": float(f"{1 / sqrt(config.blocks):.10g}")},
    ),
)  # fmt: skip


def apply_remedies(config: NetworkConfig, keys: Iterable[str]) -> NetworkConfig:
    """The config with these remedies, applied in registry order whatever the order given."""
    chosen = set(keys)
    for key, remedy in REMEDIES.items():
        if key in chosen:
            config = replace(config, **remedy.changes(config))
    return config


@dataclass(frozen=True)
class Override:
    """Two chosen remedies that set the same field to different values: the later one wins."""

    loser: str
    winner: str
    field: str


def overrides(config: NetworkConfig, keys: Iterable[str]) -> list[Override]:
    """Which of the chosen remedies lose a field to a later one."""
    chosen = [key for key in REMEDIES if key in set(keys)]
    last: dict[str, tuple[str, Any]] = {}
    lost: list[Override] = []
    for key in chosen:
        for field, value in REMEDIES[key].changes(config).items():
            if field in last and last[field][1] != value:
                lost.append(Override(last[field][0], key, field))
            last[field] = (key, value)
    return lost
