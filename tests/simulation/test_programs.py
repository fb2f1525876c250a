"""Programs for the network on the screen, run as programs: their numbers are those of `simulate`, to 1e-9."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from simulation import NetworkConfig, simulate
from simulation.activations import ACTIVATIONS
from simulation.initializers import INITIALIZERS
from simulation.normalizations import NORMALIZATIONS
from simulation.options import INPUTS, NORM_POSITIONS, RESIDUALS
from simulation.programs import LANGUAGES, program
from simulation.trace import ARRAYS
from tests.simulation.oracles import assert_logs_close

ROOT = Path(__file__).parents[2]
CI = bool(os.environ.get("CI"))  # there, a missing PyTorch is a failure
NEEDS = {"numpy": "numpy", "pytorch": "torch"}

# Runs all programs of a folder in one process, as loading PyTorch takes seconds; one line for each, in order.
DRIVER = """
import pathlib, runpy, sys, warnings
warnings.simplefilter("error")
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.py")):
    runpy.run_path(str(file))
"""


def states() -> list[NetworkConfig]:
    """30 states in which every key of every registry comes up; none that float64 cannot know (see simplifications)."""
    random = np.random.default_rng(9)
    found = []
    for index in range(30):
        initializer = list(INITIALIZERS)[(index * 7 + index // 15) % len(INITIALIZERS)]
        alike = initializer in ("zeros", "constant")  # units are then, too: what is left by a norm is round-off
        normalization = "none" if alike else list(NORMALIZATIONS)[index % 5]
        wide = initializer.startswith("standard")
        found.append(
            NetworkConfig(
                depth=int(random.integers(1, 16)),
                width=int(random.choice([8, 12, 16])),
                batch=int(random.integers(5, 12)),
                activation=list(ACTIVATIONS)[index % len(ACTIVATIONS)],
                negative_slope=float(random.choice([0, 0.01, 0.3])),
                initializer=initializer,
                weight_scale=float(random.choice([0.2, 0.31] if wide else [0.7, 1, 1.234])),
                bias_scale=float(random.choice([0, 0.1, 1])),
                normalization=normalization,
                groups=int(random.choice([1, 2])),
                norm_position=list(NORM_POSITIONS)[index % 2],
                residual=list(RESIDUALS)[index // 2 % 4],
                block=1 + index // 3 % 2,
                branch_scale=float(random.choice([1, 0.3, 0])),
                inputs=list(INPUTS)[index % 4] if normalization == "none" else ("gaussian", "digits")[index // 5 % 2],
                input_scale=float(random.choice([1, 0.5])),
                input_offset=float(random.choice([0, -1, 0.25])),
                seed=index,
            )
        )
    return found


TANH = NetworkConfig(depth=4, width=8, batch=6, activation="tanh", initializer="lecun_normal")
# A first matrix of 64 x width; where norms come first, they see pixels that are always paper.
DIGITS = replace(
    TANH, inputs="digits", normalization="batch", residual="pre_activation", block=2, depth=5, initializer="orthogonal"
)
EDGES = {
    "saturated tanh, slopes down to 1e-60": replace(TANH, weight_scale=20),
    "saturated sigmoid": replace(TANH, activation="sigmoid", weight_scale=20),
    "gelu far on the left": replace(
        TANH, activation="gelu", initializer="identity", depth=1, inputs="ones", input_offset=-10
    ),
    "squares that underflow": replace(TANH, activation="linear", initializer="gpt2", depth=160, width=4),
    "batch norm of one sample": replace(TANH, normalization="batch", batch=1),
    "layer norm of one unit": replace(TANH, normalization="layer", width=1, bias_scale=0.1, residual="plain"),
    "groups of one unit": replace(TANH, normalization="group", groups=8, batch=1, residual="plain"),
    "a shorter last block": replace(TANH, depth=5, residual="pre_activation", block=2, normalization="batch"),
    "a block of one layer": replace(TANH, depth=1, residual="plain", block=2),
    "fewer pixels than units": replace(DIGITS, width=70, activation="rrelu", bias_scale=0.3),
    "a rotation of pixels into fewer units": replace(DIGITS, width=9, residual="none", norm_position="after"),
    "as many pixels as units": replace(DIGITS, width=64, initializer="identity"),
    "one block, without a skip": replace(DIGITS, depth=2, initializer="gpt2", residual="plain"),
    "pixels in groups": replace(DIGITS, normalization="group", groups=4, block=1, initializer="xavier_uniform"),
    "pixels of a layer norm": replace(DIGITS, normalization="layer", activation="gelu", initializer="torch_linear"),
    "a block's first sum": replace(DIGITS, residual="post_activation", initializer="constant", input_scale=0.5),
    "nothing at all": replace(TANH, initializer="zeros", inputs="zeros"),
    "a bias that batch norm undoes through leaky ReLU": replace(
        TANH, activation="leaky_relu", negative_slope=1, normalization="batch", norm_position="after", bias_scale=1
    ),
}
# Samples or units that are all alike, of which a norm makes exact zeros. The gradients of weights and biases are then
# sums that cancel to round-off, in the core as well.
ALIKE = {
    "samples": replace(TANH, normalization="batch", inputs="ones", bias_scale=0.2, width=9),
    "samples, ReLU and pre-activation": replace(
        TANH, activation="relu", normalization="batch", inputs="ones", bias_scale=0.2, residual="pre_activation"
    ),
    "units": replace(TANH, normalization="layer", inputs="ones", residual="pre_activation", input_offset=0.1, width=7),
    "biases alone": replace(TANH, normalization="batch", initializer="zeros", bias_scale=1, batch=7),
}
CONFIGS = {f"state {index}": config for index, config in enumerate(states())} | EDGES | ALIKE


def needs(language: str) -> None:
    if not CI and not find_spec(NEEDS[language]):
        pytest.skip(f"{NEEDS[language]} (a development requirement) is not installed")


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    """For each language a folder with all programs."""
    made = {}
    for language in LANGUAGES:
        made[language] = tmp_path_factory.mktemp(language)
        for index, config in enumerate(CONFIGS.values()):
            (made[language] / f"{index:03}.py").write_text(program(config, language))
    return made


@pytest.fixture(scope="module", params=list(LANGUAGES))
def printed(request, folders) -> dict[str, dict]:
    """What the programs of a language print, by the name of their config."""
    needs(request.param)
    # Isolated (-I): the project itself is out of reach.
    command = [sys.executable, "-I", "-c", DRIVER, str(folders[request.param])]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return {name: json.loads(line) for name, line in zip(CONFIGS, run.stdout.splitlines(), strict=True)}


def assert_agrees(printed: dict, config: NetworkConfig, names: tuple[str, ...] = ARRAYS) -> None:
    trace = simulate(config)
    assert set(printed) == set(ARRAYS)
    for name in names:
        got = np.array([-np.inf if value is None else value for value in printed[name]])
        assert_logs_close(got, getattr(trace, name), 1e-9, (name, config))


def test_the_numbers_are_those_of_the_core(printed):
    for name in CONFIGS.keys() - ALIKE.keys():
        assert_agrees(printed[name], CONFIGS[name])


def test_what_is_alike_becomes_exact_zeros(printed):
    knowable = tuple(name for name in ARRAYS if not name.endswith("_grad_norm"))
    for name, config in ALIKE.items():
        assert_agrees(printed[name], config, knowable)


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_a_program_runs_by_itself(language, tmp_path):
    needs(language)
    config = NetworkConfig()
    file = tmp_path / "gradient_flow.py"
    file.write_text(program(config, language))
    run = subprocess.run([sys.executable, "-I", str(file)], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    assert run.stdout.count("\n") == 1
    assert_agrees(json.loads(run.stdout), config)


def test_every_key_comes_up():
    found = states()
    for name, registry in (
        ("activation", ACTIVATIONS),
        ("initializer", INITIALIZERS),
        ("normalization", NORMALIZATIONS),
        ("norm_position", NORM_POSITIONS),
        ("residual", RESIDUALS),
        ("inputs", INPUTS),
    ):
        assert {getattr(config, name) for config in found} == set(registry)
    assert {(config.residual, config.block) for config in found} >= {
        (key, block) for key in RESIDUALS if key != "none" for block in (1, 2)
    }
    assert all(activation.code for activation in ACTIVATIONS.values())


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_programs_are_clean(language, folders):
    """By the project's own rules."""
    for command in (["check"], ["format", "--check"]):
        config = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
        run = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *config, str(folders[language])],
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_a_program_says_only_what_its_network_needs(language):
    _, _, plain = program(NetworkConfig(activation="linear"), language).split('"""', maxsplit=2)
    for word in ("normalize", "skip", "biases", "phi", "if layer", "share", "slopes", "1 *"):
        assert word not in plain
    rich = NetworkConfig(
        activation="relu", normalization="group", residual="plain", block=2, branch_scale=0.5, bias_scale=0.25
    )
    for word in ("normalize", "skip", "biases", "phi", "if layer", "0.5 * h", "0.25"):
        assert word in program(rich, language)


def test_the_head_names_the_settings():
    text = program(NetworkConfig(depth=7, seed=42, normalization="layer"), "numpy")
    for words in ("depth: 7", "activation: sigmoid", "initialization: Xavier, normal", "layer norm", "seed: 42"):
        assert words in text.split('"""')[1]


def test_an_unknown_language_is_an_error():
    with pytest.raises(KeyError):
        program(NetworkConfig(), "fortran")
