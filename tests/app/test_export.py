"""Offline files: every frame holds the numbers of the very network that its sliders say, to within what 16 bits can."""

import base64
import gzip
import hashlib
import json
import re

import numpy as np
import pytest

from app.export import file, grid, routes
from app.export.__main__ import main
from app.server import create_app
from app.settings import Settings
from app.state import State, StateError, pairs_of, strict
from simulation import NetworkConfig, simulate
from simulation.diagnosis import diagnose
from simulation.sentences import describe

ARRAYS = {"backward-delta": ["log10_delta_rms"], "backward-weights": ["log10_weight_grad_norm"], "forward": ["log10_pre_activation_rms", "log10_activation_rms"]}  # fmt: skip
TALLEST = 1000  # pixels: no screen draws a chart higher


@pytest.fixture(autouse=True)
def little_work(monkeypatch):
    monkeypatch.setattr(grid, "MOST_WORK", 1e9)


class Opened:
    """A file, read as its format says, by code that shares nothing with what wrote it."""

    def __init__(self, text):
        self.text = text
        packed = base64.b64decode(re.search(r'id="film">([^<]*)<', text)[1])
        content = gzip.decompress(packed)
        length = int.from_bytes(content[:4], "little")
        header = json.loads(content[4 : 4 + length])
        self.sliders, self.frames = header["sliders"], header["frames"]
        self._values = np.frombuffer(content[4 + length :], "<u2")

    def array(self, reference):
        at, shape, low, step = reference
        whole = self._values[at : at + int(np.prod(shape))].reshape(shape)
        return np.where(whole == 65535, np.nan, low + step * whole.astype(float))

    def config(self, frame):
        return strict(pairs_of(frame["query"].encode())).config


def opened(part, query):
    return Opened(file.html(part, *file.read(pairs_of(query.encode()))))


def marks(frame, chart, kind):
    return [mark for mark in frame["charts"][chart]["marks"] if mark["kind"] == kind]


@pytest.mark.parametrize(
    ("part", "query"),
    [
        ("backward", "depth=12&width=16&batch=8"),
        ("backward", "depth=30&width=3&activation=relu&initializer=he_normal&sliders=seed,depth"),  # networks that die
        ("forward", "depth=9&width=8&batch=4&sliders=weight_scale&activation=tanh"),
        ("forward", "depth=1&width=8&sliders=input_scale,bias_scale"),
    ],
)
def test_every_frame_has_the_numbers_of_its_network(part, query):
    read = opened(part, query)
    assert len(read.frames) == np.prod([len(slider["values"]) for slider in read.sliders])
    for index, frame in enumerate(read.frames):
        config, trace = read.config(frame), simulate(read.config(frame))
        places = np.unravel_index(index, [len(slider["values"]) for slider in read.sliders])
        for slider, place in zip(read.sliders, places, strict=True):
            assert getattr(config, slider["name"]) == float(
                slider["values"][place]
            )  # what is shown is what was computed
        for chart in frame["charts"]:
            low, high = frame["charts"][chart]["y"]["range"]
            for mark, name in zip(marks(frame, chart, "line"), ARRAYS[chart], strict=True):
                drawn, true = read.array(mark["y"]), getattr(trace, name)
                alive = np.isfinite(true)
                assert (np.isnan(drawn) == ~alive).all()
                error = np.abs(drawn[alive] - true[alive]).max(initial=0)
                if alive.any():  # half a step, and what float32 leaves of the value
                    assert error <= np.ptp(true[alive]) / 131068 + 1.2e-7 * np.abs(true[alive]).max() + 1e-8
                assert error / (high - low) * TALLEST < 0.02  # pixels
                assert read.array(mark["x"]).tolist() == list(range(1, config.depth + 1))
            crossed = {int(layer) for mark in marks(frame, chart, "crosses") for layer in read.array(mark["x"])}
            assert crossed == {int(layer) + 1 for name in ARRAYS[chart] for layer in np.flatnonzero(np.isneginf(getattr(trace, name)))}  # fmt: skip
        sentence = describe(diagnose(trace))
        assert re.sub("<[^>]*>", "", frame["words"]["headline"]).startswith(sentence.word)
        assert frame["words"]["announce"].startswith(sentence.word)


def test_remedies_and_a_pinned_network_are_there_in_every_frame():
    read = opened("backward", "depth=6&width=8&remedies=he,relu&pin=depth%3D4%26width%3D8&sliders=depth")
    for frame in read.frames:
        pinned, baseline, remedied = [read.array(mark["y"]) for mark in marks(frame, "backward-delta", "line")]
        state = strict(pairs_of(frame["query"].encode()))
        for drawn, config in (
            (pinned, NetworkConfig(depth=4, width=8)),
            (baseline, state.config),
            (remedied, state.remedied),
        ):
            true = simulate(config).log10_delta_rms
            np.testing.assert_allclose(drawn, np.where(np.isneginf(true), np.nan, true), atol=2e-3)
        assert set(frame["charts"]["backward-delta"]["table"]) == {
            "log10 δ, pinned",
            "log10 δ",
            "log10 δ, with remedies",
        }


