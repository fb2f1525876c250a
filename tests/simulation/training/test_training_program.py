"""The PyTorch program of a run, run: its losses are ours."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from simulation import NetworkConfig
from simulation.activations import ACTIVATIONS
from simulation.programs.training import START, start, training_program
from simulation.training.config import TrainingConfig
from simulation.training.optimizers import OPTIMIZERS
from simulation.training.trainer import train

pytest.importorskip("torch", reason="the program needs PyTorch")
NETWORK = NetworkConfig(depth=5, width=12, batch=16, activation="tanh", block=2, groups=2)
RUN = TrainingConfig(NETWORK, data="blobs", features=7, classes=3, steps=12, precision="float64")
STATES = {
    "v2": replace(RUN, network=replace(NETWORK, residual="pre_activation", normalization="batch", inputs="digits"), optimizer="adam", learning_rate=0.003, schedule="cosine"),
    "v1": replace(RUN, network=replace(NETWORK, residual="post_activation", normalization="group", activation="gelu"), features=12, optimizer="nesterov", learning_rate=0.02, weight_decay=0.01),
    "changes": replace(RUN, network=replace(NETWORK, activation="rrelu", initializer="he_normal"), schedule="warmup", changes=((4, "clip", "norm"), (6, "threshold", 0.2), (8, "learning_rate", 0.05))),
    "regression": replace(RUN, data="teacher", network=replace(NETWORK, residual="plain", normalization="rms", norm_position="after", bias_scale=0.2), optimizer="rmsprop", learning_rate=0.002, learn=("norms",)),
    "one-hot": replace(RUN, data="xor", network=replace(NETWORK, activation="leaky_relu", normalization="layer"), loss="mean_squared", target_scale=2.0, clip="value", threshold=0.01, optimizer="adamw"),
}  # fmt: skip


@pytest.mark.parametrize("config", STATES.values(), ids=STATES)
def test_losses_agree(config, tmp_path):
    np.savez(tmp_path / START, **start(config))
    (tmp_path / "training.py").write_text(training_program(config))
    done = subprocess.run([sys.executable, "training.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, env={**os.environ, "OMP_NUM_THREADS": "1"})  # fmt: skip
    assert done.returncode == 0, done.stderr
    said, run = json.loads(done.stdout), train(config).records
    np.testing.assert_allclose(said["loss"], run["loss"][:, 0], rtol=1e-8)
    mine = np.hstack([run["log10_weight_grad_norm"][:, 0], run["log10_head_grad_norm"]])
    np.testing.assert_allclose(np.array(said["log10_weight_grad_norm"], float), mine, rtol=0, atol=1e-8)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_program_is_python_without_leftovers(activation, optimizer):
    text = training_program(replace(RUN, network=replace(NETWORK, activation=activation), optimizer=optimizer))
    compile(text, "training.py", "exec")
    assert "{" not in text.split("import json")[0]
    assert max(map(len, text.splitlines())) <= 160
