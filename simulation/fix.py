"""smallest_fix(config, remedies): the least that has to be done to the network on screen, if anything helps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from simulation.axes import OVER
from simulation.config import NetworkConfig
from simulation.critical import find_critical, gradient_ratio
from simulation.diagnosis import Verdict
from simulation.ledger import Ledger, Row, ledger
from simulation.outcomes import Outcomes, Steps
from simulation.remedies import apply_remedies
from simulation.sentences import digits
from simulation.sentences_ledger import HARDLY_DECADES, label, then

_SEARCH = 45  # about how many simulations it takes to find the critical scale


@dataclass(frozen=True)
class Fix:
    """A change of the weight scale or of the remedies: both as they are afterwards, and the verdicts around it.

    cures: whether it makes the network stable (delta, where delta was not; else all three signals).
    """

    label: str
    weight_scale: float
    remedies: tuple[str, ...]
    before: Verdict
    after: Verdict
    cures: bool

    @property
    def outcome(self) -> str:
        """What becomes of the error signal, in a sentence."""
        text = then(self.after)
        return f"{text[0].upper()}{text[1:]}" if self.cures else f"Helps, but is no cure: {text}"

    def __str__(self) -> str:
        """What to do and what becomes of the error signal."""
        return f"{'' if self.cures else 'Helps, but is no cure. '}{self.label}: {then(self.after)}"


@dataclass(frozen=True)
class FixSearch:
    """What is known after `done` simulations of about `total`; when they are equal, `fix` or why there is none."""

    done: int
    total: int
    fix: Fix | None = None
    reason: str = ""


def smallest_fix(config: NetworkConfig, remedies: tuple[str, ...] = ()) -> Iterator[FixSearch]:
    """After each simulation how far the search is; the last one yielded holds its result.

    First the weight scale set to critical, if that makes all signals stable. Then the ledger: its first row,
    or its best pair, that cures; then its first row, or its best pair, that recovers anything.
    """
    return _Search(config, remedies).results()


class _Search:
    """A search under way."""

    def __init__(self, config: NetworkConfig, remedies: tuple[str, ...]) -> None:
        self.config, self.remedies = config, remedies
        self.outcomes = Outcomes()
        self.found: Fix | str = ""

    def results(self) -> Iterator[FixSearch]:
        for _ in self._scale():
            yield FixSearch(self.outcomes.done, max(_SEARCH, self.outcomes.done + 1))
        if not self.found:
            for step in ledger(self.config, self.remedies, self.outcomes):
                yield FixSearch(step.done, max(step.total, step.done + 1))
            self.found = _best(step)
        done = self.outcomes.done
        yield (
            FixSearch(done, done, reason=self.found)
            if isinstance(self.found, str)
            else FixSearch(done, done, self.found)
        )

    def _scaled(self, scale: float) -> NetworkConfig:
        return apply_remedies(replace(self.config, weight_scale=scale), self.remedies)

    def _scale(self) -> Steps[None]:
        before = (yield from self.outcomes.of(self._scaled(self.config.weight_scale))).verdict
        if before.state == "stable":
            self.found = "Nothing needs a fix: the error signal, dW and the activations are stable."
            return
        scales = OVER["weight_scale"].values(self.config)
        ratio = gradient_ratio(self.outcomes, self._scaled)
        critical = yield from find_critical(ratio, self.config.weight_scale, scales)
        if critical is None:
            return
        for significant in (3, 5):  # a round number, if it does as well
            scale = min(max(float(f"{critical.weight_scale:.{significant}g}"), scales[0]), scales[-1])
            after = (yield from self.outcomes.of(self._scaled(scale))).verdict
            if after.state == "stable":
                name = f"Set weight scale to {digits(scale, significant)}"
                self.found = Fix(name, scale, self.remedies, before, after, cures=True)
                return


def _best(result: Ledger) -> Fix | str:
    before = result.before.verdict
    pair = [result.best_pair] if result.best_pair else []

    def cures(row: Row) -> bool:
        return row.after.state == "stable" or (before.state != "mixed" and row.after.state == "mixed")

    def helps(row: Row) -> bool:
        return before.state != "mixed" and row.delta_decades is not None and row.delta_decades >= HARDLY_DECADES

    for wanted in (cures, helps):
        for row in (*result.rows, *pair):
            if wanted(row):
                return Fix(label(row), result.config.weight_scale, row.remedies, before, row.after, cures(row))
    what = "makes all three signals stable" if before.state == "mixed" else "brings the error signal nearer to its size"
    return f"Neither a critical weight scale, if there is one, nor a single remedy, nor a pair of those tried {what}."
