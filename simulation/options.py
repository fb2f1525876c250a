"""Small registries of choices that are words rather than functions: position, residual form, inputs."""

from dataclasses import dataclass

from simulation.registry import Registry


@dataclass(frozen=True)
class Option:
    """A named alternative."""

    key: str
    label: str
    summary: str


NORM_POSITIONS: Registry[Option] = Registry(
    Option("before", "before", "Normalizes what the activation is given."),
    Option("after", "after", "Normalizes what the activation returns."),
)

RESIDUALS: Registry[Option] = Registry(
    Option("none", "none", "Each layer sees only the one before it."),
    Option("plain", "plain", "Adds a block's input to what its layers make of it: h + F(h)."),
    Option("pre_activation", "pre-activation (v2)", "Normalize, activate, weigh, then add: the sum itself is never squashed."),
    Option("post_activation", "post-activation (v1)", "Adds first, then activates the sum, as the first ResNets did."),
)  # fmt: skip

INPUTS: Registry[Option] = Registry(
    Option("gaussian", "Gaussian", "Independent normal numbers, a new row for each sample."),
    Option("ones", "ones", "Every input is 1."),
    Option("zeros", "zeros", "Every input is 0: only biases can bring the network to life."),
)
