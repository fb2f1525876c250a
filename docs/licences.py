"""python -m docs.licences: writes docs/licences.md, what the application brings along from others, from the packages themselves."""

import json
import re
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docs" / "licences.md"
HEAD = """# What others wrote

Everything that the application runs on, with its licence, written by `python -m docs.licences` from the packages themselves. All
of it is installed by its own package manager; nothing is copied into this project but the data set.

| package | version | licence |
|---|---|---|
"""
DATA = """
The handwritten digits (`simulation/digits/`): Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
Repository, CC BY 4.0; 1,797 images of its test part.
"""


def wanted(text: str) -> list[Requirement]:
    """The requirements of a file."""
    return [Requirement(line) for line in text.splitlines() if re.match(r"\w", line)]


def closure(requirements: list[Requirement]) -> dict[str, Distribution]:
    """These and all that they need here, by name."""
    found: dict[str, Distribution] = {}
    waiting = [one.name for one in requirements]
    while waiting:
        name = waiting.pop()
        one = distribution(name)
        if (key := one.name.lower().replace("_", "-")) in found:
            continue
        found[key] = one
        needs = [Requirement(text) for text in one.requires or []]
        waiting += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    return dict(sorted(found.items()))


def licence(one: Distribution) -> str:
    """As the package says it, in few words."""
    about = one.metadata
    classes = [text.split(" :: ")[-1] for text in about.get_all("Classifier") or [] if text.startswith("License ::")]
    said = about.get("License-Expression") or ", ".join(classes) or (about.get("License") or "").splitlines()[0:1]
    return (said if isinstance(said, str) else "".join(said)) or _by_text(one)


def _by_text(one: Distribution) -> str:
    """Of a package that brings its licence's text and no name for it."""
    texts = [file.read_text() for file in one.files or [] if "LICEN" in file.name.upper()]
    return "MIT" if any("Permission is hereby granted, free of charge" in text for text in texts) else "see the package"


def document() -> str:
    """The whole file."""
    rows = [f"| {one.name} | {one.version} | {licence(one)} |" for one in closure(wanted((ROOT / "requirements.txt").read_text())).values()]  # fmt: skip
    for path, package in json.loads((ROOT / "package-lock.json").read_text())["packages"].items():
        if path:
            rows.append(f"| {path.removeprefix('node_modules/')} (npm) | {package['version']} | {package['license']} |")
    return HEAD + "\n".join(rows) + "\n" + DATA


if __name__ == "__main__":
    FILE.write_text(document())
