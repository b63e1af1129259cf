"""Survival and cumulative incidence against values worked by hand or printed in the protocol literature."""

import numpy as np
import pytest

from hepatrial.errors import EstimateError
from hepatrial.estimate import (
    compare_cumulative_incidence,
    compare_rmst,
    compare_survival,
    estimate_cumulative_incidence,
    estimate_proportion,
    estimate_rmst,
    estimate_survival,
    estimate_survival_quantile,
    fit_cox,
    fit_fine_gray,
)

pytestmark = pytest.mark.reference

# ten patients, status 0 censored, 1 death, 2 transplant
TIME = [3, 5, 5, 8, 12, 14, 14, 20, 28, 28]
STATUS = np.array([1, 1, 2, 0, 2, 1, 1, 2, 0, 0])
DAYS = [3, 5, 12, 14, 20, 28]


@pytest.mark.parametrize("engine", ["kernel", "statsmodels"])
def test_cumulative_incidence_worked_by_hand(engine):
    death = estimate_cumulative_incidence(TIME, STATUS, cause=1, at=DAYS, engine=engine).at
    transplant = estimate_cumulative_incidence(TIME, STATUS, cause=2, at=DAYS, engine=engine).at
    np.testing.assert_allclose(death["incidence"], [0.1, 0.2, 0.2, 13 / 30, 13 / 30, 13 / 30], rtol=1e-12)
    np.testing.assert_allclose(transplant["incidence"], [0, 0.1, 13 / 60, 13 / 60, 1 / 3, 1 / 3], rtol=1e-12)
    np.testing.assert_allclose(
        death["std_error"], [0.094868, 0.126491, 0.126491, 0.164767, 0.164767, 0.164767], atol=5e-7
    )


def test_censoring_transplant_overstates_the_risk_of_death():
    naive = estimate_survival(TIME, STATUS == 1, at=[14, 20]).at
    np.testing.assert_allclose(1 - naive["survival"], [0.52, 0.52], rtol=1e-12)


@pytest.mark.parametrize("engine", ["lifelines", "kernel"])
def test_transplant_free_survival_worked_by_hand(engine):
    fit = estimate_survival(TIME, STATUS > 0, at=[3, 5, 12, 14, 20], engine=engine).at
    np.testing.assert_allclose(fit["survival"], [0.9, 0.7, 7 / 12, 0.35, 7 / 30], rtol=1e-12)
    np.testing.assert_allclose(fit["conf_low"].iloc[3:], [0.0848, 0.0360], atol=5e-5)
    np.testing.assert_allclose(fit["conf_high"].iloc[3:], [0.640, 0.529], atol=5e-4)


def test_stacked_shares_sum_to_one():
    stacked = estimate_cumulative_incidence(TIME, STATUS, cause=1).stacked
    np.testing.assert_allclose(stacked.drop(columns="time").sum(axis=1), 1.0, rtol=1e-12)


@pytest.mark.parametrize(
    ("dead", "low", "high"),
    [(0, 0.691503, 1.0), (3, 0.347547, 0.933260), (5, 0.187086, 0.812914), (10, 0.0, 0.308497)],
)
@pytest.mark.parametrize("conf_type", ["beta-product", "clopper-pearson"])
def test_ten_patients_followed_to_day_84_give_the_binomial_limits(dead, low, high, conf_type):
    time = [*range(10, 10 + dead), *[84] * (10 - dead)]
    row = estimate_survival(time, [1] * dead + [0] * (10 - dead), at=[84], conf_type=conf_type).at.iloc[0]
    assert row["conf_low"] == pytest.approx(low, abs=5e-7)
    assert row["conf_high"] == pytest.approx(high, abs=5e-7)
    assert row["status"] == "ok"


def test_bpcp_convention_takes_the_limits_after_the_censoring():
    time, event = [10, 20, 30, *[84] * 7], [1, 1, 1, *[0] * 7]
    row = estimate_survival(time, event, at=[84], conf_type="beta-product", convention="bpcp").at.iloc[0]
    assert row["conf_low"] == 0


