"""What must hold for every sample: order, labels, units of time, bounds, monotone curves, agreement of
engines.
"""

import doctest
import importlib
import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hepatrial.estimate as estimate
from hepatrial.estimate import (
    compare_cumulative_incidence,
    compare_proportions,
    compare_survival,
    compare_survival_at,
    estimate_cumulative_incidence,
    estimate_proportion,
    estimate_survival,
    estimate_survival_quantile,
    fit_cox,
)

pytestmark = pytest.mark.property
DAYS = [0, 1, 7, 14, 28]
LIGHT = settings(max_examples=30, deadline=None)


@st.composite
def samples(draw, causes=1, groups=1, least=2):
    """Whole-day follow-up with many ties, status and group."""
    n = draw(st.integers(least, 16))
    time = draw(st.lists(st.integers(1, 30), min_size=n, max_size=n))
    status = draw(st.lists(st.integers(0, causes), min_size=n, max_size=n))
    group = draw(st.lists(st.integers(0, groups - 1), min_size=n, max_size=n))
    group[:groups] = range(groups)
    return np.array(time, float), np.array(status), np.array(group)


@LIGHT
@given(samples(), st.sampled_from(["log-log", "beta-product", "rothman", "thomas-grunkemeier", "plain"]))
def test_limits_hold_the_estimate_and_curves_fall(sample, conf_type):
    time, event, _ = sample
    fit = estimate_survival(time, event, at=DAYS, conf_type=conf_type)
    for rows in (fit.curve, fit.at.dropna(subset="survival")):
        given_limits = rows.dropna(subset="conf_low")
        assert (given_limits["conf_low"] <= given_limits["survival"] + 1e-12).all()
        assert (given_limits["conf_high"] >= given_limits["survival"] - 1e-12).all()
        assert given_limits[["conf_low", "conf_high"]].stack().between(0, 1).all()
        assert (rows["survival"].diff().dropna() <= 1e-15).all()
    assert (fit.curve["n_risk"].diff().dropna() < 0).all()


@LIGHT
@given(samples())
def test_every_day_counts_everybody_once(sample):
    time, event, _ = sample
    at = estimate_survival(time, event, at=DAYS).at
    for row in at.itertuples():
        died_here = ((time == row.time) & (event == 1)).sum()
        assert row.n_events + row.n_censored + row.n_risk - died_here == time.size


@LIGHT
@given(samples(), st.randoms(use_true_random=False), st.sampled_from([0.5, 7.0, 1 / 365.25]))
def test_row_order_and_unit_of_time_do_not_matter(sample, random, unit):
    time, event, _ = sample
    order = list(range(time.size))
    random.shuffle(order)
    fit = estimate_survival(time, event, conf_type="beta-product").curve
    moved = estimate_survival(time[order] * unit, event[order], conf_type="beta-product").curve
    np.testing.assert_allclose(moved["time"], fit["time"] * unit, rtol=1e-12)
    columns = ["n_risk", "survival", "std_error", "conf_low", "conf_high"]
    np.testing.assert_allclose(moved[columns], fit[columns], rtol=1e-12)


@LIGHT
@given(samples())
def test_both_engines_give_the_same_curve(sample):
    time, event, _ = sample
    ours, theirs = (estimate_survival(time, event, engine=e).curve for e in ("kernel", "lifelines"))
    np.testing.assert_allclose(ours["survival"], theirs["survival"], rtol=1e-12, atol=1e-14)


@LIGHT
@given(samples())
def test_without_censoring_before_t_beta_product_is_clopper_pearson(sample):
    time, event, _ = sample
    time = np.where(event == 0, 40.0, time)
    exact, binomial = (
        estimate_survival(time, event, at=[5, 28, 40], conf_type=c).at for c in ("beta-product", "clopper-pearson")
    )
    columns = ["conf_low", "conf_high"]
    np.testing.assert_allclose(exact[columns], binomial[columns], rtol=1e-9, atol=1e-12)


@LIGHT
@given(samples())
def test_quantiles_rise_with_p(sample):
    time, event, _ = sample
    table = estimate_survival_quantile(time, event, probs=[0.1, 0.25, 0.5, 0.75]).table
    assert (table["time"].dropna().diff().dropna() >= 0).all()
    assert (table["status"] == np.where(table["time"].isna(), "not_estimable", "ok")).all()


@LIGHT
@given(samples(groups=2, least=4))
def test_swapping_arms_keeps_the_log_rank_test(sample):
    time, event, arm = sample
    a, b = compare_survival(time, event, arm), compare_survival(time, event, 1 - arm)
    assert a.statistic == pytest.approx(b.statistic, nan_ok=True)
    assert a.z == pytest.approx(-b.z, nan_ok=True)
    assert a.groups["observed"].sum() == pytest.approx(a.groups["expected"].sum())


@LIGHT
@given(samples(groups=2, least=4))
def test_exact_log_rank_is_a_probability_and_ignores_labels(sample):
    time, event, arm = sample
    a, b = (compare_survival(time, event, g, exact=True) for g in (arm, 1 - arm))
    if a.status == "ok":
        assert 0 < a.p_value <= 1
        assert a.p_value == pytest.approx(b.p_value)


