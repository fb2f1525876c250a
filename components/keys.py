"""The keys of the pages, each once: for the fold on the page and the table in docs/accessibility.md."""

from dash import html

PLACE = "keys"
KEYS: dict[str, str] = {
    "Tab, Shift Tab": "To the next control, or the one before. The first two stops of a page lead past the controls, and here.",
    "Arrow keys": "On a slider a step, on a choice (a row of which one holds) the next one. Page Up and Page Down: ten steps; Home and End: the ends.",
    "Enter in a number box": "Takes the number. A box also takes what lies beyond its slider, and between its steps.",
    "Space on a remedy": "Switches it on or off.",
    "Enter or Space on a button": "Presses it: the smallest fix, a row of the ledger, Pin, Start, Pause, Step, a story.",
    "Enter or Space on a heading with + or –": "Folds the panel, or opens it.",
    "Enter on a menu": "Opens it. Letters search in it, Up and Down move, Enter takes, Esc closes.",
    "Ctrl Z, Ctrl Shift Z": "Undoes the last change of the network on Explore, and does it again. (On a Mac: Cmd.)",
    "Enter on Table under a chart": "Shows the chart's numbers, which a pointer on the chart would show one by one; arrow keys scroll them.",
    "Instead of a press in a chart": "The slider of what it sets: the layer that is looked into, the weight scale, the learning rate, the step.",
}  # fmt: skip


def skips() -> html.Nav:
    """The first stops of Tab, seen only while they have the focus."""
    return html.Nav(
        [
            html.A("Skip to the result", href="#main", className="skip"),
            html.A("Keys of this page", href=f"#{PLACE}", className="skip"),
        ],
        className="skips", **{"aria-label": "Shortcuts"},
    )  # fmt: skip


def fold() -> html.Details:
    """All keys, folded."""
    rows = [html.Tr([html.Th(keys, scope="row"), html.Td(what)]) for keys, what in KEYS.items()]
    return html.Details(
        [html.Summary("Keys"), html.Table(html.Tbody(rows), className="keys")], className="card fold-card", id=PLACE
    )
