"""Whole runs against PyTorch's autograd and optimizers in float64, from the same initial numbers and batches."""

import os
from dataclasses import replace

import numpy as np
import pytest

from simulation import NetworkConfig
from simulation.training.batches import order
from simulation.training.config import TrainingConfig
from simulation.training.data import draw_data
from simulation.training.model import initial_head, initial_network
from simulation.training.optimizers import OPTIMIZERS
from simulation.training.trainer import train
from tests.simulation.test_parity import PHI

if os.environ.get("CI"):
    import torch  # there, a missing PyTorch is a failure
else:
    torch = pytest.importorskip("torch", reason="PyTorch (a development requirement) is the oracle here")
F = torch.nn.functional
STEPS = 50


class Layers(torch.nn.Module):
    """The network as PyTorch's own modules, in the order that DESIGN gives."""

    def __init__(self, config: TrainingConfig) -> None:
        super().__init__()
        self.config = network = config.network
        start, (weights, bias) = initial_network(config, network.seed), initial_head(config, network.seed)
        self.linear = torch.nn.ModuleList(
            linear(w, b) for w, b in zip((*start.weights, weights), (*start.biases, bias), strict=True)
        )
        self.norm = torch.nn.ModuleList(
            norm(network, len(w) if network.residual == "pre_activation" else network.width) for w in start.weights
        )

    def phi(self, x):
        return PHI[self.config.activation](x, self.config.negative_slope)

    def branch(self, layer, x, after=True):
        if self.config.residual == "pre_activation":
            return self.linear[layer](self.phi(self.norm[layer](x)))
        z = self.linear[layer](x)
        if self.config.norm_position == "after" and self.config.residual != "post_activation":
            return self.norm[layer](self.phi(z))
        return self.phi(self.norm[layer](z)) if after else self.norm[layer](z)

    def forward(self, x):
        config, depth = self.config, len(self.norm)
        size = config.block if config.residual != "none" else 1
        for first in range(0, depth, size):
            last, block_input = min(first + size, depth) - 1, x
            skips = config.residual != "none" and self.linear[first].in_features == self.linear[last].out_features
            adds_before_phi = skips and config.residual == "post_activation"
            for layer in range(first, last + 1):
                x = self.branch(layer, x, after=not (adds_before_phi and layer == last))
            if skips:
                x = block_input + config.branch_scale * x
            if adds_before_phi:
                x = self.phi(x)
        return self.linear[-1](x)


def linear(weights, bias):
    module = torch.nn.Linear(*weights.shape, dtype=torch.float64)
    module.weight.data, module.bias.data = torch.tensor(weights.T.copy()), torch.tensor(np.array(bias))
    return module


def norm(network: NetworkConfig, units: int):
    made = {
        "none": lambda: torch.nn.Identity(),
        "batch": lambda: torch.nn.BatchNorm1d(units),
        "layer": lambda: torch.nn.LayerNorm(units),
        "rms": lambda: torch.nn.RMSNorm(units),
        "group": lambda: torch.nn.GroupNorm(network.groups, units),
    }[network.normalization]()
    return made.double()


