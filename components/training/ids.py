"""The ids of the Train page's elements, besides those of `components.ids` for its controls and charts."""

from components import ids

# The charts in the order of the page, with their titles.
TITLES = {
    "train-loss": "Loss",
    "train-accuracy": "Accuracy",
    "train-boundary": "What it answers, everywhere",
    "train-heatmap": "Layers and steps",
    "train-heatmap-beside": "The same of the run beside it",
    "train-ratio": "How far a step moves each layer",
    "train-norm": "Gradient norm, before and after clipping",
}
STEP_TITLES = {
    "step-delta": "Error signal δ",
    "step-weights": "Weight gradient dW",
    "step-forward": "Activations",
    "step-boundary": "What it answers",
    "step-heatmap-delta": "How δ is spread",
    "step-heatmap-activation": "How activations are spread",
    "step-units": "Inactive, dead, saturated",
}

HEADLINE, FIRST, ADVICE, NOTES, STALE, ANNOUNCE = "train-headline", "train-first", "train-advice", "train-notes", "train-stale", "train-announce"  # fmt: skip
LEGEND, TILES, STORY, SEARCH, REMEDIES = "train-legend", "train-tiles", "train-story", "train-search", "train-remedies"
PROGRESS, STATUS, CHANGED = "train-progress", "train-status", "train-changed"
MAIN, STEP, STOP = "train-main", "train-step", "train-stop"
KEY, SEEDS, SCRUB, SCRUB_LINE, SCRUB_CARD = (
    "train-key",
    "train-seeds",
    "train-scrub",
    "train-scrub-line",
    "train-scrub-card",
)
CHARTS, STEP_CHARTS = "charts", "step-charts"
RATES, RATES_LINE, RATES_CARD = "train-rates", "train-rates-line", "train-rates-card"
RATES_BUTTON = "train-rates-button"
FILES, RESTORE, LIVE = "train-files", "train-restore", "train-live"
EXPLORE_LINK = "explore-link"


def word(name: str) -> str:
    """The name under which the controls of this page go: Explore's live loop is not to take them for its own."""
    return f"train-{name}"


def story(key: str) -> str:
    return f"story-{key}"


def card(chart: str) -> str:
    """A chart's card."""
    return f"card-{chart}"


def value(name: str) -> str:
    """The component whose `value` is the word's."""
    return ids.value(word(name))
