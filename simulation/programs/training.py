"""A run as a PyTorch program of its own: the same start, batches, steps and losses.

The start, that is the first weights and the data, stands in a file beside it (`start`): the program draws only
what depends on the step. Everything else is written out for exactly this run.
"""

from __future__ import annotations

from textwrap import fill

import numpy as np
from numpy.typing import NDArray

from simulation.activations import ACTIVATIONS, RRELU_HIGH, RRELU_LOW
from simulation.config import FIELDS, matters
from simulation.network import BATCHES, STEP_SLOPES
from simulation.normalizations import NORMALIZATIONS
from simulation.programs import structure
from simulation.programs.helpers import HELPERS
from simulation.programs.text import PROSE, block, comment, function, number, times, when
from simulation.training.config import TRAINING_FIELDS, TrainingConfig
from simulation.training.data import draw_data
from simulation.training.model import initial_head, initial_network

START = "training_start.npz"
_IMPORTS = """
import json
import math

import numpy as np  # only draws the random numbers, and reads the start
import torch

F = torch.nn.functional
"""


def start(config: TrainingConfig) -> dict[str, NDArray[np.float64]]:
    """What the program reads: weights and biases by layer, the head's last, and the data's two parts."""
    network, head, data = initial_network(config, config.network.seed), initial_head(config, config.network.seed), draw_data(config)  # fmt: skip
    arrays = {f"weights{index}": array for index, array in enumerate((*network.weights, head[0]))}
    arrays |= {f"biases{index}": array for index, array in enumerate((*network.biases, head[1]))}
    if "biases" not in config.learn:
        arrays[f"biases{config.network.depth}"] = np.zeros_like(head[1])
    for name, part in (("train", data.train), ("validation", data.validation)):
        arrays |= {f"{name}_inputs": part.inputs, f"{name}_targets": part.targets}
    return {name: np.asarray(array) for name, array in arrays.items()}


def training_program(config: TrainingConfig) -> str:
    """The program's text; it prints one JSON line with `loss`, `validation_loss` at the end, and `log10_weight_grad_norm`.

    For an activation whose registry entry gives no code it is a comment that says so.
    """
    config = config.effective()
    activation, network = ACTIVATIONS[config.network.activation], config.network
    if not activation.code:
        return f"# There is no program with {activation.label}: its entry in the registry gives no code.\n"
    definitions = [_linear(), *_phi(config), *_norm(config), _network(config), _order(), _loss(config), _LOG10_NORM]
    top = [
        _head(config), block(_IMPORTS),
        f"torch.set_default_dtype(torch.{config.precision})\n"
        f"DEPTH, WIDTH, BATCH, SEED, STEPS = {network.depth}, {network.width}, {network.batch}, {network.seed}, {config.steps}\n"
        f'start = np.load("{START}")',
    ]  # fmt: skip
    return "\n\n\n".join(["\n\n".join(top), *map(block, definitions), _main(config)]) + "\n"


def _head(config: TrainingConfig) -> str:
    """The docstring: for which settings the program was written, how to run it."""
    said = {
        "network": [f"{parameter.label.lower()}: {parameter.format(getattr(config.network, name))}"
                    for name, parameter in FIELDS.items() if name != "inputs" and matters(config.network, name)],
        "training": [f"{parameter.label.lower()}: {parameter.format(getattr(config, name)) or 'none'}"
                     for name, parameter in TRAINING_FIELDS.items() if matters(config, name)],
    }  # fmt: skip
    settings = [fill("; ".join(words), PROSE, initial_indent="- ", subsequent_indent="  ") for words in said.values()]
    how = f'Run it beside {START}, which holds the first weights and the data: python training.py. It needs NumPy and\nPyTorch, and downloads nothing. It prints one line of JSON: the loss of every step, log10 of the norm of dW by\nlayer (null for an exact 0; the last is the head), and what the validation part says at the end.'  # fmt: skip
    return "\n".join(['"""One training run, in PyTorch.', "", *settings, "", how, '"""'])


def _linear() -> str:
    body = [
        "weights, bias = (torch.tensor(start[f'{name}{layer}'], dtype=torch.get_default_dtype()) for name in ('weights', 'biases'))",
        "module = torch.nn.Linear(*weights.shape)",
        "module.weight.data, module.bias.data = weights.T.contiguous(), bias",
        "return module",
    ]
    return function("linear(layer)", "The affine map of a layer, as the run starts; layer DEPTH is the head.", body)


