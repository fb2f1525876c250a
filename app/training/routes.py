"""Routes of the Train page: /train/view for its controls, /train/frame for its runs, /train/step to look into a step, /train/rates for a range test."""

from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import orjson
from flask import Flask, Response, request

from app import binary
from app.runs.desk import Desk
from app.runs.queue import Queue
from app.settings import Settings
from app.training import frame, rates
from app.training.history import Histories
from app.training.look import Look, lenient
from app.training.state import strict
from app.training.step import step_view
from app.training.view import view
from app.words import pairs_of
from components.theme import PALETTES
from simulation.programs import training
from simulation.training.config import TrainingConfig

PROGRAM_NAME = {"Content-Disposition": "attachment; filename=training.zip"}


def register(app: Flask, settings: Settings) -> None:
    """Each takes a query string within the query string; `theme` is a palette."""
    histories = Histories(Desk(Queue(settings)))

    @app.get("/train/view")
    def train_view() -> Response:
        """state, since: what the controls say, and said before; run: the query of the one on the screen."""
        asked = _asked()
        since = pairs_of(asked["since"].encode()) if "since" in asked else None
        return _answer(view(pairs_of(asked.get("state", "").encode()), asked.get("run"), _theme(asked), since))

    @app.get("/train/frame")
    def train_frame() -> Response:
        """run, beside: ids; run_after, beside_after: how many of their records the page has; words: 1 for sentences."""
        asked = _asked()
        found = {role: histories.follow(asked[role]) for role in ("run", "beside") if asked.get(role)}
        followed = {role: one for role, one in found.items() if one}
        if "run" not in followed:
            return _answer({"gone": [role for role, one in found.items() if not one]}, 404)
        since = {role: _count(asked.get(f"{role}_after", "")) for role in followed}
        answers = {role: histories.answers(one.seen) for role, one in followed.items()}
        return _answer(frame.frame(followed, since, _look(asked), _theme(asked), answers, asked.get("words") == "1"))

    @app.get("/train/step")
    def train_step() -> Response:
        """run: its id; step: the one that is asked for, else the last; the nearest that is kept is shown, of all `kept`."""
        asked = _asked()
        followed = histories.follow(asked.get("run", ""))
        kept = followed.seen.progress.checkpoints if followed else []
        if not followed or not kept:
            return _answer({"figures": {}, "components": {}})
        step = _count(asked["step"]) if asked.get("step") else max(kept)
        nearest = min(kept, key=lambda one: abs(one - step))
        first, chosen = histories.checkpoint(followed.seen, min(kept)), histories.checkpoint(followed.seen, nearest)
        if first is None or chosen is None:
            return _answer({"figures": {}, "components": {}})
        return _answer(step_view(followed, first, chosen, _theme(asked)) | {"step": nearest, "kept": sorted(kept)})

    @app.get("/train/rates")
    def train_rates() -> Response:
        """run: the id of a range test; look: what the page shows by now."""
        asked = _asked()
        followed = histories.follow(asked.get("run", ""), "rates")
        if not followed:
            return _answer(
                {"going": False, "components": rates.shown("This test is no longer kept: please try again.")}, 404
            )
        return _answer(rates.answer(followed, _look(asked).train.training, _theme(asked)))

    @app.get("/train/program.zip")
    def train_program() -> Response:
        """A training's query -> its PyTorch program and the start that it reads. One network: the first seed's."""
        state = strict(pairs_of(request.query_string))
        return Response(program_files(state.training), mimetype="application/zip", headers=PROGRAM_NAME)


def program_files(config: TrainingConfig) -> bytes:
    """The PyTorch program of a run with what it starts from, in one zip."""
    start, files = BytesIO(), BytesIO()
    np.savez_compressed(start, **training.start(config))
    with ZipFile(files, "w", ZIP_DEFLATED) as both:
        both.writestr("training.py", training.training_program(config))
        both.writestr(training.START, start.getvalue())
    return files.getvalue()


def _asked() -> dict[str, str]:
    return dict(pairs_of(request.query_string))


def _count(text: str) -> int:
    """A number of records or steps; 0 where the text is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _look(asked: dict[str, str]) -> Look:
    return lenient(pairs_of(asked.get("look", "").encode()))[0]


def _theme(asked: dict[str, str]) -> str:
    return asked["theme"] if asked.get("theme") in PALETTES else "light"


def _answer(content: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(content, default=binary.plain), status, mimetype="application/json")
