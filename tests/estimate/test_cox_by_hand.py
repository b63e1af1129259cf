"""Cox models against partial likelihoods written out by hand, and what must be refused."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from hepatrial.errors import EstimateError
from hepatrial.estimate import (
    compare_survival,
    compare_survival_at,
    estimate_logrank_hazard_ratio,
    estimate_proportion,
    fit_cox,
)

pytestmark = pytest.mark.reference

TIME, EVENT, ARM = [1, 2, 3, 4], [1, 1, 1, 0], np.array([0, 1, 0, 1])
SEPARATED = {
    "time": [4, 6, 7, 9, 24, 24, 24, 24],
    "event": [1, 1, 1, 1, 0, 0, 0, 0],
    "arm": [0] * 4 + [1] * 4,
}


def by_hand(b):
    """Deaths at 1 (arm 0; 2 + 2 at risk), 2 (arm 1; 1 + 2), 3 (arm 0; 1 + 1)."""
    r = np.exp(b)
    return -np.log(2 + 2 * r) + b - np.log(1 + 2 * r) - np.log(1 + r)


@pytest.mark.parametrize("engine", ["lifelines", "kernel"])
def test_untied_partial_likelihood(engine):
    fit = fit_cox(TIME, EVENT, ARM[:, None], engine=engine)
    best = minimize_scalar(lambda b: -by_hand(b), tol=1e-14)
    assert fit.table["coef"].item() == pytest.approx(best.x, abs=1e-6)
    assert fit.log_likelihood == pytest.approx(by_hand(best.x), rel=1e-12)
    assert fit.log_likelihood_null == pytest.approx(-np.log(4 * 3 * 2))


def test_ties_worked_by_hand():
    # two deaths at day 1, one in each arm, of four at risk, two in each arm; nobody dies later
    def value(ties):
        return fit_cox([1, 1, 2, 2], [1, 1, 0, 0], np.array([[0], [1], [0], [1]]), ties=ties).log_likelihood_null

    assert value("breslow") == pytest.approx(-2 * np.log(4))
    assert value("efron") == pytest.approx(-np.log(4) - np.log(4 - 2 / 2))
    assert value("exact") == pytest.approx(-np.log(6))


def test_score_test_of_an_arm_is_the_log_rank_test():
    score = fit_cox(TIME, EVENT, ARM[:, None], ties="breslow").tests.set_index("test").loc["score", "statistic"]
    assert score == pytest.approx(compare_survival(TIME, EVENT, ARM).statistic)


@pytest.mark.parametrize("engine", ["lifelines", "kernel"])
@pytest.mark.parametrize("ties", ["efron", "breslow", "exact"])
def test_an_arm_without_events_fails_and_says_why(engine, ties):
    arm = np.array(SEPARATED["arm"])[:, None]
    fit = fit_cox(SEPARATED["time"], SEPARATED["event"], arm, ties=ties, engine=engine)
    assert (fit.status, fit.converged) == ("failed", False)
    assert "monotone likelihood" in fit.notes[0]


def test_firth_is_finite_where_the_likelihood_is_monotone():
    arm = np.array(SEPARATED["arm"])[:, None]
    fit = fit_cox(SEPARATED["time"], SEPARATED["event"], arm, firth=True)
    row = fit.table.iloc[0]
    assert fit.status == "ok"
    assert row["conf_low"] < row["hazard_ratio"] < row["conf_high"] < 1

    # by hand: four deaths in arm 0 with 4 + 4, 3 + 4, 2 + 4, 1 + 4 at risk; information is sum p (1 - p)
    def penalised(b):
        r = np.exp(b)
        p = np.array([4 * r / (k + 4 * r) for k in (4, 3, 2, 1)])
        return -sum(np.log(k + 4 * r) for k in (4, 3, 2, 1)) + 0.5 * np.log(np.sum(p * (1 - p)))

    best = minimize_scalar(lambda b: -penalised(b), bounds=(-8, 0), method="bounded", options={"xatol": 1e-10})
    assert row["coef"] == pytest.approx(best.x, abs=1e-7)
    for side in ("conf_low", "conf_high"):
        fall = 2 * (penalised(best.x) - penalised(np.log(row[side])))
        assert fall == pytest.approx(3.841458820694124, abs=1e-6)


def test_no_events_is_not_estimable():
    assert fit_cox(TIME, [0, 0, 0, 0], ARM[:, None]).status == "not_estimable"


def test_exact_ties_have_no_robust_variance():
    with pytest.raises(EstimateError, match="robust"):
        fit_cox(TIME, EVENT, ARM[:, None], ties="exact", robust=True)


def test_melded_difference_without_censoring_needs_no_event_in_an_arm():
    time, event, arm = [5, 9, 14, 84, 84] + [84] * 5, [1, 1, 1, 0, 0] + [0] * 5, ["a"] * 5 + ["b"] * 5
    plain = compare_survival_at(time, event, arm, at=84, reference="a")
    assert (plain.status, np.isnan(plain.p_value)) == ("not_estimable", True)
    melded = compare_survival_at(time, event, arm, at=84, reference="a", method="melded")
    assert melded.status == "ok"
    row = melded.table.iloc[0]
    assert -1 < row["conf_low"] < row["estimate"] == pytest.approx(0.6)
    assert row["conf_high"] < 1 - estimate_proportion(2, 5).conf_low
    # melding Clopper-Pearson gives Fisher's exact p (Fay, Proschan and Brittain 2015): 2 C(5,3)/C(10,3)
    assert melded.p_value == pytest.approx(2 * 10 / 120, abs=1e-6)


def test_number_needed_to_treat_runs_through_infinity_when_the_difference_may_be_zero():
    time, event, arm = [5, 9, 14, 84] + [8, 60, 84, 84], [1, 1, 1, 0, 1, 1, 0, 0], [0] * 4 + [1] * 4
    fit = compare_survival_at(time, event, arm, at=84, reference=0, method="plain")
    needed = fit.table.set_index("measure").loc["number_needed_to_treat"]
    assert needed["estimate"] == pytest.approx(4)
    assert (needed["conf_low"] > 0, needed["conf_high"] < 0, needed["status"]) == (True, True, "note")


def test_peto_hazard_ratio_is_finite_without_events_in_an_arm():
    time, event, arm = (SEPARATED[key] for key in ("time", "event", "arm"))
    fit = estimate_logrank_hazard_ratio(time, event, arm, reference=0)
    # expected in arm 1: 4/8 + 4/7 + 4/6 + 4/5; variance is the sum of p (1 - p)
    share = np.array([4 / 8, 4 / 7, 4 / 6, 4 / 5])
    assert fit.log_hazard_ratio == pytest.approx(-share.sum() / np.sum(share * (1 - share)))
