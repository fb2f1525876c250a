"""A worksheet's questions: true for the very network, for every kind of verdict."""

from dataclasses import replace

import pytest

from simulation import NetworkConfig, simulate
from simulation.diagnosis import FORMATS, diagnose
from simulation.sentences import percent
from simulation.worksheet import ROWS, layers, questions

VANISHING = NetworkConfig(depth=30, width=16, batch=16)
NETWORKS = {
    "vanishing": VANISHING,
    "lost": replace(VANISHING, depth=100),
    "stable": replace(VANISHING, activation="tanh", depth=5),
    "exploding": replace(VANISHING, activation="linear", initializer="standard_normal"),
    "two stories": replace(VANISHING, activation="relu"),
    "dead": replace(VANISHING, activation="relu", initializer="zeros"),
    "one": replace(VANISHING, depth=1),
}


def asked(config):
    return questions(diagnose(simulate(config)), config)


@pytest.mark.parametrize("name", NETWORKS)
def test_four_questions_without_a_number_as_computers_print_it(name):
    four = asked(NETWORKS[name])
    assert len(set(four)) == 4
    assert all(question[-1] in "?." for question in four)
    assert not any(word in question for question in four for word in ("nan", "inf ", "None", "e-", "e+"))


def test_what_they_claim_is_so():
    trace = simulate(VANISHING)
    kept = 10 ** ((trace.log10_delta_rms[0] - trace.log10_delta_rms[-1]) / 29)
    assert percent(kept) in asked(VANISHING)[0]
    long = simulate(NETWORKS["lost"])
    assert long.log10_delta_rms.min() < FORMATS["float32"].log10_zero < trace.log10_delta_rms.min()
    assert "At which layer" in asked(NETWORKS["lost"])[2]
    assert "How many layers" in asked(VANISHING)[2]
    assert "overflows" in asked(NETWORKS["exploding"])[2]
    assert "from layer 30 down" in asked(NETWORKS["dead"])[0].lower()
    assert "10 layers" in asked(NETWORKS["stable"])[2]
    assert "different stories" in asked(NETWORKS["two stories"])[1]


@pytest.mark.parametrize("depth", [1, 2, ROWS - 1, ROWS, ROWS + 1, 50, 1000])
def test_the_rows_go_from_the_first_layer_to_the_last(depth):
    rows = layers(depth)
    assert (rows[0], rows[-1]) == (1, depth)
    assert list(rows) == sorted(set(rows))
    assert len(rows) == min(depth, ROWS)
