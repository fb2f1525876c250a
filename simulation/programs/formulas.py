"""The activations as formulas of each language: what a program for one of them says, and nothing more.

{a} stands for the negative slope. A slope is exact relative to itself down to its underflow, as the core's is:
where PyTorch's own is not, or a value loses its small side, the program says so and does better.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulation.activations import SELU_ALPHA, SELU_SCALE


@dataclass(frozen=True)
class Formula:
    """phi(z) and phi'(z) in NumPy, phi(z) in PyTorch, and which of `HELPERS` they call."""

    numpy: str
    numpy_slope: str
    torch: str
    numpy_helpers: tuple[str, ...] = ()
    torch_helpers: tuple[str, ...] = ()
    torch_why: str = ""


FORMULAS: dict[str, Formula] = {
    "linear": Formula("z", "np.ones_like(z)", "z"),
    "relu": Formula("np.maximum(z, 0)", "np.where(z > 0, 1.0, 0.0)", "F.relu(z)"),
    "leaky_relu": Formula("np.where(z > 0, z, {a} * z)", "np.where(z > 0, 1.0, {a})", "F.leaky_relu(z, {a})"),
    "rrelu": Formula("np.where(z > 0, z, a * z)", "np.where(z > 0, 1.0, a)", "torch.where(z > 0, z, a * z)"),
    "elu": Formula(
        "np.where(z > 0, z, np.expm1(np.minimum(z, 0)))", "np.exp(np.minimum(z, 0))", "F.elu(z)",
    ),
    "selu": Formula(
        f"{SELU_SCALE} * np.where(z > 0, z, {SELU_ALPHA} * np.expm1(np.minimum(z, 0)))",
        f"{SELU_SCALE} * np.where(z > 0, 1.0, {SELU_ALPHA} * np.exp(np.minimum(z, 0)))",
        "F.selu(z)",
    ),
    "gelu": Formula(
        "z * normal_cdf(z)",
        "normal_cdf(z) + z * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)",
        "z * torch.erfc(-z / math.sqrt(2)) / 2",
        numpy_helpers=("normal_cdf",),
        torch_why="F.gelu takes 1 + erf, which is exactly 0 from z = -8.4 down; this keeps its digits.",
    ),
    "silu": Formula(
        "z * sigmoid(z)", "sigmoid(z) * (1 + z * sigmoid(-z))", "F.silu(z)", numpy_helpers=("sigmoid",),
    ),
    "mish": Formula(
        "z * np.tanh(np.logaddexp(0, z))",
        "np.tanh(np.logaddexp(0, z)) + z * sigmoid(z) * (1 - np.tanh(np.logaddexp(0, z)) ** 2)",
        "F.mish(z)",
        numpy_helpers=("sigmoid",),
    ),
    "softplus": Formula(
        "np.logaddexp(0, z)", "sigmoid(z)", "F.softplus(z, threshold=45)", numpy_helpers=("sigmoid",),
        torch_why="From its threshold on F.softplus returns z itself: at the default, 20, that is off by 2e-9.",
    ),
    "softsign": Formula("z / (1 + np.abs(z))", "1 / (1 + np.abs(z)) ** 2", "F.softsign(z)"),
    "tanh": Formula("np.tanh(z)", "sech2(z)", "Tanh.apply(z)", numpy_helpers=("sech2",), torch_helpers=("Tanh",)),
    "hardtanh": Formula("np.clip(z, -1, 1)", "np.where(np.abs(z) < 1, 1.0, 0.0)", "F.hardtanh(z)"),
    "sigmoid": Formula(
        "np.exp(-np.logaddexp(0, -z))",
        "phi(z) * phi(-z)",
        "torch.exp(F.logsigmoid(z))",
        torch_why="torch.sigmoid's slope, s (1 - s), is exactly 0 from z = 37 on; the true one, and this one, from 745.",
    ),
    "erf": Formula("erf(z)", "2 / math.sqrt(math.pi) * np.exp(-z * z)", "torch.erf(z)", numpy_helpers=("erf",)),
}  # fmt: skip

HELPERS: dict[str, str] = {
    "sigmoid": '''
        def sigmoid(z):
            """1 / (1 + e^-z), which keeps its digits however small it is."""
            return np.exp(-np.logaddexp(0, -z))
        ''',
    "normal_cdf": '''
        @np.vectorize
        def normal_cdf(z):
            """The chance that a normal variable is below z."""
            return math.erfc(-z / math.sqrt(2)) / 2
        ''',
    "erf": """
        erf = np.vectorize(math.erf)
        """,
    "sech2": '''
        def sech2(z):
            """1 - tanh(z)^2, but that would be exactly 0 from |z| = 19 on; this lasts to 372."""
            e = np.exp(-2 * np.abs(z))
            return 4 * e / (1 + e) ** 2
        ''',
    "Tanh": '''
        class Tanh(torch.autograd.Function):
            """tanh with its true slope: PyTorch's, 1 - tanh(z)^2, is exactly 0 from |z| = 19 on, this from 373."""

            @staticmethod
            def forward(ctx, z):
                ctx.save_for_backward(z)
                return torch.tanh(z)

            @staticmethod
            def backward(ctx, grad):
                (z,) = ctx.saved_tensors
                e = torch.exp(-2 * z.abs())
                return grad * (4 * e / (1 + e) ** 2)
        ''',
}
