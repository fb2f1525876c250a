"""draw_network(config) -> Network: the weights, biases, inputs and output gradient of one network.

Every stream of noise depends only on (seed, what it is for, layer, shape). So one layer more draws one
layer more, and two settings that are compared share their noise. Unit noise is drawn once and scaled:
drawing costs more than propagating, so unit draws are kept, up to a stated number of bytes.
"""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from simulation.activations import ACTIVATIONS, RRELU_HIGH, RRELU_LOW
from simulation.config import NetworkConfig
from simulation.digits import IMAGES, standardized_digits
from simulation.initializers import INITIALIZERS

Array = NDArray[np.float64]
UNIT_DRAWS_MAX_BYTES = 512 * 2**20
PASSING_DRAWS_MAX_BYTES = 128 * 2**20

# What a stream of noise is for. Numbers, once landed, are never changed: they are part of every seed.
_INPUTS, _COTANGENT, _NORMAL_WEIGHTS, _UNIFORM_WEIGHTS, _BIASES, _SLOPES = range(6)
DATA, SPLIT, HEAD_WEIGHTS, HEAD_BIAS, BATCHES, STEP_SLOPES = range(6, 12)  # those of `training`


@dataclass(frozen=True)
class Network:
    """One network with everything that goes into it; `propagate` takes any, not only drawn ones.

    weights[l] (fan_in, fan_out); biases[l] (fan_out,) or None for none; inputs (batch, fan_in of layer 1);
    cotangent (batch, fan_out of the last layer): dS/d(output), for S = sum(cotangent * output);
    slopes[l]: of the shape of what phi is given, for activations whose slopes are drawn, else None.
    """

    config: NetworkConfig
    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    inputs: Array
    cotangent: Array
    slopes: tuple[Array | None, ...]


class UnitDraws:
    """Read-only unit noise by (seed, what for, layer, shape), the least recently used dropped first."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes, self.bytes = max_bytes, 0
        self._draws: OrderedDict[tuple[object, ...], Array] = OrderedDict()
        self._lock = Lock()

    def get(self, seed: int, purpose: int, layer: int, shape: tuple[int, ...], kind: str) -> Array:
        """The draw: `kind` is "normal", "uniform" (variance 1) or "orthogonal" (made from "normal")."""
        key = (seed, purpose, layer, shape, kind)
        with self._lock:
            if key in self._draws:
                self._draws.move_to_end(key)
                return self._draws[key]
        draw = _unit_draw(seed, purpose, layer, shape, kind)
        draw.flags.writeable = False
        with self._lock:
            if key not in self._draws:
                self._draws[key] = draw
                self.bytes += draw.nbytes
            while self.bytes > self.max_bytes:
                self.bytes -= self._draws.popitem(last=False)[1].nbytes
        return draw


def stream(seed: int, purpose: int, layer: int = 0) -> np.random.Generator:
    """Random numbers of their own for each seed, purpose and layer."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(purpose, layer)))


def _unit_draw(seed: int, purpose: int, layer: int, shape: tuple[int, ...], kind: str) -> Array:
    random = stream(seed, purpose, layer)
    if kind == "uniform":
        return random.uniform(-np.sqrt(3), np.sqrt(3), shape)
    normal = random.standard_normal(shape)
    return _orthogonal(normal) if kind == "orthogonal" else normal


def _orthogonal(normal: Array) -> Array:
    """The (semi-)orthogonal factor of a Gaussian matrix, with the signs that make it Haar (Mezzadri 2007)."""
    tall = normal if normal.shape[0] >= normal.shape[1] else normal.T
    q, r = np.linalg.qr(tall)
    q *= np.sign(np.diag(r))
    return np.ascontiguousarray(q if tall is normal else q.T)


UNIT_DRAWS = UnitDraws(UNIT_DRAWS_MAX_BYTES)
# For networks that are looked at in passing, many in a row: they must not push out those of the one on screen.
PASSING_DRAWS = UnitDraws(PASSING_DRAWS_MAX_BYTES)


def draw_weights(config: NetworkConfig, layer: int, fan_in: int, fan_out: int, draws: UnitDraws) -> Array:
    """The weights of one layer, (fan_in, fan_out); `layer` is 0-based."""
    initializer = INITIALIZERS[config.initializer]
    scale = config.weight_scale * initializer.scale(config, layer, fan_in, fan_out)
    shape = (fan_in, fan_out)
    if initializer.unit == "identity":
        return scale * np.eye(*shape)
    if initializer.unit == "ones":
        return np.full(shape, scale)
    purpose = _UNIFORM_WEIGHTS if initializer.unit == "uniform" else _NORMAL_WEIGHTS
    return scale * draws.get(config.seed, purpose, layer, shape, initializer.unit)


def chosen_images(config: NetworkConfig) -> NDArray[np.int64]:
    """Which of the handwritten digits are in the batch: one sample more is one image more."""
    return stream(config.seed, _INPUTS).permutation(IMAGES)[: config.batch]


def _inputs(config: NetworkConfig, draws: UnitDraws) -> Array:
    shape = (config.batch, config.features)
    if config.inputs == "gaussian":
        unit = draws.get(config.seed, _INPUTS, 0, shape, "normal")
    elif config.inputs == "digits":
        unit = standardized_digits()[chosen_images(config)]
    else:
        unit = np.full(shape, 1.0 if config.inputs == "ones" else 0.0)
    return unit * config.input_scale + config.input_offset


def draw_network(config: NetworkConfig, draws: UnitDraws = UNIT_DRAWS) -> Network:
    """The network that the config describes: equal configs give equal arrays, to the bit.

    `draws`: where unit noise is kept; it decides how long that is remembered and nothing else.
    """
    width, batch, seed = config.width, config.batch, config.seed
    layers = range(config.depth)
    if config.bias_scale:
        biases = tuple(config.bias_scale * draws.get(seed, _BIASES, layer, (width,), "normal") for layer in layers)
    else:
        biases = (np.zeros(width),) * config.depth
    slopes: tuple[Array | None, ...] = (None,) * config.depth
    if ACTIVATIONS[config.activation].slopes == "drawn":
        middle, reach = (RRELU_LOW + RRELU_HIGH) / 2, (RRELU_HIGH - RRELU_LOW) / (2 * np.sqrt(3))
        slopes = tuple(
            middle + reach * draws.get(seed, _SLOPES, layer, (batch, config.given_to_phi(layer)), "uniform")
            for layer in layers
        )
    return Network(
        config=config,
        weights=tuple(
            draw_weights(config, layer, config.features if layer == 0 else width, width, draws) for layer in layers
        ),
        biases=biases,
        inputs=_inputs(config, draws),
        cotangent=draws.get(seed, _COTANGENT, 0, (batch, width), "normal"),
        slopes=slopes,
    )
