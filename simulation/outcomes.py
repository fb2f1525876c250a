"""What searches over many networks need to know of each one, simulated once and only when asked for.

Whoever asks is a generator that stops after every simulation (`yield from outcomes.of(config)`), so that
what runs it may show what is known so far, or leave it there.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from math import inf
from typing import TypeVar

import numpy as np

from simulation.config import NetworkConfig
from simulation.diagnosis import Verdict, diagnose
from simulation.network import UNIT_DRAWS, UnitDraws, draw_network
from simulation.propagation import propagate
from simulation.trace import SignalTrace

T = TypeVar("T")
Steps = Generator[None, None, T]  # stops after each simulation, and returns a T


@dataclass(frozen=True)
class Outcome:
    """One network's verdict, log10 of its last layer's activation rms, and of all parameters' gradient norm."""

    verdict: Verdict
    log10_activation_last: float
    log10_gradient_norm: float


class Outcomes:
    """Outcomes by network; `done` counts the simulations. `draws` is where their unit noise is kept."""

    def __init__(self, draws: UnitDraws = UNIT_DRAWS) -> None:
        self.done = 0
        self._draws = draws
        self._known: dict[NetworkConfig, Outcome] = {}

    def of(self, config: NetworkConfig) -> Steps[Outcome]:
        """The outcome of this network, or of any that is the same in effect."""
        config = config.effective()
        if config not in self._known:
            trace = propagate(draw_network(config, self._draws))
            self._known[config] = Outcome(
                verdict=diagnose(trace),
                log10_activation_last=float(trace.log10_activation_rms[-1]),
                log10_gradient_norm=_gradient_norm(trace, with_biases=config.bias_scale > 0),
            )
            self.done += 1
            yield
        return self._known[config]


def _gradient_norm(trace: SignalTrace, with_biases: bool) -> float:
    """log10 of the norm of all dW, and db where there are biases, together; whatever their sizes."""
    norms = trace.log10_weight_grad_norm
    if with_biases:
        norms = np.concatenate([norms, trace.log10_bias_grad_norm])
    largest = float(norms.max())
    return largest if largest == -inf else largest + 0.5 * float(np.log10(np.sum(10.0 ** (2 * (norms - largest)))))
