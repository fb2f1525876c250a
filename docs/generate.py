"""Writes docs/reference.md from the registries; a test holds the file against it. `make docs` runs it."""

from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from app.options import OPTIONS
from app.panels import PANELS
from app.settings import Settings
from app.state import STATE_DEFAULTS, WORDS
from components.keys import KEYS
from simulation.activations import ACTIVATIONS
from simulation.config import BUDGET, DEFAULTS, FIELDS, GROUPS, compact, group_of
from simulation.diagnosis import FORMATS, STABLE_DECADES
from simulation.initializers import INITIALIZERS
from simulation.normalizations import NORMALIZATIONS
from simulation.options import INPUTS, NORM_POSITIONS, RESIDUALS
from simulation.presets import PRESETS
from simulation.remedies import REMEDIES
from simulation.simplifications import simplifications
from simulation.trace import ARRAYS
from simulation.training.config import GROUPS as TRAINING_GROUPS
from simulation.training.config import TRAINING_DEFAULTS, TRAINING_FIELDS, TrainingConfig
from simulation.training.data import DATA
from simulation.training.losses import LOSSES
from simulation.training.optimizers import OPTIMIZERS
from simulation.training.options import CLIPS, HEADS, SCHEDULES
from simulation.training.presets import PRESETS as TRAINING_PRESETS
from simulation.training.records import (
    FIRST_RECORDS,
    FIRST_RECORDS_OF_MANY,
    FIRST_VALIDATIONS,
    FIRST_VALIDATIONS_OF_MANY,
    LAYERED,
    MOST_RECORDS,
    MOST_RECORDS_OF_MANY,
    MOST_VALIDATIONS,
    MOST_VALIDATIONS_OF_MANY,
    SCALARS,
)

REFERENCE = Path(__file__).parent / "reference.md"


def _table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    heads = list(heads)
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    lines = [heads, ["---"] * len(heads), *cells]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _edge(z: float) -> str:
    return f"{z:.4g}".replace("inf", "∞")


def _training() -> list[str]:
    """What a training adds: its settings, data, optimizers, presets, records."""
    named = [
        ("Losses", LOSSES),
        ("Optimizers", OPTIMIZERS),
        ("Schedules", SCHEDULES),
        ("Heads", HEADS),
        ("Clipping in training", CLIPS),
    ]
    return [
        "## Settings of a training\n\nBesides those of the network, whose `batch` is the batch of training; `networks` trains 1 to 200 seeds at once.\n\n" + _table(
            ("key", "label", "group", "allowed", "default", "what it is"),
            [(f"`{key}`", p.label, TRAINING_GROUPS[TrainingConfig.__dataclass_fields__[key].metadata["group"]], p.allowed, f"`{p.format(TRAINING_DEFAULTS[key])}`", p.summary)
             for key, p in TRAINING_FIELDS.items()],
        ),
        "## Data\n\n" + _table(("key", "label", "task", "features", "classes", "what it is"),
            [(f"`{d.key}`", d.label, d.task, d.features or "`features`", "`classes`" if d.classes is None else d.classes or "", d.summary) for d in DATA.values()]),
        *(f"## {title}\n\n" + _table(("key", "label", "what it is"), [(f"`{o.key}`", o.label, o.summary) for o in registry.values()]) for title, registry in named),
        "## Training presets\n\n" + _table(("key", "label", "what it shows"), [(f"`{p.key}`", p.label, p.summary) for p in TRAINING_PRESETS.values()]),
        f"## Records of a run\n\nSteps are numbered from 0, here, in addresses and on the page: before step k come k steps. There are records of the first {FIRST_RECORDS} steps one by one, then of every k-th, of the last, and of the one whose numbers were no numbers any more: "
        f"k is 1 up to {MOST_RECORDS - FIRST_RECORDS} steps, and no run has more than {MOST_RECORDS} records. Of many networks at once: of the first {FIRST_RECORDS_OF_MANY} steps, at most "
        f"{MOST_RECORDS_OF_MANY} in all, and one for each step in which networks ended. The validation part is looked at in the first {FIRST_VALIDATIONS} steps, and at most {MOST_VALIDATIONS} times (of many: {FIRST_VALIDATIONS_OF_MANY}, {MOST_VALIDATIONS_OF_MANY}). Of a network: "
        + ", ".join(f"`{name}`" for name in SCALARS) + ". Of each of its layers: " + ", ".join(f"`{name}`" for name in LAYERED) + ".",
    ]  # fmt: skip