def _phi(config: TrainingConfig) -> list[str]:
    activation = ACTIVATIONS[config.network.activation]
    formula = activation.code
    assert formula, "training_program() asks first"
    arguments, _ = structure.phi_arguments(config.network)
    why = [comment(formula.torch_why)] if formula.torch_why else []
    value = formula.torch.format(a=number(config.network.negative_slope))
    body = [*why, f"return {value}"]
    return [*(HELPERS[name] for name in formula.torch_helpers), function(f"phi({arguments})", f"{activation.label}: {activation.summary}", body)]  # fmt: skip


def _norm(config: TrainingConfig) -> list[str]:
    network = config.network
    kind = NORMALIZATIONS[network.normalization]
    if kind.over == "nothing":
        return []
    made = {
        "batch": "torch.nn.BatchNorm1d(units)", "layer": "torch.nn.LayerNorm(units)", "rms": "torch.nn.RMSNorm(units)",
        "group": f"torch.nn.GroupNorm({network.groups}, units)",
    }[kind.key]  # fmt: skip
    return [function("norm(units)", kind.summary, [f"return {made}"])]


def _network(config: TrainingConfig) -> str:
    network = config.network
    drawn = ACTIVATIONS[network.activation].slopes == "drawn"
    init = ["super().__init__()", "self.linear = torch.nn.ModuleList(linear(layer) for layer in range(DEPTH + 1))"]
    if network.normalization != "none":
        first = config.given_to_phi(0)
        units = f"{first} if layer == 0 else WIDTH" if first != network.width else "WIDTH"
        init.append(f"self.norm = torch.nn.ModuleList(norm({units}) for layer in range(DEPTH))")
    steps = {
        "fork": _when_skips(config, structure.starts_block(network), ["skip = h"]),
        "affine": ["h = self.linear[layer](h)"],
        "norm": ["h = self.norm[layer](h)"],
        "activate": ["h = phi(h, slopes[layer])" if drawn else "h = phi(h)"],
        "join": _when_skips(config, structure.ends_block(network), [f"h = skip + {times(network.branch_scale, 'h')}"]),
    }
    order = structure.layer_steps(network)
    body = [line for step in order for line in steps[step]]
    forward = ["for layer in range(DEPTH):", *(f"    {line}" for line in body), "return self.linear[DEPTH](h)"]
    lines = [
        "class Network(torch.nn.Module):", '    """The layers, and a linear head."""', "",
        "    def __init__(self):", *(f"        {line}" for line in init), "",
        f"    def forward(self, h{', slopes' * drawn}):", *(f"        {line}" for line in forward),
    ]  # fmt: skip
    return "\n".join(lines)


def _when_skips(config: TrainingConfig, condition: str, lines: list[str]) -> list[str]:
    """The lines where a block has a skip: the first has none if its two ends differ in width."""
    square = config.shape[0] == config.network.width
    return when(condition if square else structure.without_first(config.network, condition), lines)


def _order() -> str:
    body = [f"rng = np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=({BATCHES}, epoch)))", "return rng.permutation(samples)"]  # fmt: skip
    return function("order(epoch, samples)", "The order of the samples in an epoch.", body)


def _loss(config: TrainingConfig) -> str:
    if config.effective_loss == "cross_entropy":
        body = ["return F.cross_entropy(outputs, targets)"]
    else:
        body = ["return F.mse_loss(outputs, targets)"]
    return function("loss_of(outputs, targets)", "What is made small.", body)


_LOG10_NORM = '''
def log10_norm(x):
    """log10 of the norm, None for 0; in float64, whose range holds all squares of float32."""
    norm = x.double().norm().item()
    return math.log10(norm) if norm else None
'''


