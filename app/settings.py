"""What the environment decides: each setting once, with what it means; docs/deploying.md has the table of them."""

import os
from dataclasses import dataclass, field, fields
from multiprocessing import cpu_count
from pathlib import Path
from typing import Any

VERSION = "0.3.0"  # as in pyproject.toml
RUNS = str(Path(__file__).parent.parent / ".runs")


def _setting(default: Any, says: str, shown: str = "") -> Any:
    """A field; `shown`: its default as the table has it, where that depends on the machine."""
    return field(default=default, metadata={"says": says, "shown": shown or str(default)})


@dataclass(frozen=True)
class Settings:
    """Read from variables of the same names in capitals."""

    host: str = _setting("127.0.0.1", "the address that is listened at; 0.0.0.0 for all of the machine's")
    port: int = _setting(8050, "the port")
    workers: int = _setting(cpu_count(), "processes that answer pages", "one per core")
    threads: int = _setting(32, "requests that one of them has open at once; few of them compute")
    trainers: int = _setting(cpu_count(), "runs that are trained at once on this machine", "one per core")
    redis_url: str = _setting(
        "",
        "where workers and machines share traces, limits and runs; empty: the first two in each worker, runs in a file",
    )
    runs: str = _setting(RUNS, "the folder of that file", ".runs")
    cache_megabytes: int = _setting(128, "what one worker keeps of answers in its memory, unless there is a Redis")
    proxies: int = _setting(0, "proxies in front that are trusted to say who asks (X-Forwarded-For)")
    expensive_per_minute: int = _setting(
        6000,
        "slow panels, offline files and runs that one address may ask for in a minute (a class shares one), counted by each worker unless there is a Redis; 0: as many as it likes",
    )
    page_ancestors: str = _setting(
        "'none'", "sites that may frame the pages, as in Content-Security-Policy's frame-ancestors"
    )
    embed_ancestors: str = _setting("*", "sites that may frame /embed/…")
    log_requests: bool = _setting(False, "1: a line of JSON for each request")

    @classmethod
    def from_environment(cls) -> "Settings":
        """ValueError names the variable that cannot be read, and what it may be."""
        given = {one.name: os.environ.get(one.name.upper()) for one in fields(cls)}
        return cls(**{one.name: _read(one.name.upper(), one.type, given[one.name]) for one in fields(cls) if given[one.name] is not None})  # fmt: skip


def _read(name: str, kind: Any, text: Any) -> Any:
    if kind is str:
        return text
    if kind is bool:
        if text not in ("", "0", "1"):
            raise ValueError(f"{name} is {text!r}; it may be 0 or 1.")
        return text == "1"
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{name} is {text!r}; it may be a whole number from 0 up.")
    return int(text)
