"""page(document): the OpenAPI document as a page for people. Plain HTML: no script, nothing from elsewhere."""

from collections.abc import Mapping
from html import escape
from typing import Any

from app.openapi.reader import Reader, code, said

SHELL = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · {title}</title>
<link rel="icon" type="image/svg+xml" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/tokens.css">
<link rel="stylesheet" href="/assets/ui.css">
<link rel="stylesheet" href="/assets/ui_panels.css">
<link rel="stylesheet" href="/assets/ui_reach.css">
<link rel="stylesheet" href="/assets/ui_reading.css">
</head>
<body>
<a class="skip" href="#main">Skip to the text</a>
<header class="header">
<a class="brand" href="/" aria-label="{title}"><img src="/assets/icon.svg" alt="" width="22" height="22"><span>{title}</span></a>
<nav aria-label="Pages"><a href="/">Explore</a><a href="/train">Train</a><a href="/api" aria-current="page">API</a></nav>
<nav class="parts-nav" aria-label="Parts of this page">{parts}</nav>
</header>
<main class="main reading" id="main" tabindex="-1">
{body}
</main>
</body>
</html>
"""
REPRODUCE = (
    "Equal queries give equal numbers, to the bit: the seed is part of the query, and all noise follows from it. So the link is "
    "the record. To cite a number, give the link, the version and the day."
)


def page(document: Mapping[str, Any]) -> str:
    """The whole page."""
    info, reader = document["info"], Reader(document)
    title, version = escape(info["title"]), escape(info["version"])
    body = [
        f"<h1>API</h1><p>{said(info['summary'])} {said(info['description'])}</p>",
        f'<p>For machines: <a href="/api/openapi.json">/api/openapi.json</a> (OpenAPI {document["openapi"]}, version {version}).</p>',
        _section("cite", "Reproduce and cite", f"<p>{REPRODUCE}</p>" + code(
            f"{title}, version {version}: &lt;address of this lab&gt;{escape(_example(document))} (seen &lt;day&gt;)"
        )),
        _section("words", "Words of a network", "<p>Every path of a network takes them; what is left out has its default.</p>"
                 + reader.table(reader.common)),
        *(_section(tag["name"], tag["name"].capitalize(), f"<p>{said(tag['description'])}</p>" + reader.operations(tag["name"]))
          for tag in document["tags"]),
        _section("refusals", "Refusals", f"<p>{escape(document['components']['schemas']['Error']['description'])} Of the form "
                 "<code>{\"error\": {\"field\", \"value\", \"allowed\", \"message\"}}</code>; after 429 and 503, "
                 "<code>Retry-After</code> says in how many seconds to ask again.</p>"),
    ]  # fmt: skip
    named = {
        "cite": "Cite",
        "words": "Words",
        **{tag["name"]: tag["name"].capitalize() for tag in document["tags"]},
        "refusals": "Refusals",
    }
    parts = "".join(f'<a href="#{key}">{part}</a>' for key, part in named.items())
    return SHELL.format(title=title, parts=parts, body="\n".join(body))


def _example(document: Mapping[str, Any]) -> str:
    return str(document["paths"]["/api/v1/trace"]["get"]["x-example"])


def _section(key: str, title: str, content: str) -> str:
    return f'<section class="part" id="{key}"><h2 class="section-title">{escape(title)}</h2>{content}</section>'
