"""What `propagate` costs, as ratios of times: `python -m benchmarks.propagate` prints Markdown.

Against the matrix products that no backward pass can avoid, and against PyTorch recording the same numbers.
Times are taken in turn within each round, ratios within a round, and the median over the rounds is shown:
so what else the machine does, and how fast it is, hardly matters. One thread, float64.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import scipy

from simulation import Network, NetworkConfig, draw_network, propagate
from simulation.activations import ACTIVATIONS

try:
    import torch
except ImportError:
    torch = None

ROUNDS, SECONDS = 15, 1.5  # at least so many rounds, and at least for so long
SIZES = ((50, 64, 64), (150, 100, 64), (150, 128, 128), (1000, 64, 64))  # depth, width, batch
TANH_TARGETS = (2.0, 1.5, 1.5, 2.0)  # times the products
TORCH_TARGET = 1.3  # times our time
SETTINGS: dict[str, dict[str, Any]] = {
    "tanh": {"activation": "tanh"},
    "relu": {"activation": "relu", "initializer": "he_normal"},
    "gelu": {"activation": "gelu"},
    "mish": {"activation": "mish"},
    "sigmoid": {"activation": "sigmoid"},
    "relu, layer norm, residual": {
        "activation": "relu", "initializer": "he_normal", "normalization": "layer", "residual": "pre_activation",
    },
}  # fmt: skip
DEPTHS, WIDTHS = (25, 50, 100, 200, 400, 800), (32, 64, 128, 256, 512)


def bare_products(network: Network) -> Callable[[], None]:
    """The three products of every layer, into memory that is there already."""
    rng = np.random.default_rng(0)
    outputs = [rng.standard_normal(network.inputs.shape) for _ in network.weights]
    delta = rng.standard_normal(network.inputs.shape)
    z, grad, weight_grad = np.empty_like(delta), np.empty_like(delta), np.empty_like(network.weights[0])

    def run() -> None:
        for h, weights in zip(outputs, network.weights, strict=True):
            np.matmul(h, weights, out=z)
        for h, weights in zip(reversed(outputs), reversed(network.weights), strict=True):
            np.matmul(h.T, delta, out=weight_grad)
            np.matmul(delta, weights.T, out=grad)

    return run


def torch_pass(network: Network) -> Callable[[], list[float]]:
    """The same numbers by autograd, each taken in a hook as soon as there is what it is about.

    PyTorch is spared what is spared here (biases that are 0, their addition) and phi' itself: an entry
    counts as inactive where no gradient comes through. Beyond the range of floats its numbers are just 0.
    """
    config = network.config
    functional, norm, count = torch.nn.functional, torch.linalg.vector_norm, torch.count_nonzero
    phi = getattr(functional, config.activation, None) or getattr(torch, config.activation)
    low, high = ACTIVATIONS[config.activation].flat
    residual = config.residual == "pre_activation"
    all_weights = [torch.tensor(weights, requires_grad=True) for weights in network.weights]
    inputs, cotangent = torch.tensor(network.inputs, requires_grad=True), torch.tensor(network.cotangent)
    record: list[Any] = []

    def on_grad(grad: Any) -> None:
        record.append(norm(grad))

    def on_delta(delta: Any) -> None:
        record.extend((norm(delta), norm(delta.sum(0))))

    def on_slope(grad: Any) -> None:
        inactive = grad == 0
        record.append(count(inactive))
        if record[-1] >= len(grad):
            record.append(count(inactive.all(0)))

    def activate(u: Any) -> Any:
        u.register_hook(on_slope)
        given = u.detach()
        if low > -np.inf:
            record.append(count(given < low))
        if high < np.inf:
            record.append(count(given > high))
        return phi(u)

    def run() -> list[float]:
        record.clear()
        h = inputs
        for weights in all_weights:
            if residual:
                z = activate(functional.layer_norm(h, (h.shape[1],))) @ weights
                h = h + z
            else:
                z = h @ weights
                h = activate(z)
            z.register_hook(on_delta)
            h.register_hook(on_grad)
            record.extend((norm(z.detach()), norm(h.detach())))
        record.extend(norm(grad) for grad in torch.autograd.grad(h, all_weights, cotangent))
        return [number.item() for number in record]

    return run


def seconds(run: Callable[[], object]) -> float:
    start = perf_counter()
    run()
    return perf_counter() - start


def rounds(*runs: Callable[[], object]) -> np.ndarray:
    """Seconds of each run in each round, shape (rounds, runs); two rounds before them warm up."""
    times: list[list[float]] = []
    end = perf_counter() + SECONDS
    while len(times) < ROUNDS + 2 or perf_counter() < end:
        times.append([seconds(run) for run in runs])
    return np.array(times[2:])


def ratios(settings: dict[str, Any], size: tuple[int, int, int]) -> tuple[float, float]:
    """Our time over that of the bare products, and PyTorch's time over ours (NaN without PyTorch)."""
    depth, width, batch = size
    network = draw_network(NetworkConfig(depth=depth, width=width, batch=batch, **settings))
    runs = [bare_products(network), lambda: propagate(network)] + ([torch_pass(network)] if torch else [])
    times = rounds(*runs)
    theirs = times[:, 2] if torch else np.nan
    return median(times[:, 1] / times[:, 0]), median(np.broadcast_to(theirs / times[:, 1], len(times)))


