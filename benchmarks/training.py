"""Steps a second of training beside PyTorch eager: float32, two threads each, the same numbers recorded at every step.

PyTorch's hooks and loops record what `simulation.training.measurements` does: sizes of activations, deltas, dW,
updates, cosines to the last gradient, dead and saturated shares, loss and accuracy, the held-out loss as often.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "2"

from itertools import product
from statistics import median
from time import perf_counter

import numpy as np
import torch

from simulation import NetworkConfig
from simulation.training.config import TrainingConfig
from simulation.training.data import draw_data
from simulation.training.model import initial_head, initial_network
from simulation.training.trainer import Trainer

WIDTHS, DEPTHS, BATCH, STEPS, ROUNDS = (32, 64, 128), (10, 30, 100), 64, 20, 5
TARGET = 1.5
CASES = {
    "relu, SGD": {"activation": "relu", "initializer": "he_normal"},
    "tanh, Adam": {"activation": "tanh", "optimizer": "adam", "learning_rate": 1e-3},
    "relu, batch norm, residual, momentum": {
        "activation": "relu", "initializer": "he_normal", "normalization": "batch", "residual": "pre_activation",
        "optimizer": "momentum", "learning_rate": 1e-3,
    },
}  # fmt: skip


def config_of(case: dict[str, object], width: int, depth: int) -> TrainingConfig:
    network = {name: value for name, value in case.items() if name in NetworkConfig.__dataclass_fields__}
    rest = {name: value for name, value in case.items() if name not in network}
    return TrainingConfig(NetworkConfig(width=width, depth=depth, batch=BATCH, **network), data="blobs", features=width, steps=500, **rest)  # type: ignore[arg-type]  # fmt: skip


class Block(torch.nn.Module):
    """One layer; keeps what is measured: its output, delta, slopes and what phi was given."""

    def __init__(self, weights: np.ndarray, config: NetworkConfig) -> None:
        super().__init__()
        fan_in, fan_out = weights.shape
        self.linear = torch.nn.Linear(fan_in, fan_out)
        self.linear.weight.data = torch.tensor(weights.T.copy(), dtype=torch.float32)
        self.linear.bias.data.zero_()
        self.norm = torch.nn.BatchNorm1d(fan_in) if config.normalization == "batch" else torch.nn.Identity()
        self.phi = torch.nn.ReLU() if config.activation == "relu" else torch.nn.Tanh()
        self.skips = config.residual != "none"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        given = self.norm(x) if self.skips else self.linear(x)
        activated = self.phi(given)
        z = self.linear(activated) if self.skips else given
        if self.training:
            self.given, self.activated = given.detach(), activated.detach()
            z.register_hook(self._keep)
        self.out = x + z if self.skips else activated
        return self.out

    def _keep(self, grad: torch.Tensor) -> None:
        self.delta = grad

    def slopes(self) -> torch.Tensor:
        return (self.given > 0).float() if isinstance(self.phi, torch.nn.ReLU) else 1 - self.activated**2


class TorchTrainer:
    """The same run in PyTorch, step by step."""

    def __init__(self, config: TrainingConfig) -> None:
        self.config, self.data = config, draw_data(config)
        start, (weights, bias) = initial_network(config, 0), initial_head(config, 0)
        self.blocks = [Block(w, config.network) for w in start.weights]
        head = torch.nn.Linear(*weights.shape)
        head.weight.data, head.bias.data = torch.tensor(weights.T.copy()).float(), torch.tensor(np.array(bias)).float()
        self.model = torch.nn.Sequential(*self.blocks, head)
        makers = {
            "sgd": lambda p: torch.optim.SGD(p, config.learning_rate),
            "momentum": lambda p: torch.optim.SGD(p, config.learning_rate, 0.9),
            "adam": lambda p: torch.optim.Adam(p, config.learning_rate),
        }
        self.optimizer = makers[config.optimizer](self.model.parameters())
        self.x, self.y = (torch.tensor(part) for part in (self.data.train.inputs.astype(np.float32), self.data.train.targets))  # fmt: skip
        self.held = [torch.tensor(part) for part in (self.data.validation.inputs.astype(np.float32), self.data.validation.targets)]  # fmt: skip
        self.linears = [*(block.linear for block in self.blocks), head]
        self.previous: list[torch.Tensor] | None = None
        self.dead: torch.Tensor | None = None
        self.at = 0

    def step(self) -> dict[str, object]:
        record: dict[str, object] = {}
        if self.at % 5 == 0:
            with torch.no_grad():
                self.model.eval()
                outputs = self.model(self.held[0])
                record["held"] = (float(torch.nn.functional.cross_entropy(outputs, self.held[1])), float((outputs.argmax(1) == self.held[1]).float().mean()))  # fmt: skip
                self.model.train()
        rows = torch.randint(len(self.x), (BATCH,))
        x, y = self.x[rows], self.y[rows]
        self.optimizer.zero_grad()
        outputs = self.model(x)
        loss = torch.nn.functional.cross_entropy(outputs, y)
        loss.backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            grads = [linear.weight.grad for linear in self.linears]
            record["norms"] = [float(g.norm()) for g in grads]
            record["total"] = float(torch.nn.utils.get_total_norm([p.grad for p in self.model.parameters()]))
            if self.previous:
                record["cosines"] = [float(torch.nn.functional.cosine_similarity(a.ravel(), b.ravel(), dim=0)) for a, b in zip(grads, self.previous, strict=True)]  # fmt: skip
            self.previous = [g.clone() for g in grads]
            record["loss"], record["accuracy"] = float(loss), float((outputs.argmax(1) == y).float().mean())
            record["delta"] = [float(block.delta.norm()) for block in self.blocks]
            record["activation"] = [float(block.out.norm()) for block in self.blocks]
            slopes = [block.slopes() for block in self.blocks]
            dead = torch.stack([(s == 0).all(0) for s in slopes])
            record["dead"] = dead.float().mean(1).tolist()
            if self.dead is not None:
                record["died"] = [(dead & ~self.dead).sum(1).tolist(), (self.dead & ~dead).sum(1).tolist()]
            self.dead = dead
            if isinstance(self.blocks[0].phi, torch.nn.Tanh):
                record["saturated"] = [float((block.given.abs() > 2.18).float().mean()) for block in self.blocks]
            before = [linear.weight.clone() for linear in self.linears]
        self.optimizer.step()
        with torch.no_grad():
            record["ratio"] = [float((b - linear.weight).norm() / b.norm()) for b, linear in zip(before, self.linears, strict=True)]  # fmt: skip
        self.at += 1
        return record


def seconds(trainer: Trainer | TorchTrainer) -> float:
    start = perf_counter()
    for _ in range(STEPS):
        trainer.step()
    return perf_counter() - start


def main() -> None:
    torch.set_num_threads(2)
    print(
        "| steps a second, ours / PyTorch eager | "
        + " | ".join(f"{d} x {w}" for w, d in product(WIDTHS, DEPTHS))
        + " |"
    )
    print("| --- |" + " ---: |" * len(WIDTHS) * len(DEPTHS))
    for name, case in CASES.items():
        cells = []
        for width, depth in product(WIDTHS, DEPTHS):
            config = config_of(case, width, depth)
            ours, theirs = Trainer(config), TorchTrainer(config)
            seconds(ours), seconds(theirs)
            pairs = [(seconds(ours), seconds(theirs)) for _ in range(ROUNDS)]
            cells.append(f"{median(b / a for a, b in pairs):.2f} ({STEPS / median(a for a, _ in pairs):.0f}/s)")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    print(f"Depth x width, batch {BATCH}; aimed at: {TARGET} or more.")


if __name__ == "__main__":
    main()
