"""Handwritten digits: 1,797 images of 8 x 8 pixels, real data small enough to travel with the code.

One line of `images.txt.gz` is one image: the digit, and its 64 pixels row by row, 0 (white) to 16 (ink), each as
one digit to the base 17. Where the images come from and their license: LICENSE.md, in the same folder.
"""

import gzip
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PIXELS = 64
IMAGES = 1797
_FILE = Path(__file__).with_name("images.txt.gz")
_DIGITS = "0123456789abcdefg"


@cache
def load_digits() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Pixels (1797, 64), whole numbers from 0 to 16, and digits (1797,), from 0 to 9; both read-only."""
    with gzip.open(_FILE, "rt", encoding="ascii") as file:
        lines = file.read().split()
    values = np.zeros(128)
    values[np.frombuffer(_DIGITS.encode(), np.uint8)] = np.arange(len(_DIGITS))
    pixels = values[np.frombuffer("".join(lines[1::2]).encode(), np.uint8)].reshape(IMAGES, PIXELS)
    digits = np.array(lines[0::2], np.int64)
    for array in (pixels, digits):
        array.flags.writeable = False
    return pixels, digits


@cache
def standardized_digits() -> NDArray[np.float64]:
    """The pixels by one mean and one scale for all of them, so that paper stays paper: (1797, 64), read-only."""
    pixels, _ = load_digits()
    standardized = np.asarray((pixels - pixels.mean()) / pixels.std())
    standardized.flags.writeable = False
    return standardized


def as_text(pixels: NDArray[np.float64]) -> str:
    """One image as the file writes it: 64 digits to the base 17; `int(digit, 17)` reads one back."""
    return "".join(_DIGITS[int(pixel)] for pixel in pixels)
