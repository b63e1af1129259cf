"""Values at visits of a replicate: the patients of the exports as arrays, and what is true of them."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from hepatrial.simulate.course import Course
from hepatrial.simulate.model_truth import estimate_truths
from hepatrial.simulate.outcomes import make_statuses
from hepatrial.simulate.scenario import SCENARIOS
from hepatrial.simulate.trial import Trial, TrialPlan, draw_trial
from hepatrial.simulate.values import Values, compute_analyte, find_standing, write_values
from hepatrial.simulate.visits import Visits, draw_visits, list_visits
from hepatrial.study import Parameter, read_study, templates_dir

NONE = float("nan")


@pytest.fixture(scope="module")
def study():
    return read_study(templates_dir() / "nct05985863" / "study.toml")


def plan_of(study, n=150, **shift):
    return TrialPlan(study, SCENARIOS["acute-on-chronic"], n, 7, shift)


def make_seen(study, rows, **missed):
    """Visits with these days and no deviations at all."""
    day = np.array(rows, dtype=float)
    zero = {code: np.zeros(len(day)) for code in SCENARIOS["acute"].disease.priors}
    noise = {code: np.zeros(day.shape) for code in zero}
    people = np.full(len(day), 40.0), np.ones(len(day), dtype=bool)
    return Visits(list_visits(study), day, np.isnan(day), zero, noise, *people)


@pytest.mark.parametrize("code", ["BILI", "AFP", "ALB", "HEGRADE"])
def test_arrays_have_the_values_of_the_exports(code):
    """An analyte of 200 patients at days before, on and after a transplantation, one by one."""
    disease = SCENARIOS["acute-on-chronic"].disease
    rng = np.random.default_rng(5)
    severity, drift, own = rng.standard_normal((3, 200)) + np.array([[0.5], [-1.0], [0.0]])
    transplant = np.where(rng.random(200) < 0.5, 12.0, np.nan)
    day = np.tile([-40.0, -3.0, 0.0, 5.0, 12.0, 13.0, 80.0], (200, 1))
    noise = rng.standard_normal(day.shape)
    empty = np.full(200, np.nan)
    trial = Trial(np.full(200, "A"), np.zeros(200, int), np.full(200, ""), severity, drift, empty, transplant, empty)
    found = compute_analyte(disease, code, trial, day, own, noise)
    for place in range(200):
        done = None if np.isnan(transplant[place]) else 12
        course = Course(severity[place], drift[place], {code: own[place]}, disease, transplant_day=done)
        expected = [course.value(code, at, noise[place, column]) for column, at in enumerate(day[place])]
        np.testing.assert_allclose(found[place], expected, rtol=1e-12)


def test_nobody_is_seen_after_death_and_visits_are_missed_as_often_as_planned(study):
    plan = plan_of(study, n=4000)
    trial = draw_trial(plan, 0)
    seen = draw_visits(plan, trial, 0)
    assert [visit.code for visit in seen.visits] == ["BL", "W1", "W2", "W4", "W8", "W12", "W24"]
    gone = np.fmin(trial.death, trial.withdrawal)[:, None]
    assert not (seen.day > gone).any()
    due = ~(np.array([visit.day for visit in seen.visits]) > gone)
    assert not (seen.is_missed & ~due).any()
    worst = trial.site == 3  # misses 16 % of its visits
    assert seen.is_missed[worst][:, 3][due[worst][:, 3]].mean() == pytest.approx(0.16, abs=0.05)
    assert not seen.is_missed[:, 0].any()
    np.testing.assert_array_equal(draw_visits(plan, trial, 0).day, seen.day)


def test_the_record_nearest_to_the_target_stands_for_a_visit(study):
    """BL, W1 to W24 at days 7, 14, 28, 56, 84, 168; windows 4–10, 11–17, 22–34, 46–66, 74–98, 150–186."""
    rows = [
        [0, 7, 14, 28, 56, 84, 168],
        [0, 9, 10, 36, 56, NONE, 168],  # W2 came on day 10: in the window of W1, but day 9 is nearer; W4 too late
        [0, NONE, 6, 28, NONE, 84, NONE],  # W2 came on day 6 and stands for W1
    ]
    place, is_there = find_standing(study, make_seen(study, rows))
    np.testing.assert_array_equal(is_there, [[1] * 7, [1, 1, 0, 0, 1, 0, 1], [1, 1, 0, 1, 0, 1, 0]])
    assert place[1, 1] == 1
    assert place[2, 1] == 2


@pytest.mark.parametrize(("tie", "expected"), [("earlier", 1), ("later", 2)])
def test_of_two_equally_near_the_study_says_which(study, tie, expected):
    rule = study.visit_rule.model_copy(update={"tie": tie})
    own = study.model_copy(update={"visit_rule": rule})
    place, _ = find_standing(own, make_seen(study, [[0, 5, 9, 28, 56, 84, 168]]))
    assert place[0, 1] == expected


def test_values_come_back_as_they_are_written():
    item = {"code": "CRP", "label": "", "group": "LABORATORY", "unit": "mg/L", "decimals": 1, "scale": "log"}
    limited = Parameter(**item, lower_limit=3.0, upper_limit=200.0)
    np.testing.assert_array_equal(write_values(limited, np.array([2.9, 3.04, 12.36, 200.1])), [1.5, 3.0, 12.4, 200.0])
    kept = Parameter(**item, lower_limit=3.0, below_limit="limit")
    np.testing.assert_array_equal(write_values(kept, np.array([2.9])), [3.0])
    graded = Parameter(**item | {"decimals": 0}, codes=("0", "1", "2"))
    np.testing.assert_array_equal(write_values(graded, np.array([-0.4, 1.4, 3.9])), [0, 1, 2])


def test_status_at_a_visit_by_hand(study):
    """Death and transplant by the target day decide; until the end of the window where there is no value."""
    n = 7
    death = np.array([NONE, 20, 30, 30, NONE, NONE, NONE])
    transplant = np.array([NONE, NONE, NONE, NONE, 28, 40, NONE])
    never = np.full(n, np.nan)
    trial = Trial(np.full(n, "UCMSC"), np.zeros(n, int), np.full(n, "A"), np.zeros(n), np.full(n, -3.0), death,
                  transplant, never)  # fmt: skip
    day = np.tile([0.0, 7, 14, 28, 56, 84, 168], (n, 1))
    day[[1, 3, 6], 3] = np.nan  # no value at W4: died before; died in the window; missing
    values = Values(plan_of(study), trial, make_seen(study, day))
    meld = values.native("MELD", "W4")
    assert meld[0] == meld[2]
    rule = SimpleNamespace(of="value", op="<=", value=float(meld[0]))
    analysis = SimpleNamespace(visit="W4", parameter="MELD", response=rule, transplant="not response")
    found = make_statuses(study, analysis, trial, values)["STATUS"].tolist()
    assert found == ["response", "died", "response", "died", "transplanted", "response", "missing"]
    rule.op = "<"
    assert make_statuses(study, analysis, trial, values)["STATUS"][0] == "no response"
    analysis.transplant = "as measured"
    assert make_statuses(study, analysis, trial, values)["STATUS"][4] == "no response"


def test_truth_of_a_model_is_the_shift_of_severity_where_that_is_known(study):
    """Log bilirubin follows severity with slope 0.62 and a lag of 18 days, at the disease's pace."""
    own = study.analysis("scores_model").model_copy(update={"parameters": ("BILI",), "visits": ("W2", "W12")})
    plan = plan_of(study, UCMSC=-0.5)
    high = {code: replace(prior, high=1e9, low=0.0) for code, prior in plan.scenario.disease.priors.items()}
    plan = replace(plan, scenario=replace(plan.scenario, disease=replace(plan.scenario.disease, priors=high)))
    found = estimate_truths(plan, [own])
    lag = 18 * plan.scenario.disease.pace
    for visit, day in (("W2", 14), ("W12", 84)):
        value, error = found["scores_model", "least squares mean difference", "BILI", visit, "UCMSC"]
        assert value == pytest.approx(np.exp(0.62 * -0.5 * (1 - np.exp(-day / lag))), abs=1e-4)
        assert 0 < error < 1e-4


def test_alike_arms_differ_by_nothing(study):
    found = estimate_truths(plan_of(study), [study.analysis("scores_model"), study.analysis("scores_rank")])
    assert found["scores_model", "least squares mean difference", "MELD", "W4", "UCMSC"] == (0.0, 0.0)
    assert found["scores_rank", "win probability", "AARC", "W12", "UCMSC"] == (0.5, 0.0)
