"""Commands: what the page tells a run while it goes on."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from app.runs.run import Progress
from simulation.config import ConfigError

VERBS = ("pause", "continue", "step", "stop", "change")
_AHEAD = 8  # commands that are looked for at once


class Commands:
    """Carries out the numbered commands of a run, each once and in their order. steps: to take although paused.

    change(name, value) alters a setting, or raises ConfigError.
    """

    def __init__(self, change: Callable[[str, Any], None], progress: Progress) -> None:
        self._change, self._progress, self.steps = change, progress, 0

    @property
    def parts(self) -> list[str]:
        """Where the next commands are, if there are any."""
        return [f"control:{self._progress.commands + ahead}" for ahead in range(_AHEAD)]

    def obey(self, told: Mapping[str, bytes], waiting: bool) -> bool:
        """Carries out what there is, a stop alone while others have to wait; whether the run is to stop."""
        for part in self.parts:
            if part not in told:
                break
            verb, name, value = orjson.loads(told[part])
            if verb == "stop":
                return True
            if not waiting:
                self._carry_out(verb, name, value)
                self._progress.commands += 1
        return False

    def _carry_out(self, verb: str, name: str, value: Any) -> None:
        if verb == "change":
            try:
                self._change(name, value)
            except ConfigError as error:
                self._progress.message = str(error)
        elif verb == "step":
            self._progress.paused = True
            self.steps += 1
        else:
            self._progress.paused, self.steps = verb == "pause", 0