def _main(config: TrainingConfig) -> str:
    network, drawn = config.network, ACTIVATIONS[config.network.activation].slopes == "drawn"
    lines = []
    for name in ("train", "validation"):
        lines.append(f'{name}_x = torch.tensor(start["{name}_inputs"], dtype=torch.get_default_dtype())')
        targets = f'torch.tensor(start["{name}_targets"])'
        if config.effective_loss == "mean_squared":
            one_hot = f"{times(config.target_scale, f'F.one_hot({targets}, {config.shape[1]})')}"
            targets = f"({one_hot if draw_data(config).classes else targets}).to(torch.get_default_dtype())"
        lines.append(f"{name}_y = {targets}")
    lines += ["network = Network()", *_freeze(config), f"optimizer = {_optimizer(config)}"]
    lines += _settings(config)
    lines += ["batch = min(BATCH, len(train_x))", "batches = len(train_x) // batch", "losses, sizes = [], []"]
    slopes = [
        f"rng = np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=({STEP_SLOPES}, step)))",
        f"drawn = rng.uniform(1 / {round(1 / RRELU_LOW)}, 1 / {round(1 / RRELU_HIGH)}, (DEPTH, batch, {max(network.width, config.shape[0])}))",
        f"slopes = [torch.tensor(a[:, :units], dtype=torch.get_default_dtype()) for a, units in zip(drawn, [{config.given_to_phi(0)}] + [WIDTH] * (DEPTH - 1))]",
    ]  # fmt: skip
    step = [
        *_changes(config),
        f"factor = {_factor(config)}",
        'optimizer.param_groups[0]["lr"] = settings["learning_rate"] * factor',
        "epoch, index = divmod(step, batches)",
        "rows = order(epoch, len(train_x))[index * batch : (index + 1) * batch] if batches > 1 else slice(None)",
        *(slopes if drawn else []),
        "optimizer.zero_grad()",
        f"loss = loss_of(network(train_x[rows]{', slopes' * drawn}), train_y[rows])",
        "loss.backward()",
        "losses.append(loss.item())",
        "sizes.append([log10_norm(module.weight.grad) for module in network.linear])",
        *_clip(config),
        "optimizer.step()",
    ]
    lines += ["", "for step in range(STEPS):", *(f"    {line}" for line in step), ""]
    mean = [f"slopes = [{(RRELU_LOW + RRELU_HIGH) / 2!r}] * DEPTH"] if drawn else []
    lines += ["network.eval()", *mean, "with torch.no_grad():", f"    held = loss_of(network(validation_x{', slopes' * drawn}), validation_y).item()"]  # fmt: skip
    lines += ['print(json.dumps({"loss": losses, "validation_loss": held, "log10_weight_grad_norm": sizes}))']
    return "\n".join(lines)


def _freeze(config: TrainingConfig) -> list[str]:
    """What is not learned keeps its start."""
    lines = []
    if "biases" not in config.learn:
        lines += ["for module in network.linear:", "    module.bias.requires_grad_(False)"]
    if "norms" not in config.learn and config.network.normalization != "none":
        lines.append("network.norm.requires_grad_(False)")
    return lines


def _optimizer(config: TrainingConfig) -> str:
    learned = "[p for p in network.parameters() if p.requires_grad]"
    decay = f", weight_decay={number(config.weight_decay)}"
    made = {
        "sgd": "SGD({}, lr{decay})", "momentum": "SGD({}, lr, momentum=0.9{decay})",
        "nesterov": "SGD({}, lr, momentum=0.9, nesterov=True{decay})", "rmsprop": "RMSprop({}, lr, eps={eps}{decay})",
        "adam": "Adam({}, lr, eps={eps}{decay})", "adamw": "AdamW({}, lr, eps={eps}{decay})",
    }[config.optimizer]  # fmt: skip
    made = made.replace("lr,", f"lr={number(config.learning_rate)},").replace("lr{", f"lr={number(config.learning_rate)}{{")  # fmt: skip
    return "torch.optim." + made.format(learned, decay=decay, eps=repr(config.adam_epsilon))


def _settings(config: TrainingConfig) -> list[str]:
    names = ("learning_rate", "clip", "threshold")
    lines = ["settings = {" + ", ".join(f'"{name}": {getattr(config, name)!r}' for name in names) + "}"]
    if config.changes:
        lines.append(f"changes = {list(config.changes)!r}")
    return lines


def _changes(config: TrainingConfig) -> list[str]:
    if not config.changes:
        return []
    return ["for at, name, value in changes:", "    if at == step:", "        settings[name] = value"]


def _factor(config: TrainingConfig) -> str:
    return {
        "constant": "1.0",
        "warmup": "min(1.0, (step + 1) / max(STEPS / 10, 1))",
        "cosine": "0.5 * (1 + math.cos(math.pi * step / STEPS))",
    }[config.schedule]


def _clip(config: TrainingConfig) -> list[str]:
    kinds = {config.clip, *(value for _, name, value in config.changes if name == "clip")} - {"none"}
    lines = []
    for kind, name in (("norm", "clip_grad_norm_"), ("value", "clip_grad_value_")):
        if kind in kinds:
            lines += [f'if settings["clip"] == "{kind}":', f'    torch.nn.utils.{name}(network.parameters(), settings["threshold"])']  # fmt: skip
    return lines
