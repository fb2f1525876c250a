"""Model: the learned numbers of one or many networks; Circuit: their operations for a batch of one size."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation import layers as core
from simulation.activations import ACTIVATIONS, RRELU_HIGH, RRELU_LOW
from simulation.network import HEAD_BIAS, HEAD_WEIGHTS, PASSING_DRAWS, Network, draw_network, draw_weights
from simulation.normalizations import NORMALIZATIONS
from simulation.propagation import build_layers
from simulation.training.config import TrainingConfig
from simulation.training.operations import Dense, Norm, Operation, Phi, Split, Sum
from simulation.training.parameters import Layout

Array = NDArray[Any]


class Model:
    """Networks that differ by their seed and nothing else, with all that they learn and keep.

    numbers, gradient: (networks, layout.size); running: batch norms' mean and variance, (networks, depth, 2, units);
    biases: those that are not learned, (networks, depth, width).
    """

    def __init__(self, config: TrainingConfig, seeds: tuple[int, ...]) -> None:
        self.config, self.seeds = config, seeds
        network, (features, outputs) = config.network, config.shape
        self.dtype = np.dtype(config.precision)
        self.layout = layout = Layout()
        depth, width = network.depth, network.width
        for layer in range(depth):
            layout.add("weights", layer, (features if layer == 0 else width, width))
        layout.add("weights", depth, (width, outputs))  # the head's
        if "biases" in config.learn:
            for layer in range(depth):
                layout.add("biases", layer, (width,))
            layout.add("biases", depth, (outputs,))
        if "norms" in config.learn and network.normalization != "none":
            for layer in range(depth):
                layout.add("gamma", layer, (config.given_to_phi(layer),))
                if NORMALIZATIONS[network.normalization].centered:  # RMS norm has no shift
                    layout.add("beta", layer, (config.given_to_phi(layer),))
        self.numbers, self.gradient = (layout.zeros(len(seeds), self.dtype) for _ in range(2))
        self.biases = np.zeros((len(seeds), depth, width), self.dtype)
        # For each layer's norm; columns beyond its units are not used.
        self.running = np.zeros((len(seeds), depth, 2, max(width, features)), self.dtype)
        self.running[:, :, 1] = 1.0
        for index, seed in enumerate(seeds):
            self._draw(index, seed)
        if ("gamma", 0) in layout.slots:
            for layer in range(depth):
                self.view("gamma", layer)[:] = 1.0

    def view(self, kind: str, layer: int, of: Array | None = None) -> Array:
        """One part of the numbers, or of another array of their layout: (networks, *shape)."""
        return self.layout.view(self.numbers if of is None else of, kind, layer)

    def learned(self, kind: str, layer: int) -> tuple[Array, Array] | None:
        """One part of the numbers with its gradient, None where it is not learned."""
        if (kind, layer) not in self.layout.slots:
            return None
        return self.view(kind, layer), self.view(kind, layer, self.gradient)

    def _draw(self, index: int, seed: int) -> None:
        start = initial_network(self.config, seed)
        for layer, (weights, bias) in enumerate(zip(start.weights, start.biases, strict=True)):
            self.view("weights", layer)[index] = weights
            target = self.view("biases", layer) if ("biases", layer) in self.layout.slots else self.biases[:, layer]
            target[index] = bias
        weights, bias = initial_head(self.config, seed)
        depth = self.config.network.depth
        self.view("weights", depth)[index] = weights
        if ("biases", depth) in self.layout.slots:
            self.view("biases", depth)[index] = bias


def initial_network(config: TrainingConfig, seed: int) -> Network:
    """The layers before training: Explore's of this seed, with a first matrix for the data's features."""
    network = replace(config.network, seed=seed, inputs="gaussian")
    start = draw_network(replace(network, batch=1), PASSING_DRAWS)
    features, _ = config.shape
    first = draw_weights(network, 0, features, network.width, PASSING_DRAWS)
    return replace(start, config=network, weights=(first, *start.weights[1:]))


def initial_head(config: TrainingConfig, seed: int) -> tuple[Array, Array]:
    """The head's weights (width, outputs) and biases (outputs,) before training."""
    network, (_, outputs) = replace(config.network, seed=seed), config.shape
    shape = (network.width, outputs)
    if config.head_initializer == "torch_linear":  # both U(-1, 1) / sqrt(fan_in)
        bound = 1 / np.sqrt(3 * network.width)
        draws = [PASSING_DRAWS.get(seed, purpose, 0, size, "uniform") for purpose, size in ((HEAD_WEIGHTS, shape), (HEAD_BIAS, shape[1:]))]  # fmt: skip
        return bound * draws[0], bound * draws[1]
    if config.head_initializer == "same":
        return draw_weights(network, network.depth, *shape, PASSING_DRAWS), np.zeros(outputs)
    return np.zeros(shape), np.zeros(outputs)


