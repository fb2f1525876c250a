"""What the environment decides."""

import os
from dataclasses import dataclass

VERSION = "0.2.0"  # as in pyproject.toml


@dataclass(frozen=True)
class Settings:
    """redis_url: share the cache of traces between workers and machines; empty: one cache per worker."""

    redis_url: str = ""

    @classmethod
    def from_environment(cls) -> "Settings":
        return cls(redis_url=os.environ.get("REDIS_URL", ""))
