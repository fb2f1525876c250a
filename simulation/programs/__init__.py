"""program(config, language) -> the text of a complete program that computes `simulate(config)` by itself.

It is what one would write by hand for exactly this network: its numbers filled in, no branch that it does not
take. It needs NumPy (and PyTorch, where that is its language), draws the weights by the same seeded rule, and
prints one line of JSON with the arrays of `SignalTrace`; null stands for -inf, which JSON lacks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulation.activations import ACTIVATIONS
from simulation.config import NetworkConfig
from simulation.programs import in_numpy, in_pytorch
from simulation.registry import Registry


@dataclass(frozen=True)
class Language:
    """A language that programs can be had in."""

    key: str
    label: str
    summary: str
    write: Callable[[NetworkConfig], str]


LANGUAGES: Registry[Language] = Registry(
    Language("pytorch", "PyTorch", "The forward pass, and autograd for the gradients.", in_pytorch.write),
    Language("numpy", "NumPy", "Forward and backward written out by hand.", in_numpy.write),
)


def program(config: NetworkConfig, language: str) -> str:
    """The program's text; KeyError for a language that is not in `LANGUAGES`.

    For an activation whose registry entry gives no code it is a comment that says so.
    """
    activation = ACTIVATIONS[config.activation]
    if not activation.code:
        return f"# There is no program with {activation.label}: its entry in the registry gives no code.\n"
    return LANGUAGES[language].write(config)