def test_a_picture_s_cells_are_the_shares_of_the_entries_in_255_shades():
    read = opened("heatmap", "depth=8&width=8&batch=8&activation=relu&sliders=weight_scale")
    for frame in read.frames[:: len(read.frames) // 5]:
        (cells,) = marks(frame, "heatmap-delta", "cells")
        density = simulate(read.config(frame), densities=True).delta_density
        shares = density.counts / 64
        assert np.abs(read.array(cells["z"]) - shares).max() <= shares.max() / 255 / 2 + 1e-6
        assert cells["most"] == pytest.approx(shares.max())
        assert cells["low"] == pytest.approx(density.low + density.step / 2)
        zeros = marks(frame, "heatmap-delta", "crosses")
        layers = read.array(zeros[0]["x"]).astype(int) - 1 if zeros else []
        assert list(layers) == np.flatnonzero(density.zeros).tolist()
        if zeros:
            np.testing.assert_allclose(
                read.array(zeros[0]["opacity"]), 0.25 + 0.75 * density.zeros[layers] / 64, atol=1e-4
            )


@pytest.mark.parametrize("name", grid.SLIDABLE)
@pytest.mark.parametrize("count", grid.COUNTS)
def test_positions_span_the_slider_and_hold_the_present_value(name, count):
    parameter = grid.SLIDABLE[name]
    for present in (parameter.low, parameter.parse("1"), parameter.high):
        values = grid.positions(parameter, present, count)
        assert present in values
        assert list(values) == sorted(set(values))
        assert len(values) <= count
        assert (values[0], values[-1]) == (parameter.low, max(parameter.slider_high or parameter.high, present))
        assert all(parameter.check(value) == value == parameter.parse(parameter.format(value)) for value in values)


def test_values_that_the_network_may_not_have_are_no_positions():
    state = State(NetworkConfig(width=24, normalization="group", groups=4))
    (groups,) = grid.sliders(state, ("groups",), 129)
    assert groups.values == (1, 2, 3, 4, 6, 8, 12, 24)
    deep = State(NetworkConfig(depth=200))
    depth, width = grid.sliders(deep, ("depth", "width"), 9)
    assert depth.values[-1] == 300
    assert max(width.values) < 512  # 300 layers of 512 units are more than the budget of one network
    grid.states(deep, [depth, width])  # every combination can be made


def test_the_finest_grid_that_work_and_size_allow(monkeypatch):
    pairs = pairs_of(b"depth=5&width=4&batch=4&sliders=weight_scale")
    whole = Opened(file.html("forward", *file.read(pairs)))
    fine = len(whole.frames)
    monkeypatch.setattr(file, "MOST_BYTES", len(whole.text) - 1)
    coarse = Opened(file.html("forward", *file.read(pairs)))
    assert len(coarse.frames) < fine
    monkeypatch.setattr(file, "MOST_BYTES", 1000)
    with pytest.raises(StateError, match="fit into 1000 bytes"):
        file.html("forward", *file.read(pairs))
    monkeypatch.setattr(grid, "MOST_WORK", 1e6)
    with pytest.raises(StateError, match="narrow the network"):
        file.html("forward", *file.read(pairs))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sliders=activation", "sliders"), ("sliders=", "sliders"), ("sliders=depth,depth", "sliders"),
        ("sliders=depth,width,seed", "sliders"), ("sliders=block", "sliders"), ("sliders=depth&sliders=width", "sliders"),
        ("sliders=weight_scale&initializer=zeros", "sliders"), ("depth=0", "depth"), ("nothing=1", "nothing"),
        ("width=512&batch=512&depth=20", "sliders"), ("theme=dark", "theme"),
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_named(query, field):
    reply = create_app().server.test_client().get(f"/export/backward.html?{query}")
    assert reply.status_code == 422
    assert reply.get_json()["error"]["field"] == field


def test_without_sliders_named_those_that_matter_are_there():
    assert file.read([])[1] == ("depth", "weight_scale")
    assert file.read(pairs_of(b"initializer=zeros"))[1] == ("depth",)


def test_the_route_sends_a_file_and_makes_one_at_a_time(monkeypatch):
    client = create_app().server.test_client()
    reply = client.get("/export/forward.html?depth=3&width=4&sliders=depth")
    assert reply.status_code == 200
    assert reply.headers["Content-Disposition"] == "attachment; filename=gradient-flow-forward.html"
    assert client.get("/export/critical.html").status_code == 404
    seen = []
    monkeypatch.setattr(routes, "html", lambda *_: seen.append(client.get("/export/forward.html").status_code) or "one")
    assert client.get("/export/forward.html").text == "one"
    assert seen == [503]


def test_the_file_asks_nobody_and_lets_only_its_own_script_run():
    text = file.html("backward", *file.read(pairs_of(b"depth=3&width=4&sliders=depth")))
    assert not re.search(r"(src|href|url)\s*[=(]", text.split('id="film"')[0])
    assert "https:" not in text
    script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; script-src 'sha256-{digest}'" in text
    assert len(script.splitlines()) <= 200


def test_the_command_writes_the_same_file(tmp_path, capsys):
    target = tmp_path / "offline.html"
    assert main("forward", "?depth=3&width=4&sliders=depth", str(target)) == 0
    assert target.read_text() == file.html("forward", *file.read(pairs_of(b"depth=3&width=4&sliders=depth")))
    assert main("nothing", "", str(target)) == 1
    assert main("forward", "depth=x", str(target)) == 1
    assert "There are: backward, forward, heatmap" in capsys.readouterr().err


def test_files_are_counted_as_slow_answers():
    client = create_app(Settings(expensive_per_minute=1)).server.test_client()
    address = "/export/forward.html?depth=2&width=2&batch=2&sliders=depth"
    assert [client.get(address).status_code for _ in range(2)] == [200, 429]
