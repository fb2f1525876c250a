"""page(document): the OpenAPI document as a page for people. Plain HTML: no script, nothing from elsewhere."""

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from app.openapi.document import TAG

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
<link rel="stylesheet" href="/assets/ui_reading.css">
</head>
<body>
<header class="header">
<a class="brand" href="/" aria-label="{title}"><img src="/assets/icon.svg" alt="" width="22" height="22"><span>{title}</span></a>
<nav aria-label="Pages"><a href="/">Explore</a><a href="/train">Train</a><a href="/api" aria-current="page">API</a></nav>
<nav class="parts-nav" aria-label="Parts of this page">{parts}</nav>
</header>
<main class="main reading">
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
    info, reader = document["info"], _Reader(document)
    title, version = escape(info["title"]), escape(info["version"])
    body = [
        f"<h1>API</h1><p>{_said(info['summary'])} {_said(info['description'])}</p>",
        f'<p>For machines: <a href="/api/openapi.json">/api/openapi.json</a> (OpenAPI {document["openapi"]}, version {version}).</p>',
        _section("cite", "Reproduce and cite", f"<p>{REPRODUCE}</p>" + _code(
            f"{title}, version {version}: &lt;address of this lab&gt;{escape(_example(document))} (seen &lt;day&gt;)"
        )),
        _section("words", "Words of a network", "<p>Every path of a network takes them; what is left out has its default.</p>"
                 + reader.table(reader.common)),
        *(_section(tag["name"], tag["name"].capitalize(), f"<p>{_said(tag['description'])}</p>" + reader.operations(tag["name"]))
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


class _Reader:
    """Reads a document: follows its references, and keeps apart what all paths of a network take."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._paths, self._components = document["paths"], document["components"]
        asked = [self._own(operation) for _, _, operation in self._all(TAG)]
        self.common = [one for one in asked[0] if all(one in others for others in asked)]

    def _all(self, tag: str) -> list[tuple[str, str, Mapping[str, Any]]]:
        return [
            (path, method, operation)
            for path, methods in self._paths.items() for method, operation in methods.items() if tag in operation["tags"]
        ]  # fmt: skip

    def _own(self, operation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The parameters with an effect: those that have none are referred to with another description."""
        return [self._follow(one) for one in operation["parameters"] if "description" not in one or "$ref" not in one]

    def _follow(self, one: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in one:
            return one
        kind, name = one["$ref"].split("/")[-2:]
        found: Mapping[str, Any] = self._components[kind][name]
        return found

    def names(self, schema: Mapping[str, Any]) -> list[str]:
        """Of what a reply holds."""
        schema = self._follow(schema)
        inherited = [name for part in schema.get("allOf", ()) for name in self.names(part)]
        return list(dict.fromkeys([*inherited, *schema.get("properties", ())]))

    def operations(self, tag: str) -> str:
        """Each with what it takes besides the common words, and what it answers."""
        return "\n".join(self._operation(*one) for one in self._all(tag))

    def _operation(self, path: str, method: str, operation: Mapping[str, Any]) -> str:
        asked = self._own(operation)
        own = [one for one in asked if one not in self.common]
        besides = "<p>Takes the words of a network, and:</p>" if own and len(own) < len(asked) else ""
        good = next(reply for status, reply in operation["responses"].items() if status.startswith("2"))
        (kind, content), *_ = good["content"].items()
        holds = ", ".join(f"<code>{escape(name)}</code>" for name in self.names(content["schema"]))
        link = operation.get("x-example")
        shown = f'<p>Try <a href="{escape(link)}">{escape(link)}</a></p>' if link and method == "get" else ""
        if link and method == "post":
            shown = _code(f"curl -X POST '&lt;address of this lab&gt;{escape(link)}'")
        return (
            f'<section class="card" id="{operation["operationId"]}"><h3><code>{method.upper()} {escape(path)}</code></h3>'
            f"<p><b>{escape(operation['summary'])}.</b> {_said(operation['description'])}</p>"
            f"{besides}{self.table(own)}<p>{escape(kind)}{': ' + holds if holds else '. ' + _said(good['description'])}</p>{shown}</section>"
        )

    def table(self, parameters: Iterable[Mapping[str, Any]]) -> str:
        """Name, what is allowed, default, what it is."""
        rows = "".join(
            f"<tr><th scope=row><code>{escape(one['name'])}</code></th><td>{_allowed(one['schema'])}</td>"
            f"<td>{_default(one['schema'])}</td><td>{_said(one['description'])}</td></tr>"
            for one in parameters
        )
        heads = "".join(f"<th scope=col>{head}</th>" for head in ("word", "allowed", "default", "what it is"))
        return f'<div class="table-view" role="group" aria-label="Words" tabindex="0"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>' if rows else ""  # fmt: skip


def _section(key: str, title: str, content: str) -> str:
    return f'<section class="part" id="{key}"><h2 class="section-title">{escape(title)}</h2>{content}</section>'


def _said(text: str) -> str:
    """Words of the document, with what stands in backquotes as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _code(text: str) -> str:
    return f'<p><code class="citation">{text}</code></p>'


def _allowed(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return "; or ".join(_allowed(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " ".join(f"<code>{escape(key)}</code>" for key in schema["enum"])
    if schema["type"] == "array":
        return "a comma list of " + _allowed(schema["items"])
    if "minimum" not in schema:
        return "a text" if schema["type"] == "string" else "a whole number"
    kind = "a whole number" if schema["type"] == "integer" else "a number"
    return f"{kind} from {schema['minimum']:g} to {schema['maximum']:g}" if "maximum" in schema else kind


def _default(schema: Mapping[str, Any]) -> str:
    default = schema.get("default", "")
    text = ",".join(default) if isinstance(default, list) else default if isinstance(default, str) else f"{default:g}"
    return f"<code>{escape(text)}</code>" if text else "none"
