"""Many seeds: what they share, how they differ, against single runs, theory's numbers and plain NumPy."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from simulation import NetworkConfig, simulate
from simulation.diagnosis import diagnose
from simulation.ensemble import LOG10_ARRAYS, Ensemble, describe_ensemble, ensemble, quantile
from simulation.network import PASSING_DRAWS, UNIT_DRAWS

HE_RELU = NetworkConfig(activation="relu", initializer="he_normal", depth=50, batch=64)


def whole(config: NetworkConfig, networks: int) -> Ensemble:
    *_, last = ensemble(config, networks)
    return last


@pytest.fixture(scope="module")
def narrow() -> Ensemble:
    return whole(replace(HE_RELU, width=4), 64)


# FACTS 7, He ReLU, depth 50, no bias, batch 64: width -> mean and standard deviation of log10 delta first over last
@pytest.mark.parametrize(("width", "mean", "sd"), [(32, -0.53, 0.46), (100, -0.10, 0.20)])
def test_ratio_over_seeds(width, mean, sd):
    networks = 64
    result = whole(replace(HE_RELU, width=width), networks)
    assert result.dead_share == 0
    assert result.log10_delta_ratio_mean == pytest.approx(mean, abs=3 * sd / sqrt(networks))
    assert result.log10_delta_ratio_sd == pytest.approx(sd, abs=3 * sd / sqrt(2 * (networks - 1)))


def test_narrow_networks_die(narrow):
    assert 0.88 <= narrow.dead_share <= 1
    wider = whole(replace(HE_RELU, width=10), 64)
    expected = 0.03
    assert wider.dead_share == pytest.approx(expected, abs=3 * sqrt(expected * (1 - expected) / 64))


def test_one_sample_dies_with_the_probability_of_the_theory():
    """Each layer is all dead for one input with probability 2^-width: (1 - 2^-4)^50 = 4 % survive (FACTS 7)."""
    networks, dead = 128, 1 - (1 - 2.0**-4) ** 50
    result = whole(replace(HE_RELU, width=4, batch=1), networks)
    assert result.dead_share == pytest.approx(dead, abs=3 * sqrt(dead * (1 - dead) / networks))


def test_rows_are_single_runs_and_seeds_go_round():
    config = NetworkConfig(depth=5, width=6, batch=3, activation="rrelu", bias_scale=0.1, seed=9998)
    result = whole(config, 4)
    for i, seed in enumerate((9998, 9999, 0, 1)):
        trace = simulate(replace(config, seed=seed))
        assert result.log10_delta_ratio[i] == diagnose(trace).delta.decades
        for name in LOG10_ARRAYS:
            np.testing.assert_array_equal(result.logs[name][i], getattr(trace, name))


def test_quantiles_are_those_of_logs():
    result = whole(NetworkConfig(depth=4, width=8, batch=4), 7)
    for name in LOG10_ARRAYS:
        if np.isfinite(result.logs[name]).all():
            assert np.all(result.low[name] <= result.median[name])
            for share, values in ((0.1, result.low), (0.5, result.median), (0.9, result.high)):
                np.testing.assert_allclose(values[name], np.quantile(result.logs[name], share, axis=0), rtol=1e-12)
    low, high = result.low["log10_delta_rms"][0], result.high["log10_delta_rms"][0]
    assert result.spread == pytest.approx(high - low)


@pytest.mark.parametrize(
    ("share", "expected"), [(0, -np.inf), (0.25, -np.inf), (0.4, -np.inf), (0.5, 1.0), (0.625, 1.5), (1, 3.0)]
)
def test_quantile_with_zeros(share, expected):
    """An average in which a log of 0 takes part is -inf; one in which it has no weight is not."""
    values = np.array([[2.0], [-np.inf], [1.0], [-np.inf], [3.0]])
    assert quantile(values, share)[0] == expected


def test_each_yield_is_the_ensemble_so_far():
    config = NetworkConfig(depth=3, width=4, batch=2)
    steps = list(ensemble(config, 5))
    assert [(step.done, step.total) for step in steps] == [(n, 5) for n in range(1, 6)]
    for step in steps[1:]:
        shorter = whole(config, step.done)
        np.testing.assert_array_equal(step.log10_delta_ratio, shorter.log10_delta_ratio)
        assert step.log10_delta_ratio_sd == pytest.approx(np.std(shorter.log10_delta_ratio, ddof=1))
    assert steps[0].log10_delta_ratio_sd is None


def test_draws_of_the_network_on_screen_stay():
    config = NetworkConfig(depth=2, width=8, batch=4, seed=77)
    simulate(config)
    before, passing = UNIT_DRAWS.bytes, PASSING_DRAWS.bytes
    whole(config, 8)
    assert UNIT_DRAWS.bytes == before
    assert passing < PASSING_DRAWS.bytes <= PASSING_DRAWS.max_bytes


@pytest.mark.parametrize("networks", [1, 257])
def test_number_of_networks(networks):
    with pytest.raises(ValueError, match="2 to 256"):
        ensemble(NetworkConfig(), networks)


def test_words(narrow):
    dead = round(narrow.dead_share * 64)
    text = describe_ensemble(narrow)
    assert text.startswith(f"{dead} of 64 networks are dead")
    assert f"In the other {64 - dead} the error signal shrinks" in text
    assert "lower end is exactly 0" in text
    assert narrow.spread is None

    alive = describe_ensemble(whole(replace(HE_RELU, width=100, depth=10), 16))
    assert alive.startswith("None of 16 networks is dead. In them the error signal")
    assert "band goes from 10^" in alive

    gone = whole(NetworkConfig(depth=2, width=3, batch=1, normalization="batch"), 3)
    assert describe_ensemble(gone) == "All 3 networks are dead: in each the error signal is exactly 0 at layer 1."
    assert gone.log10_delta_ratio_mean is None
    assert "on its way" not in describe_ensemble(whole(NetworkConfig(depth=1, width=3, batch=2), 3))
