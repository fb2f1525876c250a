"""Hostile requests, each a function of its number and the seed: half of what a page might send, half of what it never would."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

from dash._utils import split_callback_id

from app.guard import PATH as CALLBACKS
from app.panels import PANELS
from app.state import WORDS
from app.training.look import PAGE_WORDS
from app.words import Word
from components.embedding import EMBEDS
from simulation.config import FIELDS
from simulation.parameters import Choice, Number, Subset

MARK = """<b id=zq>"'&"""  # is to stand in no page as it is
METHODS = ("GET",) * 40 + ("POST", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "NONSENSE")
TEXTS = (
    "", " ", "0", "-0", "-1", "1e309", "-1e309", "1e-400", "NaN", "inf", "-Infinity", "9" * 30, "9" * 5000, "0x10", "1_0",
    "1,5", "٣", "½", "[]", "{}", "[1,2]", "null", "true", "None", "\0", "a\0b", "\n", "\r\nX-Injected: 1", "../../etc/passwd", "%00",
    "%", "%zz", "%25", "=", "&", "a=b&c=d", "?", "#", "é", "漢字", "\u202e", "\ufeff", "🙂", "x" * 3000, MARK, f"<script>{MARK}</script>",
    "{{7*7}}", "${7*7}", "'; DROP TABLE kv; --", "he,he,he", ",", ",,,", "1:learning_rate:0.1", "0:clip:norm,0:clip:norm", ":::",
)  # fmt: skip
BYTES = (b"%ff", b"\xff\xfe", b"%c3%28", b"%ed%a0%80", b"%", b"%0", b"\xc3", b"%00", b"&&&", b"===", b";", b"+")
SMALL = {"depth": 6, "width": 8, "batch": 4, "networks": 3, "steps": 6, "block": 2, "groups": 4}  # a request is cheap
OTHERS = ("state", "since", "theme", "dragging", "words", "charts", "has", "v", "run", "beside", "run_after", "beside_after", "look", "step", "sliders",
          "controls", "lock", "print", "kind", "lease", "after", "field", "value", "nobody", "")  # fmt: skip


OWN = {
    "api": ("kind", "lease", "after", "field", "value"), "embed": ("controls", "lock", "theme", "print"), "export": ("sliders",),
}  # fmt: skip
OFTEN = ("/live", "/panel", "/api/v1/<", "/<path:path>", "/train/", "/export")  # what does most
HEADERS = ("If-None-Match", "Accept-Encoding", "Range", "Accept", "Origin", "X-Forwarded-For", "Content-Type")


@dataclass(frozen=True)
class Hostile:
    """One request; `path` and `query` as they are on the wire."""

    method: str
    path: bytes
    query: bytes
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def value(chance: random.Random, word: str, parameter: Word, hostile: float) -> str:
    """What the word may be, or with this probability what it may not; sizes are small ones."""
    if chance.random() < hostile:
        return chance.choice(TEXTS)
    if isinstance(parameter, Number):
        if word in SMALL:
            return str(chance.randint(1 if word != "networks" else 2, SMALL[word]))
        end = chance.choice((parameter.low, parameter.high, chance.uniform(parameter.low, parameter.high)))
        return parameter.format(round(end) if parameter.integer else end)
    if isinstance(parameter, Choice):
        return chance.choice(list(parameter.options))
    if isinstance(parameter, Subset):
        return ",".join(chance.choices(list(parameter.options), k=chance.randint(1, 3)))
    return "1:learning_rate:0.1" if word == "changes" else urlencode(state(chance, {}, hostile))


def state(chance: random.Random, words: Mapping[str, Word], hostile: float) -> list[tuple[str, str]]:
    """Some of these words, of a small network. If hostile: now and then one twice, one that nobody knows, or far too many."""
    given = chance.sample(list(words), min(chance.randint(0, 4), len(words)))
    pairs = [
        (word, str(most)) for word, most in SMALL.items() if word not in given and (word in words or word in FIELDS)
    ]
    pairs += [(word, value(chance, word, words[word], hostile)) for word in given]
    if chance.random() < hostile:
        pairs.append((chance.choice(OTHERS), chance.choice(TEXTS)))
    if chance.random() < hostile / 10:
        pairs += pairs * chance.choice((1, 40))
    return pairs


