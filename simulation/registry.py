"""One ordered table per kind of thing: the single place where each of its members is declared."""

from collections.abc import Iterator, Mapping
from typing import Generic, Protocol, TypeVar


class Entry(Protocol):
    """What everything in a registry has: a key for machines, a label and one sentence for people."""

    @property
    def key(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def summary(self) -> str: ...


E = TypeVar("E", bound=Entry)


class Registry(Mapping[str, E], Generic[E]):
    """Entries by key, in the order in which they were declared."""

    def __init__(self, *entries: E) -> None:
        self._entries: dict[str, E] = {}
        for entry in entries:
            self.add(entry)

    def add(self, entry: E) -> E:
        """The entry, now part of the registry. A key once used is never used again (ValueError)."""
        if entry.key in self._entries:
            raise ValueError(f"{entry.key!r} is already registered")
        self._entries[entry.key] = entry
        return entry

    def remove(self, key: str) -> None:
        """Takes an entry out again; for tests and notebooks that try one."""
        del self._entries[key]

    def __getitem__(self, key: str) -> E:
        return self._entries[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