class Circuit:
    """The operations of a model for batches of one size, with memory for what they return.

    h, delta: (depth, networks, batch, width), of the last forward and backward; slopes: those of the first layer
    and of all others, as the first may see the data's features instead of units.
    """

    def __init__(self, model: Model, batch: int) -> None:
        self.model, self.batch = model, batch
        network = model.config.network
        networks, depth, width = len(model.seeds), network.depth, network.width
        self.h, self.delta = (np.empty((depth, networks, batch, width), model.dtype) for _ in range(2))
        self.slopes = tuple(np.empty((layers, networks, batch, units), model.dtype) for layers, units in ((1, model.config.given_to_phi(0)), (depth - 1, width)))  # fmt: skip
        self.layers: list[list[Operation]] = []
        self.dense: list[Dense] = []
        self.phi: list[Phi] = []
        splits: dict[core.Fork, Split] = {}
        for index, layer in enumerate(build_layers(initial_network(model.config, model.seeds[0]))):
            self.layers.append([self._operation(step, index, splits) for step in layer.operations])
        self.head = self._dense(depth)
        self.head.label = "head"
        self.dense[0].first = self.steps[0] is self.dense[0]
        self._give_memory()

    def _operation(self, step: core.Operation, layer: int, splits: dict[core.Fork, Split]) -> Operation:
        model, network = self.model, self.model.config.network
        if isinstance(step, core.Affine):
            dense = self._dense(layer)
            dense.feeds_batch_norm = step.feeds_batch_norm
            return dense
        if isinstance(step, core.Activate):
            phi = Phi(ACTIVATIONS[network.activation], mean_slope(network.activation, network.negative_slope))
            phi.slopes = self.slopes[layer > 0][layer - (layer > 0)]
            self.phi.append(phi)
            return phi
        if isinstance(step, core.Normalize):
            running = model.running[:, layer, :, : model.config.given_to_phi(layer)]
            return Norm(step.kind, step.groups, model.learned("gamma", layer), model.learned("beta", layer), running)
        if isinstance(step, core.Fork):
            splits[step] = Split()
            return splits[step]
        assert isinstance(step, core.Join)
        return Sum(splits[step.fork], step.branch_scale)

    def _dense(self, layer: int) -> Dense:
        model = self.model
        bias = model.learned("biases", layer)
        fixed = (
            model.biases[:, layer] if bias is None and layer < len(self.h) and model.biases[:, layer].any() else None
        )
        weights = model.view("weights", layer), model.view("weights", layer, model.gradient)
        dense = Dense(*weights, *(bias or (fixed, None)))
        self.dense.append(dense)
        return dense

    def _give_memory(self) -> None:
        """Each operation's own; what is looked at after a step stands together, layer by layer."""
        networks, batch = self.h.shape[1:3]

        def memory(units: int) -> Array:
            return np.empty((networks, batch, units), self.h.dtype)

        steps, units = [*self.steps, self.head], self.model.config.shape[0]
        for step in steps:
            step.grad = memory(units)
            if isinstance(step, Dense):
                units = step.weights.shape[-1]
            if isinstance(step, Norm):
                step.normalized = memory(units)
            if not isinstance(step, Split):
                step.out = memory(units)
        for index, layer in enumerate(self.layers):
            layer[-1].out = self.h[index]
        for step, following in pairwise(steps):
            if isinstance(step, Dense):
                following.grad = self.delta[self.dense.index(step)]

    @property
    def steps(self) -> list[Operation]:
        """All operations before the head, in forward order."""
        return [step for layer in self.layers for step in layer]

    def forward(self, x: Array) -> Array:
        """The outputs (networks, batch, outputs) for x (networks, batch, features)."""
        for layer in self.layers:
            for step in layer:
                x = step.forward(x)
        return self.head.forward(x)

    def backward(self, g: Array) -> None:
        """Fills the model's gradient, from that of the loss with respect to the outputs."""
        g = self.head.backward(g)
        for layer in reversed(self.layers):
            for step in reversed(layer):
                g = step.backward(g)

    def evaluating(self, yes: bool) -> None:
        """Batch norms then take their running statistics."""
        for step in self.steps:
            if isinstance(step, Norm):
                step.evaluating = yes


def mean_slope(activation: str, negative_slope: float) -> float:
    """The slope that needs no draw: the config's, or the mean of drawn ones, which PyTorch evaluates with."""
    return (RRELU_LOW + RRELU_HIGH) / 2 if ACTIVATIONS[activation].slopes == "drawn" else negative_slope
