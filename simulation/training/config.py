"""TrainingConfig: everything that decides a run, the network included, as keys and numbers."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from typing import Any

from simulation.config import ConfigError, NetworkConfig, check_settings, compact, setting
from simulation.parameters import Choice, Number, Parameter, Subset
from simulation.training.changes import CHANGEABLE, Changes
from simulation.training.data import DATA
from simulation.training.losses import LOSSES
from simulation.training.optimizers import OPTIMIZERS
from simulation.training.options import HEADS, LEARNED, PRECISIONS, SCHEDULES

# The groups that the fields belong to, in the order of the page.
GROUPS = {"task": "Task", "optimizer": "Optimizer", "run": "Run"}
# What a run may cost: multiply-adds of all steps, learned numbers, values that one step keeps.
MOST_MULTIPLY_ADDS, MOST_LEARNED, MOST_KEPT = 6e12, 8e6, 8e6


def _takes_size(config: TrainingConfig) -> bool:
    return DATA[config.data].features is None


@dataclass(frozen=True)
class TrainingConfig:
    """A network with a linear head, and how it is trained; every value is checked, ConfigError where one is bad.

    network: its `batch` is the batch of training, its `seed` that of the run. Its `inputs` are the data's, to
        which input_scale and input_offset are applied.
    """

    network: NetworkConfig = field(default_factory=NetworkConfig)
    data: str = setting("task", "spirals", Choice("Data", "What is to be learned.", DATA))
    features: int = setting("task", 32, Number("Features", "Numbers that one sample has.", 1, 1024, integer=True, slider_high=128), _takes_size)  # fmt: skip
    classes: int = setting("task", 10, Number("Classes", "Classes to tell apart.", 2, 100, integer=True, slider_high=20), _takes_size)  # fmt: skip
    data_seed: int = setting("task", 0, Number("Data seed", "Another one draws, and splits, the data anew; the network's own seed does not.", 0, 9999, integer=True), lambda config: DATA[config.data].split)  # fmt: skip
    target_scale: float = setting(
        "task", 1.0, Number("Target scale", "Multiplies what the network should put out.", 0.001, 1000, step=0.05, logarithmic=True),
        lambda config: config.effective_loss == "mean_squared",
    )  # fmt: skip
    loss: str = setting(
        "task", "cross_entropy", Choice("Loss", "What is made small.", LOSSES),
        lambda config: DATA[config.data].task == "classes",
    )  # fmt: skip
    head_initializer: str = setting("task", "torch_linear", Choice("Head", "How the last, linear map to the outputs starts.", HEADS))  # fmt: skip
    learn: tuple[str, ...] = setting("task", tuple(LEARNED), Subset("Learned besides the weights", "What else the optimizer moves.", LEARNED))  # fmt: skip
    optimizer: str = setting("optimizer", "sgd", Choice("Optimizer", "How a gradient becomes a step.", OPTIMIZERS))
    learning_rate: float = setting("optimizer", 0.1, CHANGEABLE["learning_rate"])
    adam_epsilon: float = setting(
        "optimizer", 1e-8, Number("Epsilon", "Added to the root that a step is divided by: 1e-8 is PyTorch's.", 1e-12, 1, step=0.5, logarithmic=True),
        lambda config: OPTIMIZERS[config.optimizer].divides,
    )  # fmt: skip
    schedule: str = setting("optimizer", "constant", Choice("Schedule", "How the learning rate goes over the run.", SCHEDULES))  # fmt: skip
    weight_decay: float = setting("optimizer", 0.0, Number("Weight decay", "Pulls every learned number toward 0.", 0, 1, step=0.001))  # fmt: skip
    clip: str = setting("optimizer", "none", CHANGEABLE["clip"])
    threshold: float = setting(
        "optimizer", 1.0, CHANGEABLE["threshold"],
        lambda config: config.clip != "none" or any(name == "clip" for _, name, _ in config.changes),
    )  # fmt: skip
    steps: int = setting("run", 500, Number("Steps", "Batches that are learned from.", 1, 20000, step=10, integer=True, slider_high=5000))  # fmt: skip
    precision: str = setting("run", "float32", Choice("Precision", "The numbers that the run computes with.", PRECISIONS))  # fmt: skip
    changes: tuple[tuple[int, str, Any], ...] = setting("run", (), Changes("Changes", "What was altered at which step.", CHANGEABLE))  # fmt: skip

    def __post_init__(self) -> None:
        check_settings(self)
        groups = self.network.groups
        if self.network.normalization == "group" and self.given_to_phi(0) % groups:
            raise ConfigError("groups", groups, f"a divisor of the data's {self.shape[0]} features, which the first norm is given")  # fmt: skip
        check_cost(self)

    @property
    def shape(self) -> tuple[int, int]:
        """How many numbers the network is given, and how many it puts out."""
        data = DATA[self.data]
        features = self.features if data.features is None else data.features
        return features, (self.classes if data.classes is None else data.classes) or 1

    def given_to_phi(self, layer: int) -> int:
        """How many numbers of a sample the activation, and a norm before it, of a layer (0-based) are given."""
        first = layer == 0 and self.network.residual == "pre_activation"  # there the weights come last
        return self.shape[0] if first else self.network.width

    @property
    def learned(self) -> int:
        """How many weights the run moves, the head's included."""
        features, outputs = self.shape
        width = self.network.width
        return features * width + (self.network.depth - 1) * width**2 + width * outputs

    @property
    def effective_loss(self) -> str:
        """The loss in use: numbers are always compared by their squared distance."""
        return self.loss if DATA[self.data].task == "classes" else "mean_squared"

    def setting_at(self, name: str, step: int) -> Any:
        """The value that a setting has at this step, from 0, after what `changes` did to it."""
        changed = [value for at, field, value in self.changes if field == name and at <= step]
        return changed[-1] if changed else getattr(self, name)

    def clipping_steps(self, taken: int) -> int:
        """In how many of the first `taken` steps clipping is on."""
        edges = [0, *(at for at, name, _ in self.changes if name == "clip" and at < taken), taken]
        return sum(end - begin for begin, end in pairwise(edges) if self.setting_at("clip", begin) != "none")

    def effective(self) -> TrainingConfig:
        """The same run with every field that has no effect on it at its default: the cache key."""
        idle: dict[str, Any] = {
            f.name: f.default for f in fields(self) if f.name != "network" and not f.metadata["matters"](self)
        }
        return replace(self, network=replace(self.network, inputs="gaussian").effective(), **idle)


def check_cost(config: TrainingConfig, networks: int = 1) -> None:
    """ConfigError where a run of so many networks at once costs more than is run here."""
    network, many = config.network, f" of {networks} networks" if networks > 1 else ""
    for name, counted, amount, most in (
        ("steps", "multiply-adds of all steps", 3.0 * config.steps * network.batch * config.learned, MOST_MULTIPLY_ADDS),
        ("depth", "learned numbers", float(config.learned), MOST_LEARNED),
        ("depth", "values kept in a step", float(network.depth * network.width * network.batch), MOST_KEPT),
    ):  # fmt: skip
        if amount * networks > most:
            asked = f"{compact(amount * networks)} {counted}{many} are asked for"
            raise ConfigError(name, config.steps if name == "steps" else network.depth, f"less: {asked}, at most {compact(most)} are run here")  # fmt: skip


TRAINING_FIELDS: dict[str, Parameter | Changes] = {
    f.name: f.metadata["parameter"] for f in fields(TrainingConfig) if f.name != "network"
}
TRAINING_DEFAULTS: dict[str, Any] = {f.name: f.default for f in fields(TrainingConfig) if f.name != "network"}
