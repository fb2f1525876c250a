"""The paths of /api/v1/train: runs are started, asked for and told what to do."""

from typing import Any

from app.openapi.answers import Answers, busy, content, json
from app.openapi.parameters import in_path, of_training, refer
from app.runs.desk import Seen
from app.runs.paths import TOLD
from app.runs.records import NULLS, OF_RATES  # fmt: skip
from app.runs.records import of_training as columns
from app.runs.run import ENDED, TAKEN_UP, UNDER_WAY, Progress, Run
from app.schemas import Schema, members, of, of_class, or_null, record, reference, text
from simulation.training.boundary import Boundary
from simulation.training.fit import Fit
from simulation.training.records import Crash

TAG = "runs"
STATE = text("Of the run.", (*UNDER_WAY, *TAKEN_UP, *ENDED))
NAMES = tuple(dict.fromkeys((*columns(1, 1), *OF_RATES)))
PATH = "/api/v1/train"


def schemas() -> dict[str, Schema]:
    """What runs answer, by name."""
    number = {"anyOf": [{"type": ["number", "null"]}, {"enum": ["NaN", "Infinity"]}]}
    listed = {"type": "array", "items": reference("Values")}
    plane = of_class(Boundary)
    plane["properties"]["values"] = text("The values' bytes in base64, row by row.")
    line = of_class(Fit)
    line["properties"]["values"] = listed
    return {
        "Values": {"anyOf": [*number["anyOf"], listed], "description": "A number, or a list of them by network, by layer."},
        "Records": record(
            dict.fromkeys(NAMES, listed), NAMES,
            "By name, one after the other. Of a training: of each step, of each network where there are several, of each "
            f"layer. Of a range test: of each rate. Empty at first. {NULLS}.",
        ),
        "Run": record(
            {
                **members(Run, ("id", "query", "lease", "kind")), "state": STATE, **members(Seen, ("place",)),
                **members(Progress, ("message", "step")), "steps": of(int), **members(Progress, ("steps_per_second",)),
                "seconds_left": or_null(of(float)), **members(Progress, ("changes", "checkpoints")),
                "crashes": {"type": "array", "items": or_null(of_class(Crash))},
                "boundary": or_null(plane), "fit": or_null(line),
                "next": of(int) | {"description": "What `after` is to be next time."},
                "records": reference("Records"), "nulls": of(str),
            }
        ),
    }  # fmt: skip


def _operation(name: str, summary: str, said: str, parameters: list[Any], good: dict[str, Answers], asked: bool = True) -> dict[str, Any]:  # fmt: skip
    refused, error = reference("Refused"), reference("Error")
    missing = {"404": json("There is no such run, or nothing at this path.", error)} if asked else {}
    return {
        "operationId": name, "summary": summary, "description": said, "tags": [TAG],
        "parameters": ([refer("id")] if asked else []) + parameters,
        "responses": {
            **good, **missing,
            "422": json("A word is not allowed: which, and what is.", {"anyOf": [error, refused]}),
            **busy(refused), "default": json("405 and every other refusal.", error),
        },
    }  # fmt: skip


def paths() -> dict[str, Any]:
    """All paths, with what is asked and answered."""
    run = json("The run as it is now.", reference("Run"))
    started = record({**members(Run, ("id", "query", "lease")), **members(Seen, ("place",))})
    told = record({**members(Run, ("id",)), "state": STATE})
    octets = content(
        "NumPy's .npz: at, numbers, running.", "application/octet-stream", {"type": "string", "format": "binary"}
    )
    table = content("A row for each step, network and layer; of a range test for each rate.", "text/csv", of(str))
    step = in_path("step", "One of the run's `checkpoints`.", {"type": "integer", "minimum": 0})
    verb = in_path("verb", "What it is told.", {"type": "string", "enum": list(TOLD)})
    conflict = {"409": json("Not in the state that the run is in.", reference("Refused"))}
    return {
        PATH: {"post": _operation(
            "startRun", "Start a run", "The query string carries the words; there is no body. To ask for the run keeps it alive.",
            of_training(), {"202": json("It is in the queue.", started)}, asked=False,
        ) | {"x-example": f"{PATH}?data=spirals&depth=10&activation=tanh"}},
        f"{PATH}/{{id}}": {"get": _operation(
            "getRun", "How far a run is", "With the records from the one numbered `after`. Whoever asks holds the lease.", [refer("after")], {"200": run},
        )},
        f"{PATH}/{{id}}.json": {"get": _operation("getRunAsJson", "All records of a run", "In one answer.", [], {"200": run})},
        f"{PATH}/{{id}}.csv": {"get": _operation("getRunAsCsv", "All records of a run as a table", "To all their digits.", [], {"200": table})},
        f"{PATH}/{{id}}/checkpoint/{{step}}": {"get": _operation(
            "getCheckpoint", "The learned numbers at a step", "Of those steps that are kept.", [step], {"200": octets},
        )},
        f"{PATH}/{{id}}/{{verb}}": {"post": _operation(
            "tellRun", "Tell a run what to do", "`change` takes `field` and `value`; the others take nothing.",
            [verb, refer("field"), refer("value")], {"200": json("It has been told.", told), **conflict},
        )},
    }  # fmt: skip
