"""propagate(network) -> SignalTrace: one forward and one backward pass, exact beyond the range of floats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.activations import ACTIVATIONS
from simulation.arithmetic import Settle, settle_plain, settle_scaled
from simulation.config import NetworkConfig
from simulation.layers import Activate, Affine, Fork, Join, Normalize, Operation
from simulation.measures import Densities, Magnitudes
from simulation.network import Network, draw_network
from simulation.normalizations import NORMALIZATIONS
from simulation.trace import SignalTrace
from simulation.workspace import WORKSPACE


def simulate(config: NetworkConfig, densities: bool = False) -> SignalTrace:
    """The trace of the network that the config describes; equal configs give equal arrays, to the bit."""
    return propagate(draw_network(config), densities)


def propagate(network: Network, densities: bool = False) -> SignalTrace:
    """The trace of any network, also one made by hand (rectangular weights included).

    An ordinary pass first; only if a sum of squares left 2**+-800 (or is 0, which may be an underflow)
    a second one that carries the powers of two. `densities` also asks for the histograms of the heatmaps.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        run = _Pass(network, settle_plain, densities)
        if not run.in_range:
            run = _Pass(network, settle_scaled, densities)
        return run.trace()


@dataclass
class Layer:
    """The operations of one layer in forward order; every layer has one affine map and one activation."""

    operations: list[Operation]
    affine: Affine
    activate: Activate


def build_layers(network: Network, settle: Settle) -> list[Layer]:
    """The layers of the network, with a fork and a join around every block that can have a skip."""
    config = network.config
    layers: list[Layer] = []
    fork: Fork | None = None
    for index, (weights, bias, slopes) in enumerate(zip(network.weights, network.biases, network.slopes, strict=True)):
        slope = config.negative_slope if slopes is None else slopes
        affine = Affine(weights, bias, settle, index)
        activate = Activate(ACTIVATIONS[config.activation], slope, settle)
        operations = _ordinary_layer(config, affine, activate, settle)
        if config.residual != "none":
            first, last = (
                index - index % config.block,
                min(index - index % config.block + config.block, len(network.weights)) - 1,
            )
            if index == first:
                has_skip = weights.shape[0] == network.weights[last].shape[1]
                fork = Fork() if has_skip else None
                operations = [fork, *operations] if fork else operations
            if index == last and fork:
                join = Join(fork, config.branch_scale, settle)
                at = len(operations) - 1 if config.residual == "post_activation" else len(operations)
                operations.insert(at, join)
        layers.append(Layer(operations, affine, activate))
    for layer, following in zip(layers, [*layers[1:], None], strict=True):
        _wire(layer, following)
    return layers


def _ordinary_layer(config: NetworkConfig, affine: Affine, activate: Activate, settle: Settle) -> list[Operation]:
    """Affine, norm and activation in the order that the config asks for."""
    kind = NORMALIZATIONS[config.normalization]
    norm = [] if kind.over == "nothing" else [Normalize(kind, config.groups, settle)]
    if config.residual == "pre_activation":
        return [*norm, activate, affine]
    if config.residual == "post_activation" or config.norm_position == "before":
        return [affine, *norm, activate]
    return [affine, activate, *norm]


def _wire(layer: Layer, following: Layer | None) -> None:
    """Tells each affine map what reads its z: nothing in its own layer, or nothing but a batch norm."""
    after = layer.operations[layer.operations.index(layer.affine) + 1 :]
    readers = after or (following.operations if following else [])
    layer.affine.is_output = not after
    layer.affine.feeds_batch_norm = bool(readers) and isinstance(readers[0], Normalize) and readers[0].axis == 0


class _Pass:
    """One forward and backward run over the layers, and what it recorded."""

    def __init__(self, network: Network, settle: Settle, densities: bool) -> None:
        depth = len(network.weights)
        self.layers = build_layers(network, settle)
        self.z, self.h, self.delta, self.grad, self.dW, self.db = (Magnitudes(depth) for _ in range(6))
        self.density_h, self.density_delta = (Densities(depth) if densities else None for _ in range(2))
        WORKSPACE.restart()
        self._forward(network, settle)
        self._backward(network, settle)

    def _forward(self, network: Network, settle: Settle) -> None:
        x = network.inputs.copy()
        e = settle(x, 0)
        for index, layer in enumerate(self.layers):
            for operation in layer.operations:
                x, e = operation.forward(x, e)
            self.z.record(index, layer.affine.z, layer.affine.e)
            self.h.record(index, x, e)
            if self.density_h:
                self.density_h.record(index, x, e)

    def _backward(self, network: Network, settle: Settle) -> None:
        g = network.cotangent.copy()
        e = settle(g, 0)
        for index, layer in reversed(list(enumerate(self.layers))):
            self.grad.record(index, g, e)
            for operation in reversed(layer.operations):
                g, e = operation.backward(g, e)
            affine = layer.affine
            self.delta.record(index, affine.delta, affine.delta_e)
            self.dW.record(index, affine.weight_grad, affine.weight_grad_e)
            self.db.record(index, affine.bias_grad, affine.bias_grad_e)
            if self.density_delta:
                self.density_delta.record(index, affine.delta, affine.delta_e)

    @property
    def in_range(self) -> bool:
        return all(m.in_range for m in (self.z, self.h, self.delta, self.grad, self.dW))

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
