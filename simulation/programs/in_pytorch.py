"""The PyTorch program: the forward pass, and autograd for the rest."""

from __future__ import annotations

from simulation.activations import ACTIVATIONS
from simulation.config import NetworkConfig
from simulation.normalizations import NORMALIZATIONS
from simulation.programs import structure
from simulation.programs.draws import draw_lines
from simulation.programs.helpers import HELPERS
from simulation.programs.text import comment, function, loop, number, times, when
from simulation.programs.whole import assemble

_LOGS = '''
    def log10_norm(x):
        """log10 of the root of the sum of squares, None for 0. Scaled first: the square of 1e-170 would be 0."""
        largest = x.abs().max().item()
        return math.log10(largest) + math.log10((x / largest).square().sum().item()) / 2 if largest else None


    def log10_rms(x):
        """log10 of the root mean square."""
        norm = log10_norm(x)
        return None if norm is None else norm - math.log10(x.numel()) / 2
'''

_WATCHED = '''
    def watched(x):
        """x, of which autograd will keep the gradient."""
        x.retain_grad()
        return x
'''

_BACKWARD = """
    # Backward, from S = sum(output_grad * h).
    h.backward(output_grad)
"""


def write(config: NetworkConfig) -> str:
    """The program's text."""
    definitions = [*_activation(config), *_normalization(config), _WATCHED, _LOGS]
    drawn = draw_lines(config, learned="torch.tensor({}, requires_grad=True)", fixed="torch.tensor({})")
    imports = ["import numpy as np  # only makes the numbers that go in", "import torch"]
    if any("F." in text for text in definitions):
        imports.append("\nF = torch.nn.functional")
    return assemble(config, "PyTorch", imports, definitions, [drawn, _forward(config), _BACKWARD, _records(config)])


def _activation(config: NetworkConfig) -> list[str]:
    if config.activation == "linear":
        return []
    activation = ACTIVATIONS[config.activation]
    formula = activation.code
    assert formula, "program() asks first"
    arguments, _ = structure.phi_arguments(config)
    why = [comment(formula.torch_why)] if formula.torch_why else []
    value = formula.torch.format(a=number(config.negative_slope))
    return [
        *(HELPERS[name] for name in formula.torch_helpers),
        function(f"phi({arguments})", f"{activation.label}: {activation.summary}", [*why, f"return {value}"]),
        function("share(mask)", "The share of entries that are true.", ["return mask.double().mean().item()"]),
    ]


def _normalization(config: NetworkConfig) -> list[str]:
    kind = NORMALIZATIONS[config.normalization]
    if kind.over == "nothing":
        return []
    body = {
        "batch": ["return F.batch_norm(x, None, None, training=True)"],
        "layer": ["return F.layer_norm(x, x.shape[1:])"],
        "rms": ["return F.rms_norm(x, x.shape[1:])"],
        "group": [f"return F.group_norm(x, {config.groups})"],
    }[kind.key]
    if kind.centered and (structure.set_size(config) == 1 or structure.may_be_alike(config)):
        # Of entries that are alike, PyTorch's own norms leave round-off, and batch norm refuses a single sample.
        axis = {"batch": "dim=0", "layer": "dim=1, keepdim=True", "groups": "dim=2, keepdim=True"}[kind.over]
        y = f"x / torch.sqrt((x * x).mean({axis}) + 1e-5)"
        y = f"({y}).reshape(BATCH, -1)" if kind.over == "groups" else y
        body = [*structure.centered_sets(config, f"x.mean({axis})", ".detach()"), f"return {y}"]
    return [function("normalize(x)", kind.summary, body)]


def _forward(config: NetworkConfig) -> str:
    _, given = structure.phi_arguments(config)
    alike = ["z = z + (z[0] - z).detach()  # all samples are alike, however the product rounds"]
    steps = {
        "fork": when(structure.takes_skip(config), ["skip = h"]),
        "affine": [
            f"z = h @ weights[layer]{' + biases[layer]' * bool(config.bias_scale)}",
            *alike * structure.samples_alike(config),
            "h = watched(z)",
            "zs.append(z)",
        ],
        "norm": ["h = normalize(h)"],
        "activate": ["given.append(h.detach())", f"h = phi({given})"],
        "join": when(structure.adds_skip(config), [f"h = skip + {times(config.branch_scale, 'h')}"]),
    }
    order = structure.layer_steps(config)
    body = [line for step in order for line in steps[step]] + ["hs.append(watched(h))"]
    lists = ["zs = []", *["given = []  # what phi is given"] * ("activate" in order), "hs = []  # the layers' outputs"]
    return "\n".join(["# Forward, keeping what will be measured.", *lists, "h = inputs", *loop("range(DEPTH)", body)])


def _records(config: NetworkConfig) -> str:
    body = [
        'record("log10_pre_activation_rms", layer, log10_rms(zs[layer]))',
        'record("log10_activation_rms", layer, log10_rms(hs[layer]))',
        'record("log10_delta_rms", layer, log10_rms(zs[layer].grad))',
        'record("log10_activation_grad_rms", layer, log10_rms(hs[layer].grad))',
        'record("log10_weight_grad_norm", layer, log10_norm(weights[layer].grad))',
        *structure.bias_record(config, "biases[layer].grad" if config.bias_scale else "zs[layer].grad.sum(dim=0)"),
    ]
    if config.activation != "linear":
        _, given = structure.phi_arguments(config)
        body += ["h = given[layer].requires_grad_()", f"(slope,) = torch.autograd.grad(phi({given}).sum(), h)"]
    return "\n".join(loop("range(DEPTH)", [*body, *structure.slope_records(config)]))
