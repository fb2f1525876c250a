"""The page of an offline file: everything in one text, nothing asked of anybody. See app/export/offline.js."""

import base64
import hashlib
from collections.abc import Sequence
from html import escape

from components import ids
from components.captions import TITLES
from components.shell import NAME

TOO_OLD = "This browser is too old to move the sliders here: any of 2023 or later can."


def page(
    title: str, sliders: Sequence[tuple[str, str, str, Sequence[str], int]], charts: Sequence[str], first: dict[str, str],
    settings: Sequence[tuple[str, str]], version: str, style: str, script: str, film: bytes,
) -> str:  # fmt: skip
    """The file's HTML.

    sliders: (name, label, what it does, values as texts, index of the first shown) of each; first: the words of the first
    frame as HTML, by element; settings: what is the same in all frames; film: see app/export/film.py.
    """
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'"  # it can ask nobody
    fixed = ", ".join(f"{escape(label)} <b>{escape(value)}</b>" for label, value in settings)
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{escape(title)} · {NAME}</title>
<style>{style}</style>
<main>
<h1 id="{ids.HEADLINE}">{first[ids.HEADLINE]}</h1>
<p class="unseen" id="{ids.ANNOUNCE}" role="status" aria-live="polite"></p>
<p class="trouble" id="trouble" hidden>{TOO_OLD}</p>
<noscript><p class="trouble">Without scripts the sliders and charts are missing here.</p></noscript>
<div class="sliders">{"".join(_slider(*slider) for slider in sliders)}</div>
<p class="legend" id="{ids.LEGEND}">{first[ids.LEGEND]}</p>
<div class="charts">{"".join(_chart(chart, first) for chart in charts)}</div>
<p class="foot">Fixed here: {fixed}. Every position of the sliders is a network that was really simulated.</p>
<p class="foot">{NAME} {escape(version)}, the state <code id="query"></code></p>
</main>
<script type="application/gzip" id="film">{base64.b64encode(film).decode()}</script>
<script>{script}</script>
</html>
"""


def _slider(name: str, label: str, summary: str, texts: Sequence[str], at: int) -> str:
    place, help_ = ids.slider(name), f"help-{name}"
    return f"""
<div class="slider"><label for="{place}">{escape(label)}</label><output for="{place}">{texts[at]}</output>
<input type="range" id="{place}" name="{name}" min="0" max="{len(texts) - 1}" value="{at}" aria-valuetext="{texts[at]}" aria-describedby="{help_}" autocomplete="off">
<span class="help" id="{help_}">{escape(summary)}</span></div>"""


def _chart(chart: str, first: dict[str, str]) -> str:
    title, words, place = escape(TITLES[chart]), ids.description(chart), ids.chart(chart)
    return f"""
<section aria-label="{title}"><h2>{title}</h2>
<p class="caption" id="{ids.caption(chart)}">{first[ids.caption(chart)]}</p>
<div class="chart" id="{place}" role="img" aria-labelledby="{words}"></div>
<p class="unseen" id="{words}">{first[words]}</p>
<details id="{ids.table(chart)}"><summary>Table</summary><div class="table" role="region" tabindex="0" aria-label="The numbers of: {title}"></div></details>
</section>"""
