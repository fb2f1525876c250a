"""NetworkConfig: everything that decides what is simulated, as keys and numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from math import ceil
from typing import Any

from simulation.activations import ACTIVATIONS
from simulation.initializers import INITIALIZERS
from simulation.normalizations import NORMALIZATIONS
from simulation.options import INPUTS, NORM_POSITIONS, RESIDUALS
from simulation.parameters import Choice, Number, Parameter, Setting

# The budget: what one simulation may cost, as (what is counted, its amount per layer, the most allowed).
BUDGET: tuple[tuple[str, Callable[[int, int], int], float], ...] = (
    ("depth x width^2 x batch", lambda width, batch: width * width * batch, 4e9),
    ("depth x width^2", lambda width, batch: width * width, 4e7),
    ("depth x width x batch", lambda width, batch: width * batch, 2e7),
)


# The groups that the fields belong to, in the order of the page.
GROUPS = {
    "network": "Network",
    "initialization": "Initialization",
    "structure": "Norms and skips",
    "data": "Biases, data and seed",
}


class ConfigError(ValueError):
    """A setting that is not allowed: `field`, the `value` it had, and what is `allowed`."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(f"{field} was {value!r:.60}; allowed is {allowed}")
        self.field, self.value, self.allowed = field, value, allowed


def setting(group: str, default: Any, parameter: Setting, matters: Callable[[Any], bool] = lambda config: True) -> Any:
    """A field of a config: the group it belongs to, its declaration, and when it has an effect."""
    return field(default=default, metadata={"group": group, "parameter": parameter, "matters": matters})


def check_settings(config: Any) -> None:
    """Puts every setting of a config into the form that its declaration gives it; ConfigError where one is bad."""
    for declared in fields(config):
        if parameter := declared.metadata.get("parameter"):
            value = getattr(config, declared.name)
            try:
                object.__setattr__(config, declared.name, parameter.check(value))
            except ValueError as error:
                raise ConfigError(declared.name, value, str(error)) from None


def _residual(config: NetworkConfig) -> bool:
    return config.residual != "none"


