"""Gradient clipping in a row of numbers."""

from math import isnan

from dash import html

from components.numbers import number_row
from components.text import rich
from simulation.clipping import Clipped
from simulation.sentences import percent
from simulation.sentences_layer import size


def clip_numbers(clipped: Clipped) -> html.Dl:
    """The norm of all gradients together before and after, where they point to, what they are multiplied by."""
    cosine = "–" if isnan(clipped.cosine) else f"{clipped.cosine:.4f}"
    numbers = [
        ("Norm before", rich(size(clipped.log10_norm_before))),
        ("Norm after", rich(size(clipped.log10_norm_after))),
        ("Cosine between both", [cosine]),
        ("Entries touched", rich(percent(clipped.touched_fraction))),
    ]
    if not isnan(clipped.log10_coefficient):
        numbers.append(("Coefficient of all", rich(size(clipped.log10_coefficient))))
    return number_row(numbers)
