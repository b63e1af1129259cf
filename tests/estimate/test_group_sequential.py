"""Group-sequential designs: cases worked by hand or with scipy's bivariate normal, and what must always hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import multivariate_normal, norm

from hepatrial.errors import EstimateError
from hepatrial.estimate import (
    Futility,
    compute_exit_probabilities,
    conditional_power,
    design_group_sequential,
    estimate_after_stopping,
    estimate_repeated_intervals,
    predictive_power,
)
from hepatrial.estimate.monitoring import gaussian_chain

LAN_DEMETS = "lan-demets-obrien-fleming"
SPENDING_FUNCTIONS = [
    (LAN_DEMETS, None),
    ("lan-demets-pocock", None),
    ("kim-demets", 2.0),
    ("hwang-shih-decani", -3.0),
    ("hwang-shih-decani", 0.0),
]


def both_below(first, second, share, shift=0.0):
    """P(Z_1 < first, Z_2 < second) when look 1 has this share of the information and E Z_2 is shift."""
    root = np.sqrt(share)
    return multivariate_normal([shift * root, shift], [[1, root], [root, 1]]).cdf([first, second])


@pytest.mark.reference
@pytest.mark.parametrize("spending", ["obrien-fleming", "pocock", LAN_DEMETS, "lan-demets-pocock", "haybittle-peto"])
@pytest.mark.parametrize("sided", [1, 2])
def test_one_look_is_the_fixed_test(spending, sided):
    design = design_group_sequential([80], alpha=0.05, sided=sided, spending=spending, beta=0.2)
    assert design.upper == pytest.approx((norm.isf(0.05 / sided),), rel=1e-10)
    assert design.inflation == pytest.approx(1, rel=1e-9)
    assert design.expected_size == pytest.approx((1, 1, 1), rel=1e-9)


@pytest.mark.reference
def test_two_looks_by_the_bivariate_normal():
    design = design_group_sequential([0.4, 1], alpha=0.025, sided=1, spending="pocock", beta=0.1)
    bound = brentq(lambda c: 1 - both_below(c, c, 0.4) - 0.025, 1, 4)
    assert design.upper == pytest.approx((bound, bound), abs=2e-6)
    assert 1 - both_below(*design.upper, 0.4, shift=design.drift) == pytest.approx(0.9, abs=1e-6)


@pytest.mark.reference
def test_textbook_constants():
    """Jennison and Turnbull (2000), tables 2.1 and 2.3: five looks, two-sided 0.05, power 0.9."""
    looks = range(1, 6)
    pocock = design_group_sequential(looks, alpha=0.05, sided=2, spending="pocock", beta=0.1)
    obrien = design_group_sequential(looks, alpha=0.05, sided=2, spending="obrien-fleming", beta=0.1)
    assert round(pocock.upper[-1], 3) == 2.413
    assert round(obrien.upper[-1], 3) == 2.040
    assert (round(pocock.inflation, 3), round(obrien.inflation, 3)) == (1.207, 1.026)


def test_the_grid_is_fine_enough(monkeypatch):
    looks = [0.05, 0.1, 0.5, 0.52, 0.55, 0.9, 1]
    coarse = design_group_sequential(looks, alpha=0.025, sided=1, spending="lan-demets-pocock").upper
    monkeypatch.setattr(gaussian_chain, "GRID_SIZE", 96)
    fine = design_group_sequential(looks, alpha=0.025, sided=1, spending="lan-demets-pocock").upper
    np.testing.assert_allclose(coarse, fine, atol=1e-6)


def test_bounds_so_far_do_not_depend_on_the_looks_to_come():
    planned = design_group_sequential([30, 60, 100], alpha=0.05, sided=2, spending=LAN_DEMETS)
    observed = design_group_sequential([30, 72, 80, 100], alpha=0.05, sided=2, spending=LAN_DEMETS)
    assert observed.upper[0] == pytest.approx(planned.upper[0], rel=1e-12)
    assert observed.alpha_spent[-1] == pytest.approx(0.05, rel=1e-6)


def test_a_trial_that_ends_early_spends_what_is_left():
    early = design_group_sequential([40, 85], alpha=0.025, sided=1, spending=LAN_DEMETS, spend_at=[0.4, 1])
    planned = design_group_sequential([40, 100], alpha=0.025, sided=1, spending=LAN_DEMETS)
    assert early.upper[0] == planned.upper[0]
    assert early.alpha_spent == pytest.approx(planned.alpha_spent, rel=1e-6)
    assert early.upper[1] != planned.upper[1]  # the correlation between the looks is the observed one


def test_overruling_non_binding_futility_keeps_the_level():
    rule = Futility(spending=LAN_DEMETS)
    options = {"alpha": 0.025, "beta": 0.1, "sided": 1, "spending": LAN_DEMETS}
    free = design_group_sequential([0.5, 1], **options, futility=rule)
    bound = design_group_sequential([0.5, 1], **options, futility=Futility(spending=LAN_DEMETS, is_binding=True))
    overruled = compute_exit_probabilities(free, effect=0, with_futility=False)["upper"].sum()
    assert overruled == pytest.approx(0.025, rel=1e-6)
    assert compute_exit_probabilities(bound, effect=0)["upper"].sum() == pytest.approx(0.025, rel=1e-6)
    assert compute_exit_probabilities(bound, effect=0, with_futility=False)["upper"].sum() > 0.0251
    for design in (free, bound):
        assert design.power[-1] == pytest.approx(0.9, rel=1e-9)
        assert design.beta_spent[-1] == pytest.approx(0.1, rel=1e-6)
    assert bound.inflation < free.inflation


@pytest.mark.reference
def test_stopping_at_the_first_look_needs_no_correction():
    design = design_group_sequential([25, 100], alpha=0.05, sided=2, spending="pocock")
    fit = estimate_after_stopping(design, look=1, z=3.0)
    assert fit.estimate == pytest.approx(3 / 5, abs=1e-9)
    assert (fit.conf_low, fit.conf_high) == pytest.approx(((3 - 1.959964) / 5, (3 + 1.959964) / 5), abs=1e-6)
    assert fit.p_value == pytest.approx(2 * norm.sf(3), rel=1e-9)


@pytest.mark.reference
def test_stage_wise_results_at_the_second_look_by_the_bivariate_normal():
    design = design_group_sequential([1, 2], alpha=0.025, sided=1, spending="obrien-fleming")
    z = 2.2
    fit = estimate_after_stopping(design, look=2, z=z)

    def p_upper(effect):
        return 1 - both_below(design.upper[0], z, 0.5, shift=effect * np.sqrt(2))

    assert fit.p_value == pytest.approx(p_upper(0), abs=1e-7)
    assert p_upper(fit.estimate) == pytest.approx(0.5, abs=1e-6)
    assert p_upper(fit.conf_low) == pytest.approx(0.025, abs=1e-6)
    assert p_upper(fit.conf_high) == pytest.approx(0.975, abs=1e-6)
    assert fit.estimate < fit.naive_estimate


def test_the_final_p_value_and_limits_agree_with_the_decision():
    design = design_group_sequential([1, 2, 3], alpha=0.05, sided=2, spending=LAN_DEMETS)
    for look in (1, 2, 3):
        fit = estimate_after_stopping(design, look=look, z=design.upper[look - 1])
        assert fit.p_value == pytest.approx(design.alpha_spent[look - 1], rel=1e-6)
        mirrored = estimate_after_stopping(design, look=look, z=-design.upper[look - 1])
        assert mirrored.estimate == pytest.approx(-fit.estimate, abs=1e-6)  # the grid's accuracy
        assert mirrored.p_value == pytest.approx(fit.p_value, rel=1e-12)
    assert fit.conf_low == pytest.approx(0, abs=1e-7)


def test_a_stop_for_futility_is_analysed_without_the_bounds_that_could_be_overruled():
    options = {"alpha": 0.025, "sided": 1, "spending": LAN_DEMETS}
    free = design_group_sequential([1, 2], **options, futility=Futility(bounds=(0.2,)))
    fit = estimate_after_stopping(free, look=1, z=0.1)
    assert (fit.status, fit.p_value) == ("ok", pytest.approx(norm.sf(0.1), rel=1e-9))
    plain = design_group_sequential([1, 2], **options)
    last = [estimate_after_stopping(design, look=2, z=1.9).estimate for design in (free, plain)]
    assert last[0] == pytest.approx(last[1], rel=1e-9)


def test_a_trial_that_goes_on_has_no_final_analysis():
    design = design_group_sequential([1, 2], alpha=0.05, sided=2, spending=LAN_DEMETS)
    fit = estimate_after_stopping(design, look=1, z=1.0)
    assert fit.status == "not_estimable"
    assert np.isnan(fit.p_value)


def test_repeated_p_value_is_alpha_on_the_bound():
    design = design_group_sequential([1, 2, 3], alpha=0.025, sided=1, spending="lan-demets-pocock")
    table = estimate_repeated_intervals(design, design.upper).table
    np.testing.assert_allclose(table["p_value"], 0.025, rtol=1e-6)
    np.testing.assert_allclose(table["conf_low"], 0, atol=1e-12)


def test_haybittle_peto_has_a_repeated_p_value_at_the_end_only():
    design = design_group_sequential([1, 2], alpha=0.05, sided=2, spending="haybittle-peto")
    fit = estimate_repeated_intervals(design, [2.0, design.upper[1]])
    assert np.isnan(fit.table["p_value"][0])
    assert fit.table["p_value"][1] == pytest.approx(0.05, rel=1e-6)
    assert fit.notes


@pytest.mark.reference
def test_power_given_the_interim_data_by_hand():
    """t = 1/2, z = 1, one look left at 1.96: (0.7071 + 1.4 - 1.96)/0.7071 = 0.20816 with drift 2.8."""
    design = design_group_sequential([1], alpha=norm.sf(1.96), sided=1, spending="pocock")
    power = conditional_power(design, information=0.5, z=1.0, effect=2.8)
    assert power.probability == pytest.approx(norm.cdf((np.sqrt(0.5) + 1.4 - 1.96) / np.sqrt(0.5)), rel=1e-12)
    flat = predictive_power(design, information=0.5, z=1.0)
    assert flat.probability == pytest.approx(norm.cdf((1 - 1.96 * np.sqrt(0.5)) / np.sqrt(0.5)), rel=1e-12)


def test_predictive_power_averages_conditional_power_over_the_posterior():
    design = design_group_sequential([20, 40, 60], alpha=0.025, sided=1, spending="obrien-fleming", beta=0.2)
    prior_mean, prior_sd, now = 0.3, 0.2, {"information": 20, "z": 1.3}
    precision = 1 / prior_sd**2 + 20
    mean, sd = (prior_mean / prior_sd**2 + 1.3 * np.sqrt(20)) / precision, precision**-0.5
    effects, width = np.linspace(mean - 8 * sd, mean + 8 * sd, 401, retstep=True)
    powers = [conditional_power(design, **now, effect=effect).probability for effect in effects]
    averaged = np.sum(powers * norm.pdf(effects, mean, sd)) * width
    exact = predictive_power(design, **now, prior_mean=prior_mean, prior_sd=prior_sd).probability
    assert exact == pytest.approx(averaged, abs=1e-6)


def test_a_sharp_prior_is_a_fixed_effect():
    design = design_group_sequential([20, 40, 60], alpha=0.05, sided=2, spending=LAN_DEMETS, beta=0.2)
    sharp = predictive_power(design, information=20, z=1.0, prior_mean=0.4, prior_sd=1e-7)
    fixed = conditional_power(design, information=20, z=1.0, effect=0.4)
    assert sharp.by_look == pytest.approx(fixed.by_look, abs=1e-9)


@pytest.mark.property
@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    gaps=st.lists(st.floats(0.05, 1), min_size=2, max_size=5),
    choice=st.sampled_from(SPENDING_FUNCTIONS),
    alpha=st.sampled_from([0.01, 0.025, 0.05, 0.2]),
    sided=st.sampled_from([1, 2]),
)
def test_spending_rises_to_alpha(gaps, choice, alpha, sided):
    spending, parameter = choice
    design = design_group_sequential(np.cumsum(gaps), alpha=alpha, sided=sided, spending=spending, parameter=parameter)
    assert (np.diff(design.alpha_spent, prepend=0) >= 0).all()
    assert design.alpha_spent[-1] == pytest.approx(alpha, rel=1e-6)


@pytest.mark.property
@settings(max_examples=10, deadline=None, derandomize=True)
@given(gaps=st.lists(st.floats(0.1, 1), min_size=2, max_size=4), scale=st.floats(0.01, 1000))
def test_only_ratios_of_information_matter(gaps, scale):
    looks = np.cumsum(gaps)
    options = {"alpha": 0.05, "sided": 2, "spending": "wang-tsiatis", "parameter": 0.25}
    np.testing.assert_allclose(
        design_group_sequential(looks, **options).upper,
        design_group_sequential(looks * scale, **options).upper,
        rtol=1e-9,
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"looks": [1, 1]}, "increasing"),
        ({"sided": 3}, "sided"),
        ({"alpha": 0}, "alpha"),
        ({"spending": "kim-demets"}, "parameter"),
        ({"parameter": 2.0}, "no parameter"),
        ({"spending": "pocock", "spend_at": [0.5, 1]}, "spend_at"),
        ({"spend_at": [0.5, 0.4]}, "spend_at"),
        ({"futility": Futility(bounds=(0,))}, "one-sided"),
        ({"sided": 1, "futility": Futility()}, "either"),
        ({"sided": 1, "futility": Futility(bounds=(0, 1))}, "one per look"),
        ({"sided": 1, "futility": Futility(spending=LAN_DEMETS)}, "needs beta"),
        ({"spending": "haybittle-peto", "parameter": 1.0}, "spends all of alpha"),
    ],
)
def test_impossible_requests_are_refused(change, message):
    options = {"looks": [1, 2], "alpha": 0.05, "sided": 2, "spending": LAN_DEMETS} | change
    with pytest.raises(EstimateError, match=message):
        design_group_sequential(options.pop("looks"), **options)
