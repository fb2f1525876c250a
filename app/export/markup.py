"""Words as HTML: the few components that sentences are made of."""

from html import escape
from typing import Any


def markup(children: Any) -> str:
    """The children as HTML; only text, and components with text in them."""
    if isinstance(children, list | tuple):
        return "".join(map(markup, children))
    if children is None or isinstance(children, str | int | float):
        return escape(str(children or ""))
    part = children.to_plotly_json()
    named = part["props"].get("className")
    tag, opening = part["type"].lower(), f' class="{escape(named)}"' if named else ""
    return f"<{tag}{opening}>{markup(part['props'].get('children'))}</{tag}>"
