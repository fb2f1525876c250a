"""What an address gets that is none of the lab's: a page that says so, with the ways on."""

from collections.abc import Sequence

from flask import Response

from components.shell import NAME, PAGES

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Not found · {name}</title>
<link rel="icon" type="image/svg+xml" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/tokens.css">
<link rel="stylesheet" href="/assets/ui.css">
</head>
<body>
<main class="main">
<h1>{said}</h1>
<ul>{ways}</ul>
</main>
</body>
</html>
"""


def answer(parts: Sequence[str] = ()) -> Response:
    """404; `parts`: the paths of the parts that can be embedded, where one of those was asked for."""
    ways = {path: path for path in parts} or {**PAGES, "/api": "API"}
    items = "".join(f'<li><a href="{path}">{title}</a></li>' for path, title in ways.items())
    said = "There is no such part to embed. There are:" if parts else "There is no such page here. There are:"
    return Response(_PAGE.format(name=NAME, said=said, ways=items), 404, mimetype="text/html")
