"""Proportions, tables, rates, ranks and wins against values worked by hand."""

import numpy as np
import pytest
from scipy.stats import chi2

from hepatrial.errors import EstimateError
from hepatrial.estimate import (
    TimedEndpoint,
    ValuedEndpoint,
    compare_paired_proportions,
    compare_paired_ranks,
    compare_proportions,
    compare_proportions_exact,
    compare_proportions_stratified,
    compare_ranks,
    compare_rates,
    compare_wins,
    compute_landmark,
    estimate_follow_up,
    estimate_mann_whitney,
    estimate_proportion,
    estimate_rate,
    fit_logistic,
    fit_proportional_odds,
)

pytestmark = pytest.mark.reference

X1, X0 = {"new": 41, "control": 30}, {"new": 56, "control": 54}


def test_child_a_at_24_weeks_counts_death_and_transplant_as_not_child_a():
    # arm of 6: Child A, A, B, died, transplanted, C; arm of 6: A, B, B, C, died, died
    new = ["A", "A", "B", "death", "transplant", "C"]
    control = ["A", "B", "B", "C", "death", "death"]
    is_a = {"new": new.count("A"), "control": control.count("A")}
    fit = compare_proportions(is_a, {"new": 6, "control": 6}, reference="control")
    assert fit.estimate == pytest.approx(1 / 6)
    order = {"death": 0, "transplant": 1, "C": 2, "B": 3, "A": 4}
    shift = estimate_mann_whitney([order[v] for v in new + control], ["new"] * 6 + ["control"] * 6, reference="control")
    # by hand, wins of new over A, B, B, C, death, death: A A 5.5 each, B 4, death 1, transplant 2, C 2.5
    assert shift.estimate == pytest.approx((5.5 + 5.5 + 4 + 1 + 2 + 2.5) / 36)


def test_newcombe_from_two_wilson_intervals():
    one, two = estimate_proportion(41, 56, method="wilson"), estimate_proportion(30, 54, method="wilson")
    fit = compare_proportions(X1, X0, reference="control", method="newcombe")
    below = np.hypot(one.estimate - one.conf_low, two.conf_high - two.estimate)
    assert fit.conf_low == pytest.approx(one.estimate - two.estimate - below)


def test_published_two_by_two_tests():
    infections = {"new": 9, "control": 18}
    assert compare_proportions_exact(X1, X0, reference="control").p_value == pytest.approx(0.0726, abs=5e-5)
    assert compare_proportions_exact(infections, X0, reference="control").p_value == pytest.approx(0.046355, abs=5e-7)
    # Pearson's chi-square is CMH of one stratum but for N / (N - 1)
    pearson = compare_proportions_stratified(X1, X0, reference="control").statistic * 110 / 109
    assert chi2.sf(pearson, 1) == pytest.approx(0.05293, abs=5e-6)


def test_fisher_worked_by_hand():
    # margins 3 and 3 of 6, 3 events: chances 1, 9, 9, 1 of 20
    fit = compare_proportions_exact([0, 3], [3, 3], reference=0)
    assert fit.p_value == pytest.approx(2 / 20)
    assert np.isinf(fit.estimate)


def test_barnard_worked_by_hand():
    # 2 against 2, 2 against 0 events: extreme tables (2, 0) and (0, 2), 2 p^2 (1 - p)^2, largest at p = 1/2
    assert compare_proportions_exact([2, 0], [2, 2], reference=1, method="barnard").p_value == pytest.approx(1 / 8)


def test_swapping_the_reference_mirrors_every_difference():
    for method in ("miettinen-nurminen", "mee", "gart-nam", "newcombe", "newcombe-cc", "wald", "chan-zhang"):
        a = compare_proportions([6, 2], [7, 7], reference=1, method=method)
        b = compare_proportions([6, 2], [7, 7], reference=0, method=method)
        assert (a.conf_low, a.conf_high) == pytest.approx((-b.conf_high, -b.conf_low), abs=2e-6), method


def test_nothing_in_either_group_still_has_limits_for_the_difference():
    fit = compare_proportions([0, 0], [10, 10], reference=0)
    assert (fit.estimate, fit.p_value) == (0, 1)
    assert fit.conf_low == pytest.approx(-fit.conf_high)
    assert compare_proportions([0, 0], [10, 10], reference=0, measure="ratio").status == "not_estimable"


def test_exact_rate_without_events_is_the_one_sided_bound():
    fit = estimate_rate(0, 12.5)
    assert fit.conf_high == pytest.approx(-np.log(0.025) / 12.5)


def test_rate_ratio_is_a_binomial_given_the_total():
    fit = compare_rates([3, 9], [100, 100], reference=1)
    share = estimate_proportion(3, 12)
    assert fit.conf_low == pytest.approx(share.conf_low / (1 - share.conf_low))


def test_mcnemar_counts_discordant_pairs_only():
    assert compare_paired_proportions(50, 5, 0, 60).p_value == pytest.approx(2 * 0.5**5)
    assert compare_paired_proportions(50, 0, 0, 60).status == "note"


def test_rank_sum_worked_by_hand():
    # x above every y: one allocation of the C(5, 2) = 10, and its mirror
    fit = compare_ranks([4, 5], [1, 2, 3])
    assert (fit.statistic, fit.p_value) == (6, pytest.approx(2 / 10))
    assert (fit.estimate, fit.status) == (2.5, "note")


