"""Short runs that end in each of the ways that a run can end in, for the tests of what is said of them."""

from functools import cache

from simulation.config import DEFAULTS, NetworkConfig
from simulation.training.config import TrainingConfig
from simulation.training.trainer import TrainingRun, train


def run_of(**settings) -> TrainingConfig:
    """A config from the words of an address; of the network's fields those that are no training fields."""
    network = {name: value for name, value in settings.items() if name in DEFAULTS}
    return TrainingConfig(NetworkConfig(**network), **{k: v for k, v in settings.items() if k not in network})


BLOBS = {"data": "blobs", "features": 32, "depth": 8, "width": 32, "activation": "tanh", "learning_rate": 0.03}
RELU = {**BLOBS, "depth": 3, "activation": "relu", "initializer": "he_normal"}
CONFIGS = {
    "learned": run_of(**{**RELU, "learning_rate": 0.1}, head_initializer="zeros", steps=150),
    "learning": run_of(**BLOBS, steps=60),
    "slow": run_of(**{**BLOBS, "learning_rate": 2e-3}, steps=150),
    "sigmoid": run_of(**{**BLOBS, "activation": "sigmoid"}, steps=120),
    "regression": run_of(data="sine", depth=10, width=32, batch=800, activation="sigmoid", learning_rate=0.01, head_initializer="zeros", steps=60),
    "zero": run_of(**{**RELU, "initializer": "zeros", "head_initializer": "zeros", "batch": 1024, "learning_rate": 0.5}, steps=60),
    "batch_of_1": run_of(**RELU, normalization="batch", batch=1, steps=60),
    "unscaled": run_of(**{**RELU, "learning_rate": 0.3}, input_scale=300.0, head_initializer="same", steps=60),
    "skips": run_of(**{**RELU, "depth": 10, "learning_rate": 0.1}, residual="plain", steps=20),
    "skips_clipped": run_of(**{**RELU, "depth": 10, "learning_rate": 0.1}, residual="plain", clip="norm", steps=60),
    "too_fast": run_of(**{**BLOBS, "learning_rate": 5.0}, steps=100),
    "overshot": run_of(**{**BLOBS, "learning_rate": 1.0}, steps=100),
    "target_scale": run_of(data="sine", depth=3, width=32, activation="tanh", target_scale=100.0, steps=60),
    "single": run_of(data="moons", depth=4, width=32, batch=1, activation="relu", initializer="he_normal", steps=200),
    "clip_0": run_of(**RELU, clip="value", threshold=0.0, steps=60),
    "underflow": run_of(depth=100, width=16, batch=16, steps=40),
}  # fmt: skip


@cache
def of(key: str) -> TrainingRun:
    """One of them, trained once."""
    return train(CONFIGS[key])
