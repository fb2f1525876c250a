"""propagate(network) -> SignalTrace: one forward and one backward pass, exact beyond the range of floats."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simulation.activations import ACTIVATIONS
from simulation.arithmetic import Settle, settle_plain, settle_scaled
from simulation.config import NetworkConfig
from simulation.layers import Activate, Affine, Fork, Join, Normalize, Operation
from simulation.measures import Densities, Magnitudes
from simulation.network import Network, draw_network
from simulation.normalizations import NORMALIZATIONS
from simulation.trace import SignalTrace
from simulation.workspace import WORKSPACE

Array = NDArray[np.float64]


def simulate(config: NetworkConfig, densities: bool = False) -> SignalTrace:
    """The trace of the network that the config describes; equal configs give equal arrays, to the bit."""
    return propagate(draw_network(config), densities)


def propagate(network: Network, densities: bool = False) -> SignalTrace:
    """The trace of any network, also one made by hand (rectangular weights included).

    Exact beyond the range of floats: numbers that leave it carry powers of two from there on. `densities`
    also asks for the histograms of the heatmaps.
    """
    return Pass(network, densities).trace()


@dataclass
class Layer:
    """The operations of one layer in forward order; every layer has one affine map and one activation."""

    operations: list[Operation]
    affine: Affine
    activate: Activate


def build_layers(network: Network) -> list[Layer]:
    """The layers of the network, with a fork and a join around every block that can have a skip."""
    config = network.config
    phi = ACTIVATIONS[config.activation]
    layers: list[Layer] = []
    fork: Fork | None = None
    for index, (weights, bias, slopes) in enumerate(zip(network.weights, network.biases, network.slopes, strict=True)):
        slope = config.negative_slope if slopes is None else slopes
        affine = Affine(weights, bias, index)
        activate = Activate(phi, slope)
        operations = _ordinary_layer(config, affine, activate)
        if config.residual != "none":
            first = index - index % config.block
            last = min(first + config.block, len(network.weights)) - 1
            if index == first:
                has_skip = weights.shape[0] == network.weights[last].shape[1]
                fork = Fork() if has_skip else None
                operations = [fork, *operations] if fork else operations
            if index == last and fork:
                join = Join(fork, config.branch_scale, index // config.block)
                at = len(operations) - 1 if config.residual == "post_activation" else len(operations)
                operations.insert(at, join)
        layers.append(Layer(operations, affine, activate))
    _wire(layers)
    return layers


def _ordinary_layer(config: NetworkConfig, affine: Affine, activate: Activate) -> list[Operation]:
    """Affine, norm and activation in the order that the config asks for."""
    kind = NORMALIZATIONS[config.normalization]
    norm = [] if kind.over == "nothing" else [Normalize(kind, config.groups)]
    if config.residual == "pre_activation":
        return [*norm, activate, affine]
    if config.residual == "post_activation" or config.norm_position == "before":
        return [affine, *norm, activate]
    return [affine, activate, *norm]


def _wire(layers: list[Layer]) -> None:
    """Tells operations of their neighbors, which decides what has to be kept for the way back."""
    steps = [step for layer in layers for step in layer.operations if not isinstance(step, Fork)]
    for step, following in pairwise(steps):
        if isinstance(following, Activate):
            following.follows_norm = isinstance(step, Normalize)
        if isinstance(following, Join):
            following.follows_affine = isinstance(step, Affine)
        if isinstance(step, Join):
            step.feeds_affine = isinstance(following, Affine)
    for layer in layers:
        layer.affine.is_output = layer.operations[-1] is layer.affine
    _find_biases_without_effect(layers)


def _find_biases_without_effect(layers: list[Layer]) -> None:
    """Tells each affine map whether nothing but batch norms read its z.

    A batch norm takes a shift of all samples out again, however skips and identities carried it there.
    """
    only_batch_norms = False  # whether they alone read the value at this point, seen from the output
    past: dict[Fork, bool] = {}
    for operation in (step for layer in reversed(layers) for step in reversed(layer.operations)):
        if isinstance(operation, Affine):
            operation.feeds_batch_norm, only_batch_norms = only_batch_norms, False
        elif isinstance(operation, Normalize):
            only_batch_norms = operation.axis == 0
        elif isinstance(operation, Join):
            past[operation.fork] = only_batch_norms
        elif isinstance(operation, Fork):
            only_batch_norms &= past[operation]
        elif isinstance(operation, Activate):
            only_batch_norms = only_batch_norms and operation.is_identity


class Pass:
    """One forward and backward run over the layers, and what it recorded.

    `settle` is the arithmetic to begin with. Where plain numbers leave the range of floats, forward goes on
    scaled from that layer, and backward, which overwrites what it is given, begins again.

    To look inside, override `forward_layer` or `backward_layer`. They may come to a layer twice: the last
    time counts. Arrays are work memory that the next operation may overwrite: measure or copy them at once.
    """

    def __init__(self, network: Network, densities: bool = False, settle: Settle = settle_plain) -> None:
        depth = len(network.weights)
        self.layers = build_layers(network)
        self.z, self.h, self.delta, self.grad, self.dW, self.db = (Magnitudes(depth) for _ in range(6))
        self.density_h, self.density_delta = (Densities(depth) if densities else None for _ in range(2))
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            settle = self._forward(network, settle)
            if not self._backward(network, settle):
                self._backward(network, settle_scaled)

    def _forward(self, network: Network, settle: Settle) -> Settle:
        """The arithmetic that it ended with."""
        WORKSPACE.restart()
        x = network.inputs.copy()
        e = settle(x, 0)
        for index in range(len(self.layers)):
            y, f = self.forward_layer(index, x, e, settle)
            if not self._record_values(index, y, f) and settle is settle_plain:
                settle, x = settle_scaled, x.copy()  # others still hold x as it was
                e = settle(x, e)
                y, f = self.forward_layer(index, x, e, settle)
                self._record_values(index, y, f)
            x, e = y, f
            if self.density_h:
                self.density_h.record(index, x, e)
        return settle

    def forward_layer(self, index: int, x: Array, e: int, settle: Settle) -> tuple[Array, int]:
        """The layer's output, from its input."""
        for operation in self.layers[index].operations:
            x, e = operation.forward(x, e, settle)
        return x, e

    def _record_values(self, index: int, h: Array, e: int) -> bool:
        """Whether the layer's output and z are well inside the range of floats."""
        affine = self.layers[index].affine
        return self.z.record(index, affine.z, affine.e) & self.h.record(index, h, e)

    def _backward(self, network: Network, settle: Settle) -> bool:
        """Whether it reached layer 1 without leaving the range of `settle`."""
        g = network.cotangent.copy()
        e = settle(g, 0)
        for index, layer in reversed(list(enumerate(self.layers))):
            in_range = self.grad.record(index, g, e)
            g, e = self.backward_layer(index, g, e, settle)
            affine = layer.affine
            in_range &= self.delta.record(index, affine.delta, affine.delta_e)
            in_range &= self.dW.record(index, affine.weight_grad, affine.weight_grad_e)
            self.db.record(index, affine.bias_grad, affine.bias_grad_e)
            if settle is settle_plain and not in_range:
                return False
            if self.density_delta:
                self.density_delta.record(index, affine.delta, affine.delta_e)
        return True

    def backward_layer(self, index: int, g: Array, e: int, settle: Settle) -> tuple[Array, int]:
        """The gradient with respect to the layer's input, from that with respect to its output."""
        for operation in reversed(self.layers[index].operations):
            g, e = operation.backward(g, e, settle)
        return g, e

    def trace(self) -> SignalTrace:
        bias = self.db.log10_norm()
        bias[[layer.affine.feeds_batch_norm for layer in self.layers]] = -np.inf  # exactly, not round-off
        activations = [layer.activate for layer in self.layers]
        return SignalTrace(
            log10_pre_activation_rms=self.z.log10_rms(),
            log10_activation_rms=self.h.log10_rms(),
            log10_delta_rms=self.delta.log10_rms(),
            log10_activation_grad_rms=self.grad.log10_rms(),
            log10_weight_grad_norm=self.dW.log10_norm(),
            log10_bias_grad_norm=bias,
            inactive_fraction=np.array([a.inactive for a in activations]),
            dead_fraction=np.array([a.dead for a in activations]),
            saturated_fraction=np.array([a.saturated for a in activations]),
            activation_density=self.density_h.finished() if self.density_h else None,
            delta_density=self.density_delta.finished() if self.density_delta else None,
        )
