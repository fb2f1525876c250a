"""Data sets: split, standardization and scales for all of them, and what is known of each."""

import gzip
from pathlib import Path

import numpy as np
import pytest

import simulation.digits
from simulation.config import NetworkConfig
from simulation.digits import as_text, load_digits
from simulation.training import data as data_module
from simulation.training import sets
from simulation.training.config import TrainingConfig
from simulation.training.data import DATA, draw_data

CLASSES = [key for key, kind in DATA.items() if kind.task == "classes"]
NUMBERS = [key for key, kind in DATA.items() if kind.task == "regression"]
MADE_UP = [key for key in DATA if key not in ("xor", "digits")]
DIGITS = (178, 182, 177, 183, 181, 182, 181, 179, 174, 180)  # how often each occurs (UCI's test part)


def draw(data, seed=0, input_scale=1.0, input_offset=0.0, **fields):
    network = NetworkConfig(depth=2, width=8, input_scale=input_scale, input_offset=input_offset)
    return draw_data(TrainingConfig(network=network, data=data, data_seed=seed, **fields))


def whole(data):
    """All inputs and targets, in an order that the split does not decide."""
    inputs, targets = (
        np.concatenate([getattr(data.train, name), getattr(data.validation, name)]) for name in ("inputs", "targets")
    )
    order = np.lexsort(np.column_stack([inputs, targets]).T)
    return inputs[order], targets[order]


def arrays(data):
    return [data.train.inputs, data.train.targets, data.validation.inputs, data.validation.targets]


@pytest.mark.parametrize("key", list(DATA))
def test_shapes_kinds_and_the_size_that_is_declared(key):
    data, kind = draw(key), DATA[key]
    for part in (data.train, data.validation):
        assert part.inputs.dtype == np.float64
        assert part.inputs.shape == (len(part.targets), kind.features or 32)
        assert np.isfinite(part.inputs).all()
        assert not part.inputs.flags.writeable
        assert not part.targets.flags.writeable
        if kind.task == "classes":
            assert part.targets.dtype == np.int64
            assert part.targets.shape == (len(part.inputs),)
        else:
            assert part.targets.dtype == np.float64
            assert part.targets.shape == (len(part.inputs), 1)
    assert data.classes == (kind.classes if kind.classes is not None else 10)
    assert kind.task in ("classes", "regression")
    assert (kind.classes == 0) == (kind.task == "regression")


@pytest.mark.parametrize("key", list(DATA))
def test_equal_configs_draw_equal_data_to_the_bit_and_memory_changes_nothing(key):
    one = draw(key, seed=3)
    assert draw(key, seed=3) is one  # remembered
    data_module._draw.cache_clear()
    for array, again in zip(arrays(one), arrays(draw(key, seed=3)), strict=True):
        np.testing.assert_array_equal(array, again)


def test_settings_without_effect_draw_nothing_anew():
    assert draw("moons", features=5, classes=3, target_scale=7) is draw("moons")
    assert draw("blobs", features=5) is not draw("blobs", features=6)
    assert draw("sine", target_scale=2) is not draw("sine")


@pytest.mark.parametrize("key", MADE_UP)
def test_another_seed_makes_other_data(key):
    assert not np.array_equal(whole(draw(key, seed=1))[0], whole(draw(key, seed=2))[0])


def test_another_seed_splits_the_digits_otherwise_and_changes_none():
    pixels, _ = load_digits()
    first, second = draw("digits", seed=1), draw("digits", seed=2)
    assert not np.array_equal(first.train.targets, second.train.targets)
    for data in (first, second):
        inputs, targets = whole(data)
        assert tuple(np.bincount(targets)) == DIGITS
        back = (inputs - inputs.min()) * 16 / (inputs.max() - inputs.min())  # paper is 0, full ink 16
        np.testing.assert_allclose(np.sort(back, axis=None), np.sort(pixels, axis=None), atol=1e-12)


@pytest.mark.parametrize("key", [key for key in DATA if key != "xor"])
def test_a_fifth_is_held_out_and_nothing_is_in_both_parts(key):
    data = draw(key)
    assert len(data.validation.inputs) == (len(data.train.inputs) + len(data.validation.inputs)) // 5
    both = {row.tobytes() for row in data.train.inputs} & {row.tobytes() for row in data.validation.inputs}
    assert not both
    if DATA[key].task == "classes":  # a hypergeometric share: five of its standard deviations
        counts = np.bincount(data.train.targets)
        total = counts + np.bincount(data.validation.targets)
        n = total.sum()
        deviation = np.sqrt(len(data.train.targets) * (total / n) * (1 - total / n) * 0.2 * n / (n - 1))
        assert (np.abs(counts - 0.8 * total) < 5 * deviation).all()