def encoded(chance: random.Random, pairs: Sequence[tuple[str, str]], hostile: float) -> bytes:
    """The query string; if hostile, some of it raw or broken."""
    if chance.random() > hostile:
        return urlencode(pairs).encode()
    quoted: Callable[[str], str] = chance.choice((quote, quote_plus, str))
    raw = "&".join(f"{quoted(name)}={quoted(text)}" for name, text in pairs).encode("utf-8", "replace")
    at = chance.randint(0, len(raw))
    return raw[:at] + chance.choice(BYTES) + raw[at:]


class Requests:
    """number -> Hostile. callbacks: the application's callback_map. rules: its routes. runs: ids that are there."""

    def __init__(self, callbacks: Mapping[str, Any], rules: Sequence[str], runs: Sequence[str], seed: int) -> None:
        self._callbacks = {output: one for output, one in callbacks.items() if "callback" in one}
        often = [rule for rule in rules if rule.startswith(OFTEN)]
        self._rules, self._runs, self._seed = sorted([*rules, *often, *often]), runs, seed

    def __getitem__(self, number: int) -> Hostile:
        chance = random.Random(f"{self._seed} {number}")
        return self._callback(chance) if chance.random() < 0.3 else self._address(chance)

    def _address(self, chance: random.Random) -> Hostile:
        rule, hostile = chance.choice(self._rules), chance.choice((0.0, 0.1, 0.4))
        if rule.startswith("/export") and chance.random() < 0.9:  # a file is some thousand networks
            rule = "/live"
        path = "".join(self._part(chance, part, hostile) for part in rule.replace(">", "<").split("<"))
        if chance.random() < hostile / 4:
            path += chance.choice(("/", "//", "/..", "\0", "%2e", MARK, "?", ".csv", "é"))
        words = PAGE_WORDS if "/train" in path else WORDS
        asked = state(chance, words, hostile)
        if path.startswith(("/live", "/panel", "/train/")):
            asked = [
                (name, self._own(chance, name, words, hostile)) for name in chance.sample(OTHERS, chance.randint(0, 6))
            ]
            asked.append(("state", urlencode(state(chance, words, hostile))))
            asked += [("run", self._own(chance, "run", words, hostile))] * path.startswith("/train/")
        elif path.startswith(("/embed", "/export", "/api/v1/train")):
            own = [name for name in OTHERS if name in OWN[path.split("/")[1]] or chance.random() < hostile / 4]
            asked += [(name, self._own(chance, name, words, hostile)) for name in chance.sample(own, min(len(own), 2))]
        if path.startswith("/api/v1/train/"):
            asked = [pair for pair in asked if pair[0] in OWN["api"] or chance.random() < hostile / 4]
        method = "POST" if rule.endswith(("/train", "<verb>")) and chance.random() < 0.8 else chance.choice(METHODS)
        body = chance.choice(TEXTS).encode() if chance.random() < hostile / 4 else b""
        headers = {chance.choice(HEADERS): chance.choice(TEXTS).encode().decode("latin-1")} if chance.random() < hostile else {}  # fmt: skip
        return Hostile(method, path.encode(), encoded(chance, asked, hostile), body, headers)

    def _part(self, chance: random.Random, part: str, hostile: float) -> str:
        """A placeholder of a rule filled, or a fixed part as it is."""
        filled: dict[str, Sequence[str]] = {
            "path:panel": [*PANELS, "trace", *(f"{key}.csv" for key in PANELS)], "key": list(PANELS), "part": list(EMBEDS),
            "run_id": self._runs, "verb": ("pause", "continue", "step", "stop", "resume", "change"), "step": ("0", "1", "6", "-1", "1e9"),
            "path:path": ["train", *(f"embed/{key}" for key in EMBEDS)], "path:filename": ["lab.js", "lab.css"],
            "string:package_name": ["dash", "plotly"], "path:fingerprinted_path": ["deps/react@18.v1m1.min.js", "plotly.min.js"],
        }  # fmt: skip
        if part.startswith("/") or (part not in filled and ":" not in part):
            return part
        return chance.choice(TEXTS) if chance.random() < hostile or part not in filled else chance.choice(filled[part])

    def _own(self, chance: random.Random, name: str, words: Mapping[str, Word], hostile: float) -> str:
        likely: dict[str, Sequence[str]] = {
            "theme": ("light", "dark"), "dragging": ("0", "1"), "words": ("0", "1"), "print": ("1",), "kind": ("training", "rates"),
            "charts": ("chart-forward,chart-backward-delta",), "run": self._runs, "beside": self._runs, "step": ("0", "3"),
            "run_after": ("0", "3"), "sliders": ("weight_scale", "depth,weight_scale"), "controls": ("depth,width", "seed"),
            "lock": ("depth",), "lease": ("10", "90"), "after": ("0", "2"), "field": ("learning_rate", "clip"), "value": ("0.1", "norm"),
        }  # fmt: skip
        if name in ("state", "since", "look"):
            return urlencode(state(chance, words, hostile))
        return chance.choice(likely[name]) if name in likely and chance.random() > hostile else chance.choice(TEXTS)

    def _callback(self, chance: random.Random) -> Hostile:
        """A body as the browser sends it, then changed in up to three places, or no body of that kind at all."""
        output, declared = chance.choice(list(self._callbacks.items()))
        body: Any = {"output": output, "outputs": split_callback_id(output), "changedPropIds": []}
        for part in ("inputs", "state"):
            body[part] = [{"id": one["id"], "property": one["property"], "value": _property(chance, one)} for one in declared[part]]  # fmt: skip
        if body["inputs"]:
            first = body["inputs"][0]
            body["changedPropIds"] = [f"{first['id']}.{first['property']}"]
        for _ in range(chance.choice((0, 0, 1, 1, 2, 3))):
            body = mutated(chance, body)
        content = json.dumps(body, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
        if chance.random() < 0.15:
            at = chance.randint(0, len(content))
            content = chance.choice((content[:at], content[:at] + chance.choice(BYTES) + content[at:], b"[" * 30_000, b'{"a":' * 9000, content.decode("utf-8", "replace").encode("utf-16"), b"\xef\xbb\xbf" + content, b"", b"1e999", bytes(70_000)))  # fmt: skip
        kind = "application/json" if chance.random() < 0.9 else chance.choice(("text/plain", "", "application/json; charset=utf-16", "multipart/form-data; boundary=x", MARK))  # fmt: skip
        return Hostile("POST", CALLBACKS.encode(), b"", content, {"Content-Type": kind})


def _property(chance: random.Random, place: Mapping[str, str]) -> Any:
    """A value that this property of an element may have."""
    query = encoded(chance, state(chance, PAGE_WORDS, 0.2), 0.2).decode("utf-8", "replace")
    match place["property"]:
        case "pathname":
            return chance.choice(("/", "/train", *(f"/embed/{key}" for key in EMBEDS), "/nowhere", *TEXTS))
        case "search":
            return "?" + query
        case "data":
            return {"query": query, "at": 1} if place["id"].endswith("restore") else query
        case name if name.startswith("n_"):
            return chance.choice((None, 0, 1, 2))
    return chance.choice((None, "preset deep", "activation relu", "initializer nobody", "0.3", *TEXTS))


def junk(chance: random.Random) -> Any:
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    return chance.choice((None, True, -1, 10**40, 1e308, float("nan"), float("inf"), "", "\ud800", [], {}, [[]], {"a": {"b": []}}, deep, [1] * 500, {"id": {"x": "ALL"}, "property": "y"}, *TEXTS))  # fmt: skip


def mutated(chance: random.Random, tree: Any) -> Any:
    """The same with one part of it replaced, removed, doubled, or wrapped."""
    if isinstance(tree, dict) and tree and chance.random() < 0.85:
        key = chance.choice(list(tree))
        if chance.random() < 0.15:
            return {name: part for name, part in tree.items() if name != key}
        if chance.random() < 0.1:
            return {**tree, chance.choice(TEXTS): junk(chance)}
        return {**tree, key: mutated(chance, tree[key])}
    if isinstance(tree, list) and tree and chance.random() < 0.85:
        at = chance.randrange(len(tree))
        times = chance.choice((0, 1, 1, 2))
        return [*tree[:at], *([mutated(chance, tree[at])] if times == 1 else [tree[at]] * times), *tree[at + 1 :]]
    return [tree] if chance.random() < 0.1 else junk(chance)
