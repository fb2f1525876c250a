"""How each data set is made: (random, features, classes) -> inputs and targets, before they are standardized.

Classes take turns, so that each has as many samples as any other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulation.digits import load_digits

Array = NDArray[np.float64]
Samples = tuple[Array, NDArray[Any]]
Random = np.random.Generator

IMAGE = 28  # pixels along a side of the made-up images
INKED = 0.19  # the share of their pixels that is not 0
DARKEST = 0.87  # what no pixel exceeds


def xor(random: Random, features: int, classes: int) -> Samples:
    """The four corners of a square; class 1 where the signs differ."""
    corners = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    return corners, (corners[:, 0] != corners[:, 1]).astype(np.int64)


def blobs(random: Random, features: int, classes: int, samples: int = 3000) -> Samples:
    """Normal noise of size 1 around one center for each class, in a random direction at a distance of about 5.

    So classes overlap about as much whatever the number of features.
    """
    labels = _turns(samples, classes)
    centers = 5 / np.sqrt(features) * random.standard_normal((classes, features))
    return centers[labels] + random.standard_normal((samples, features)), labels


def pixels(random: Random, features: int, classes: int, samples: int = 3000, points: int = 30) -> Samples:
    """Images of 28 x 28 in shades of gray: each class is one smooth stroke of a dry brush, in a hand that is never still.

    A stroke is a cubic Bezier curve through the middle of the image. The brush leaves a normal bell of ink at each
    point of it, but none on a third of the dots; then the faintest 81 % of all pixels are left white.
    """
    labels = _turns(samples, classes)
    knots = random.uniform(0.1, 0.9, (classes, 4, 2))[labels] + 0.03 * random.standard_normal((samples, 4, 2))
    time = np.linspace(0, 1, points)[:, None]
    bernstein = np.hstack([(1 - time) ** 3, 3 * time * (1 - time) ** 2, 3 * time**2 * (1 - time), time**3])
    curve = bernstein @ knots  # (samples, points, 2)
    grid = (np.arange(IMAGE) + 0.5) / IMAGE
    bells = np.exp(-(((grid - curve[..., None]) / 0.08) ** 2) / 2)  # (samples, points, 2, 28)
    ink = 1 - np.exp(-bells[:, :, 1].swapaxes(1, 2) @ bells[:, :, 0]).reshape(samples, -1)
    ink *= random.uniform(0, 1, ink.shape) < 2 / 3
    white = np.quantile(ink, 1 - INKED)
    return DARKEST * np.maximum(ink - white, 0) / (1 - white), labels


def spirals(random: Random, features: int, classes: int, samples: int = 1000) -> Samples:
    """Two arms that wind around each other one and a half times."""
    labels = _turns(samples, 2)
    radius = np.sqrt(random.uniform(0.01, 1, samples))
    angle = 3 * np.pi * radius + np.pi * labels
    arms = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return arms + 0.02 * random.standard_normal((samples, 2)), labels


def moons(random: Random, features: int, classes: int, samples: int = 1000) -> Samples:
    """Two half circles, the end of each inside the other."""
    labels = _turns(samples, 2)
    angle = random.uniform(0, np.pi, samples) + np.pi * labels
    arcs = np.column_stack([np.cos(angle) + labels, np.sin(angle) + 0.5 * labels])
    return arcs + 0.1 * random.standard_normal((samples, 2)), labels


def circles(random: Random, features: int, classes: int, samples: int = 1000) -> Samples:
    """A circle around another of half its size."""
    labels = _turns(samples, 2)
    angle = random.uniform(0, 2 * np.pi, samples)
    rings = (1 - 0.5 * labels)[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return rings + 0.08 * random.standard_normal((samples, 2)), labels


def sine(random: Random, features: int, classes: int, samples: int = 1000) -> Samples:
    """sin(x) over one period, without noise."""
    x = random.uniform(-np.pi, np.pi, (samples, 1))
    return x, np.sin(x)


def teacher(random: Random, features: int, classes: int, samples: int = 2000, hidden: int = 8) -> Samples:
    """What a random network of 10 inputs, 8 tanh units and one output says of normal inputs."""
    x = random.standard_normal((samples, 10))
    first, second = random.standard_normal((10, hidden)) / np.sqrt(10), random.standard_normal((hidden, 1))
    return x, np.tanh(2 * x @ first) @ second


def digits(random: Random, features: int, classes: int) -> Samples:
    """Handwritten digits, 8 x 8; the same images for every seed."""
    return load_digits()


def _turns(samples: int, classes: int) -> NDArray[np.int64]:
    return np.arange(samples) % classes
