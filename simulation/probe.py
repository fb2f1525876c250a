"""probe(network, layer) -> LayerView: one layer from inside, forward and backward, with its distributions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulation.arithmetic import Settle
from simulation.chain import BRANCH_SCALE, ChainRule, Kept, WeightGrad, chain_rule, weight_grad
from simulation.curves import Curve, curve, dead_zone
from simulation.histograms import Histogram, histogram
from simulation.layers import Activate, Affine, Fork, Join, Normalize, Operation
from simulation.measures import log10_rms
from simulation.network import Network
from simulation.propagation import Pass

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Step:
    """What an operation makes of a value going forward, or of a gradient going backward: the log10 of its rms.

    kind: "in" (what the layer is given), "weights", "norm", "activation", "skip" (added: forward the block's
    input, backward the gradient that went past it) or "scale" (backward: times branch_scale).
    """

    kind: str
    label: str
    log10_rms: float


@dataclass(frozen=True)
class LayerView:
    """One layer of one network; `layer` counts from 1, units and samples from 0.

    given: what phi is given; pre_activation: z, the raw affine output (where phi is given it, the same).
    flat: beyond these two values phi counts as saturated; dead_zone: at and beyond these two its slope is
        exactly 0; infinite where there is no such side. Fractions: as SignalTrace has them.
    forward, backward: what goes into the layer, and what each operation makes of it, in the order of travel.
    log10_delta_rms, log10_weight_grad_norm: as SignalTrace has them, of this layer.
    """

    layer: int
    depth: int
    given: Histogram
    pre_activation: Histogram
    delta: Histogram
    weight_grad: Histogram
    curve: Curve
    flat: tuple[float, float]
    dead_zone: tuple[float, float]
    inactive_fraction: float
    dead_fraction: float
    saturated_fraction: float
    forward: tuple[Step, ...]
    backward: tuple[Step, ...]
    log10_delta_rms: float
    log10_weight_grad_norm: float
    chain: ChainRule
    weight: WeightGrad


def probe(network: Network, layer: int, unit: int | None = None) -> LayerView:
    """The view of a layer (1-based). Without a unit, one whose gradient is neither 0 nor extreme.

    Raises ValueError for a layer or unit that the network does not have.
    """
    if not 1 <= layer <= len(network.weights):
        raise ValueError(f"layer was {layer}; the network has 1 to {len(network.weights)}")
    return _Probe(network, layer - 1).view(unit)


class _Probe(Pass):
    """A pass that keeps a copy of all that goes through one layer."""

    def __init__(self, network: Network, at: int) -> None:
        self.at = at
        self.kept: Kept = {}
        super().__init__(network)

    def _keep(self, name: str, x: Array, e: int) -> None:
        self.kept[name] = x.copy(), e

    def forward_layer(self, index: int, x: Array, e: int, settle: Settle) -> tuple[Array, int]:
        if index != self.at:
            return super().forward_layer(index, x, e, settle)
        self.forward = [Step("in", "", log10_rms(x, e))]
        for operation in self.layers[index].operations:
            if isinstance(operation, Activate):
                self._keep("given", x, e)
            elif isinstance(operation, Affine):
                self._keep("x", x, e)
            x, e = operation.forward(x, e, settle)
            if isinstance(operation, Affine):
                self._keep("z", x, e)
            if not isinstance(operation, Fork):
                self.forward.append(_step(operation, "skip", x, e))
        return x, e

    def backward_layer(self, index: int, g: Array, e: int, settle: Settle) -> tuple[Array, int]:
        if index != self.at:
            g, e = super().backward_layer(index, g, e, settle)
            if index == self.at + 1:
                affine = self.layers[index].affine
                self._keep("delta above", affine.delta, affine.delta_e)
            return g, e
        self.backward = [Step("in", "", log10_rms(g, e))]
        for operation in reversed(self.layers[index].operations):
            if isinstance(operation, Activate):
                self._keep("grad", g, e)
            elif isinstance(operation, Affine):
                self._keep("delta", g, e)
            g, e = operation.backward(g, e, settle)
            if isinstance(operation, Activate):
                self._keep("slopes", operation.slopes, 0)
            elif isinstance(operation, Affine):
                self._keep("dW", operation.weight_grad, operation.weight_grad_e)
            if not isinstance(operation, Fork):
                self._keep("branch", g, e)  # the last one counts: before the skip's gradient joins
            if not isinstance(operation, Join) or operation.branch_scale != 1.0:
                self.backward.append(_step(operation, "skip" if isinstance(operation, Fork) else "scale", g, e))
        return g, e

    def view(self, unit: int | None) -> LayerView:
        layer, trace = self.layers[self.at], self.trace()
        phi, given = layer.activate.phi, histogram(*self.kept["given"])
        slope = float(np.mean(layer.activate.slope))  # drawn ones differ from entry to entry: their mean is shown
        above = self.layers[self.at + 1].operations if self.at + 1 < trace.depth else []
        chain = chain_rule(self.kept, layer.operations, above, unit)
        return LayerView(
            layer=self.at + 1,
            depth=trace.depth,
            given=given,
            pre_activation=histogram(*self.kept["z"]),
            delta=histogram(*self.kept["delta"]),
            weight_grad=histogram(*self.kept["dW"]),
            curve=curve(phi, slope, given),
            flat=phi.flat,
            dead_zone=dead_zone(phi, slope),
            inactive_fraction=float(trace.inactive_fraction[self.at]),
            dead_fraction=float(trace.dead_fraction[self.at]),
            saturated_fraction=float(trace.saturated_fraction[self.at]),
            forward=tuple(self.forward),
            backward=tuple(self.backward),
            log10_delta_rms=float(trace.log10_delta_rms[self.at]),
            log10_weight_grad_norm=float(trace.log10_weight_grad_norm[self.at]),
            chain=chain,
            weight=weight_grad(self.kept, chain),
        )


def _step(operation: Operation, other: str, x: Array, e: int) -> Step:
    """The step of an operation; `other` is the kind of what is neither weights nor norm nor activation."""
    size = log10_rms(x, e)
    if isinstance(operation, Affine):
        return Step("weights", "weights", size)
    if isinstance(operation, Normalize):
        return Step("norm", operation.kind.label, size)
    if isinstance(operation, Activate):
        return Step("activation", operation.phi.label, size)
    return Step(other, BRANCH_SCALE if other == "scale" else other, size)
