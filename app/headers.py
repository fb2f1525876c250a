"""What answers tell the browser: what may run on a page, who may frame it, and that a file is what it says it is."""

from functools import cache

import dash
from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from app.settings import Settings

ALWAYS = {"X-Content-Type-Options": "nosniff"}
OF_PAGES = {
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
}
# Plotly and Dash write style elements, so styles may stand in the page; scripts may not, but for Dash's own, by hash.
POLICY = (
    "default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
)


def register(app: dash.Dash, settings: Settings) -> None:
    """The headers; behind proxies that are trusted, the address of who really asks."""
    server: Flask = app.server
    if settings.proxies:
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)  # type: ignore[method-assign]

    @cache
    def hashes() -> str:
        return " ".join(app.csp_hashes())  # all callbacks are known by now

    @server.after_request
    def add(response: Response) -> Response:
        response.headers.update(ALWAYS)
        if response.mimetype != "text/html":
            return response  # forty files of a first visit would bring 28 KB of what no browser reads there
        framed = request.path.startswith("/embed/")
        response.headers.update(OF_PAGES)
        response.headers["Content-Security-Policy"] = POLICY.format(
            hashes=hashes(), ancestors=settings.embed_ancestors if framed else settings.page_ancestors
        )
        return response
