"""The ids of the page's elements; outside tests and embedding pages rely on `control-` and `chart-`."""

HEADLINE, ADVICE, ANNOUNCE, NOTES, CHANGE = "headline", "advice", "announce", "notes", "change"
TILES, LEGEND, STORY, SIGMA_LINE = "tiles", "legend", "story", "sigma-line"
SETTLED, LIVE, THEME, RESET, SEARCH = "settled", "live", "theme", "reset", "search"
SIGMA_BOX, REMEDY_HELP = "sigma-box", "remedy-help"
RESTORE, FIX, COMPARISON, SHEET = "restore", "fix", "comparison", "sheet"
UNDO, REDO, PIN, SHARE, TAKE_AWAY = "undo", "redo", "pin", "share", "take-away"

# The charts, in the order of the page: the panels' names as embedding pages know them.
PANELS = ("backward-delta", "backward-weights", "forward", "heatmap-delta", "heatmap-activation", "units")


def to_page(path: str) -> str:
    """The header's link to that page."""
    return f"to-{path.strip('/') or 'explore'}"


def control(field: str) -> str:
    """The element that holds everything that sets this field."""
    return f"control-{field}"


def slider(field: str) -> str:
    return f"slider-{field}"


def value(field: str) -> str:
    """The component whose `value` is the field's: a number box, chips or a select."""
    return f"value-{field}"


def summary(field: str) -> str:
    """The line under a choice that says what the chosen option is."""
    return f"summary-{field}"


def chart(panel: str) -> str:
    return f"chart-{panel}"


def caption(panel: str) -> str:
    return f"caption-{panel}"


def description(panel: str) -> str:
    """The chart in words, for screen readers."""
    return f"description-{panel}"


def panel(key: str) -> str:
    """A panel's card."""
    return f"panel-{key}"


def lead(key: str) -> str:
    """What a panel shows above its charts."""
    return f"lead-{key}"


def body(key: str) -> str:
    """What a panel shows below its charts."""
    return f"body-{key}"


def title(chart: str) -> str:
    return f"title-{chart}"


def line(chart: str) -> str:
    """What a chart of a panel says under its title."""
    return f"line-{chart}"


def table(panel: str) -> str:
    return f"table-{panel}"


def table_button(panel: str) -> str:
    return f"table-button-{panel}"


def picture_button(panel: str) -> str:
    return f"picture-{panel}"
