"""What a program draws: the numbers of `draw_network`, by the same seeded rule and with the scales filled in."""

from __future__ import annotations

from simulation.activations import ACTIVATIONS, RRELU_HIGH, RRELU_LOW
from simulation.config import NetworkConfig
from simulation.digits import as_text, load_digits
from simulation.initializers import INITIALIZERS
from simulation.network import chosen_images
from simulation.options import INPUTS
from simulation.programs.structure import ends_block
from simulation.programs.text import function, number, times

# Purposes are those of network.py: 0 inputs, 1 output gradient, 2 and 3 weights, 4 biases, 5 slopes.
_STREAM = '''
    def stream(purpose, layer=0):
        """Random numbers of their own for each purpose and layer, whatever the depth."""
        return np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=(purpose, layer)))
'''

# What stands for fan_in is WIDTH where all matrices are square.
_DEVIATIONS = {
    "standard_normal": "1",
    "gpt2": "0.02",
    "lecun_normal": "math.sqrt(1 / {fan_in})",
    "xavier_normal": "math.sqrt(2 / ({fan_in} + WIDTH))",
    "he_normal": "math.sqrt(2 / {fan_in})",
    "gain_matched": "{gain} / math.sqrt({fan_in})",
}
_LIMITS = {
    "standard_uniform": "1",
    "torch_linear": "1 / math.sqrt({fan_in})",
    "lecun_uniform": "math.sqrt(3 / {fan_in})",
    "xavier_uniform": "math.sqrt(6 / ({fan_in} + WIDTH))",
    "he_uniform": "math.sqrt(6 / {fan_in})",
}
_FIXED = {
    "zeros": "np.zeros({shape})",
    "constant": "np.full({shape}, 1 / {fan_in})",
    "identity": "np.eye{shape}",
}
_IMAGES = '''
# Handwritten digits, 8 x 8 (UCI, Alpaydin and Kaynak 1998, CC BY 4.0). A line is an image, a character a pixel: 0 to g
# for 0, paper, to 16, ink.
IMAGES = """
{images}
"""
'''


def draw_functions(config: NetworkConfig) -> list[str]:
    """The functions that draw, and images where they are the inputs."""
    signature = f"initial_weights({'layer' if _by_layer(config) else ''})"
    summary = INITIALIZERS[config.initializer].summary
    functions = [_STREAM, function(signature, summary, _weights(config), "Shape (fan_in, fan_out).")]
    if config.inputs == "digits":
        pixels, _ = load_digits()
        functions.append(_IMAGES.format(images="\n".join(map(as_text, pixels[chosen_images(config)]))))
    return functions


def draw_lines(config: NetworkConfig, learned: str = "{}", fixed: str = "{}") -> str:
    """The lines that draw everything; arrays are handed to these wrappers."""
    layer = "layer" if _by_layer(config) else "_"
    weights = learned.format(f"initial_weights({layer.strip('_')})")
    lines = [f"weights = [{weights} for {layer} in range(DEPTH)]"]
    if config.bias_scale:
        biases = learned.format(f"stream(4, layer).normal(0, {number(config.bias_scale)}, WIDTH)")
        lines.append(f"biases = [{biases} for layer in range(DEPTH)]")
    if ACTIVATIONS[config.activation].slopes == "drawn":
        low, high = (f"1 / {round(1 / slope)}" for slope in (RRELU_LOW, RRELU_HIGH))
        units, each = "WIDTH", "layer in range(DEPTH)"
        if config.given_to_phi(0) != config.width:
            lines.append(f"units = [{config.features}, *[WIDTH] * (DEPTH - 1)]  # that phi is given")
            units, each = "n", "layer, n in enumerate(units)"
        slopes = fixed.format(f"stream(5, layer).uniform({low}, {high}, (BATCH, {units}))")
        lines.append(f"negative_slopes = [{slopes} for {each}]")
    output_grad = fixed.format("stream(1).standard_normal((BATCH, WIDTH))")
    if config.inputs == "digits":
        lines.append("pixels = np.array([[int(pixel, 17) for pixel in image] for image in IMAGES.split()])")
    lines.append(f"inputs = {fixed.format(_inputs(config))}  # a row for each sample")
    lines.append(f"output_grad = {output_grad}  # dS/d(output), in place of a loss")
    return "\n".join(lines)


def _by_layer(config: NetworkConfig) -> bool:
    """Whether not all layers have the same weights."""
    return config.initializer not in _FIXED or not config.first_is_square


def _weights(config: NetworkConfig) -> list[str]:
    """The body of the function that returns the weights of a layer."""
    if config.first_is_square:
        return _weights_of(config, "WIDTH")
    return [f"fan_in = {config.features} if layer == 0 else WIDTH", *_weights_of(config, "fan_in")]


def _weights_of(config: NetworkConfig, fan_in: str) -> list[str]:
    key, scale, shape = config.initializer, config.weight_scale, f"({fan_in}, WIDTH)"
    if key in _FIXED:
        return [f"return {times(1 if key == 'zeros' else scale, _FIXED[key].format(shape=shape, fan_in=fan_in))}"]
    if key in _LIMITS:
        matrix = times(scale, f"stream(3, layer).uniform(-limit, limit, {shape})")
        return [f"limit = {_LIMITS[key].format(fan_in=fan_in)}", f"return {matrix}"]
    if key == "orthogonal":
        return _rotation(config, f"stream(2, layer).standard_normal({shape})")
    gain = number(ACTIVATIONS[config.activation].gain(config.negative_slope))
    deviation = _DEVIATIONS[key].format(gain=gain, fan_in=fan_in)
    if key == "gpt2" and config.residual != "none":
        ends, smaller = ends_block(config), f"{deviation} / math.sqrt({config.blocks})"
        deviation = f"{smaller} if {ends} else {deviation}" if ends else smaller
    matrix = times(scale, f"stream(2, layer).normal(0, deviation, {shape})")
    return [f"deviation = {deviation}", f"return {matrix}"]


def _rotation(config: NetworkConfig, normal: str) -> list[str]:
    """The lines that make a rotation; of a matrix wider than it is tall, its rows are what is at right angles."""
    why = "  # the signs make all rotations equally likely"
    if config.features >= config.width:
        signed = times(config.weight_scale, "q * np.sign(np.diag(r))")
        return [f"q, r = np.linalg.qr({normal})", f"return {signed}{why}"]
    return [
        f"normal = {normal}",
        "q, r = np.linalg.qr(normal if layer else normal.T)",
        f"q = {times(config.weight_scale, 'q * np.sign(np.diag(r))')}{why}",
        "return q if layer else q.T",
    ]


def _inputs(config: NetworkConfig) -> str:
    scale, offset = config.input_scale, config.input_offset
    if INPUTS[config.inputs].alike:
        return f"np.full((BATCH, WIDTH), {(config.inputs == 'ones') * scale + offset!r})"
    sign = "-" if offset < 0 else "+"
    shift = f" {sign} {number(abs(offset))}" if offset else ""
    if config.inputs == "digits":
        pixels, _ = load_digits()
        unit = f"(pixels - {number(pixels.mean())}) / {number(pixels.std())}"
        return (f"{number(scale)} * ({unit})" if scale != 1 else unit) + shift
    return times(scale, "stream(0).standard_normal((BATCH, WIDTH))") + shift
