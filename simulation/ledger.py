"""ledger(config, remedies): what each remedy would change, counted: every one added, and every active one removed.

All networks share their noise, so that a row's numbers are the remedy's doing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb, inf, isfinite, isinf

from simulation.config import NetworkConfig
from simulation.costs import multiply_adds
from simulation.diagnosis import Change, Verdict
from simulation.normalizations import NORMALIZATIONS
from simulation.outcomes import Outcome, Outcomes, Steps
from simulation.remedies import REMEDIES, apply_remedies

# All pairs are tried where one pass takes at most so many multiply-adds (some 10 ms), else those of the best few.
CHEAP = 1e8
_BEST_FEW = 5
# What people try besides; it changes no gradient at all.
IDLE = ("clipping", "learning_rate")


@dataclass(frozen=True)
class Row:
    """What one change of the remedies does to the network.

    steps: ("add" or "remove", key of the remedy); two for a pair; ("none", "clipping") and ("none",
        "learning_rate") are what people try besides. remedies: those active afterwards.
    delta_decades, weight_grad_decades, activation_decades: recovered, |before| - |after|: negative where it
        gets worse, inf where an exact 0 comes alive, None where what is left has no decades (it is exactly 0).
    after: the verdict afterwards. unchanged: whether the network is the same in effect.
    multiply_adds: of one forward and backward pass; multiply_adds_ratio: over those before.
    batch_dependent: whether a sample's output depends on the others. output_scale: log10 of the last
        layer's activation rms, after over before; None where one is exactly 0.
    """

    steps: tuple[tuple[str, str], ...]
    remedies: tuple[str, ...]
    delta_decades: float | None
    weight_grad_decades: float | None
    activation_decades: float | None
    after: Verdict
    unchanged: bool
    multiply_adds: int
    multiply_adds_ratio: float
    batch_dependent: bool
    output_scale: float | None

    @property
    def key(self) -> str:
        """The remedies added or removed."""
        return "+".join(key for _, key in self.steps)

    @property
    def action(self) -> str:
        """What is done with each of them."""
        return "+".join(action for action, _ in self.steps)

    @property
    def rank(self) -> tuple[float, ...]:
        """Ascending: by delta recovered, then dW, then what delta still lacks; those with no delta at layer 1 last."""
        delta, weights = self.delta_decades, self.weight_grad_decades
        lacks = abs(self.after.delta.decades)
        return (delta is None, -(delta or 0.0), -(-inf if weights is None else weights), lacks)


@dataclass(frozen=True)
class Ledger:
    """What is known after `done` simulations; `total` is an estimate until they are equal, when all is known.

    before: of the network with the active remedies. rows: ranked; best_pair: of the pairs that do what
    neither remedy does alone, by the same rank; None before the pairs, or where there is none.
    """

    config: NetworkConfig
    remedies: tuple[str, ...]
    done: int
    total: int
    before: Outcome
    rows: tuple[Row, ...]
    best_pair: Row | None


def ledger(config: NetworkConfig, remedies: tuple[str, ...] = (), outcomes: Outcomes | None = None) -> Iterator[Ledger]:
    """After each simulation what is known so far; the last one yielded is whole.

    `outcomes`: where what is simulated is remembered, for a caller that asks for more.
    """
    return _Run(config, remedies, outcomes or Outcomes()).results()


def recovered(before: Change, after: Change) -> float | None:
    """Decades by which the change over the depth gets smaller; see Row."""
    if isinf(after.decades):
        return None
    return inf if isinf(before.decades) else abs(before.decades) - abs(after.decades)


class _Run:
    """A ledger under way."""

    def __init__(self, config: NetworkConfig, remedies: Iterable[str], outcomes: Outcomes) -> None:
        self.config, self.outcomes = config, outcomes
        self.active = tuple(key for key in REMEDIES if key in set(remedies))
        self.network = apply_remedies(config, self.active).effective()
        self.every_pair = multiply_adds(self.network) <= CHEAP
        self.before: Outcome | None = None
        self.rows: list[Row] = []
        self.pairs: list[Row] = []

    def toggled(self, keys: Iterable[str]) -> tuple[str, ...]:
        """The remedies with these added, or removed where they are active."""
        return tuple(key for key in REMEDIES if (key in self.active) != (key in keys))

    def changed(self, keys: Iterable[str]) -> NetworkConfig:
        return apply_remedies(self.config, self.toggled(keys)).effective()

    def results(self) -> Iterator[Ledger]:
        pairs = len(self._new_pairs(REMEDIES)) if self.every_pair else comb(_BEST_FEW, 2)
        planned = len({self.network, *(self.changed([key]) for key in REMEDIES)}) + pairs + self.outcomes.done
        for _ in self._steps():
            if self.before:
                yield self._result(self.before, max(planned, self.outcomes.done + 1))
        assert self.before
        yield self._result(self.before, self.outcomes.done)

    def _steps(self) -> Steps[None]:
        self.before = before = yield from self.outcomes.of(self.network)
        for key in REMEDIES:
            self.rows.append((yield from self._row(before, key)))
        singles = [row.key for row in sorted(self.rows, key=lambda row: row.rank)]
        self.rows += [_row(before, before, self.network, self.network, (("none", key),), self.active) for key in IDLE]
        for pair in self._new_pairs(REMEDIES if self.every_pair else singles[:_BEST_FEW]):
            self.pairs.append((yield from self._row(before, *pair)))

    def _new_pairs(self, keys: Iterable[str]) -> list[tuple[str, str]]:
        """The pairs that make a network which neither of the two makes alone, each network once."""
        pairs: dict[NetworkConfig, tuple[str, str]] = {}
        for pair in combinations(keys, 2):
            network = self.changed(pair)
            if network not in (self.network, *(self.changed([key]) for key in pair)):
                pairs.setdefault(network, pair)
        return list(pairs.values())

    def _row(self, before: Outcome, *keys: str) -> Steps[Row]:
        network = self.changed(keys)
        outcome = yield from self.outcomes.of(network)
        steps = tuple(("remove" if key in self.active else "add", key) for key in keys)
        return _row(before, outcome, self.network, network, steps, self.toggled(keys))

    def _result(self, before: Outcome, total: int) -> Ledger:
        return Ledger(
            config=self.config,
            remedies=self.active,
            done=self.outcomes.done,
            total=total,
            before=before,
            rows=tuple(sorted(self.rows, key=lambda row: row.rank)),
            best_pair=min(self.pairs, key=lambda row: row.rank, default=None),
        )


def _row(
    before: Outcome,
    after: Outcome,
    network: NetworkConfig,
    changed: NetworkConfig,
    steps: tuple[tuple[str, str], ...],
    remedies: tuple[str, ...],
) -> Row:
    was, now = before.verdict, after.verdict
    scale = (
        after.log10_activation_last - before.log10_activation_last if isfinite(before.log10_activation_last) else inf
    )
    cost = multiply_adds(changed)
    return Row(
        steps=steps,
        remedies=remedies,
        delta_decades=recovered(was.delta, now.delta),
        weight_grad_decades=recovered(was.weight_grad, now.weight_grad),
        activation_decades=recovered(was.activation, now.activation),
        after=now,
        unchanged=changed == network,
        multiply_adds=cost,
        multiply_adds_ratio=cost / multiply_adds(network),
        batch_dependent=NORMALIZATIONS[changed.normalization].over == "batch",
        output_scale=scale if isfinite(scale) else None,
    )