@pytest.mark.parametrize("key", [key for key in CLASSES if key != "digits"])
def test_classes_are_as_often_as_each_other(key):
    data = draw(key)
    counts = np.bincount(np.concatenate([data.train.targets, data.validation.targets]) if key != "xor" else data.train.targets)  # fmt: skip
    assert len(counts) == data.classes
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("key", list(DATA))
def test_what_is_learned_from_is_standardized_as_declared(key):
    inputs = draw(key, seed=5).train.inputs
    how = DATA[key].standardized
    if how == "each":
        np.testing.assert_allclose(inputs.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(inputs.var(axis=0), 1, rtol=1e-12)
    elif how == "common":
        assert inputs.mean() == pytest.approx(0, abs=1e-12)
        assert inputs.var() == pytest.approx(1, rel=1e-12)
    else:
        assert key in ("xor", "pixels")
    if key in NUMBERS:
        targets = draw(key, seed=5).train.targets
        assert targets.mean() == pytest.approx(0, abs=1e-12)
        assert targets.var() == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("key", list(DATA))
def test_scales_and_offset_act_on_both_parts(key):
    plain, changed = draw(key), draw(key, input_scale=3, input_offset=-2, target_scale=5)
    for one, other in ((plain.train, changed.train), (plain.validation, changed.validation)):
        np.testing.assert_array_equal(other.inputs, one.inputs * 3 - 2)
        np.testing.assert_array_equal(other.targets, one.targets * (5 if key in NUMBERS else 1))


def linear_accuracy(data, quadratic=False):
    """The share of training samples on the right side of the best line by least squares, class by class."""
    x, y = data.train.inputs, data.train.targets
    features = [np.ones((len(x), 1)), x] + ([x * x, x[:, :1] * x[:, 1:2]] if quadratic else [])
    design = np.hstack(features)
    solution, *_ = np.linalg.lstsq(design, np.eye(data.classes)[y], rcond=None)
    return np.mean((design @ solution).argmax(axis=1) == y)


def nearest_accuracy(data):
    """The share of held-out samples whose nearest neighbor among the others is of their class."""
    x, known = data.validation.inputs, data.train.inputs
    squares = (x * x).sum(1)[:, None] + (known * known).sum(1) - 2 * x @ known.T
    return np.mean(data.train.targets[squares.argmin(axis=1)] == data.validation.targets)


# The best that a line does, and the least that a nearest neighbor does.
SEPARABLE = {
    "blobs": (0.9, 1.0, 0.9), "pixels": (0.95, 1.0, 0.9), "spirals": (0.4, 0.75, 0.97), "moons": (0.8, 0.93, 0.97),
    "circles": (0.4, 0.6, 0.97), "digits": (0.9, 0.99, 0.97),
}  # fmt: skip


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("key", list(SEPARABLE))
def test_what_a_line_can_separate_and_a_neighbor_knows(key, seed):
    low, high, neighbor = SEPARABLE[key]
    data = draw(key, seed=seed)
    assert low <= linear_accuracy(data) <= high
    assert nearest_accuracy(data) >= neighbor


def test_circles_need_one_square_and_spirals_more():
    assert linear_accuracy(draw("circles"), quadratic=True) > 0.95
    assert linear_accuracy(draw("spirals"), quadratic=True) < 0.75


def test_xor():
    data = draw("xor", seed=9)
    assert data.validation.inputs.tolist() == data.train.inputs.tolist()
    assert data.validation.targets.tolist() == data.train.targets.tolist()
    assert {tuple(row) for row in data.train.inputs} == {(-1, -1), (-1, 1), (1, -1), (1, 1)}
    for (a, b), label in zip(data.train.inputs, data.train.targets, strict=True):
        assert label == (bool(a > 0) ^ bool(b > 0))
    np.testing.assert_allclose(data.train.inputs.T @ (2 * data.train.targets - 1), 0)  # no line knows anything


def test_blobs_take_their_size_and_lie_around_centers_at_one_distance():
    data = draw("blobs", features=64, classes=3)
    assert data.train.inputs.shape == (2400, 64)
    assert data.classes == 3
    assert set(np.unique(data.train.targets)) == {0, 1, 2}
    for features in (32, 512):
        samples, labels = sets.blobs(np.random.default_rng(7), features, 10)
        centers = np.array([samples[labels == label].mean(axis=0) for label in range(10)])
        assert np.linalg.norm(centers, axis=1).mean() == pytest.approx(np.sqrt(25 + features / 300), rel=0.1)
        spread = np.concatenate([samples[labels == label] - centers[label] for label in range(10)])
        assert spread.std() == pytest.approx(1, rel=0.01)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_pixels_are_sparse_and_not_negative(seed):
    data = draw("pixels", seed=seed)
    inputs, _ = whole(data)
    assert inputs.shape == (3000, 784)
    assert inputs.min() == 0
    assert 0.85 < inputs.max() <= 0.87
    assert np.mean(inputs > 0) == pytest.approx(0.19, abs=1e-4)
    # The first loss of 9 x 512 ReLU at sigma 0.1 (CASES 2: about 75) follows from this size.
    assert 0.25 < np.sqrt(np.mean(inputs**2)) < 0.35
    neighbors = inputs.reshape(-1, 28, 28)
    across = np.corrcoef(neighbors[:, :, 1:].ravel(), neighbors[:, :, :-1].ravel())[0, 1]
    assert across > 0.3  # strokes, not dust


def test_sine_is_one_period():
    x, y = sets.sine(np.random.default_rng(4), 0, 0)
    np.testing.assert_array_equal(y, np.sin(x))
    assert np.ptp(x) == pytest.approx(2 * np.pi, rel=0.01)
    inputs, targets = whole(draw("sine", seed=4))
    order = np.argsort(inputs[:, 0])
    ups = np.diff(targets[order, 0]) > 0
    assert np.count_nonzero(ups[1:] != ups[:-1]) == 2  # down, up, down


def test_a_teacher_is_a_function_that_no_line_matches_and_that_a_student_can():
    data = draw("teacher", seed=2)
    x, y = data.train.inputs, data.train.targets
    solution, *_ = np.linalg.lstsq(x, y, rcond=None)
    left = np.var(y - x @ solution)
    assert 0.02 < left < 0.9
    samples, answers = sets.teacher(np.random.default_rng(0), 0, 0)
    random = np.random.default_rng(0)
    drawn = random.standard_normal((2000, 10))
    first, second = random.standard_normal((10, 8)), random.standard_normal((8, 1))
    np.testing.assert_array_equal(samples, drawn)
    np.testing.assert_allclose(answers, np.tanh(drawn @ first * (2 / np.sqrt(10))) @ second, rtol=1e-12)


def test_digits_are_those_of_uci():
    pixels, digits = load_digits()
    assert pixels.shape == (1797, 64)
    assert tuple(np.bincount(digits)) == DIGITS
    assert np.array_equal(np.unique(pixels), np.arange(17))
    assert pixels.sum() == 561718  # of the original's numbers between commas
    assert digits[:10].tolist() == list(range(10))
    # The first image, as it is printed everywhere: a zero.
    zero = [[0, 0, 5, 13, 9, 1, 0, 0], [0, 0, 13, 15, 10, 15, 5, 0], [0, 3, 15, 2, 0, 11, 8, 0], [0, 4, 12, 0, 0, 8, 8, 0],
            [0, 5, 8, 0, 0, 9, 8, 0], [0, 4, 11, 0, 1, 12, 7, 0], [0, 2, 14, 5, 10, 12, 0, 0], [0, 0, 6, 13, 10, 0, 0, 0]]  # fmt: skip
    assert pixels[0].reshape(8, 8).astype(int).tolist() == zero


def test_digits_as_text():
    pixels, digits = load_digits()
    with gzip.open(Path(simulation.digits.__file__).with_name("images.txt.gz"), "rt") as file:
        for line, image, digit in zip(file, pixels, digits, strict=True):
            assert line == f"{digit} {as_text(image)}\n"
    assert [int(character, 17) for character in as_text(pixels[17])] == pixels[17].tolist()


def test_the_license_names_its_authors():
    text = Path(simulation.digits.__file__).with_name("LICENSE.md").read_text()
    for words in ("Alpaydin", "Kaynak", "10.24432/C50P49", "CC BY 4.0"):
        assert words in text
