"""Paired change: Student's data, Walsh averages by hand, R's signed-rank interval."""

import itertools

import numpy as np
import pytest
from scipy import stats

import hepatrial.estimate
from hepatrial.errors import EstimateError
from hepatrial.estimate import estimate_paired_change
from hepatrial.estimate.paired_change import signed_rank_distribution

SLEEP = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
CHANGE = np.array([1.1, 2.2, -0.7, 3.9, 0.4, 1.6])


def paired(change, **options):
    return estimate_paired_change(np.full(len(change), 5.0), change + 5.0, **options)


@pytest.mark.reference
def test_paired_change_is_students_sleep_data():
    """Student 1908 (Biometrika 6:1): R t.test(extra ~ group, paired=TRUE) gives 1.58 (0.7001142 to 2.4598858)."""
    found = estimate_paired_change(SLEEP, SLEEP2)
    assert found.estimate == pytest.approx(1.58, rel=1e-12)
    assert (found.conf_low, found.conf_high) == pytest.approx((0.7001142, 2.4598858), abs=5e-8)
    assert found.df == 9


@pytest.mark.reference
def test_paired_change_is_the_one_sample_t_test():
    found, expected = paired(CHANGE), stats.ttest_1samp(CHANGE, 0)
    assert (found.conf_low, found.conf_high) == pytest.approx(tuple(expected.confidence_interval(0.95)))


@pytest.mark.reference
def test_hodges_lehmann_is_that_of_r():
    # R: wilcox.test(c(1.1, 2.2, -0.7, 3.9, 0.4, 1.6), conf.int = TRUE): 21 Walsh averages, qsignrank(.025, 6)
    # = 1 is their ends, attained 1 - 2 / 64
    found = paired(CHANGE)
    assert found.hl_estimate == pytest.approx(1.35)
    assert (found.hl_conf_low, found.hl_conf_high) == pytest.approx((-0.7, 3.9))
    assert found.hl_conf_level == pytest.approx(1 - 2 / 64)


@pytest.mark.reference
def test_signed_rank_distribution_is_the_count_of_sign_patterns():
    sums = [sum(k for k, s in enumerate(signs, 1) if s) for signs in itertools.product([0, 1], repeat=7)]
    assert signed_rank_distribution(7) == pytest.approx(np.bincount(sums) / 2**7)


def test_beyond_400_pairs_the_normal_quantile_gives_almost_the_exact_interval():
    change = np.random.default_rng(1).normal(size=401)
    many, exact = paired(change), paired(change[:400])
    assert many.hl_conf_low == pytest.approx(exact.hl_conf_low, abs=0.01)
    assert many.hl_conf_level == 0.95


def test_the_log_scale_is_the_geometric_mean_ratio_and_the_median_of_ratios():
    change = np.array([1.0, 2, 0.5, 4, 1.5])
    found = paired(change, scale="log")
    logs = np.log((change + 5) / 5)
    assert found.estimate == pytest.approx(np.exp(np.mean(logs)))
    walsh = [(a + b) / 2 for a, b in itertools.combinations_with_replacement(logs, 2)]
    assert found.hl_estimate == pytest.approx(np.exp(np.median(walsh)))
    with pytest.raises(EstimateError, match="no logarithm"):
        paired(np.array([1.0, 2, -5, 4, 1.5]), scale="log")


def test_too_few_pairs_are_not_estimable():
    found = estimate_paired_change([1.0] * 4, [2.0] * 4)
    assert found.status == "not_estimable"
    assert found.notes == ("4 values; at least 5 are needed",)
    assert np.isnan([found.estimate, found.hl_estimate, found.hl_conf_low]).all()


def test_unequal_lengths_are_refused():
    with pytest.raises(EstimateError, match="must be pairs"):
        estimate_paired_change([1.0], [1.0, 2.0])


def test_the_removed_name_says_what_to_use():
    with pytest.raises(AttributeError, match="use estimate_paired_change, once for each visit"):
        _ = hepatrial.estimate.estimate_paired_changes
