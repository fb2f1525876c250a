"""Panels: one question a file. The page, the API and the embedding pages are made from this table."""

from app.panels import clip, code, critical, ensemble, factors, fix, formats, layer, ledger
from app.panels.panel import Panel

# The parts of the page: their headings and what they are about.
SECTIONS = {
    "why": ("Why", "What multiplies the error signal on its way, and where it would live."),
    "help": ("What would help most", "Everything is tried on the network on the screen; nothing is a rule of thumb."),
    "take-away": ("Take it away", "The same numbers in your own hands."),
}

PANELS: dict[str, Panel] = {
    module.PANEL.key: module.PANEL for module in (factors, layer, critical, fix, ledger, ensemble, clip, formats, code)
}
