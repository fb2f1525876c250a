"""The NumPy program: backpropagation written out by hand."""

from __future__ import annotations

from simulation.activations import ACTIVATIONS
from simulation.config import NetworkConfig
from simulation.normalizations import NORMALIZATIONS
from simulation.programs import structure
from simulation.programs.draws import draw_lines
from simulation.programs.helpers import HELPERS
from simulation.programs.text import function, loop, number, times, when
from simulation.programs.whole import assemble

_LOGS = '''
    def log10_norm(x):
        """log10 of the root of the sum of squares, None for 0. Scaled first: the square of 1e-170 would be 0."""
        largest = np.abs(x).max()
        return math.log10(largest) + math.log10(np.sum((x / largest) ** 2)) / 2 if largest else None


    def log10_rms(x):
        """log10 of the root mean square."""
        norm = log10_norm(x)
        return None if norm is None else norm - math.log10(x.size) / 2
'''


def write(config: NetworkConfig) -> str:
    """The program's text."""
    definitions = [*_activation(config), *_normalization(config), _LOGS]
    main = [draw_lines(config), _forward(config), _backward(config)]
    return assemble(config, "NumPy", ["import numpy as np"], definitions, main)


def _activation(config: NetworkConfig) -> list[str]:
    if config.activation == "linear":
        return []
    activation = ACTIVATIONS[config.activation]
    formula = activation.code
    assert formula, "program() asks first"
    arguments, _ = structure.phi_arguments(config)
    value, slope = (text.format(a=number(config.negative_slope)) for text in (formula.numpy, formula.numpy_slope))
    return [
        *(HELPERS[name] for name in formula.numpy_helpers),
        function(f"phi({arguments})", f"{activation.label}: {activation.summary}", [f"return {value}"]),
        function(f"phi_slope({arguments})", "The derivative of phi.", [f"return {slope}"]),
        function("share(mask)", "The share of entries that are true.", ["return float(mask.mean())"]),
    ]


def _normalization(config: NetworkConfig) -> list[str]:
    kind = NORMALIZATIONS[config.normalization]
    if kind.over == "nothing":
        return []
    axis = {"batch": "axis=0", "layer": "axis=1, keepdims=True", "groups": "axis=2, keepdims=True"}[kind.over]
    mean = f" - grad.mean({axis})" if kind.centered else ""
    y, grad = "x * inverse", f"inverse * (grad{mean} - y * (grad * y).mean({axis}))"
    backward = [f"return {grad}"]
    if kind.over == "groups":
        sets, flat = f"reshape(BATCH, {config.groups}, -1)", "reshape(BATCH, -1)"
        y = f"({y}).{flat}"
        backward = [f"grad, y = grad.{sets}, y.{sets}", f"grad = {grad}", f"return grad.{flat}"]
    epsilon = "1e-5" if kind.centered else "np.finfo(float).eps"
    forward = [
        *structure.centered_sets(config, f"x.mean({axis})"),
        f"inverse = 1 / np.sqrt((x * x).mean({axis}) + {epsilon})",
        f"return {y}, inverse",
    ]
    return [
        function(
            "normalize(x)",
            kind.summary,
            forward,
            "Returns also 1 / sqrt(variance + epsilon), which the way back needs.",
        ),
        function(
            "normalize_backward(grad, y, inverse)",
            "From the gradient at y = normalize(x) to that at x (Ioffe and Szegedy 2015).",
            backward,
        ),
    ]


def _forward(config: NetworkConfig) -> str:
    _, given = structure.phi_arguments(config)
    alike = ["z[:] = z[0]  # all samples are alike, however the product rounds"] * structure.samples_alike(config)
    steps = {
        "fork": when(structure.takes_skip(config), ["skip = h"]),
        "affine": [
            "fed.append(h)",
            f"h = z = h @ weights[layer]{' + biases[layer]' * bool(config.bias_scale)}",
            *alike,
            'record("log10_pre_activation_rms", layer, log10_rms(z))',
        ],
        "norm": ["h, inverse = normalize(h)", "norms.append((h, inverse))"],
        "activate": [
            f"slope = phi_slope({given})",
            "slopes.append(slope)",
            *structure.slope_records(config),
            f"h = phi({given})",
        ],
        "join": when(structure.adds_skip(config), [f"h = skip + {times(config.branch_scale, 'h')}"]),
    }
    order = structure.layer_steps(config)
    body = [line for step in order for line in steps[step]]
    body.append('record("log10_activation_rms", layer, log10_rms(h))')
    body += structure.slope_records(config) if "activate" not in order else []
    kept = {
        "affine": "fed = []  # what the weights multiply",
        "norm": "norms = []  # what it returned, and 1 / sqrt(variance + epsilon)",
        "activate": "slopes = []",
    }
    lists = [line for step, line in kept.items() if step in order]
    return "\n".join(["# Forward, keeping what the way back needs.", *lists, "h = inputs", *loop("range(DEPTH)", body)])


def _backward(config: NetworkConfig) -> str:
    scaled = [] if config.branch_scale == 1 else [f"grad = {times(config.branch_scale, 'grad')}"]
    steps = {
        "fork": when(structure.takes_skip(config), ["grad = grad + skip_grad"]),
        "affine": [
            "delta = grad  # dS/dz",
            'record("log10_delta_rms", layer, log10_rms(delta))',
            'record("log10_weight_grad_norm", layer, log10_norm(fed[layer].T @ delta))',
            *structure.bias_record(config, "delta.sum(axis=0)"),
            "grad = delta @ weights[layer].T",
        ],
        "norm": ["grad = normalize_backward(grad, *norms[layer])"],
        "activate": ["grad = grad * slopes[layer]"],
        "join": when(structure.adds_skip(config), ["skip_grad = grad", *scaled]),
    }
    body = ['record("log10_activation_grad_rms", layer, log10_rms(grad))']
    body += [line for step in reversed(structure.layer_steps(config)) for line in steps[step]]
    remark = "# Backward, by the chain rule: grad is dS/dh, for what h was at that point."
    return "\n".join([remark, "grad = output_grad", *loop("reversed(range(DEPTH))", body)])