def reference() -> str:
    """The whole reference as Markdown."""
    named = [
        ("Normalizations", NORMALIZATIONS),
        ("Norm positions", NORM_POSITIONS),
        ("Residual forms", RESIDUALS),
        ("Inputs", INPUTS),
    ]
    parts = [
        "# Reference\n\nGenerated from the code's own declarations by `make docs`; do not edit. "
        "Field names, address keys and API keys are the same words.",
        "## Settings\n\n" + _table(
            ("key", "label", "group", "allowed", "default", "what it is"),
            [(f"`{key}`", p.label, GROUPS[group_of(key)], p.allowed if not hasattr(p, "options") else f"one of {len(p.options)}, below", f"`{DEFAULTS[key]}`", p.summary)
             for key, p in FIELDS.items()]
            + [("`remedies`", WORDS["remedies"].label, "Remedies", "a comma list, below", "none", WORDS["remedies"].summary)],
        ),
        "One budget holds for all: " + "; ".join(f"{counted} at most {compact(most)}" for counted, _, most in BUDGET) + ".",
        "## Activations\n\n" + _table(
            ("key", "label", "formula", "gain", "saturated outside", "what it is"),
            [(f"`{a.key}`", a.label, f"`{a.formula}`", f"{a.gain(0.01):.6g}", f"{_edge(a.flat[0])} to {_edge(a.flat[1])}", a.summary) for a in ACTIVATIONS.values()],
        ) + "\n\nThe gain is the `sigma_w` at which the gradient factor is 1, where that point attracts; for GELU, SiLU, Mish and softplus it is 1 / sqrt(E phi'^2) at unit variance, for SELU its own 1 (leaky ReLU: at slope 0.01).",
        "## Initializers\n\n" + _table(("key", "label", "unit draw", "what it is"), [(f"`{i.key}`", i.label, i.unit, i.summary) for i in INITIALIZERS.values()]),
        *(f"## {title}\n\n" + _table(("key", "label", "what it is"), [(f"`{o.key}`", o.label, o.summary) for o in registry.values()]) for title, registry in named),
        "## Remedies\n\nApplied in this order; of two that set the same field the later one wins.\n\n" + _table(
            ("key", "label", "what it does", "cost", "when it does nothing"),
            [(f"`{r.key}`", r.label, r.summary, r.cost, r.nothing_when) for r in REMEDIES.values()],
        ),
        "## Presets\n\n" + _table(("key", "label", "lesson"), [(f"`{p.key}`", p.label, p.summary) for p in PRESETS.values()]),
        "## Panels\n\nEach at `GET /api/v1/<key>?<state>`, as CSV too where it is a table; `trace`, `trace.csv` and `trace.npz` hold the arrays below.\n\n" + _table(
            ("key", "title", "question", "options", "CSV"),
            [(f"`{p.key}`", p.title, p.question, ", ".join(f"`{word}`" for word in p.words), "yes" if p.table else "") for p in PANELS.values()],
        ),
        "## Options of panels\n\nThey choose what is looked at; the network is the same. `pin` holds the query of a network to compare with.\n\n" + _table(
            ("key", "label", "allowed", "default", "what it is"),
            [(f"`{key}`", p.label, p.allowed, f"`{STATE_DEFAULTS[key]}`", p.summary) for key, p in OPTIONS.items()],
        ),
        "## Arrays of a trace\n\nEach has one value per layer; index 0 is layer 1.\n\n" + "\n".join(f"- `{name}`" for name in ARRAYS),
        f"## Verdicts\n\nA signal is stable within {STABLE_DECADES:g} decades over the depth, else vanishing or exploding; the network's verdict is the error signal's; "
        "`mixed` when that is stable and another signal is not; `dead` when it is exactly 0 at layer 1.",
        "## Number formats\n\n" + _table(
            ("key", "what it is", "rounds to 0 at or below", "overflows at or above"),
            [(f"`{f.key}`", f.summary, f"10^{f.log10_zero:.2f}", f"10^{f.log10_overflow:.2f}") for f in FORMATS.values()],
        ),
        *_training(),
        "## Settings of the server\n\nVariables of the environment; what to set for what is in [deploying](deploying.md).\n\n" + _table(
            ("variable", "default", "what it decides"),
            [(f"`{one.name.upper()}`", one.metadata["shown"], one.metadata["says"]) for one in fields(Settings)],
        ),
        "## Keys\n\n" + _table(("key", "what it does"), KEYS.items()),
        "## What is left out\n\n" + "\n".join(f"- **{what}.** {why}" for what, why in simplifications()),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    REFERENCE.write_text(reference())
