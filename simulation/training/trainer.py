"""Trainer: one step after the other, each measured. train(config) -> TrainingRun: all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from math import cos, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.activations import ACTIVATIONS, RRELU_HIGH, RRELU_LOW
from simulation.config import seeds_from
from simulation.network import STEP_SLOPES, stream
from simulation.training.batches import Batches
from simulation.training.births import birth
from simulation.training.clipping import clip, log10_norm
from simulation.training.config import TrainingConfig
from simulation.training.data import draw_data
from simulation.training.losses import LOSSES
from simulation.training.measurements import accuracy, measure_gradients, measure_step
from simulation.training.model import Circuit, Model
from simulation.training.optimizers import OPTIMIZERS, Step
from simulation.training.records import Crash, Record, recorded, together, validated

Array = NDArray[Any]
_EVALUATION_BATCH = 256


@dataclass(frozen=True)
class TrainingRun:
    """What was recorded of a run (see `records.together`), and how each network's numbers ended, if they did."""

    config: TrainingConfig
    seeds: tuple[int, ...]
    records: Mapping[str, NDArray[np.float64]]
    crashes: tuple[Crash | None, ...]


def train(config: TrainingConfig, networks: int = 1) -> TrainingRun:
    """The whole run, of as many networks with seeds seed, seed + 1, ...: pure, equal configs give equal runs."""
    trainer = Trainer(config, networks)
    records = []
    while not trainer.finished:
        if record := trainer.step():
            records.append(record)
    return TrainingRun(trainer.config, trainer.model.seeds, together(records), tuple(trainer.crashes))


def schedule_factor(schedule: str, step: int, steps: int) -> float:
    """What the learning rate is multiplied by at this step, from 0."""
    if schedule == "warmup":
        return min(1.0, (step + 1) / max(steps / 10, 1))
    return 0.5 * (1 + cos(pi * step / steps)) if schedule == "cosine" else 1.0


