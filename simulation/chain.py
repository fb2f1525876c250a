"""The chain rule of one unit with its values, and one entry of dW, from what a pass kept of one layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from simulation.histograms import Tens, decimal, tens
from simulation.layers import Activate, Affine, Join, Normalize, Operation

Array = NDArray[np.float64]
Kept = dict[str, tuple[Array, int]]
SAMPLE = 0  # whose chain rule is written out
TERMS = 3  # of a sum, written out one by one
BRANCH_SCALE = "branch scale"


@dataclass(frozen=True)
class Term:
    """What one unit behind the weights adds to a gradient: product = weight * delta."""

    unit: int
    weight: float
    delta: Tens
    product: Tens


@dataclass(frozen=True)
class ChainRule:
    """One sample's gradient on its way through one unit's activation: grad * slope * factor = result.

    grad: dS/d(phi's output); where the weights follow it at once, the sum over their outputs k of
        W[unit, k] delta[k]: the largest `terms`, and `others`, the sum of the `other_terms` left. Else empty.
    given, slope: what phi is given, and phi' there.
    between: what lies between phi's input and the result ("batch norm", "branch scale"): if nothing, the
        factor is 1. As a norm mixes entries, it may be None: no factor leads from a product of 0 to the result.
    result: delta of the unit; in a pre-activation layer, where phi comes before the weights, the gradient
        of the layer's input, this unit's, by way of the weights (is_delta tells).
    """

    sample: int
    unit: int
    given: Tens
    grad: Tens
    slope: Tens
    factor: Tens | None
    result: Tens
    is_delta: bool
    between: tuple[str, ...]
    terms: tuple[Term, ...]
    others: Tens
    other_terms: int


@dataclass(frozen=True)
class WeightGrad:
    """dW[row, column]: the sum over `samples` of activation[row] * delta[column]; both for the chain's sample, too."""

    row: int
    column: int
    activation: Tens
    delta: Tens
    product: Tens
    value: Tens
    samples: int


def chain_rule(kept: Kept, operations: Sequence[Operation], above: Sequence[Operation], unit: int | None) -> ChainRule:
    """The chain rule in a layer of these operations; `above` are those of the next layer.

    Without a unit, that whose result is of median size, zeros apart. ValueError for one that is not there.
    """
    place = [isinstance(operation, Activate) for operation in operations].index(True)
    is_delta = any(isinstance(operation, Affine) for operation in operations[:place])
    result = "delta" if is_delta else "branch"
    row = kept[result][0][SAMPLE]
    if unit is None:
        unit = _typical(row)
    if not 0 <= unit < row.size:
        raise ValueError(f"unit was {unit}; the layer has 0 to {row.size - 1}")
    between = tuple(filter(None, (_changes(operation) for operation in operations[:place])))
    given, grad, slope, end = (_entry(kept, name, unit) for name in ("given", "grad", "slopes", result))
    factor = Decimal(1) if not between else end / (grad * slope) if grad * slope else None
    terms, others, left = _terms(kept, [*operations[place + 1 :], *above], unit, place + 1 < len(operations))
    return ChainRule(
        SAMPLE, unit, tens(given), tens(grad), tens(slope), None if factor is None else tens(factor), tens(end),
        is_delta, between, terms, others, left,
    )  # fmt: skip


def _entry(kept: Kept, name: str, unit: int) -> Decimal:
    x, e = kept[name]
    return decimal(x[SAMPLE, unit], e)


def _typical(values: Array) -> int:
    """Where the entry of median size is, zeros apart."""
    nonzero = np.flatnonzero(values)
    if not nonzero.size:
        return 0
    return int(nonzero[np.argsort(np.abs(values[nonzero]), kind="stable")[nonzero.size // 2]])


def _changes(operation: Operation) -> str:
    """The name of an operation that changes a gradient between phi's input and the result."""
    if isinstance(operation, Normalize):
        return operation.kind.label
    return BRANCH_SCALE if isinstance(operation, Join) and operation.branch_scale != 1.0 else ""


def _terms(kept: Kept, after: Sequence[Operation], unit: int, same_layer: bool) -> tuple[tuple[Term, ...], Tens, int]:
    """The largest terms of the gradient at phi's output, the sum of the others, and how many these are."""
    if not after or not isinstance(after[0], Affine):
        return (), tens(Decimal(0)), 0
    weights, (delta, e) = after[0].weights[unit], kept["delta" if same_layer else "delta above"]
    order = np.argsort(-np.abs(weights * delta[SAMPLE]), kind="stable")
    exact = [(int(k), decimal(weights[k]), decimal(delta[SAMPLE, k], e)) for k in order]
    terms = tuple(Term(k, float(weights[k]), tens(d), tens(w * d)) for k, w, d in exact[:TERMS])
    others = sum((w * d for _, w, d in exact[TERMS:]), Decimal(0))
    return terms, tens(others), len(exact[TERMS:])


def weight_grad(kept: Kept, chain: ChainRule) -> WeightGrad:
    """Of the weights at the chain's unit, that whose other end is largest."""
    (x, x_e), (delta, delta_e), (dW, dW_e) = kept["x"], kept["delta"], kept["dW"]
    row = int(np.argmax(np.abs(x[SAMPLE]))) if chain.is_delta else chain.unit
    column = chain.unit if chain.is_delta else int(np.argmax(np.abs(delta[SAMPLE])))
    activation, gradient = decimal(x[SAMPLE, row], x_e), decimal(delta[SAMPLE, column], delta_e)
    return WeightGrad(
        row, column, tens(activation), tens(gradient), tens(activation * gradient), tens(decimal(dW[row, column], dW_e)), len(x)
    )  # fmt: skip
