"""Small registries of choices that are words rather than functions: position, residual form, inputs."""

from dataclasses import dataclass

from simulation.digits import PIXELS
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


@dataclass(frozen=True)
class Inputs(Option):
    """What a sample is. `features`: how many numbers; None for as many as there are units in a layer.

    alike: whether every sample is the same.
    """

    features: int | None = None
    alike: bool = False


INPUTS: Registry[Inputs] = Registry(
    Inputs("gaussian", "Gaussian", "Independent normal numbers, a new row for each sample."),
    Inputs("ones", "ones", "Every input is 1.", alike=True),
    Inputs("zeros", "zeros", "Every input is 0: only biases can bring the network to life.", alike=True),
    Inputs("digits", "handwritten digits", "Real images of 8 x 8 pixels (UCI), mean 0 and variance 1 over all of them: the first weight matrix is 64 x width.",
           features=PIXELS),
)  # fmt: skip
