"""Scripts and styles: compressed once, under addresses that change with the content, and the same as they were."""

import re

import brotli
import pytest

from app import assets
from app.server import ASSETS, create_app


@pytest.fixture(scope="module")
def client():
    return create_app().server.test_client()


def get(client, address: str, encoding: str = "br"):
    return client.get(address, headers={"Accept-Encoding": encoding})


def named(client) -> list[str]:
    return re.findall(r'<(?:script|link)[^>]+(?:src|href)="(/[^"]+(?:js|css)[^"]*)"', client.get("/").text)


def small(client) -> list[str]:
    return [address for address in named(client) if not address.startswith("/vendor/")]


def test_the_page_names_plotly_before_dash_and_leaves_out_what_it_never_uses(client):
    addresses = named(client)
    assert sum(address.startswith("/vendor/plotly-") for address in addresses) == 1
    scripts = [address for address in addresses if ".js" in address]
    assert scripts[0].startswith("/vendor/")
    assert not [address for address in addresses if "dash_table" in address or "polyfill" in address]


def test_every_script_and_style_is_brotli_and_the_same_as_without(client):
    assert len(small(client)) > 10
    for address in small(client):
        answer, plain = get(client, address), get(client, address, "identity")
        assert answer.headers["Content-Encoding"] == "br"
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert "Content-Encoding" not in plain.headers
        assert brotli.decompress(answer.data) == plain.data


def test_what_is_named_by_its_content_is_never_asked_for_again(client):
    for address in named(client):
        for encoding in ("br", "identity"):
            kept = get(client, address, encoding).cache_control
            assert kept.public, address
            assert kept.immutable
            assert kept.max_age == 365 * 24 * 3600


@pytest.mark.parametrize("address", ["/assets/lab.js", "/assets/lab.js?m=1", "/assets/lab.js?m=nan", "/assets/lab.js?m=inf", "/assets/lab.js?m=x"])  # fmt: skip
def test_other_addresses_of_a_file_are_asked_for_again(client, address):
    answer = get(client, address)
    assert not answer.cache_control.immutable
    again = client.get(address, headers={"Accept-Encoding": "br", "If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_plotly_comes_as_it_is(client):
    address, content = assets.plotly_script()
    plain = get(client, address, "identity")
    assert plain.data == content
    assert plain.mimetype == "text/javascript"
    assert client.get("/vendor/plotly-0.js").status_code == 404


def test_compresses_once_for_this_process_and_the_next(tmp_path, monkeypatch):
    calls = []
    compress = brotli.compress
    monkeypatch.setattr(brotli, "compress", lambda *given, **options: calls.append(1) or compress(*given, **options))
    content = b"let a = 1;" * 1000
    first = assets.Compressor(tmp_path / "kept")
    assert first.known(content) is None
    answers = {first.compress(content), first.compress(content), assets.Compressor(tmp_path / "kept").compress(content)}
    assert [brotli.decompress(answer) for answer in answers] == [content]
    assert len(calls) == 1


def test_a_folder_that_cannot_be_written_only_costs_the_next_process(tmp_path):
    (tmp_path / "file").write_text("")
    compressor = assets.Compressor(tmp_path / "file" / "kept")
    assert brotli.decompress(compressor.compress(b"let a = 1;")) == b"let a = 1;"
    assert compressor.known(b"let a = 1;")


def test_plotly_is_the_release_that_plotly_py_was_made_for():
    full = assets.FULL.read_text()[:200]
    locked = (assets.ROOT / "package-lock.json").read_text()
    version = re.search(r"plotly\.js v(\S+)", full).group(1)
    assert f'"plotly.js-cartesian-dist-min": "{version}"' in locked
    assert f'"version": "{version}"' in locked


def test_what_only_the_train_page_needs_is_only_there(client):
    needed = [f"/assets/{name}?" for name in ("train.js", "grow.js", "step.js", "strip.js", "train.css")]
    assert all(name in client.get("/train").text for name in needed)
    for page in ("/", "/embed/backward"):
        text = client.get(page).text
        assert not any(name in text for name in needed)
        assert "/assets/lab.js?" in text
        assert "/assets/ui.css?" in text


def test_the_train_pages_sheet_asks_no_element_what_it_holds():
    """Chromium looks a :has() up anew with every stroke of every chart, on every page that loads the sheet: a frame of
    Explore's live drag took 20 ms of style instead of 2."""
    assert ":has(" not in (ASSETS / "train.css").read_text()
