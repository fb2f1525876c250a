"""run_in_formats(network): what becomes of its signals in float16, bfloat16, float32 and float64."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import floor, log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.arithmetic import Settle
from simulation.diagnosis import FORMATS
from simulation.network import Network
from simulation.propagation import Pass
from simulation.rounded import RoundedPass

Array = NDArray[Any]
Counts = NDArray[np.int64]
Masks = list[NDArray[np.bool_]]


@dataclass(frozen=True)
class Tally:
    """What became of one signal in one format; every array has length depth, index 0 is layer 1.

    zero, subnormal, normal, inf, nan: how many entries are that. lost: whether every entry that is not 0 in
    exact arithmetic is 0 (and there is one). first_zero, first_overflow, first_nan: the first layer, 1-based and
    in the direction of travel, that is lost, has an inf, has a NaN. nan_from: what that NaN was born from.
    """

    zero: Counts
    subnormal: Counts
    normal: Counts
    inf: Counts
    nan: Counts
    lost: NDArray[np.bool_]
    first_zero: int | None
    first_overflow: int | None
    first_nan: int | None
    nan_from: str


@dataclass(frozen=True)
class FormatRun:
    """Both signals in one format."""

    activation: Tally
    delta: Tally


@dataclass(frozen=True)
class FormatRuns:
    """What is known so far: `runs` has the formats that are done, by key, in the order of `FORMATS`.

    loss_scale: the output gradient was multiplied by 2**loss_scale, which all deltas show. rescue: the smallest
    such power, 0 or more, with which delta in float16 is lost at no layer and neither inf nor NaN at any; None
    where there is none. exact_zeros: how many entries of "activation" and "delta" are 0 in exact arithmetic.
    """

    loss_scale: int
    runs: dict[str, FormatRun]
    rescue: int | None
    exact_zeros: dict[str, Counts]

    @property
    def done(self) -> int:
        return len(self.runs)

    @property
    def total(self) -> int:
        return len(FORMATS)


def run_in_formats(network: Network, loss_scale: int = 0) -> Iterator[FormatRuns]:
    """The runs so far, after each format; the last is complete."""
    exact = _Alive(network)
    exact_zeros = {name: np.array([np.count_nonzero(~mask) for mask in masks])
                   for name, masks in (("activation", exact.alive_h), ("delta", exact.alive_delta))}  # fmt: skip
    runs: dict[str, FormatRun] = {}
    rescue = None
    for key in FORMATS:
        run = RoundedPass(network, key)
        runs[key] = FormatRun(
            activation=_tally(run, run.forward(), exact.alive_h, 1),
            delta=_tally(run, run.backward(loss_scale), exact.alive_delta, -1),
        )
        if key == "float16":
            rescue = _rescue(run, exact.alive_delta)
        yield FormatRuns(loss_scale, dict(runs), rescue, exact_zeros)


class _Alive(Pass):
    """Which entries of each layer's output and delta are not 0 in exact arithmetic."""

    def __init__(self, network: Network) -> None:
        self.alive_h: Masks = [np.empty(0, bool)] * len(network.weights)
        self.alive_delta = self.alive_h.copy()
        super().__init__(network)

    def forward_layer(self, index: int, x: Array, e: int, settle: Settle) -> tuple[Array, int]:
        y, f = super().forward_layer(index, x, e, settle)
        self.alive_h[index] = y != 0
        return y, f

    def backward_layer(self, index: int, g: Array, e: int, settle: Settle) -> tuple[Array, int]:
        grad = super().backward_layer(index, g, e, settle)
        self.alive_delta[index] = self.layers[index].affine.delta != 0
        return grad


def _is_lost(x: Array, alive: NDArray[np.bool_]) -> bool:
    """Whether something is alive in exact arithmetic, and nothing of it in x."""
    return bool(alive.any()) and not x[alive].any()