@LIGHT
@given(samples(groups=2, least=4))
def test_melded_difference_mirrors_with_the_arms(sample):
    time, event, arm = sample
    a, b = (compare_survival_at(time, event, arm, at=7, reference=r, method="melded") for r in (0, 1))
    assert a.p_value == pytest.approx(b.p_value, abs=1e-8, nan_ok=True)
    low, high = a.table.loc[0, "conf_low"], b.table.loc[0, "conf_high"]
    assert low == pytest.approx(-high, abs=1e-6, nan_ok=True)


@LIGHT
@given(samples(causes=2))
def test_incidences_and_event_free_sum_to_one(sample):
    time, status, _ = sample
    for cause in (1, 2):
        fit = estimate_cumulative_incidence(time, status, cause=cause, at=DAYS, conf_type="small-sample")
        np.testing.assert_allclose(fit.stacked.drop(columns="time").sum(axis=1), 1.0, rtol=1e-12)
        known = fit.at.dropna(subset=["incidence", "conf_low"])
        assert (known["conf_low"] <= known["incidence"] + 1e-12).all()
        assert (known["conf_high"] >= known["incidence"] - 1e-12).all()
        assert (fit.at.loc[fit.at["incidence"] == 0, "conf_high"] > 0).all()


@LIGHT
@given(samples(causes=2, groups=2, least=4))
def test_gray_ignores_labels(sample):
    time, status, arm = sample
    a, b = (compare_cumulative_incidence(time, status, g, cause=1) for g in (arm, 1 - arm))
    assert a.statistic == pytest.approx(b.statistic, rel=1e-6, abs=1e-9, nan_ok=True)


def test_gray_with_an_arm_that_nobody_is_left_in():
    """Two events at a time after the last of the other arm: no overflow where there is nobody.

    By hand: one event among 2 of 12, so the score is 1 - 1/6 and its variance 1/6 x 5/6; at the last day all are alike.
    """
    time, arm = np.array([2.0, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1]), np.array([0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0])
    status = np.array([1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0])
    found = compare_cumulative_incidence(time, status, arm, cause=1)
    assert found.statistic == pytest.approx((5 / 6) ** 2 / (1 / 6 * 5 / 6), rel=1e-12)


@LIGHT
@given(samples(groups=2, least=4), st.sampled_from(["efron", "breslow", "exact"]))
def test_recoding_a_covariate_turns_the_hazard_ratio_round(sample, ties):
    time, event, arm = sample
    a, b = (fit_cox(time, event, x[:, None], ties=ties, engine="kernel") for x in (arm, 1 - arm))
    assert a.status == b.status
    if a.status == "ok":
        assert a.table["coef"].item() == pytest.approx(-b.table["coef"].item(), abs=1e-7)
        assert a.log_likelihood == pytest.approx(b.log_likelihood)


@LIGHT
@given(
    st.integers(0, 12),
    st.integers(1, 12),
    st.sampled_from(["clopper-pearson", "wilson", "jeffreys", "mid-p", "blaker"]),
)
def test_proportion_limits_hold_it_and_mirror(x, n, method):
    x = min(x, n)
    fit, mirror = (estimate_proportion(k, n, method=method) for k in (x, n - x))
    assert 0 <= fit.conf_low <= x / n <= fit.conf_high <= 1
    assert fit.conf_low == pytest.approx(1 - mirror.conf_high, abs=1e-6)


@LIGHT
@given(st.integers(0, 8), st.integers(0, 8), st.sampled_from(["miettinen-nurminen", "mee", "newcombe"]))
def test_difference_limits_hold_it(x1, x2, method):
    fit = compare_proportions([x1, x2], [8, 8], reference=1, method=method)
    assert -1 <= fit.conf_low <= fit.estimate + 1e-9
    assert fit.estimate - 1e-9 <= fit.conf_high <= 1


def test_public_names_are_sorted_and_exist():
    names = [name for name in estimate.__all__ if name.isidentifier()]
    assert names == sorted(names)
    assert all(hasattr(estimate, name) for name in names)


PUBLIC = {name: getattr(estimate, name) for name in estimate.__all__}
"""An example may use any public name, as after ``from hepatrial.estimate import ...``."""

OURS = sorted({inspect.getmodule(getattr(estimate, n)).__name__ for n in estimate.__all__})


@pytest.mark.parametrize("module", OURS)
def test_examples_in_docstrings_run(module):
    assert doctest.testmod(importlib.import_module(module), extraglobs=PUBLIC).failed == 0


@pytest.mark.parametrize("coding", [0, 1])
def test_a_model_without_information_has_no_limits_however_it_is_coded(coding):
    """The only event comes when one arm has nobody left: limits were 1 to 1 for one coding, none for the other."""
    time, event, arm = np.array([1.0] * 7 + [2.0] * 3), np.array([0] * 9 + [1]), np.array([0, 1] + [0] * 8)
    found = fit_cox(time, event, abs(arm - coding)[:, None].astype(float), ties="efron", engine="kernel")
    assert found.status == "failed"
    assert found.table[["std_error", "p_value", "conf_low", "conf_high"]].isna().all(axis=None)
