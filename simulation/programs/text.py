"""Small pieces of Python as text: numbers, functions, loops, conditions."""

from __future__ import annotations

from textwrap import dedent, fill, indent

PROSE = 116  # how long a line of prose gets, in columns


def block(template: str) -> str:
    """A template without its indentation and outer empty lines."""
    return dedent(template).strip("\n")


def number(value: float) -> str:
    """The number as Python reads it back, to the bit."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def times(scale: float, expression: str) -> str:
    """scale * expression, without a factor of 1."""
    return expression if scale == 1 else f"{number(scale)} * {expression}"


def comment(text: str) -> str:
    return fill(text, PROSE, initial_indent="# ", subsequent_indent="# ")


def function(signature: str, summary: str, body: list[str], more: str = "") -> str:
    """A function's definition; `more` is a second paragraph of its docstring."""
    summary = f"{summary}\n\n{more}\n" if more else summary
    lines = "\n".join([f'"""{summary}"""', *body])
    return f"def {signature}:\n{indent(lines, '    ')}"


def loop(over: str, body: list[str]) -> list[str]:
    """A loop over the layers."""
    return [f"for layer in {over}:", indent("\n".join(body), "    ")]


def when(condition: str, lines: list[str]) -> list[str]:
    """The lines, under an `if` unless the condition is empty."""
    return [f"if {condition}:", *(f"    {line}" for line in lines)] if condition else lines