def test_no_event_gives_an_exact_bound_and_says_so():
    row = estimate_survival([84] * 10, [0] * 10, at=[28], conf_type="log-log").at.iloc[0]
    assert (row["survival"], row["conf_high"], row["status"]) == (1, 1, "note")
    assert row["conf_low"] == pytest.approx(0.691503, abs=5e-7)
    assert "beta-product" in row["message"]


def test_past_the_last_follow_up_is_not_estimable_while_somebody_lives():
    alive = estimate_survival([10, 200], [1, 0], at=[365]).at.iloc[0]
    assert alive["status"] == "not_estimable"
    assert np.isnan(alive["survival"])
    all_dead = estimate_survival([10, 200], [1, 1], at=[365]).at.iloc[0]
    assert (all_dead["survival"], all_dead["status"]) == (0, "note")


def test_no_transplant_among_ten_shows_an_upper_limit():
    complete = estimate_cumulative_incidence([84] * 10, [0] * 10, cause=2, at=[84]).at.iloc[0]
    assert complete["conf_high"] == pytest.approx(0.308497, abs=5e-7)
    # two censored before day 84, three dead: 8 still count at day 84, upper limit 1 - 0.025^(1/8)
    time, status = [20, 30, 40, 50, 60, *[84] * 5], [0, 0, 1, 1, 1, *[0] * 5]
    row = estimate_cumulative_incidence(time, status, cause=2, at=[84]).at.iloc[0]
    assert row["conf_high"] == pytest.approx(1 - 0.025 ** (1 / 8), rel=1e-12)
    assert (row["conf_low"], row["limits"], row["status"]) == (0, "beta-product", "note")


def test_small_sample_limits_are_binomial_while_nobody_is_censored():
    time, status = [5, 9, 20, *[84] * 7], [2, 1, 2, *[0] * 7]
    row = estimate_cumulative_incidence(time, status, cause=2, at=[84], conf_type="small-sample").at.iloc[0]
    exact = estimate_proportion(2, 10)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((exact.conf_low, exact.conf_high))


@pytest.mark.parametrize(
    ("n_events", "low", "high"),
    [(0, 0, 0.308497), (1, 0.002529, 0.445016), (3, 0.066740, 0.652453), (10, 0.691503, 1)],
)
def test_clopper_pearson_of_ten(n_events, low, high):
    fit = estimate_proportion(n_events, 10)
    assert (fit.conf_low, fit.conf_high) == pytest.approx((low, high), abs=5e-7)


def test_published_survival_proportions():
    wald = estimate_proportion(41, 56, method="wald")
    assert (wald.conf_low, wald.conf_high) == pytest.approx((0.616157, 0.848128), abs=5e-7)
    wilson = estimate_proportion(30, 88, method="wilson")
    assert (wilson.conf_low, wilson.conf_high) == pytest.approx((0.250391, 0.444735), abs=5e-7)


def test_log_rank_worked_by_hand():
    # deaths at 1 (arm 0; 4 at risk, 2 of them arm 1), 2 (arm 1; 3, 2), 3 (arm 0; 2, 1)
    test = compare_survival([1, 2, 3, 4], [1, 1, 1, 0], [0, 1, 0, 1])
    expected = 2 / 4 + 2 / 3 + 1 / 2
    variance = 1 / 4 + 2 / 9 + 1 / 4
    assert test.groups["expected"].tolist() == pytest.approx([3 - expected, expected])
    assert test.statistic == pytest.approx((1 - expected) ** 2 / variance)


def test_log_rank_exact_worked_by_hand():
    # separated arms of 2: of the 6 allocations, only the observed one and its mirror are as far
    test = compare_survival([1, 2, 3, 4], [1, 1, 0, 0], [0, 0, 1, 1], exact=True)
    assert test.p_value == pytest.approx(2 / 6)


