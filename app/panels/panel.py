"""What a panel is: one question about the network on the screen, answered once the hand rests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.schemas import Schema
from app.state import State
from components.panels import Chart

Components = dict[str, dict[str, Any]]
Palette = Mapping[str, str]


@dataclass(frozen=True)
class Panel:
    """One panel of the page, of the API and of embedding pages; its key is its name in all three.

    section: where it stands on the page. question: what it answers. charts: its charts.
    words: the options that it depends on, whose controls it has.
    compute: ever more complete results for the network on the screen (with the remedies); the last is whole.
    reply: the result by the API's names; answer: its JSON Schema, unless it is a text. table: its columns, where it is a table.
    show: the properties of its elements, for a result that may not be whole yet.
    quick: it follows the hand; the others wait until it rests, and are kept in the cache.
    both: the API answers for the network as set and once more with the remedies; else compute tells both.
    """

    key: str
    section: str
    title: str
    question: str
    compute: Callable[[State], Iterator[Any]]
    reply: Callable[[State, Any], dict[str, Any]]
    show: Callable[[State, Any, Palette], Components]
    charts: tuple[Chart, ...] = ()
    words: tuple[str, ...] = ()
    table: Callable[[State, Any], Mapping[str, Sequence[Any]]] | None = None
    quick: bool = False
    both: bool = True
    answer: Schema | None = None