def test_signed_ranks_worked_by_hand():
    fit = compare_paired_ranks([1, 2, 3, 4], [0, 0, 0, 0], alternative="greater")
    assert fit.p_value == pytest.approx(1 / 16)
    assert fit.estimate == 2.5


WINS = {
    "group": [1, 1, 1, 0, 0, 0],
    "endpoints": [
        TimedEndpoint([30, 30, 10, 30, 5, 8], [0, 0, 1, 0, 1, 1]),
        ValuedEndpoint([3, 1, 9, 2, 9, 9], higher_is_better=False),
    ],
}


def test_wins_worked_by_hand():
    # on death the first two beat both deaths of the reference, the third too and loses to its survivor: 6 to
    # 1;
    # the two pairs of survivors go on to the score, 3 against 2 lost and 1 against 2 won
    fit = compare_wins(**WINS, reference=0)
    assert fit.endpoints.to_numpy().tolist() == [[1, 9, 6, 1, 2], [2, 2, 1, 1, 0]]
    table = fit.table.set_index("measure")["estimate"]
    assert table.tolist() == pytest.approx([7 / 2, 7 / 2, 5 / 9])
    # shares won by subject: new (2, 3, 2)/3, reference (1, 3, 3)/3; lost the rest
    se = np.sqrt(4 * (np.var([2 / 3, 1, 2 / 3], ddof=1) + np.var([1 / 3, 1, 1], ddof=1)) / 3)
    assert fit.table["std_error"].iloc[2] == pytest.approx(se)


def test_relabelling_the_arms_inverts_the_win_ratio():
    a, b = (compare_wins(**WINS, reference=r).table.set_index("measure") for r in (0, 1))
    assert a.loc["win_ratio", "estimate"] == pytest.approx(1 / b.loc["win_ratio", "estimate"])
    assert a.loc["win_odds", "conf_low"] == pytest.approx(1 / b.loc["win_odds", "conf_high"])
    assert a.loc["net_benefit", "estimate"] == pytest.approx(-b.loc["net_benefit", "estimate"])


def test_censored_before_the_others_event_is_a_tie():
    fit = compare_wins([1, 0], [TimedEndpoint([10, 20], [0, 1])], reference=0)
    assert fit.endpoints[["wins", "losses", "ties"]].to_numpy().tolist() == [[0, 0, 1]]
    assert fit.status == "not_estimable"


LEVEL = [1, 1, 2, 2, 3, 3, 1, 2, 2, 3, 3, 4, 4, 4, 2, 1]
SHIFT = np.column_stack([[0] * 8 + [1] * 8, [5, 3, 6, 2, 7, 8, 1, 4, 3, 6, 8, 9, 5, 7, 2, 1]])

# R 4.2.2, MASS 7.3-58.2: polr(factor(y) ~ g + a, start = c(2, 1, 3, 6, 9), Hess = TRUE,
# control = list(reltol = 1e-15, maxit = 1000)); it stops at 1e-6 of the coefficients
POLR = {
    "coef": [2.72163242967, 1.02339007499],
    "se": [1.279329036090, 0.348989281859],
    "zeta": [3.58666795049, 6.83908516108, 9.81832223687],
    "loglik": -12.7473762846,
}


def test_proportional_odds_agrees_with_r():
    fit = fit_proportional_odds(LEVEL, SHIFT)
    np.testing.assert_allclose(fit.table["coef"], POLR["coef"], rtol=1e-5)
    np.testing.assert_allclose(fit.table["std_error"], POLR["se"], rtol=1e-4)
    np.testing.assert_allclose(fit.thresholds, POLR["zeta"], rtol=1e-5)
    assert fit.log_likelihood == pytest.approx(POLR["loglik"], rel=1e-9)


def test_two_levels_of_proportional_odds_are_logistic():
    event = (np.array(LEVEL) > 2).astype(int)
    ordinal = fit_proportional_odds(event, SHIFT[:, :1]).table
    logistic = fit_logistic(event, SHIFT[:, :1]).table.iloc[1:]
    np.testing.assert_allclose(ordinal["coef"], logistic["coef"], rtol=1e-8)
    np.testing.assert_allclose(ordinal["std_error"], logistic["std_error"], rtol=1e-8)


def test_follow_up_is_not_shortened_by_deaths():
    # R 4.2.2: quantile(survfit(Surv(t, 1 - e) ~ 1, conf.type = "log-log"), c(.25, .5, .75))
    time, event = [5, 8, 12, 20, 30, 30, 41, 50], [1, 0, 1, 0, 0, 1, 0, 0]
    table = estimate_follow_up(time, event).table
    assert table["time"].tolist() == [20, 41, 50]
    assert table["conf_low"].tolist() == [8, 8, 20]


def test_a_landmark_keeps_who_is_at_risk_after_it():
    sample = compute_landmark([5, 10, 10, 30], [1, 1, 0, 1], landmark=10)
    assert sample.is_kept.tolist() == [False, False, False, True]
    assert (sample.time.tolist(), sample.n_events_before, sample.n_censored_before) == ([20], 2, 1)


def test_impossible_counts_are_refused():
    with pytest.raises(EstimateError, match="whole numbers"):
        estimate_proportion(3, 2)
    with pytest.raises(EstimateError, match="two groups"):
        compare_proportions([1, 2, 3], [5, 5, 5], reference=0)
