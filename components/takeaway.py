"""What can be taken away: numbers as files, a citation with the link, code to embed a part."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from components.embedding import SCRIPT

NAME = "Gradient Flow Lab"
# {origin}, {query} and {date} are filled in by the browser, which alone knows the address that it reads.
FRAME = '<iframe src="{{origin}}/embed/{panel}?{{query}}" title="{title}, from {name}" width="100%" height="{height}" loading="lazy" style="border: 0"></iframe>\n'


WORKSHEET_HELP = "its charts, numbers and settings, and questions on this very network with room to write."
OFFLINE_HELP = (
    "one HTML file with sliders for depth and weight scale, that needs no server and no network. Takes some seconds."
)


def files_card(version: str, embeds: Mapping[str, tuple[str, int]], files: Sequence[str]) -> html.Div:
    """Files of all numbers, citation, and the embed code of each part: (title, height) by its name.

    files: the parts of which there is an offline file.
    """
    links = [
        html.A(label, href=f"/api/v1/trace{end}", className="quiet-link", **{"data-follow": f"/api/v1/trace{end}"})
        for label, end in (("CSV", ".csv"), ("JSON", ""), ("NumPy .npz", ".npz"))
    ]
    offline = [_offline(key, embeds[key][0]) for key in files]
    citation = f"{NAME}, version {version}: {{origin}}/?{{query}} (seen {{date}})"
    frames = [_copy(title, FRAME.format(panel=key, title=title, name=NAME, height=height) + SCRIPT) for key, (title, height) in embeds.items()]  # fmt: skip
    return html.Div(
        [
            _row(
                "All numbers of this network",
                [*links, html.A("all that can be asked", href="/api", className="quiet-link")],
            ),
            _row("Pictures", [html.Span("SVG and PNG stand under each chart.")]),
            _row(
                "Worksheet",
                [
                    html.A(
                        "For paper",
                        href="/?print=1",
                        target="_blank",
                        className="quiet-link",
                        **{"data-follow": "/?print=1"},
                    ),
                    html.Span(WORKSHEET_HELP),
                ],
            ),
            _row("Cite it", [html.Code(citation, **{"data-template": citation}), _copy("Copy", citation)]),
            _row("Offline file", [*offline, html.Span(OFFLINE_HELP)]),
            _row("Embed it", [*frames, html.Span("copies the code for a course page.")]),
        ],
        className="card files",
    )


def _offline(part: str, title: str) -> html.A:
    address = f"/export/{part}.html"
    return html.A(title, href=address, className="quiet-link", **{"data-follow": address})


def _row(title: str, children: Sequence[Any]) -> html.Div:
    return html.Div([html.H3(title), html.Div(list(children), className="row")])


def _copy(label: str, template: str) -> html.Button:
    return html.Button(label, className="chip", type="button", **{"data-copy-template": template})


def program(text: str, download: str) -> list[Any]:
    """A program that can be read, copied and saved."""
    return [
        html.Div(
            [
                html.Button("Copy", className="chip", type="button", **{"data-copy": "program"}),
                html.A("Save the file", className="chip", href=download, download="gradient_flow.py"),
            ],
            className="row",
        ),
        html.Pre(html.Code(text, id="program"), className="program", tabIndex="0"),
    ]