def _tally(run: RoundedPass, arrays: Iterable[Array], alive: Masks, direction: int) -> Tally:
    """The tally of the arrays of all layers, in the direction of travel: 1 is forward, -1 backward."""
    travel = range(len(alive))[::direction]
    counts, lost = np.zeros((5, len(alive)), np.int64), np.zeros(len(alive), bool)
    for layer, x in zip(travel, arrays, strict=True):
        size = np.abs(x)
        zero, nan = np.count_nonzero(size == 0), np.count_nonzero(np.isnan(x))
        tiny, finite = np.count_nonzero(size < run.smallest_normal), np.count_nonzero(np.isfinite(x))
        counts[:, layer] = zero, tiny - zero, finite - tiny, x.size - finite - nan, nan
        lost[layer] = _is_lost(x, alive[layer])

    def first(hit: NDArray[np.bool_]) -> int | None:
        return next((layer + 1 for layer in travel if hit[layer]), None)

    zeros, subnormal, normal, inf, nans = counts
    return Tally(
        zeros, subnormal, normal, inf, nans, lost,
        first_zero=first(lost),
        first_overflow=first(inf > 0),
        first_nan=first(nans > 0),
        nan_from=run.nan_from if nans.any() else "",
    )  # fmt: skip


def _rescue(run: RoundedPass, alive: Masks) -> int | None:
    """See `FormatRuns`. Every scale up to where the output gradient itself overflows is in question."""

    def keeps(loss_scale: int) -> bool:
        deltas = run.backward(loss_scale)
        return not any(_is_lost(delta, mask) for delta, mask in zip(deltas, reversed(alive), strict=True))

    largest = float(np.abs(run.network.cotangent).max())
    highest = max(floor(log2(run.largest / largest)), 0) if largest else 0
    scale = 0 if keeps(0) else bisect_left(range(highest + 1), True, key=keeps)  # a larger one keeps as much
    if scale > highest or not all(np.isfinite(delta).all() for delta in run.backward(scale)):
        return None
    return scale


def describe_formats(result: FormatRuns) -> str:
    """What each format loses, true for this very network; "" before the first format is done."""
    sentences, unharmed = [], []
    for key, run in result.runs.items():
        fates = (("the activation", fate(run.activation, 1)), ("the error signal", fate(run.delta, -1)))
        clauses = [f"{signal} {words}" for signal, words in fates if words]
        if clauses:
            rescue = _advice(result) if key == "float16" and run.delta.first_zero else ""
            sentences.append(f"In {key} {', and '.join(clauses)}{rescue}.")
        else:
            unharmed.append(key)
    if unharmed:
        names = " and ".join(filter(None, [", ".join(unharmed[:-1]), unharmed[-1]]))
        sentences.append(f"In {names} no layer is lost.")
    if sentences and result.loss_scale:
        sentences.insert(0, f"The loss is multiplied by 2^{result.loss_scale}.")
    return " ".join(sentences)


def fate(tally: Tally, direction: int) -> str:
    """What happens to a signal in the order in which it happens, "" if no layer is lost, infinite or NaN.

    direction: 1 where it travels forward, -1 where backward.
    """
    onward = "on" if direction == 1 else "down"
    events = []
    if layer := tally.first_overflow:
        events.append((layer, f"overflows at layer {layer}"))
    if layer := tally.first_nan:
        events.append((layer, f"is NaN from layer {layer} {onward} ({tally.nan_from})"))
    if layer := tally.first_zero:
        others = tally.subnormal + tally.normal + tally.inf + tally.nan
        stays = not others[layer - 1 :: direction].any()
        words = f"is exactly 0 from layer {layer} {onward}" if stays else f"loses every entry at layer {layer}"
        events.append((layer, words))
    events.sort(key=lambda event: direction * event[0])
    return " and ".join(words for _, words in events)


def _advice(result: FormatRuns) -> str:
    """What multiplying the loss would do for an error signal that float16 loses."""
    if result.rescue is None:
        return "; no loss scale would bring it through"
    delta = result.runs["float16"].delta
    entries = delta.zero + delta.subnormal + delta.normal + delta.inf + delta.nan
    dead = result.exact_zeros["delta"][0] == entries[0]
    through = "save it as far as it is not 0 in exact arithmetic" if dead else "bring it through"
    return f"; multiplying the loss by 2^{result.rescue} would {through}"
