"""The registries: what they hold, in which order, and that a new entry is enough to be simulated."""

from dataclasses import replace

import numpy as np
import pytest

from simulation import NetworkConfig, simulate
from simulation.activations import ACTIVATIONS
from simulation.initializers import INITIALIZERS
from simulation.normalizations import NORMALIZATIONS
from simulation.options import INPUTS, NORM_POSITIONS, RESIDUALS
from simulation.registry import Registry

REGISTRIES = {
    "activations": ACTIVATIONS,
    "initializers": INITIALIZERS,
    "normalizations": NORMALIZATIONS,
    "positions": NORM_POSITIONS,
    "residuals": RESIDUALS,
    "inputs": INPUTS,
}


def test_keys_are_the_contract():
    """Addresses and API replies carry these keys: once landed, none is renamed."""
    wanted = {
        "activations": "linear relu leaky_relu rrelu elu selu gelu silu mish softplus softsign tanh hardtanh sigmoid erf",
        "initializers": "zeros constant identity standard_normal standard_uniform gpt2 torch_linear lecun_normal "
        "lecun_uniform xavier_normal xavier_uniform he_normal he_uniform orthogonal gain_matched",
        "normalizations": "none batch layer rms group",
        "positions": "before after",
        "residuals": "none plain pre_activation post_activation",
        "inputs": "gaussian ones zeros digits",
    }
    for name, keys in wanted.items():
        assert list(REGISTRIES[name])[: len(keys.split())] == keys.split()
    assert len(ACTIVATIONS) == len(INITIALIZERS) == 15


@pytest.mark.parametrize("registry", REGISTRIES.values(), ids=list(REGISTRIES))
def test_entries_are_found_by_key_and_are_described(registry):
    assert isinstance(registry, Registry)
    for key, entry in registry.items():
        assert registry[key].key == key == entry.key
        assert entry.label
        assert entry.summary.endswith(".")
    assert len({entry.label for entry in registry.values()}) == len(registry)


def test_order_is_that_of_declaration_and_a_key_is_used_once():
    entries = [replace(ACTIVATIONS["tanh"], key=key) for key in ("b", "a", "c")]
    registry = Registry(*entries[:2])
    assert registry.add(entries[2]) is entries[2]
    assert list(registry) == ["b", "a", "c"]
    assert list(registry.values()) == entries
    with pytest.raises(ValueError, match="already registered"):
        registry.add(entries[0])
    registry.remove("a")
    assert list(registry) == ["b", "c"]
    assert "a" not in registry
    with pytest.raises(KeyError):
        registry["a"]


def test_one_entry_is_all_that_a_new_activation_takes():
    """No other line knows the activations: config, drawing and propagation go through the registry."""
    ACTIVATIONS.add(replace(ACTIVATIONS["tanh"], key="test_twin", label="twin"))
    try:
        config = NetworkConfig(depth=5, width=6, batch=4, activation="test_twin", initializer="gain_matched")
        twin, tanh = simulate(config), simulate(replace(config, activation="tanh"))
        np.testing.assert_array_equal(twin.log10_delta_rms, tanh.log10_delta_rms)
    finally:
        ACTIVATIONS.remove("test_twin")