@dataclass(frozen=True)
class NetworkConfig:
    """A fully connected network at initialization; every value is checked, ConfigError where one is bad."""

    depth: int = setting(
        "network",
        50,
        Number("Depth", "Layers that the signal passes, one after the other.", 1, 1000, integer=True, slider_high=300),
    )
    width: int = setting(
        "network",
        64,
        Number(
            "Width", "Units in each layer. Narrow networks are noisy, and die.", 1, 1024, integer=True, slider_high=512
        ),
    )
    batch: int = setting(
        "data",
        64,
        Number(
            "Batch", "Samples that pass together. Batch norm depends on it.", 1, 1024, integer=True, slider_high=512
        ),
    )
    activation: str = setting(
        "network", "sigmoid", Choice("Activation", "What each unit does to its sum.", ACTIVATIONS)
    )
    negative_slope: float = setting(
        "network",
        0.01,
        Number("Negative slope", "What leaky ReLU multiplies negative inputs by.", 0, 1, step=0.01),
        lambda config: ACTIVATIONS[config.activation].slopes == "config",
    )
    initializer: str = setting(
        "initialization", "xavier_normal", Choice("Initialization", "How the weights are drawn.", INITIALIZERS)
    )
    weight_scale: float = setting(
        "initialization",
        1.0,
        Number(
            "Weight scale",
            "Multiplies every weight that the initialization draws.",
            0.001,
            20,
            step=0.01,
            logarithmic=True,
        ),
        lambda config: config.initializer != "zeros",
    )
    bias_scale: float = setting(
        "data", 0.0, Number("Bias scale", "Standard deviation of the biases; 0 means none.", 0, 10, step=0.05)
    )
    normalization: str = setting(
        "structure",
        "none",
        Choice("Normalization", "Keeps a layer's values at mean 0 and variance 1, over a set of them.", NORMALIZATIONS),
    )
    groups: int = setting(
        "structure",
        4,
        Number(
            "Groups",
            "How many groups of units group norm makes; must divide the width.",
            1,
            1024,
            integer=True,
            slider_high=64,
        ),
        lambda config: config.normalization == "group",
    )
    norm_position: str = setting(
        "structure",
        "before",
        Choice("Normalize", "Before or after the activation.", NORM_POSITIONS),
        lambda config: config.normalization != "none" and config.residual in ("none", "plain"),
    )
    residual: str = setting(
        "structure", "none", Choice("Skip connections", "Whether a block's input is added to its output.", RESIDUALS)
    )
    block: int = setting(
        "structure", 1, Number("Block", "Layers that one skip connection spans.", 1, 2, integer=True), _residual
    )
    branch_scale: float = setting(
        "structure",
        1.0,
        Number("Branch scale", "Multiplies what a block adds to its input.", 0, 10, step=0.01),
        _residual,
    )
    inputs: str = setting("data", "gaussian", Choice("Inputs", "What the first layer is given.", INPUTS))
    input_scale: float = setting(
        "data",
        1.0,
        Number("Input scale", "Multiplies the inputs.", 0.001, 1000, step=0.05, logarithmic=True),
        lambda config: config.inputs != "zeros",
    )
    input_offset: float = setting("data", 0.0, Number("Input offset", "Added to the scaled inputs.", -10, 10, step=0.1))
    seed: int = setting("data", 0, Number("Seed", "Another seed draws another network of the same kind.", 0, 9999, integer=True))  # fmt: skip

    def __post_init__(self) -> None:
        check_settings(self)
        if self.depth > deepest(self.width, self.batch):
            raise ConfigError("depth", self.depth, _budget_words(self.width, self.batch))
        if self.normalization == "group" and self.width % self.groups:
            raise ConfigError("groups", self.groups, f"a divisor of the width, {self.width}")
        if self.normalization == "group" and self.given_to_phi(0) % self.groups:
            raise ConfigError(
                "groups", self.groups, f"a divisor of the {self.features} inputs, which the first norm is given"
            )

    @property
    def blocks(self) -> int:
        """How many blocks the layers are cut into (the last may be shorter)."""
        return ceil(self.depth / self.block)

    @property
    def features(self) -> int:
        """How many numbers of a sample layer 1 is given."""
        return INPUTS[self.inputs].features or self.width

    @property
    def first_is_square(self) -> bool:
        """Whether the first matrix is square like all others: else nothing can go past the first block."""
        return self.features == self.width

    def given_to_phi(self, layer: int) -> int:
        """How many units the activation, and a norm before it, of a layer (0-based) are given."""
        return self.features if layer == 0 and self.residual == "pre_activation" else self.width

    def effective(self) -> NetworkConfig:
        """The same network with every field that has no effect on it at its default: the cache key."""
        idle: dict[str, Any] = {f.name: f.default for f in fields(self) if not f.metadata["matters"](self)}
        return replace(self, **idle) if idle else self


def deepest(width: int, batch: int) -> int:
    """The largest depth that the budget allows at this width and batch, however large the depth field may be."""
    return min(int(most // per_layer(width, batch)) for _, per_layer, most in BUDGET)


def most_groups(groups: int, *sizes: int) -> int:
    """The largest number of groups, up to this one, that divides all of these sizes."""
    return max(g for g in range(1, groups + 1) if not any(size % g for size in sizes))


def compact(number: float) -> str:
    """4e9 for 4000000000.0."""
    return f"{number:.0e}".replace("e+0", "e")


def _budget_words(width: int, batch: int) -> str:
    caps = " and ".join(f"{counted} at most {compact(most)}" for counted, _, most in BUDGET)
    return f"at most {deepest(width, batch)} layers at width {width} and batch {batch} ({caps})"


FIELDS: dict[str, Parameter] = {f.name: f.metadata["parameter"] for f in fields(NetworkConfig)}
DEFAULTS: dict[str, Any] = {f.name: f.default for f in fields(NetworkConfig)}


def seeds_from(first: int, count: int) -> tuple[int, ...]:
    """So many seeds, one after the other; after the last there is comes 0."""
    last = FIELDS["seed"]
    assert isinstance(last, Number)
    return tuple((first + index) % (int(last.high) + 1) for index in range(count))


def group_of(name: str) -> str:
    """The group that the field belongs to."""
    return str(NetworkConfig.__dataclass_fields__[name].metadata["group"])


def matters(config: Any, name: str) -> bool:
    """Whether the field has an effect in this config, of a network or of a training."""
    return bool(config.__dataclass_fields__[name].metadata["matters"](config))
