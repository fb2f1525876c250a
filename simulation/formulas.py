"""Formula: an activation as the programs say it that people take away (see `programs`)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Formula:
    """phi(z) and phi'(z) in NumPy, phi(z) in PyTorch, and which helpers of `programs/helpers.py` they call.

    {a} stands for the negative slope. A slope is exact relative to itself down to its underflow, as the core's is:
    where PyTorch's own is not, or a value loses its small side, the formula does better, and `torch_why` says so.
    """

    numpy: str
    numpy_slope: str
    torch: str
    numpy_helpers: tuple[str, ...] = ()
    torch_helpers: tuple[str, ...] = ()
    torch_why: str = ""
