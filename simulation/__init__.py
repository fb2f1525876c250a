"""The core: a pure, seeded function between two frozen dataclasses.

    >>> from simulation import NetworkConfig, simulate
    >>> trace = simulate(NetworkConfig(depth=10, activation="relu", initializer="he_normal"))
    >>> trace.log10_delta_rms.shape
    (10,)

Knows nothing of Dash, Plotly or Flask.
"""

from simulation.config import ConfigError, NetworkConfig
from simulation.network import Network, draw_network
from simulation.propagation import propagate, simulate
from simulation.trace import SignalTrace

__all__ = ["ConfigError", "Network", "NetworkConfig", "SignalTrace", "draw_network", "propagate", "simulate"]
