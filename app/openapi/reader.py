"""Parts of an OpenAPI document as HTML: its operations, and tables of their parameters."""

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from app.openapi.document import TAG


class Reader:
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
            shown = code(f"curl -X POST '&lt;address of this lab&gt;{escape(link)}'")
        return (
            f'<section class="card" id="{operation["operationId"]}"><h3><code>{method.upper()} {escape(path)}</code></h3>'
            f"<p><b>{escape(operation['summary'])}.</b> {said(operation['description'])}</p>"
            f"{besides}{self.table(own)}<p>{escape(kind)}{': ' + holds if holds else '. ' + said(good['description'])}</p>{shown}</section>"
        )

    def table(self, parameters: Iterable[Mapping[str, Any]]) -> str:
        """Name, what is allowed, default, what it is."""
        rows = "".join(
            f"<tr><th scope=row><code>{escape(one['name'])}</code></th><td>{_allowed(one['schema'])}</td>"
            f"<td>{_default(one['schema'])}</td><td>{said(one['description'])}</td></tr>"
            for one in parameters
        )
        heads = "".join(f"<th scope=col>{head}</th>" for head in ("word", "allowed", "default", "what it is"))
        return f'<div class="table-view" role="group" aria-label="Words" tabindex="0"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>' if rows else ""  # fmt: skip


def said(text: str) -> str:
    """Words of the document, with what stands in backquotes as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def code(text: str) -> str:
    """A line to copy; the text is HTML."""
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
    return f"{kind} from {schema['minimum']:.10g} to {schema['maximum']:.10g}" if "maximum" in schema else kind


def _default(schema: Mapping[str, Any]) -> str:
    default = schema.get("default", "")
    text = (
        ",".join(default) if isinstance(default, list) else default if isinstance(default, str) else f"{default:.10g}"
    )
    return f"<code>{escape(text)}</code>" if text else "none"