class Trainer:
    """A run that can be stopped, looked at, altered and taken up again between any two steps."""

    def __init__(self, config: TrainingConfig, networks: int = 1) -> None:
        self.config, self.at = config, 0
        seeds = seeds_from(config.network.seed, networks)
        self.model = Model(config, seeds)
        self.batches = Batches(draw_data(config), config, seeds, self.model.dtype)
        self.circuit = Circuit(self.model, self.batches.size)
        self.loss, self.optimizer = LOSSES[config.effective_loss], OPTIMIZERS[config.optimizer]
        self.previous, self.update, *moments = (np.zeros_like(self.model.numbers) for _ in range(2 + self.optimizer.moments))  # fmt: skip
        self.moments = tuple(moments)
        self.clipped = np.zeros(networks)  # steps that were, so far
        self.dead: list[Array] = []  # units of the first layer and of the others, when last recorded
        self.crashes: list[Crash | None] = [None] * networks
        self.recorded, self.validated = recorded(config.steps, networks), validated(config.steps, networks)
        self._evaluations: dict[int, Circuit] = {}  # by the samples that they take

    @property
    def finished(self) -> bool:
        """Whether all steps are done, or no network has numbers left."""
        return self.at >= self.config.steps or all(self.crashes)

    def change(self, name: str, value: Any) -> None:
        """Alters a setting from the next step on, and writes it into the config's `changes`."""
        later = [change for change in self.config.changes if change[:2] != (self.at, name)]
        self.config = replace(self.config, changes=(*later, (self.at, name, value)))

    def setting(self, name: str) -> Any:
        """The present value of what can be changed."""
        return self.config.setting_at(name, self.at)

    def step(self) -> Record | None:
        """Takes one step; its record, if it is one of those that are kept.

        A record is of the numbers before the step, but for what the step itself does: update ratio, clipping.
        """
        config, model, circuit = self.config, self.model, self.circuit
        kept = self.recorded.keeps(self.at)
        with np.errstate(all="ignore"):
            validation = self._validate() if kept else {}
            self._draw_slopes()
            inputs, targets = self.batches.at(self.at)
            outputs = circuit.forward(inputs)
            grad = np.empty_like(outputs)
            loss = self.loss.measure(outputs, targets, grad)
            circuit.backward(grad)
            norms = log10_norm(model.gradient)
            record = validation | measure_gradients(self) if kept else {}
            if self.recorded.keeps(self.at + 1):
                np.copyto(self.previous, model.gradient)
            touched = clip(model.gradient, self.setting("clip"), self.setting("threshold"), norms)
            self.clipped += touched
            clipped = log10_norm(model.gradient) if touched.any() else norms
            rate = self.setting("learning_rate") * schedule_factor(config.schedule, self.at, config.steps)
            self._update(rate)
            ended = [index for index in self._broken(loss) if self.crashes[index] is None]
            for index in ended:
                self.crashes[index] = birth(circuit, index, self.at, float(loss[index]), float(norms[index]))
            if ended and not kept:
                record = self._validate() | measure_gradients(self)
            if record:
                record |= measure_step(self, loss, outputs, targets, norms, clipped, rate)
            model.numbers -= self.update
        self.at += 1
        return record or None

    def _draw_slopes(self) -> None:
        """Those of a randomized leaky ReLU: new ones in every step, by (seed, step)."""
        if ACTIVATIONS[self.config.network.activation].slopes != "drawn":
            return
        (batch, width), network = self.circuit.h.shape[2:], self.config.network
        draws = [
            stream(seed, STEP_SLOPES, self.at).uniform(RRELU_LOW, RRELU_HIGH, (network.depth, batch, max(width, self.config.shape[0])))
            for seed in self.model.seeds
        ]  # fmt: skip
        for layer, phi in enumerate(self.circuit.phi):
            units = phi.slopes.shape[-1]
            phi.slope = np.stack([draw[layer, :, :units] for draw in draws]).astype(self.model.dtype)

    def _update(self, rate: float) -> None:
        """What this step takes from the numbers, into `update`."""
        config, optimizer, gradient = self.config, self.optimizer, self.model.gradient
        if config.weight_decay and not optimizer.decoupled:
            gradient += np.multiply(self.model.numbers, config.weight_decay, out=self.update)
        optimizer.update(gradient, self.moments, Step(self.at + 1, rate, config.adam_epsilon), self.update)
        if config.weight_decay and optimizer.decoupled:
            self.update += self.model.numbers * (rate * config.weight_decay)

    def _broken(self, loss: Array) -> list[int]:
        """Networks whose loss or next numbers are not finite: inf and NaN make a product with 0 NaN."""
        with_zero = np.vecdot(self.update, np.zeros_like(self.update[:1])) + 0 * self.model.numbers.max(axis=-1)
        return np.flatnonzero(~(np.isfinite(loss) & np.isfinite(with_zero))).tolist()

    def _validate(self) -> Record:
        """Loss and accuracy of each network on the validation part, NaN when it is not looked at in this step."""
        if not self.validated.keeps(self.at):
            unknown = np.full(len(self.crashes), np.nan)
            return {"validation_loss": unknown, "validation_accuracy": unknown}
        inputs, targets = self.batches.validation
        outputs = self.evaluate(inputs)
        targets = np.broadcast_to(targets, (len(outputs), *targets.shape))
        loss = self.loss.measure(outputs, targets, np.empty_like(outputs))
        return {"validation_loss": loss, "validation_accuracy": accuracy(outputs, targets)}

    def evaluate(self, inputs: Array) -> Array:
        """The outputs (networks, samples, outputs) for inputs (samples, features), by the numbers as they are now.

        Norms take their running statistics, randomized slopes their mean.
        """
        rows = min(len(inputs), _EVALUATION_BATCH)
        if rows not in self._evaluations:
            self._evaluations[rows] = Circuit(self.model, rows)
            self._evaluations[rows].evaluating(True)
        parts = []
        for first in range(0, len(inputs), rows):
            part = np.resize(inputs[first : first + rows], (rows, inputs.shape[1]))  # a short last part repeats itself
            part = part.astype(self.model.dtype, copy=False)
            parts.append(self._evaluations[rows].forward(part[None])[:, : len(inputs) - first].copy())
        return np.concatenate(parts, axis=1)

    def checkpoint(self) -> dict[str, Array]:
        """All that a run goes on from, as arrays of its own."""
        state = {"at": np.array(self.at), "numbers": self.model.numbers, "running": self.model.running,
                 "previous": self.previous, "clipped": self.clipped}  # fmt: skip
        state |= {f"moment{index}": moment for index, moment in enumerate(self.moments)}
        state |= {f"dead{index}": dead for index, dead in enumerate(self.dead)}
        state["crashes"] = np.array([astuple(crash) if crash else ("",) * 4 for crash in self.crashes], np.str_)
        return {name: array.copy() for name, array in state.items()}

    def restore(self, checkpoint: Mapping[str, Array]) -> None:
        """Goes on from a checkpoint of a run of the same config, to the bit as if it had never stopped."""
        self.at = int(checkpoint["at"])
        crashes = [tuple(crash) for crash in checkpoint["crashes"].tolist()]
        self.crashes = [Crash(int(step), int(layer), operation, what) if step else None for step, layer, operation, what in crashes]  # fmt: skip
        self.dead = [checkpoint[name] for name in ("dead0", "dead1") if name in checkpoint]
        for name, array in (("numbers", self.model.numbers), ("running", self.model.running),
                            ("previous", self.previous), ("clipped", self.clipped)):  # fmt: skip
            np.copyto(array, checkpoint[name])
        for index, moment in enumerate(self.moments):
            np.copyto(moment, checkpoint[f"moment{index}"])
