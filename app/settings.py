"""What the environment decides."""

import os
from dataclasses import dataclass
from multiprocessing import cpu_count
from pathlib import Path

VERSION = "0.3.0"  # as in pyproject.toml
RUNS = str(Path(__file__).parent.parent / ".runs")


@dataclass(frozen=True)
class Settings:
    """redis_url: where workers and machines share traces and runs; empty: traces in each worker, runs in a file.

    runs: the folder of that file. trainers: how many runs are trained at once on this machine.
    """

    redis_url: str = ""
    runs: str = RUNS
    trainers: int = cpu_count()

    @classmethod
    def from_environment(cls) -> "Settings":
        return cls(
            redis_url=os.environ.get("REDIS_URL", ""),
            runs=os.environ.get("RUNS", RUNS),
            trainers=int(os.environ.get("TRAINERS", cpu_count())),
        )
