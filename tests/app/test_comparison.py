"""A pinned network: its ghost in the charts, what differs in decades, and the states that its buttons bring."""

import json

import pytest
from flask import Flask

from app import frames
from app.binary import plain
from app.cache import TraceCache
from app.settings import Settings
from app.state import State, lenient, pairs_of
from components import ids
from simulation import NetworkConfig, simulate
from simulation.diagnosis import diagnose

HERE = State(NetworkConfig(depth=12, width=8, batch=4, activation="relu"), ("he",))
PINNED = NetworkConfig(depth=8, width=8, batch=4)


@pytest.fixture(scope="module")
def traces():
    return TraceCache(Flask("test"), Settings())


def components(traces, state):
    return frames.frame(state, [], None, "light", False, traces)


def queries(children) -> list[str]:
    found = []
    text = json.loads(json.dumps(children, default=plain))

    def look(part):
        if isinstance(part, dict):
            if "data-query" in part:
                found.append(part["data-query"])
            for value in part.values():
                look(value)
        elif isinstance(part, list):
            for value in part:
                look(value)

    look(text)
    return found


def state_of(query: str) -> State:
    return lenient(pairs_of(query.encode()))[0]


def test_pinning_keeps_the_network_and_nothing_else(traces):
    button = components(traces, HERE.asking(layer=3, networks=32))[ids.PIN]
    pinned = state_of(button["data-query"])
    assert pinned.pinned == HERE
    assert (pinned.network, pinned.options.layer, pinned.options.networks) == (HERE, 3, 32)


def test_the_ghost_is_the_pinned_networks_trace(traces):
    state = State(HERE.config, HERE.remedies, pin=State(PINNED).query)
    drawn = components(traces, state)
    for chart, name in (("backward-delta", "log10_delta_rms"), ("backward-weights", "log10_weight_grad_norm")):
        lines = {trace["name"]: trace for trace in drawn[ids.chart(chart)]["figure"]["data"]}
        ghost = next(trace for name, trace in lines.items() if name.endswith(", pinned"))
        assert ghost["line"]["dash"] == "longdashdot"
        assert len(lines) > 2
        assert drawn[ids.chart(chart)]["figure"]["layout"]["xaxis"]["range"][1] > 12  # the deeper of both
        assert len(getattr(simulate(PINNED), name)) == 8


def test_swap_and_unpin(traces):
    state = State(HERE.config, HERE.remedies, pin=State(PINNED).query).asking(layer=11)
    swapped, without = (state_of(query) for query in queries(components(traces, state)[ids.COMPARISON]["children"]))
    assert (swapped.network, swapped.pinned) == (State(PINNED), HERE)
    assert swapped.options.layer == 8  # the other network has no layer 11
    assert (without.network, without.pin) == (HERE, None)
    again = next(state_of(query) for query in queries(components(traces, swapped)[ids.COMPARISON]["children"]))
    assert (again.network, again.pinned) == (HERE, State(PINNED))


def test_the_difference_is_in_decades_and_only_what_differs_is_listed(traces):
    state = State(HERE.config, HERE.remedies, pin=State(PINNED).query)
    text = json.dumps(components(traces, state)[ids.COMPARISON], default=plain)
    for label in ("Depth", "Activation", "Remedies"):
        assert f'"{label}"' in text
    for label in ("Width", "Seed", "Batch"):
        assert f'"{label}"' not in text
    before = diagnose(simulate(PINNED)).delta.decades
    after = diagnose(simulate(HERE.remedied)).delta.decades
    gained = abs(before) - abs(after)
    assert f"{gained:.1f} decades nearer to steady" in text


def test_without_a_pin_there_is_no_table(traces):
    assert components(traces, HERE)[ids.COMPARISON] == {"children": []}