def test_restricted_mean_worked_by_hand():
    # S = 1 to 2, 3/4 to 4, 1/2 to 6: area 2 + 1.5 + 1
    fit = estimate_rmst([2, 4, 8, 8], [1, 1, 0, 0], tau=6)
    assert fit.estimate == pytest.approx(4.5)
    assert fit.std_error == pytest.approx(np.sqrt(2.5**2 / 12 + 1.0**2 / 6))
    assert estimate_rmst([2, 4, 8, 8], [1, 1, 0, 0], tau=9).status == "not_estimable"


def test_restricted_mean_difference_changes_sign_with_the_reference():
    time, event, arm = [2, 4, 8, 8, 1, 3, 5, 8], [1, 1, 0, 0, 1, 1, 1, 0], ["a"] * 4 + ["b"] * 4
    a = compare_rmst(time, event, arm, reference="a", tau=6).table.set_index("measure")
    b = compare_rmst(time, event, arm, reference="b", tau=6).table.set_index("measure")
    assert a.loc["difference", "estimate"] == pytest.approx(-b.loc["difference", "estimate"])
    assert a.loc["ratio", "estimate"] == pytest.approx(1 / b.loc["ratio", "estimate"])


def test_median_on_a_plateau_is_its_middle():
    fit = estimate_survival_quantile([1, 2, 3, 4], [1, 1, 1, 1]).table.iloc[0]
    assert fit["time"] == 2.5


@pytest.mark.parametrize(
    ("time", "event", "said"),
    [
        ([1, 2], [1, 2], "1/2"),
        ([1, 2], [0.5, 1], "whole numbers"),
        ([1, np.nan], [1, 0], "missing"),
        ([-1, 2], [1, 0], ">= 0"),
        ([1, 2], [1, 0, 1], "3 values"),
    ],
)
def test_impossible_input_is_refused(time, event, said):
    with pytest.raises(EstimateError, match=said):
        estimate_survival(time, event)


def test_nobody_is_not_estimable():
    assert estimate_survival([], [], at=[28]).status == "not_estimable"
    assert estimate_cumulative_incidence([], [], cause=1, at=[28]).at["status"].tolist() == ["not_estimable"]
    assert estimate_proportion(0, 0).status == "not_estimable"


def test_gray_and_log_rank_agree_without_competing_events():
    time, event, arm = [3, 5, 5, 8, 12, 14, 14, 20], [1, 1, 0, 1, 1, 0, 1, 1], [0, 0, 1, 0, 1, 0, 1, 1]
    gray = compare_cumulative_incidence(time, event, arm, cause=1)
    log_rank = compare_survival(time, event, arm)
    # same score; the variances differ (Gray's is not hypergeometric), so only the scores are equal
    difference = log_rank.groups["observed"] - log_rank.groups["expected"]
    np.testing.assert_allclose(gray.groups["score"], difference, rtol=1e-12)


def test_gray_score_worked_by_hand():
    # arm 0: death of cause 1 at 1, cause 2 at 2, cause 1 at 3; arm 1: cause 2 at 1.5, cause 1 at 4
    test = compare_cumulative_incidence([1, 2, 3, 1.5, 4], [1, 2, 1, 2, 1], [0, 0, 0, 1, 1], cause=1)
    # R = Y (1 - F) / S just before t: at 1 (3, 2); at 3 (1 * (2/3) / (1/3), 1 * 1 / (1/2)); at 4 (0, 2)
    expected = 3 / 5 + 2 / 4
    assert test.groups["score"].tolist() == pytest.approx([2 - expected, 1 - (2 / 5 + 2 / 4 + 1)])


def test_fine_gray_without_other_causes_is_cox():
    time, event, arm = [3, 5, 6, 8, 12, 14, 15, 20], [1, 1, 0, 1, 1, 0, 1, 1], [0, 0, 1, 0, 1, 0, 1, 1]
    fine_gray = fit_fine_gray(time, event, np.array(arm)[:, None], cause=1)
    cox = fit_cox(time, event, np.array(arm)[:, None])
    assert fine_gray.table["coef"].item() == pytest.approx(cox.table["coef"].item(), rel=1e-9)
    assert fine_gray.table["model_std_error"].item() == pytest.approx(cox.table["std_error"].item(), rel=1e-9)
