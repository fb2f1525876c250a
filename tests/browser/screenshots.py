"""`make screenshots`: pictures of the page, light and dark, wide and narrow, into screenshots/."""

import sys

from playwright.sync_api import Browser

from tests.browser.serving import ROOT, chromium, served, settle

FOLDER = ROOT / "screenshots"
SIZES = {"wide": (1440, 900), "laptop": (1024, 768), "tablet": (768, 1024), "phone": (360, 780)}
STATES = {
    "default": "",
    "remedies": "?remedies=he,relu",
    "dead": "?activation=relu&initializer=he_normal&width=4",
    "exploding": "?activation=relu&initializer=standard_normal",
}


def take(browser: Browser, address: str, theme: str) -> int:
    """Takes all pictures in this theme; says how many."""
    taken = 0
    for size, (width, height) in SIZES.items():
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
        page = context.new_page()
        for state, query in STATES.items():
            page.goto(f"{address}/{query}")
            settle(page)
            page.screenshot(path=FOLDER / f"{state}-{size}-{theme}.png")
            page.screenshot(path=FOLDER / f"{state}-{size}-{theme}-full.png", full_page=True)
            taken += 2
        context.close()
    return taken


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with served() as address, chromium() as browser:
        taken = sum(take(browser, address, theme) for theme in ("light", "dark"))
    sys.stdout.write(f"{taken} pictures are in {FOLDER.name}/\n")


if __name__ == "__main__":
    main()