def exponent(configs: list[NetworkConfig], sizes: tuple[int, ...]) -> float:
    """The slope of log time over log size."""
    networks = [draw_network(config) for config in configs]
    times = rounds(*[lambda network=network: propagate(network) for network in networks])
    return float(np.polyfit(np.log(sizes), np.log(np.median(times, axis=0)), 1)[0])


def machine() -> str:
    """The machine and the versions, in one line."""
    info = Path("/proc/cpuinfo")
    names = (
        [line.partition(":")[2].strip() for line in info.open() if line.startswith("model name")]
        if info.exists()
        else []
    )
    cpu = f"{names[0]} ({len(names)} cores)" if names else platform.processor() or platform.machine()
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}"
    return f"{cpu}, {versions}, {f'PyTorch {torch.__version__}' if torch else 'no PyTorch'}; one thread, float64"


def row(name: str, cells: list[str]) -> str:
    return f"| {name} | " + " | ".join(cells) + " |"


def table(title: str, rows: dict[str, list[str]]) -> str:
    head = row(title, [" x ".join(map(str, size)) for size in SIZES])
    return "\n".join([head, row("---", ["---:"] * len(SIZES)), *(row(name, cells) for name, cells in rows.items())])


def main() -> None:
    if torch:
        torch.set_num_threads(1)
    print(machine(), "\n\nColumns: depth x width x batch. Medians of ratios of times.\n")
    measured = {name: [ratios(settings, size) for size in SIZES] for name, settings in SETTINGS.items()}
    ours = {name: [f"{pair[0]:.2f}" for pair in pairs] for name, pairs in measured.items()}
    ours["target for tanh, at most"] = [f"{target:.2f}" for target in TANH_TARGETS]
    print(table("propagate / bare products", ours), "\n")
    if torch:
        theirs = {name: [f"{pair[1]:.2f}" for pair in pairs] for name, pairs in measured.items()}
        theirs["target, at least"] = [f"{TORCH_TARGET:.2f}"] * len(SIZES)
        print(table("PyTorch with hooks / propagate", theirs), "\n")
    else:
        print("PyTorch is not installed: no comparison with it (requirements-dev.txt has it).\n")
    tanh = {"activation": "tanh"}
    by_depth = exponent([NetworkConfig(depth=depth, **tanh) for depth in DEPTHS], DEPTHS)
    by_width = exponent([NetworkConfig(depth=50, width=width, **tanh) for width in WIDTHS], WIDTHS)
    print(f"Time grows as depth^{by_depth:.2f} ({DEPTHS[0]} to {DEPTHS[-1]} layers, width 64, batch 64)")
    print(f"and as width^{by_width:.2f} ({WIDTHS[0]} to {WIDTHS[-1]} units, depth 50, batch 64), for tanh.")


if __name__ == "__main__":
    main()
