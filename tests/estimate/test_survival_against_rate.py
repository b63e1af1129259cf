"""Survival against a historical rate: the central binomial test without censoring, and duality with the limits."""

import numpy as np
import pytest
from scipy.stats import beta, binom

from hepatrial.errors import EstimateError
from hepatrial.estimate import compare_survival_to_rate, estimate_survival


def test_eight_of_ten_alive_against_one_half_by_hand():
    """P(X >= 8) = (45 + 10 + 1) / 1024; twice that."""
    found = compare_survival_to_rate([3, 20] + [84] * 8, [1, 1] + [0] * 8, at=28, rate=0.5)
    assert found.p_value == pytest.approx(2 * 56 / 1024, rel=1e-12)
    assert found.estimate == pytest.approx(0.3)
    assert found.conf_low == pytest.approx(beta.ppf(0.025, 8, 3) - 0.5, rel=1e-9)
    assert found.conf_high == pytest.approx(beta.ppf(0.975, 9, 2) - 0.5, rel=1e-9)


@pytest.mark.parametrize("alive", [0, 1, 5, 9, 10])
@pytest.mark.parametrize("rate", [0.1, 0.45, 0.8])
def test_without_censoring_it_is_the_central_binomial_test(alive, rate):
    time, event = [84.0] * alive + [10.0] * (10 - alive), [0] * alive + [1] * (10 - alive)
    more, less = binom.sf(alive - 1, 10, rate), binom.cdf(alive, 10, rate)
    found = compare_survival_to_rate(time, event, at=28, rate=rate)
    assert found.p_value == pytest.approx(min(1, 2 * min(more, less)), rel=1e-9)


def test_with_censoring_the_limits_have_the_p_value_of_their_level():
    time, event = [2, 5, 9, 11, 20, 30, 40, 50, 60, 70], [1, 0, 1, 0, 1, 0, 0, 0, 0, 0]
    row = estimate_survival(time, event, at=[28], conf_type="beta-product", conf_level=0.9).at.iloc[0]
    for limit in (row["conf_low"], row["conf_high"]):
        found = compare_survival_to_rate(time, event, at=28, rate=float(limit))
        assert found.p_value == pytest.approx(0.1, abs=1e-9)


def test_past_the_last_follow_up_there_is_no_answer():
    found = compare_survival_to_rate([5, 10, 12], [1, 0, 0], at=28, rate=0.5)
    assert found.status == "not_estimable"
    assert np.isnan(found.p_value)


@pytest.mark.parametrize("rate", [0.0, 1.0, 45.0])
def test_a_rate_is_a_proportion(rate):
    with pytest.raises(EstimateError, match="above 0 and below 1"):
        compare_survival_to_rate([5], [1], at=3, rate=rate)
