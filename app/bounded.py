"""A backend of flask-caching that is bounded in bytes: what was used least recently goes first."""

import pickle
from collections import OrderedDict
from threading import Lock
from time import monotonic
from typing import Any

from flask import Flask
from flask_caching.backends.base import BaseCache

MEGABYTE = 1_000_000


class BoundedCache(BaseCache):
    """Values in this process's memory, pickled, so that their size is known and nobody can change a kept one.

    most: bytes of all values together; a value that takes more than a quarter of them is not kept.
    """

    def __init__(self, most: int, default_timeout: int = 300) -> None:
        super().__init__(default_timeout)
        self._most, self.size = most, 0
        self._kept: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._lock = Lock()

    @classmethod
    def factory(cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]) -> "BoundedCache":
        return cls(config["CACHE_MEGABYTES"] * MEGABYTE, kwargs["default_timeout"])

    def get(self, key: str) -> Any:
        with self._lock:
            ends, value = self._kept.get(key, (0.0, b""))
            if not value:
                return None
            if ends and ends <= monotonic():
                self._drop(key)
                return None
            self._kept.move_to_end(key)
        return pickle.loads(value)

    def set(self, key: str, value: Any, timeout: int | None = None) -> bool:
        content = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        if len(content) > self._most / 4:
            return False
        lasts = self.default_timeout if timeout is None else timeout
        with self._lock:
            self._drop(key)
            self._kept[key] = (monotonic() + lasts if lasts else 0.0, content)
            self.size += len(content)
            while self.size > self._most:
                self._drop(next(iter(self._kept)))
        return True

    def has(self, key: str) -> bool:
        return self.get(key) is not None

    def delete(self, key: str) -> bool:
        with self._lock:
            return self._drop(key)

    def clear(self) -> bool:
        with self._lock:
            self._kept.clear()
            self.size = 0
        return True

    def __len__(self) -> int:
        return len(self._kept)

    def _drop(self, key: str) -> bool:
        _, value = self._kept.pop(key, (0.0, b""))
        self.size -= len(value)
        return bool(value)