def optimizer(config: TrainingConfig, parameters):
    rate, decay, eps = config.learning_rate, config.weight_decay, config.adam_epsilon
    if config.optimizer in ("sgd", "momentum", "nesterov"):
        momentum = 0.0 if config.optimizer == "sgd" else 0.9
        nesterov = config.optimizer == "nesterov"
        return torch.optim.SGD(parameters, rate, momentum, weight_decay=decay, nesterov=nesterov)
    kind = {"rmsprop": torch.optim.RMSprop, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[config.optimizer]
    return kind(parameters, rate, eps=eps, weight_decay=decay)


def torch_run(config: TrainingConfig) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Losses, dW norms before clipping, validation losses: (steps,), (steps, depth + 1), (steps,)."""
    model, data, batch = Layers(config), draw_data(config), config.network.batch
    step_by = optimizer(config, model.parameters())
    x, y = torch.tensor(data.train.inputs), torch.tensor(data.train.targets)
    held_x, held_y = torch.tensor(data.validation.inputs), torch.tensor(data.validation.targets)
    per_epoch = len(x) // batch

    def loss_of(outputs, targets):
        if config.effective_loss == "cross_entropy":
            return F.cross_entropy(outputs, targets)
        if targets.ndim == 1:
            targets = F.one_hot(targets, outputs.shape[1]) * config.target_scale
        return F.mse_loss(outputs, targets.double())

    losses, norms, held = [], [], []
    for step in range(config.steps):
        with torch.no_grad():
            model.eval()
            held.append(float(loss_of(model(held_x), held_y)) if step else np.nan)
            model.train()
        epoch, index = divmod(step, per_epoch)
        rows = order(config.network.seed, epoch, len(x))[index * batch : (index + 1) * batch]
        step_by.zero_grad()
        loss = loss_of(model(x[rows]), y[rows])
        loss.backward()
        losses.append(loss.item())
        norms.append([float(module.weight.grad.norm()) for module in model.linear])
        if config.clip == "norm":
            torch.nn.utils.clip_grad_norm_(model.parameters(), config.threshold)
        if config.clip == "value":
            torch.nn.utils.clip_grad_value_(model.parameters(), config.threshold)
        step_by.step()
    return np.array(losses), np.array(norms), np.array(held)


SMALL = NetworkConfig(
    depth=6, width=12, batch=16, activation="tanh", initializer="xavier_normal", bias_scale=0.1, groups=2
)
BASE = TrainingConfig(SMALL, data="blobs", features=12, classes=4, steps=STEPS, learning_rate=0.05, precision="float64")


def on(**settings) -> TrainingConfig:
    network = {name: value for name, value in settings.items() if name in NetworkConfig.__dataclass_fields__}
    rest = {name: value for name, value in settings.items() if name not in network}
    return replace(BASE, network=replace(SMALL, **network), **rest)


RUNS = {
    **{f"{key}-{loss}": on(optimizer=key, loss=loss, learning_rate=0.05 if key in ("sgd", "momentum", "nesterov") else 2e-3)
       for key in OPTIMIZERS for loss in ("cross_entropy", "mean_squared")},
    **{f"{key}-decay": on(optimizer=key, weight_decay=0.03, learning_rate=2e-3, adam_epsilon=1e-4) for key in OPTIMIZERS},
    **{f"clip-{kind}": on(clip=kind, threshold=threshold, learning_rate=0.5) for kind, threshold in (("norm", 0.3), ("value", 0.01))},
    **{f"{norm}-{residual}": on(normalization=norm, residual=residual, activation="relu", initializer="he_normal", block=2, branch_scale=0.7)
       for norm in ("none", "batch", "layer", "rms", "group") for residual in ("none", "plain", "pre_activation", "post_activation")},
    "norm-after": on(normalization="layer", norm_position="after", optimizer="momentum"),
    "features-differ": on(features=7, residual="plain", normalization="layer"),
    "features-differ-v2": on(features=7, residual="pre_activation", normalization="batch", optimizer="adam", learning_rate=1e-3),
    "regression": on(data="sine", target_scale=3.0, optimizer="momentum", learning_rate=0.02),
    "scaled-data": on(input_scale=2.0, input_offset=0.3, activation="gelu"),
    "same-head": on(head_initializer="same", activation="selu"),
}  # fmt: skip


@pytest.mark.parametrize("config", RUNS.values(), ids=RUNS)
def test_losses_and_gradients_of_fifty_steps(config):
    losses, norms, held = torch_run(config)
    run = train(config)
    assert run.crashes == (None,)
    np.testing.assert_allclose(run.records["loss"][:, 0], losses, rtol=1e-8)
    mine = np.hstack([run.records["log10_weight_grad_norm"][:, 0], run.records["log10_head_grad_norm"]])
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(mine, np.log10(norms), rtol=0, atol=1e-8)
    validation = run.records["validation_loss"][:, 0]
    seen = np.isfinite(validation) & (np.arange(STEPS) > 0)
    assert seen.sum() > 10
    np.testing.assert_allclose(validation[seen], held[seen], rtol=1e-8)
