"""What a program draws: the numbers of `draw_network`, by the same seeded rule and with the scales filled in."""

from __future__ import annotations

from simulation.activations import ACTIVATIONS, RRELU_HIGH, RRELU_LOW
from simulation.config import NetworkConfig
from simulation.initializers import INITIALIZERS
from simulation.programs.structure import ends_block
from simulation.programs.text import function, number, times

# Purposes are those of network.py: 0 inputs, 1 output gradient, 2 and 3 weights, 4 biases, 5 slopes.
_STREAM = '''
    def stream(purpose, layer=0):
        """Random numbers of their own for each purpose and layer, whatever the depth."""
        return np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=(purpose, layer)))
'''

_DEVIATIONS = {
    "standard_normal": "1",
    "gpt2": "0.02",
    "lecun_normal": "math.sqrt(1 / WIDTH)",
    "xavier_normal": "math.sqrt(2 / (WIDTH + WIDTH))",
    "he_normal": "math.sqrt(2 / WIDTH)",
    "gain_matched": "{gain} / math.sqrt(WIDTH)",
}
_LIMITS = {
    "standard_uniform": "1",
    "torch_linear": "1 / math.sqrt(WIDTH)",
    "lecun_uniform": "math.sqrt(3 / WIDTH)",
    "xavier_uniform": "math.sqrt(6 / (WIDTH + WIDTH))",
    "he_uniform": "math.sqrt(6 / WIDTH)",
}
_FIXED = {
    "zeros": "np.zeros((WIDTH, WIDTH))",
    "constant": "np.full((WIDTH, WIDTH), 1 / WIDTH)",
    "identity": "np.eye(WIDTH)",
}


def draw_functions(config: NetworkConfig) -> list[str]:
    """The functions that draw."""
    layer = "" if config.initializer in _FIXED else "layer"
    summary = INITIALIZERS[config.initializer].summary
    return [_STREAM, function(f"initial_weights({layer})", summary, _weights(config), "Shape (fan_in, fan_out).")]


def draw_lines(config: NetworkConfig, learned: str = "{}", fixed: str = "{}") -> str:
    """The lines that draw everything; arrays are handed to these wrappers."""
    layer = "_" if config.initializer in _FIXED else "layer"
    weights = learned.format(f"initial_weights({layer.strip('_')})")
    lines = [f"weights = [{weights} for {layer} in range(DEPTH)]"]
    if config.bias_scale:
        biases = learned.format(f"stream(4, layer).normal(0, {number(config.bias_scale)}, WIDTH)")
        lines.append(f"biases = [{biases} for layer in range(DEPTH)]")
    if ACTIVATIONS[config.activation].slopes == "drawn":
        low, high = (f"1 / {round(1 / slope)}" for slope in (RRELU_LOW, RRELU_HIGH))
        slopes = fixed.format(f"stream(5, layer).uniform({low}, {high}, (BATCH, WIDTH))")
        lines.append(f"negative_slopes = [{slopes} for layer in range(DEPTH)]")
    output_grad = fixed.format("stream(1).standard_normal((BATCH, WIDTH))")
    lines.append(f"inputs = {fixed.format(_inputs(config))}  # a row for each sample")
    lines.append(f"output_grad = {output_grad}  # dS/d(output), in place of a loss")
    return "\n".join(lines)


def _weights(config: NetworkConfig) -> list[str]:
    """The body of the function that returns the weights of a layer."""
    key, scale = config.initializer, config.weight_scale
    if key == "zeros":
        return [f"return {_FIXED[key]}"]
    if key in _FIXED:
        return [f"return {times(scale, _FIXED[key])}"]
    if key in _LIMITS:
        matrix = times(scale, "stream(3, layer).uniform(-limit, limit, (WIDTH, WIDTH))")
        return [f"limit = {_LIMITS[key]}", f"return {matrix}"]
    if key == "orthogonal":
        return [
            "q, r = np.linalg.qr(stream(2, layer).standard_normal((WIDTH, WIDTH)))",
            f"return {times(scale, 'q * np.sign(np.diag(r))')}  # the signs make all rotations equally likely",
        ]
    deviation = _DEVIATIONS[key].format(gain=number(ACTIVATIONS[config.activation].gain(config.negative_slope)))
    if key == "gpt2" and config.residual != "none":
        ends, smaller = ends_block(config), f"{deviation} / math.sqrt({config.blocks})"
        deviation = f"{smaller} if {ends} else {deviation}" if ends else smaller
    matrix = times(scale, "stream(2, layer).normal(0, deviation, (WIDTH, WIDTH))")
    return [f"deviation = {deviation}", f"return {matrix}"]


def _inputs(config: NetworkConfig) -> str:
    scale, offset = config.input_scale, config.input_offset
    if config.inputs != "gaussian":
        return f"np.full((BATCH, WIDTH), {(config.inputs == 'ones') * scale + offset!r})"
    sign = "-" if offset < 0 else "+"
    shift = f" {sign} {number(abs(offset))}" if offset else ""
    return times(scale, "stream(0).standard_normal((BATCH, WIDTH))") + shift
