"""What a first visit downloads: Plotly without maps and 3D where npm has brought it, and every script compressed by
Brotli once, not at each request. `python -m app.assets` compresses ahead, as the image does."""

import hashlib
import os
import re
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread

import brotli
import dash
import plotly
from flask import Flask, Response, has_request_context, request

ROOT = Path(__file__).parent.parent
CACHE = ROOT / ".brotli"
CARTESIAN = ROOT / "node_modules" / "plotly.js-cartesian-dist-min" / "plotly-cartesian.min.js"
FULL = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
FOLDERS = ("/_dash-component-suites/", "/assets/", "/vendor/")
TYPES = {"text/javascript", "application/javascript", "text/css", "image/svg+xml"}
YEAR = 365 * 24 * 3600
MOST_AT_ONCE = 1_000_000  # bytes: a visitor waits for smaller ones (0.3 s at most), Plotly's seconds pass beside
# Dash has no switch for these: its table, which no page has, and polyfills, of which assets/generators.js is enough.
UNUSED = re.compile(r'<script src="[^"]*/(?:dash_table/|deps/polyfill)[^"]*"></script>\s*')

TRAIN = "/train"
OF_TRAIN = re.compile(r'<(?:script|link)[^>]*"/assets/(?:train|grow|step|strip)\.[^>]*>(?:</script>)?\s*')
# What page.js asks for once it is needed.
LATER = re.compile(r'<script[^>]*"/assets/(?:numbers|touch)\.[^>]*></script>\s*')


class Compressor:
    """Brotli at its strongest, kept by content: in memory, and in a folder for the next process if it can be written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, bytes] = {}
        self._locks: dict[str, Lock] = defaultdict(Lock)  # by content: nobody waits for Plotly but for itself

    def compress(self, content: bytes) -> bytes:
        """The compressed content, however long it takes."""
        key = hashlib.sha256(content).hexdigest()
        with self._locks[key]:
            if (known := self._known(key)) is None:
                known = self._kept[key] = brotli.compress(content, mode=brotli.MODE_TEXT)
                self._write(key, known)
        return known

    def known(self, content: bytes) -> bytes | None:
        """The same if it has been compressed before."""
        return self._known(hashlib.sha256(content).hexdigest())

    def _known(self, key: str) -> bytes | None:
        if key not in self._kept:
            try:
                self._kept[key] = (self._folder / key).read_bytes()
            except OSError:
                return None
        return self._kept[key]

    def _write(self, key: str, compressed: bytes) -> None:
        # Under a name of its own first: another worker is to find all of it or nothing.
        own = self._folder / f"{key}.{os.getpid()}"
        try:
            self._folder.mkdir(exist_ok=True)
            own.write_bytes(compressed)
            os.replace(own, self._folder / key)
        except OSError:  # a read-only image, or a full disk; memory has it
            with suppress(OSError):
                own.unlink()


class Lab(dash.Dash):
    """Dash, without the scripts that no page of ours uses, and with those of the Train page only there."""

    def interpolate_index(self, scripts: str = "", css: str = "", **parts: str) -> str:
        scripts = LATER.sub("", UNUSED.sub("", scripts))
        if has_request_context() and request.path != TRAIN:
            scripts, css = OF_TRAIN.sub("", scripts), OF_TRAIN.sub("", css)
        return super().interpolate_index(scripts=scripts, css=css, **parts)


compressor = Compressor(CACHE)


def plotly_script() -> tuple[str, bytes]:
    """Its address, which changes with its content, and the content. Dash asks for no other where it is there first."""
    content = (CARTESIAN if CARTESIAN.exists() else FULL).read_bytes()
    return f"/vendor/plotly-{hashlib.sha256(content).hexdigest()[:12]}.js", content


def register(server: Flask) -> str:
    """Serves Plotly and sends scripts and styles compressed; returns Plotly's address. After Flask-Compress."""
    address, plotly_content = plotly_script()
    Thread(target=compressor.compress, args=(plotly_content,), daemon=True).start()

    @server.get(address)
    def vendor_plotly() -> Response:
        response = Response(plotly_content, mimetype="text/javascript")
        response.cache_control.max_age = YEAR
        return response

    @server.errorhandler(dash.exceptions.DependencyException)
    def no_such_script(_: dash.exceptions.DependencyException) -> Response:
        """Of a package that is not on the page, or of another version than the one that is."""
        return Response("There is no such script here.\n", 404, mimetype="text/plain")

    @server.after_request
    def sent_small(response: Response) -> Response:
        if response.status_code != 200 or not request.path.startswith(FOLDERS) or response.mimetype not in TYPES:
            return response
        if _named_by_content(response):
            response.cache_control.no_cache = None
            response.cache_control.public = True
            response.cache_control.max_age = YEAR
            response.cache_control.immutable = True
        if not request.accept_encodings.quality("br"):
            return response
        response.direct_passthrough = False
        content = response.get_data()
        small = compressor.compress(content) if len(content) < MOST_AT_ONCE else compressor.known(content)
        if small is not None:
            response.set_data(small)
            response.headers["Content-Encoding"] = "br"
            if etag := response.get_etag()[0]:
                response.set_etag(etag, weak=True)  # other bytes of the same content
        return response

    return address


def _named_by_content(response: Response) -> bool:
    """Whether the address changes with the content: Dash says so of its own, /assets/ carries the time of the file."""
    if response.cache_control.max_age == YEAR:
        return True
    written, named = response.last_modified, re.fullmatch(rb"m=(\d+\.?\d*)", request.query_string)
    return written is not None and named is not None and abs(float(named[1]) - written.timestamp()) < 1


def compress_all() -> None:
    """Everything that the page names, compressed into the folder."""
    from app.server import server

    client = server.test_client()
    compressor.compress(plotly_script()[1])
    named = "".join(client.get(page).text for page in ("/", TRAIN))
    for address in sorted(set(re.findall(r'(?:src|href)="(/[^"]+\.[^"]+)"', named))):
        client.get(address, headers={"Accept-Encoding": "br"})


if __name__ == "__main__":
    compress_all()
