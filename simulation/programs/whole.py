"""The whole of a program: its head, its definitions, its main part."""

from __future__ import annotations

from textwrap import fill

from simulation.config import FIELDS, GROUPS, NetworkConfig, group_of, matters
from simulation.parameters import Choice
from simulation.programs.draws import draw_functions
from simulation.programs.text import PROSE, block, number

_RECORD = '''
    records = {}


    def record(name, layer, value):
        """Notes a number of one layer, to be printed."""
        records.setdefault(name, [None] * DEPTH)[layer] = value
'''

_HOW = """To run it, save it as gradient_flow.py: python gradient_flow.py. It needs {needs}, and downloads nothing.
It prints one line of JSON, by layer and layer 1 first: log10 of sizes, null for that of an exact 0, and shares of
entries or units. All in plain float64, which ends at 1e-308 and 1e308: what is smaller becomes 0, what is larger inf
or NaN."""


def assemble(config: NetworkConfig, language: str, imports: list[str], definitions: list[str], main: list[str]) -> str:
    """The program's text, from templates or finished text."""
    size = f"DEPTH, WIDTH, BATCH, SEED = {config.depth}, {config.width}, {config.batch}, {config.seed}"
    top = [_head(config, language), "import json\nimport math", "\n".join(imports), size]
    functions = [block(text) for text in (*draw_functions(config), *definitions, _RECORD)]
    body = "\n\n".join([*map(block, main), "print(json.dumps(records))"])
    return "\n\n\n".join(["\n\n".join(top), *functions, body]) + "\n"


def _head(config: NetworkConfig, language: str) -> str:
    """The docstring: what the program does, for which settings, how to run it."""
    settings: dict[str, list[str]] = {group: [] for group in GROUPS}
    for name, parameter in FIELDS.items():
        if matters(config, name):
            value = getattr(config, name)
            text = parameter.options[value].label if isinstance(parameter, Choice) else number(value)
            settings[group_of(name)].append(f"{parameter.label.lower()}: {text}")
    lines = [fill("; ".join(words), PROSE, initial_indent="- ", subsequent_indent="  ") for words in settings.values()]
    title = f"How signals and gradients pass through one untrained network, in {language}."
    how = _HOW.format(needs="NumPy" if language == "NumPy" else f"NumPy and {language}")
    return "\n".join([f'"""{title}', "", *lines, "", how, '"""'])
