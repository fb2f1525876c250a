"""What holds for a config in every language: the order of a layer, its blocks, and where numbers are exactly alike."""

from __future__ import annotations

from dataclasses import replace
from math import inf

from simulation.activations import ACTIVATIONS
from simulation.config import NetworkConfig
from simulation.layers import Activate, Affine, Fork, Join, Normalize, Operation
from simulation.network import draw_network
from simulation.normalizations import NORMALIZATIONS
from simulation.options import INPUTS
from simulation.programs.text import number
from simulation.propagation import Layer, build_layers

_NAMES: dict[type[Operation], str] = {
    Fork: "fork", Affine: "affine", Normalize: "norm", Activate: "activate", Join: "join"
}  # fmt: skip


def layer_steps(config: NetworkConfig) -> list[str]:
    """What a layer does, forward and in the core's own order, if it is a block of its own; names as in `_NAMES`."""
    (layer,) = _small(config, depth=1, block=1)
    steps = [_NAMES[type(operation)] for operation in layer.operations]
    absent = ["activate"] * (config.activation == "linear")
    if not config.first_is_square and config.blocks == 1:  # the only block has ends of two widths, and no skip
        absent += ["fork", "join"]
    return [step for step in steps if step not in absent]


def _small(config: NetworkConfig, depth: int, block: int) -> list[Layer]:
    """The layers of such a network, of one unit each."""
    small = replace(config, depth=depth, block=block, width=1, batch=1, groups=1, inputs="gaussian")
    return build_layers(draw_network(small))


def starts_block(config: NetworkConfig) -> str:
    """The condition under which a layer starts a block, "" if every layer does."""
    return "layer % 2 == 0" if min(config.block, config.depth) == 2 else ""


def ends_block(config: NetworkConfig) -> str:
    """The condition under which a layer ends a block, "" if every layer does."""
    last = " or layer == DEPTH - 1" if config.depth % 2 else ""
    return f"layer % 2 == 1{last}" if starts_block(config) else ""


def takes_skip(config: NetworkConfig) -> str:
    """The condition under which a skip connection leaves before a layer, "" if before every one."""
    condition = starts_block(config)
    return condition if config.first_is_square else without_first(config, condition)


def adds_skip(config: NetworkConfig) -> str:
    """The condition under which one arrives after a layer, "" if after every one."""
    condition = ends_block(config)
    return condition if config.first_is_square else without_first(config, condition)


def without_first(config: NetworkConfig, condition: str) -> str:
    """The condition, without the first block, whose ends are of two widths."""
    later = f"layer > {min(config.block, config.depth) - 1}"
    return f"{later} and {f'({condition})' if ' or ' in condition else condition}" if condition else later


def useless_biases(config: NetworkConfig) -> str | None:
    """The condition under which only batch norms read a layer's z; "" if of every layer, None if of none."""
    useless = [layer.affine.feeds_batch_norm for layer in _small(config, depth=2, block=config.block)]
    if all(useless):
        return ""
    inner = f"{starts_block(config)}{' and layer < DEPTH - 1' * (config.depth % 2)}"
    return inner if useless[0] and starts_block(config) else None


def set_size(config: NetworkConfig) -> int:
    """How many entries share their statistics, 0 without a norm."""
    over = NORMALIZATIONS[config.normalization].over
    return {"nothing": 0, "batch": config.batch, "layer": config.width, "groups": config.width // config.groups}[over]


def may_be_alike(config: NetworkConfig) -> bool:
    """Whether a norm may see sets whose entries are all alike, of which it should make exact zeros."""
    some_alike = config.initializer == "identity" or config.residual == "pre_activation"  # some pixels are always paper
    drawn = config.inputs == "gaussian" or (config.inputs == "digits" and not some_alike)
    return not drawn or config.initializer == "zeros"


def samples_alike(config: NetworkConfig) -> bool:
    """Whether all samples are the same wherever a batch norm looks at a z, but for how products are rounded."""
    drawn = ACTIVATIONS[config.activation].slopes == "drawn"  # which tells samples apart, unless a norm made them 0
    before = config.norm_position == "before" and config.residual in ("none", "plain")
    return config.normalization == "batch" and INPUTS[config.inputs].alike and (before or not drawn)


def phi_arguments(config: NetworkConfig) -> tuple[str, str]:
    """What phi takes, and what it is given in the loop over layers."""
    return ("z, a", "h, negative_slopes[layer]") if ACTIVATIONS[config.activation].slopes == "drawn" else ("z", "h")


# Lines that are the same in every language.


def centered_sets(config: NetworkConfig, mean: str, suffix: str = "") -> list[str]:
    """The lines that arrange x in sets with statistics of their own, and take their means out."""
    kind = NORMALIZATIONS[config.normalization]
    lines = [f"x = x.reshape(BATCH, {config.groups}, -1)"] * (kind.over == "groups")
    if kind.centered and may_be_alike(config):
        first = {"batch": "x[:1]", "layer": "x[:, :1]", "groups": "x[:, :, :1]"}[kind.over] + suffix
        lines.append(f"x = x - {first}  # changes nothing, but what is alike becomes an exact 0")
    return lines + [f"x = x - {mean}"] * kind.centered


def bias_record(config: NetworkConfig, grad: str) -> list[str]:
    """The lines that record the bias gradient, which is exactly 0 where batch norms undo the bias."""
    useless, value = useless_biases(config), f"log10_norm({grad})"
    if useless is None:
        return [f'record("log10_bias_grad_norm", layer, {value})']
    lines = ["# A batch norm takes the bias out again: its gradient is exactly 0, whatever round-off says."]
    if useless:
        lines.append(f"undone = {useless}")
    return [*lines, f'record("log10_bias_grad_norm", layer, {f"None if undone else {value}" if useless else "None"})']


def slope_records(config: NetworkConfig) -> list[str]:
    """The lines that record the shares of entries and units with a slope of 0, and of entries in a flat zone, at h."""
    if config.activation == "linear":
        return [f'record("{name}_fraction", layer, 0.0)' for name in ("inactive", "dead", "saturated")]
    low, high = ACTIVATIONS[config.activation].flat  # on both sides alike, or on the left, or nowhere
    beyond = f"abs(h) > {number(high)}" if low == -high else f"h < {number(low)}"
    saturated = f"share({beyond}))  # slope below 5 % of its largest"
    if low == -inf:
        saturated = "0.0)  # there is no side on which the slope only tends to 0"
    return [
        'record("inactive_fraction", layer, share(slope == 0))',
        'record("dead_fraction", layer, share((slope == 0).all(0)))  # units without a slope in any sample',
        f'record("saturated_fraction", layer, {saturated}',
    ]
