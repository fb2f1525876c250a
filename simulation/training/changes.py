"""Changes: what was altered at which step of a run, as (step, field, value), written "120:learning_rate:0.01"."""

from dataclasses import dataclass
from typing import Any

from simulation.parameters import Choice, Number
from simulation.training.options import CLIPS

Change = tuple[int, str, Any]
_MOST = 50

RATE = Number("Learning rate", "How far a step goes.", 1e-6, 10, step=0.05, logarithmic=True)
# What can be altered while a run goes on: settings of the config, which are declared here.
CHANGEABLE: dict[str, Number | Choice] = {
    "learning_rate": RATE,
    "clip": Choice("Clip", "Whether gradients are cut before the step.", CLIPS),
    "threshold": Number(
        "Threshold", "The largest norm or entry that is let through; at 0 nothing is.", 0, 1e6, step=0.05
    ),
}


@dataclass(frozen=True)
class Changes:
    """A list of changes, in the order of their steps."""

    label: str
    summary: str
    fields: dict[str, Number | Choice]

    @property
    def allowed(self) -> str:
        """What a value may be, in words."""
        return f"up to {_MOST} of step:field:value, comma between them, fields: {', '.join(self.fields)}"

    def parse(self, text: str) -> tuple[Change, ...]:
        changes = []
        for part in text.split(",") if text else []:
            step, _, rest = part.partition(":")
            name, _, value = rest.partition(":")
            if not (step.isascii() and step.isdigit() and len(step) < 8 and name in self.fields):
                raise ValueError(self.allowed)
            changes.append((int(step), name, self.fields[name].parse(value)))
        return self.check(tuple(changes))

    def check(self, value: object) -> tuple[Change, ...]:
        """The changes by step; ValueError where one is not allowed."""
        if not isinstance(value, tuple) or len(value) > _MOST:
            raise ValueError(self.allowed)
        for change in value:
            if not (isinstance(change, tuple) and len(change) == 3 and isinstance(change[0], int) and change[0] >= 0):
                raise ValueError(self.allowed)
            if change[1] not in self.fields:
                raise ValueError(self.allowed)
            self.fields[change[1]].check(change[2])
        return tuple(sorted(value, key=lambda change: change[0]))

    def format(self, value: tuple[Change, ...]) -> str:
        return ",".join(f"{step}:{name}:{self.fields[name].format(setting)}" for step, name, setting in value)
