"""outcomes(config, records, crashes): what became of each of many networks that differ by their seed alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulation.sentences import percent
from simulation.training.config import TrainingConfig
from simulation.training.diagnosis import TrainingVerdict, diagnose_training
from simulation.training.evidence import Records
from simulation.training.records import Crash

# In the order of a strip; what each means, as "62 % ..." goes on.
OUTCOMES = {
    "learned": "learned it",
    "between": "are still on the way, or stuck at another loss",
    "plateau": "are no better than knowing nothing",
    "constant": "were dead from the first step on",
    "died": "died on the way",
    "crashed": "ended in numbers that are none",
}


@dataclass(frozen=True)
class Outcomes:
    """each: a key of OUTCOMES by network. stuck: the share that is no better than knowing nothing, whatever the cause.

    between: learning, slow, erratic, diverging, or standing at another loss.
    constant, died: dead, in the words of `diagnosis`, from the first step on, or since a later one.
    """

    each: tuple[str, ...]
    stuck: float

    @property
    def shares(self) -> dict[str, float]:
        """By outcome, in the order of OUTCOMES; they add up to 1."""
        return {key: self.each.count(key) / len(self.each) for key in OUTCOMES}


def outcomes(config: TrainingConfig, records: Records, crashes: Sequence[Crash | None]) -> Outcomes:
    """From the records of as many networks as there are crashes or None; also of a run that still goes on."""
    verdicts = [diagnose_training(config, records, crash, network) for network, crash in enumerate(crashes)]
    stuck = [verdict.constant and verdict.state != "crashed" for verdict in verdicts]
    return Outcomes(tuple(map(outcome, verdicts)), sum(stuck) / len(stuck))


def outcome(verdict: TrainingVerdict) -> str:
    """The key of OUTCOMES for one network's verdict."""
    if verdict.state == "dead":
        return "died" if verdict.motion.cut_off_since else "constant"
    if verdict.state in ("plateau", "fitted") and verdict.constant:
        return "plateau"
    return verdict.state if verdict.state in ("learned", "crashed") else "between"


def describe_outcomes(found: Outcomes) -> str:
    """How many networks came to what, in one sentence or two."""
    total, shares = len(found.each), found.shares
    counts = {key: found.each.count(key) for key in OUTCOMES if shares[key]}
    if len(counts) == 1:
        return f"All {total} networks {OUTCOMES[next(iter(counts))]}."
    parts = [f"{percent(shares[key])} {OUTCOMES[key]}" for key in counts]
    text = f"Of {total} networks that differ by their seed alone, {', '.join(parts[:-1])} and {parts[-1]}."
    causes = [key for key in ("plateau", "constant", "died") if key in counts]
    return f"{text} Together {percent(found.stuck)} stand at the loss of knowing nothing." if len(causes) > 1 else text
