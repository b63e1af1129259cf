"""Independence estimating equations and worst-rank composites against statsmodels, scipy and hand-worked
cases.
"""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from hepatrial.errors import EstimateError
from hepatrial.estimate import compare_composite, estimate_means, fit_gee, rank_composite


def clustered(seed=3):
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 5, 20)
    code = np.repeat(np.arange(20), size)
    x = rng.normal(size=len(code))
    y = 1 + 0.5 * x + (code % 2) + rng.normal(size=20)[code] + rng.normal(size=len(code))
    return pd.DataFrame({"ID": code, "X": x, "ARM": np.where(code % 2, "b", "a"), "Y": y})


@pytest.mark.reference
def test_empirical_form_is_statsmodels_gee():
    data = clustered()
    x = np.column_stack([np.ones(len(data)), data["X"], data["ARM"] == "b"])
    other = sm.GEE(data["Y"], x, groups=data["ID"], cov_struct=sm.cov_struct.Independence()).fit()
    got = fit_gee("Y ~ X + ARM", data, subject="ID", sandwich="CR0")
    assert got.params.to_numpy() == pytest.approx(other.params.to_numpy())
    assert got.coefficients["std_error"].to_numpy() == pytest.approx(other.bse.to_numpy(), rel=1e-6)


@pytest.mark.reference
def test_one_row_a_subject_is_the_welch_test():
    # CR2 of a difference of two means is s1^2 / n1 + s2^2 / n2; its df under equal variances are Bell and
    # McCaffrey's
    a, b = np.array([1.0, 4, 2, 8]), np.array([3.0, 9, 5, 6, 2, 7])
    data = pd.DataFrame({"ID": range(10), "ARM": ["a"] * 4 + ["b"] * 6, "Y": np.r_[a, b]})
    got = fit_gee("Y ~ ARM", data, subject="ID").coefficients.loc["ARM[T.b]"]
    assert got["std_error"] == pytest.approx(np.sqrt(a.var(ddof=1) / 4 + b.var(ddof=1) / 6))
    weights = np.array([1 / 4, 1 / 6])
    assert got["df"] == pytest.approx(weights.sum() ** 2 / np.sum(weights**2 / [3, 5]))


@pytest.mark.reference
def test_equal_clusters_are_a_t_test_of_their_means():
    y = np.array([[1.0, 3], [2, 8], [4, 4], [9, 5], [0, 2]])
    data = pd.DataFrame({"ID": np.repeat(range(5), 2), "Y": y.ravel()})
    got, test = (
        fit_gee("Y ~ 1", data, subject="ID").coefficients.loc["Intercept"],
        stats.ttest_1samp(y.mean(1), 0),
    )
    assert got["p_value"] == pytest.approx(test.pvalue)
    assert got["df"] == pytest.approx(4)


def test_means_by_visit_of_a_saturated_model_are_the_means_of_those_seen():
    data = clustered().assign(VISIT=lambda d: d.groupby("ID").cumcount().astype(str))
    means = estimate_means(fit_gee("Y ~ ARM * VISIT", data, subject="ID"), ["ARM", "VISIT"]).table
    expected = data.groupby(["ARM", "VISIT"])["Y"].mean().to_numpy()
    assert means["estimate"].to_numpy() == pytest.approx(expected)


def test_no_residual_variation_is_not_estimable_and_bad_options_are_refused():
    data = pd.DataFrame({"ID": [1, 2], "Y": [1.0, 1.0]})
    assert fit_gee("Y ~ 1", data, subject="ID").status == "not_estimable"
    with pytest.raises(EstimateError, match="sandwich"):
        fit_gee("Y ~ 1", data, subject="ID", sandwich="HC0")
    with pytest.raises(EstimateError, match="df must be"):
        fit_gee("Y ~ 1", data, subject="ID", df="kenward-roger")


def test_death_ranks_below_every_value_and_earlier_below_later():
    value = np.array([np.nan, 5, 2, np.nan, 5])
    death = np.array([40.0, np.nan, np.nan, 3, np.nan])
    assert rank_composite(value, death, higher_is_better=True) == pytest.approx([2, 4.5, 3, 1, 4.5])
    assert rank_composite(value, death, higher_is_better=False) == pytest.approx([2, 3.5, 5, 1, 3.5])


def test_alive_without_a_value_must_be_decided_first():
    with pytest.raises(EstimateError, match="row 1: alive without a value"):
        rank_composite(np.array([1.0, np.nan]), np.array([np.nan, np.nan]), higher_is_better=True)


@pytest.mark.reference
def test_rank_comparison_is_the_mann_whitney_test_with_ties():
    score = np.array([1.0, 2, 2, 5, 7, 3, 2, 6, 6, 9])
    group = np.array(["a"] * 5 + ["b"] * 5, dtype=object)
    got = compare_composite(score, group, reference="a")
    other = stats.mannwhitneyu(score[5:], score[:5], method="asymptotic", use_continuity=False)
    assert got.p_value == pytest.approx(other.pvalue)
    assert got.win_probability == pytest.approx(other.statistic / 25)
    assert got.win_odds == pytest.approx(got.win_probability / (1 - got.win_probability))
    assert got.conf_low < got.win_probability < got.conf_high


@pytest.mark.reference
def test_win_probability_variance_by_hand():
    # x = (1, 4), y = (2, 3): wins 0, 0 | 1, 1; rows 0, 1 (variance 1/2); columns 1/2, 1/2 (variance 0)
    got = compare_composite(np.array([1.0, 4, 2, 3]), np.array(["x", "x", "y", "y"], dtype=object), reference="y")
    assert got.win_probability == pytest.approx(0.5)
    assert got.std_error == pytest.approx(0.5)


@pytest.mark.property
def test_turning_the_reference_round_turns_the_comparison_round():
    rng = np.random.default_rng(4)
    score, group = rng.integers(0, 8, 30).astype(float), np.array(["a", "b"] * 15, dtype=object)
    one, two = compare_composite(score, group, reference="a"), compare_composite(score, group, reference="b")
    assert one.win_probability == pytest.approx(1 - two.win_probability)
    assert one.conf_low == pytest.approx(1 - two.conf_high)
    assert one.statistic == pytest.approx(-two.statistic)


def test_complete_separation_has_a_test_but_no_interval():
    got = compare_composite(np.array([1.0, 2, 3, 4]), np.array(["a", "a", "b", "b"], dtype=object), reference="a")
    assert (got.win_probability, got.status, got.win_odds) == (1, "not_estimable", np.inf)
    assert np.isnan(got.conf_low)
    assert np.isfinite(got.p_value)
