"""What takes long may be asked for so many times a minute from one address. The live route is not counted: see admission."""

from flask import Flask, Response, request
from flask_limiter import Limiter, RequestLimit
from flask_limiter.util import get_remote_address

from app.cache import soon_away
from app.manners import refusal
from app.panels import PANELS
from app.settings import Settings

EXPENSIVE = ("panel", "answer", "submit", "export")  # endpoints by name
QUICK = {"trace", *(key for key, panel in PANELS.items() if panel.quick)}


def _quick() -> bool:
    """Whether the request is for what takes no longer than a frame."""
    return any(str(name).removesuffix(".csv") in QUICK for name in (request.view_args or {}).values())


def register(app: Flask, settings: Settings) -> None:
    """Counts EXPENSIVE endpoints. With a Redis all workers count together. 0 a minute: nobody counts."""
    if not settings.expensive_per_minute:
        return
    said = f"This address has asked for more than {settings.expensive_per_minute:,} slow answers in a minute. Please try again in a minute."

    def refuse(_: RequestLimit) -> Response:
        response = refusal("request", request.path, f"{settings.expensive_per_minute:,} a minute", said, 429)
        response.headers["Retry-After"] = "60"
        return response

    limiter = Limiter(
        get_remote_address, app=app, storage_uri=soon_away(settings.redis_url) or "memory://", strategy="fixed-window",
        in_memory_fallback_enabled=True, on_breach=refuse,
    )  # fmt: skip
    counted = limiter.shared_limit(f"{settings.expensive_per_minute}/minute", scope="expensive", exempt_when=_quick)
    for endpoint in EXPENSIVE:
        app.view_functions[endpoint] = counted(app.view_functions[endpoint])
